"""The roadmap names tests that exist, and ticks nothing without one."""

from __future__ import annotations

import re

import pytest
from tests.docs.pages import ROOT

_TEXT = (ROOT / "ROADMAP.md").read_text(encoding="utf-8")
_NAMED = sorted(set(re.findall(r"`((?:[a-z_0-9]+/)+test_\w+\.py(?:::test_\w+)?)`", _TEXT)))


@pytest.mark.parametrize("named", _NAMED)
def test_every_test_that_the_roadmap_names_exists(named: str) -> None:
    file, _, function = named.partition("::")
    path = ROOT / "tests" / file
    assert path.exists()
    assert f"def {function}(" in path.read_text(encoding="utf-8") or not function


def test_every_ticked_line_says_what_shows_it() -> None:
    for line in re.findall(r"^- \[x\] .*$", _TEXT, re.MULTILINE):
        assert re.search(r": `[^`]+`(?:, `[^`]+`)*$", line), line


def test_the_roadmap_has_all_six_parts() -> None:
    assert [int(number) for number in re.findall(r"^## (\d)\. ", _TEXT, re.MULTILINE)] == [1, 2, 3, 4, 5, 6]
    assert len(re.findall(r"^- \[[ x]\] ", _TEXT, re.MULTILINE)) > 250
