from __future__ import annotations

import json
import shlex
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.main import get_command

from dalsegno.cli.app import make_app, run_command_line
from dalsegno.cli.copying import command_line
from dalsegno.model.address import Address
from dalsegno.replay.request import ORIGIN, Expression, ReplayRequest, request_from_json

ids = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
keys = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=8)
loops = st.lists(st.tuples(ids, keys), max_size=2).map(tuple)
addresses = st.builds(Address, loops, ids).map(str)
names = st.lists(addresses, max_size=2, unique=True).map(tuple)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=3,
)
expressions = texts.map(Expression)
requests = st.builds(
    ReplayRequest,
    origin=ids,
    revision=st.sampled_from(["original", "latest"]) | st.integers(1, 9),
    start=names,
    only=names,
    until=names,
    skip=names,
    skip_successful=st.booleans(),
    changed=st.booleans(),
    inputs=st.dictionaries(ids, texts, max_size=2),
    task_inputs=st.dictionaries(
        addresses, st.dictionaries(ids, values | expressions, min_size=1, max_size=2), max_size=2
    ),
    outputs=st.dictionaries(addresses, values | st.just(ORIGIN), max_size=2),
    renamed=st.dictionaries(addresses, addresses, max_size=2),
    breakpoints=names,
    effects=st.sampled_from(["ask", "reuse"]),
    acknowledge=names | st.just(("*",)),
    stale=st.sampled_from(["warn", "refuse"]),
    verify=st.booleans(),
    fresh_clock=st.booleans(),
    carry_overrides=st.booleans(),
    reason=st.none() | texts,
    labels=st.dictionaries(ids, texts, max_size=2),
)
PROGRAM = get_command(make_app("replay"))


def made(command: str, *more: str) -> dict[str, Any]:
    """Give the request that the program makes of a command line as a shell reads it."""
    program, *words = shlex.split(command)
    assert program == "dalsegno"
    with redirect_stdout(StringIO()) as out:
        assert PROGRAM.main(args=[*words, *more], prog_name=program, standalone_mode=False) == 0
    return json.loads(out.getvalue())


@settings(max_examples=60, deadline=None)
@example(ReplayRequest(origin="a", outputs={"b": "3", "c": 3, "d": "{", "e": ""}, reason=""))
@example(ReplayRequest(origin="a", task_inputs={'each["a=b].c"].load': {"uri": Expression("{{ 'a' }}"), "n": '"'}}))
@example(ReplayRequest(origin="a", outputs={"b": "\ud800"}, inputs={"x": "'; rm -rf $HOME\n`"}))
@given(requests)
def test_the_printed_command_makes_the_same_request(request: ReplayRequest) -> None:
    printed = command_line(request)

    assert request_from_json(made(printed, "--print", "json")) == request


def test_a_request_is_printed_and_nothing_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("DALSEGNO_HOME", str(tmp_path / "home"))

    asked = [
        "last",
        "--print",
        "cli",
        "-i",
        "a=b c",
        "--from",
        "each[x].load",
        "--file",
        "my flow.yaml",
        "--label",
        "k=v",
    ]
    assert run_command_line(["replay", *asked]) == 0
    replayed = capsys.readouterr().out
    assert run_command_line(["plan", *asked]) == 0

    assert replayed == ("dalsegno replay last --from 'each[x].load' --file 'my flow.yaml' -i 'a=b c' --label k=v\n")
    assert capsys.readouterr().out == replayed
    assert not (tmp_path / "home").exists()


def test_a_request_as_json_says_that_the_file_is_no_part_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["replay", "last", "--file", "flow.yaml", "--print", "json"]) == 0

    told = capsys.readouterr()
    assert json.loads(told.out) == {"origin": "last", "revision": "latest"}
    assert "flow.yaml is no part of the request" in told.err


def test_the_command_as_one_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["replay", "last", "--changed", "--print", "cli", "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == {"command": "dalsegno replay last --changed"}
