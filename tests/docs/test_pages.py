"""What the pages show is what happens: sessions are carried out, flows are valid, examples of expressions are evaluated."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path
from typing import get_args

import pytest
import yaml
from tests.docs import generate, reference, sessions
from tests.docs.pages import ROOT, Block, missing_lines, read_blocks, steady, steady_words
from tests.support.kestra_cases import evaluate

from dalsegno.expressions import known_filters, known_functions
from dalsegno.expressions.operators import ARITHMETIC
from dalsegno.expressions.tests import TESTS
from dalsegno.flows import check
from dalsegno.model.digest import digest
from dalsegno.store.port import Write
from dalsegno.tasks.registry import names

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ANEW = "run `python -m tests.docs.generate` to bring it up to date"

_EXAMPLE = re.compile(r"\| `(?P<text>[^`]*\{[{%#](?:[^`]|\\\|)*)` \| `(?P<result>[^`]*)` \|$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", sessions.PAGES)
def test_a_page_shows_what_its_commands_write(page: str, tmp_path: Path) -> None:
    if page in sessions.SERVED and not all(map(shutil.which, ("curl", "jq"))):
        pytest.skip("its commands are curl and jq, which are not there")
    with sessions.stage(tmp_path, page) as shell:
        for carried in sessions.carry_out(ROOT / page, shell):
            block = carried.block
            assert carried.code == block.exit, f"{block.place} ended with {carried.code}:\n{carried.text}"
            if "excerpt" in block.words:
                assert list(missing_lines(block.text, carried.text)) == [], f"{block.place}:\n{carried.text}"
            else:
                assert steady_words(block.text) == steady_words(carried.text), f"{block.place}: {ANEW}"


def test_parts_made_from_the_code_are_current() -> None:
    for path, text in generate.generated_pages():
        assert path.read_text(encoding="utf-8") == text, f"{_name(path)}: {ANEW}"


def _flows() -> list[Block]:
    return [block for page in PAGES for block in read_blocks(page) if block.language == "yaml"]


@pytest.mark.parametrize("block", _flows(), ids=lambda block: block.place)
def test_a_flow_on_a_page_is_valid(block: Block) -> None:
    problems = check(block.text, file=block.place)
    wrong = [problem for problem in problems if problem.severity != "note"]
    assert bool(wrong) == ("problems" in block.words), wrong


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for match in _LINK.finditer(page.read_text(encoding="utf-8")):
        target, _, anchor = match["target"].partition("#")
        if "://" in target:
            continue
        found = (page.parent / target) if target else page
        assert found.exists(), f"{_name(page)}: {match['target']}"
        assert not anchor or anchor in _anchors(found), f"{_name(page)}: {match['target']}"


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _examples() -> list[tuple[str, str]]:
    text = (ROOT / "docs/expressions.md").read_text(encoding="utf-8")
    return [
        (match["text"].replace(r"\|", "|"), match["result"].replace(r"\|", "|")) for match in _EXAMPLE.finditer(text)
    ]


@pytest.mark.parametrize(("text", "result"), _examples())
def test_an_expression_on_the_page_of_expressions_gives_what_stands_beside_it(text: str, result: str) -> None:
    assert evaluate(text).replace("\n", r"\n") == result


def test_every_filter_function_test_and_operator_is_on_the_page_of_expressions() -> None:
    text = (ROOT / "docs/expressions.md").read_text(encoding="utf-8")
    for name in (*known_filters(), *known_functions(), *TESTS.entries, *ARITHMETIC):
        assert f"`{name}`" in text or f" {name} " in text or f"| {name}" in text, name


def test_the_golden_digests_of_the_specification_hold() -> None:
    text = (ROOT / "docs/decisions/0003-digests.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(.+)` \| `([0-9a-f]{64})` \|$", text, re.MULTILINE)
    assert len(rows) > 8
    for kind, value, expected in rows:
        assert digest(kind, ast.literal_eval(value)) == expected, (kind, value)


def test_every_kind_of_digest_stands_in_the_specification() -> None:
    used = {
        kind
        for path in (ROOT / "src").rglob("*.py")
        for kind in re.findall(r"\bdigest\(\"([a-z]+)\"", path.read_text(encoding="utf-8"))
    }
    text = (ROOT / "docs/decisions/0003-digests.md").read_text(encoding="utf-8")
    specified = text.partition("**Kinds.**")[2].partition("**Golden values.**")[0]
    assert used == set(re.findall(r"^\| `(\w+)` \|", specified, re.MULTILINE))


def test_every_decision_write_and_layer_stands_on_the_page_of_the_architecture() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs/decisions").glob("*.md"):
        assert f"](decisions/{page.name})" in text, page.name
    for write in get_args(Write):
        assert f"`{write.__name__}`" in text
    for path in (ROOT / "src/dalsegno").iterdir():
        if (path / "__init__.py").exists():
            assert f" {path.name} " in text, path.name


def test_every_task_type_and_command_is_on_a_page() -> None:
    flows = (ROOT / "docs/flows.md").read_text(encoding="utf-8")
    commands = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert re.findall(r"^### ([a-z]+\.[\w.]+)$", flows, re.MULTILINE) == names()
    assert re.findall(r"^## dalsegno (.+)$", commands, re.MULTILINE) == reference.command_names()


def test_every_command_has_help_and_those_that_do_something_have_an_example() -> None:
    for section in reference.command_part().split("\n## ")[1:]:
        name = section.splitlines()[0]
        is_group = "\nCommands:\n" in section
        assert len(section.splitlines()) > 6, name
        assert is_group or "Examples:" in section, name


def test_the_flows_of_the_tutorial_are_those_of_the_demo() -> None:
    from dalsegno.demo.story import flow_text

    blocks = {block.file: block for block in read_blocks(ROOT / "docs/tutorial.md") if block.language == "yaml"}
    shown = blocks["divvy_tripdata.yaml"].text
    assert yaml.safe_load(shown) == yaml.safe_load(flow_text("failing"))


def test_what_differs_from_hour_to_hour_is_left_out_of_the_comparison():
    shown = 'trips-2026-11-22T01:00:09.071284+00:00.csv on "2026-11-22T01:09:53Z", at 2026-11-22 01:09'
    written = 'trips-2026-12-03T12:34:56.1+00:00.csv on "2026-12-03T23:59:59.5Z", at 2026-12-03 12:07'
    assert steady(shown) == steady(written)
