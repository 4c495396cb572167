"""Where things stand in a text, and what changed between two."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.flows import diff, place_of
from dalsegno.model.flow import Place

TEXT = """\
id: f
namespace: a
inputs:
  - id: month
    type: INT
tasks:
  - id: first
    type: core.debug.Return
  - id: group
    type: core.flow.Parallel
    tasks:
      - id: load
        type: core.debug.Return
        value: {a: [1, 2]}
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("id",), Place(1, 1)),
        (("inputs", "month", "type"), Place(5, 5)),
        (("tasks", 0, "type"), Place(8, 5)),
        (("tasks", "group"), Place(9, 5)),
        (("tasks", "load"), Place(12, 9)),
        (("tasks", "load", "value"), Place(14, 9)),
        (("tasks", "load", "value", "a", 1), Place(14, 24)),
        (("tasks", "load", "gone"), Place(12, 9)),
        (("tasks", "gone"), Place(6, 1)),
        (("gone",), None),
    ],
)
def test_the_place_of_a_property_is_found_also_inside_groups(path: tuple[str | int, ...], place: Place | None) -> None:
    assert place_of(TEXT, path) == place


def test_a_text_that_cannot_be_read_has_no_places() -> None:
    assert place_of("a: [", ("a",)) is None


def test_a_difference_is_a_unified_diff() -> None:
    assert diff("a\nb\nc\n", "a\nB\nc\n", old_name="revision 1", new_name="revision 2") == (
        "--- revision 1\n+++ revision 2\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
    )


def test_equal_texts_have_no_difference() -> None:
    assert diff("a\n", "a\n", old_name="1", new_name="2") == ""


def test_a_line_end_that_is_missing_is_told() -> None:
    assert diff("a\n", "a", old_name="1", new_name="2").endswith("-a\n+a\n\\ No newline at end of file\n")


_LINES = st.text(st.sampled_from("ab\n\x0c\u2028 "), max_size=12)


@given(_LINES, _LINES)
def test_a_difference_applied_to_the_old_text_gives_the_new_one(old: str, new: str) -> None:
    shown = diff(old, new, old_name="old", new_name="new")
    assert (shown == "") == (old == new)
    assert _applied(old, shown) == new if shown else old == new


def _applied(old: str, shown: str) -> str:
    """Apply a diff as its format says it."""
    source, result, position = old.split("\n"), list[str](), 0
    lines = shown.split("\n")[2:-1]
    for number, line in enumerate(lines):
        if line.startswith("@@"):
            start, _, count = line.split()[1][1:].partition(",")
            first = int(start) - (0 if count == "0" else 1)
            result += [f"{kept}\n" for kept in source[position:first]]
            position = first
            continue
        ended = "" if number + 1 < len(lines) and lines[number + 1].startswith("\\") else "\n"
        if line.startswith(("+", " ")):
            result.append(line[1:] + ended)
        position += line.startswith(("-", " "))
    tail = "\n".join(source[position:])
    return "".join(result) + tail


def test_importing_the_package_loads_neither_yaml_nor_pydantic() -> None:
    code = "import sys, dalsegno.flows; print([name for name in ('yaml', 'pydantic', 'jinja2') if name in sys.modules])"
    python = Path(__import__("sys").executable)
    assert subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
