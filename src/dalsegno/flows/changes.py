"""What changed between two texts of a flow."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

_NO_NEWLINE = "\n\\ No newline at end of file\n"


def diff(old_text: str, new_text: str, *, old_name: str, new_name: str) -> str:
    """Give the difference as a unified diff, empty where there is none."""
    lines = unified_diff(_lines(old_text), _lines(new_text), old_name, new_name)
    return "".join(_ended(lines))


def _lines(text: str) -> list[str]:
    """Split at line feeds alone: the other characters that Python splits at are part of a line."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()
    return lines if last == "\n" else [*lines, last[:-1]]


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}{_NO_NEWLINE}"
