"""The page of replays is the reference: each field, action, letter and rule is there, with an example that was carried out."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from tests.docs.pages import ROOT

from dalsegno.model.plan import Action
from dalsegno.replay.request import ReplayRequest

_TEXT = (ROOT / "docs/replay.md").read_text(encoding="utf-8")
_TESTS = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
_PARTS = ("The request", "The plan", "How it is decided", "The rules", "Only what changed", "Side effects")
#: two names of one thing stand together, and the example is below the second
_TOGETHER = {"`RUN`"}


def _part(title: str) -> str:
    return _TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def _sections() -> list[tuple[str, str]]:
    found = [section for part in _PARTS for section in _part(part).split("\n### ")[1:]]
    return [(title, text) for title, _, text in (section.partition("\n") for section in found)]


@pytest.mark.parametrize(("title", "text"), _sections(), ids=lambda value: value[:20])
def test_every_section_has_an_example(title: str, text: str) -> None:
    assert title in _TOGETHER or re.search(r"^```(console|python)(?! text)", text, re.MULTILINE)


def test_every_field_of_a_request_is_in_the_table() -> None:
    names = {field.name for field in fields(ReplayRequest)}
    # what the origin was given is no wish of the request, and stands with `carry_overrides`
    missing = [name for name in names - {"carried"} if f"`{name}`" not in _part("The request")]
    assert missing == []


def test_every_action_has_a_section() -> None:
    titles = [title for title, _ in _sections()]
    assert [action for action in Action if f"`{action}`" not in titles] == []


def test_every_letter_and_every_rule_has_a_section() -> None:
    titles = "\n".join(title for title, _ in _sections())
    assert re.findall(r"^([a-g])\. ", titles, re.MULTILINE) == list("abcdefg")
    assert [int(number) for number in re.findall(r"^(\d+)\. ", titles, re.MULTILINE)] == list(range(1, 19))


@pytest.mark.parametrize(
    "name", [*(f"rule_{number:02}" for number in range(1, 19)), *(f"decision_{x}" for x in "abcdefg")]
)
def test_every_letter_and_every_rule_has_tests_of_its_name(name: str) -> None:
    assert re.search(rf"^def test_{name}_", _TESTS, re.MULTILINE)
