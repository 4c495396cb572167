"""The page on what Kestra's replay lacks names tests that exist, or the part of the roadmap that is to bring it."""

from __future__ import annotations

import re

import pytest
from tests.docs.pages import ROOT

_TEXT = (ROOT / "docs/kestra-weaknesses.md").read_text(encoding="utf-8")
_ROWS = re.findall(r"^\| (\d+) \|(.*)\|$", _TEXT, re.MULTILINE)
_TEST = re.compile(r"`([\w/]+/test_\w+\.py)::(test_\w+)`")


def test_every_weakness_has_its_row() -> None:
    assert [int(number) for number, _ in _ROWS] == list(range(1, 23))


@pytest.mark.parametrize("row", [row for _, row in _ROWS], ids=[number for number, _ in _ROWS])
def test_a_row_names_tests_that_exist_or_a_part_of_the_roadmap(row: str) -> None:
    shown = row.rpartition(" | ")[2]
    found = _TEST.findall(shown)
    assert found or "(../ROADMAP.md#" in shown
    assert shown.count("`") == 2 * len(found), "what stands in backticks there is a test"
    for file, test in found:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), f"{file}::{test}"
