from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dalsegno.cli.arguments import (
    FlowFile,
    flow_or_file,
    json_or_text,
    read_effects,
    read_flow_file,
    read_form,
    read_pairs,
    read_pins,
    read_renames,
    read_revision,
    read_stale,
    read_task_inputs,
)
from dalsegno.errors import NotFound, Refusal
from dalsegno.model.address import Address
from dalsegno.replay.request import ORIGIN, Expression

keys = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)


def test_an_input_is_text_and_may_hold_an_equals_sign() -> None:
    assert read_pairs("--input", ["month=202608", "where=a=b", "empty="]) == {
        "month": "202608",
        "where": "a=b",
        "empty": "",
    }


@pytest.mark.parametrize("text", ["month", "=x", ""])
def test_an_input_without_a_name_or_a_sign_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="not of the form NAME=VALUE"):
        read_pairs("--input", [text])


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(Refusal, match="`a` is given twice"):
        read_pairs("--input", ["a=1", "a=2"])
    with pytest.raises(Refusal, match=r"`a\.uri` is given twice"):
        read_task_inputs(["a.uri=1"], ["a.uri={{ x }}"])
    with pytest.raises(Refusal, match="`a` is given twice"):
        read_pins(["a=1", "a=2"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("true", True),
        ("null", None),
        ('"3"', "3"),
        ('{"a": [1]}', {"a": [1]}),
        ("NaN", "NaN"),
        ("plain text", "plain text"),
        ("", ""),
        ("1e999", "1e999"),
        ("[" * 100_000, "[" * 100_000),
        ("{{ inputs.a }}", "{{ inputs.a }}"),
    ],
)
def test_a_value_is_json_or_else_text(text: str, value: object) -> None:
    assert json_or_text(text) == value


def test_task_inputs_are_literals_and_expressions_by_address_and_property() -> None:
    read = read_task_inputs(["load.uri=http://x/a.zip?b=c", "load.retries=2"], ["save.to={{ inputs.to }}"])

    assert read == {
        "load": {"uri": "http://x/a.zip?b=c", "retries": 2},
        "save": {"to": Expression("{{ inputs.to }}")},
    }


@example(loop="each", key='a"].b=c', task="load", name="uri", value="=")
@example(loop="each", key='a\\"].b=c\\', task="load", name="uri", value="=")
@given(loop=names, key=keys, task=names, name=names, value=st.text(max_size=12))
def test_a_key_may_hold_dots_brackets_quotes_and_equals_signs(
    loop: str, key: str, task: str, name: str, value: str
) -> None:
    address = str(Address(((loop, key),), task))

    assert read_task_inputs([], [f"{address}.{name}={value}"]) == {address: {name: Expression(value)}}
    assert read_pins([f"{address}={value}"]) == {address: json_or_text(value)}


@pytest.mark.parametrize("text", ["load=1", "load.=1", ".uri=1", "load.uri", "=1", "each[paris]=1"])
def test_a_task_input_without_task_or_property_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        read_task_inputs([text], [])


def test_a_pin_may_be_an_empty_map() -> None:
    assert read_pins(["notify={}"]) == {"notify": {}}


@pytest.mark.parametrize(("text", "read"), [("original", "original"), ("latest", "latest"), ("12", 12), (None, None)])
def test_a_revision_is_a_word_or_a_number(text: str | None, read: object) -> None:
    assert read_revision(text) == read


@pytest.mark.parametrize("text", ["0", "-1", "latets", "1.5"])
def test_another_revision_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match=f"--revision is `{text}`"):
        read_revision(text)


def test_a_misspelt_revision_gets_the_closest_word() -> None:
    with pytest.raises(Refusal, match="did you mean `latest`") as caught:
        read_revision("latets")
    assert caught.value.closest[0] == "latest"


def test_what_is_one_of_two_words_is_no_third() -> None:
    assert read_stale("refuse") == "refuse"
    assert read_effects("reuse") == "reuse"
    assert read_form(None) is None
    with pytest.raises(Refusal, match="--stale is `ignore`; it can be `warn` or `refuse`"):
        read_stale("ignore")
    with pytest.raises(Refusal, match="`ask` or `reuse`; did you mean `reuse`"):
        read_effects("resue")
    with pytest.raises(Refusal, match="`cli` or `json`"):
        read_form("yaml")


def test_keeping_is_a_pin_of_the_old_result() -> None:
    assert read_pins(["a=1"], ["each[x].b", "each[x].b"]) == {"a": 1, "each[x].b": ORIGIN}
    with pytest.raises(Refusal, match=r"`a` is both pinned \(--pin\) and kept \(--keep\)"):
        read_pins(["a=1"], ["a"])
    with pytest.raises(Refusal, match="--keep"):
        read_pins([], ["each["])


def test_a_new_name_stands_before_the_old_one() -> None:
    assert read_renames(["load=fetch", 'each["a=b"]=each[c]']) == {"load": "fetch", 'each["a=b"]': "each[c]"}
    for text in ("load", "load=", "=fetch", "load=each["):
        with pytest.raises(Refusal, match="--rename"):
            read_renames([text])
    with pytest.raises(Refusal, match="`load` is given twice"):
        read_renames(["load=a", "load=b"])


def test_a_name_is_a_flow_unless_it_can_only_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plain").write_text("id: a")

    assert flow_or_file("company.team.divvy") == "company.team.divvy"
    assert flow_or_file("plain") == FlowFile("plain", "id: a")
    for name in ("flow.yaml", "flow.yml", "folder/flow"):
        with pytest.raises(NotFound, match=f"no file `{name}`"):
            flow_or_file(name)


def test_a_missing_file_gets_the_closest_ones_beside_it(tmp_path: Path) -> None:
    (tmp_path / "divvy.yaml").write_text("")

    with pytest.raises(NotFound, match="did you mean") as caught:
        read_flow_file(str(tmp_path / "divy.yaml"))

    assert caught.value.closest == (str(tmp_path / "divvy.yaml"),)


def test_a_file_that_is_no_text_is_refused_by_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_bytes(b"id: caf\xe9")

    with pytest.raises(Refusal, match="not UTF-8 text: byte 8"):
        read_flow_file(str(path))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be read"):
        read_flow_file(str(tmp_path))
