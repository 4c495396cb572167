"""Says in plain words what the YAML parser complains about, where, and what to do."""

from __future__ import annotations

from typing import Any

import yaml

from dalsegno.model.flow import Place

#: part of a complaint of the parser -> what happened and what to do
_HINTS = (
    ("cannot start any token", "this character cannot start a value: put the text in quotes"),
    (
        "mapping values are not allowed",
        "a `: ` stands where none may: put the text in quotes, or check the indentation",
    ),
    ("could not find expected ':'", "a key lacks its `:`, or a text of several lines is indented too little"),
    ("did not find expected key", "a key is expected here: check the indentation and the quotes above"),
    ("did not find expected '-' indicator", "an item `- ` is expected here: check the indentation"),
    ("did not find expected ',' or ']'", "a list in `[ ]` is not closed, or a comma is missing"),
    ("did not find expected ',' or '}'", "a map in `{ }` is not closed, or a comma is missing"),
    ("did not find expected node content", "a value is expected here"),
    ("unexpected end of stream", "a quote is not closed"),
    ("unknown escape character", "a backslash in double quotes starts an escape: double it, or use single quotes"),
    ("invalid Unicode character escape", "this escape names no character"),
    ("did not find expected alphabetic or numeric character", "put a text that starts with `*` or `&` in quotes"),
    ("block sequence entries are not allowed", "an item `- ` may not stand here: start it on a line of its own"),
    ("invalid leading UTF-8", "the file is not UTF-8: save it as UTF-8"),
    ("control characters are not allowed", "the text holds a control character: remove it"),
)


def explain(error: yaml.YAMLError, text: str) -> tuple[str, Place | None]:
    """Give the message and the place of an error of the parser."""
    complaint = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    place = _place(error, text)
    hint = _tab(text, place) or next((hint for part, hint in _HINTS if part in complaint), None)
    return f"this is not YAML: {hint} ({complaint})" if hint else f"this is not YAML: {complaint}", place


def _place(error: yaml.YAMLError, text: str) -> Place | None:
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return Place(mark.line + 1, mark.column + 1)
    position = getattr(error, "position", None)
    if not isinstance(position, int):
        return None
    # the C parser counts bytes where it has not come to characters yet
    return place_at(text, len(text.encode()[:position].decode(errors="ignore")))


def place_at(text: str, position: int) -> Place:
    """Give the place of the character at `position`, counted from 0."""
    return Place(text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position))


def _tab(text: str, place: Place | None) -> str | None:
    lines = text.split("\n")
    if place is None or place.line > len(lines):
        return None
    line = lines[place.line - 1]
    indentation = line[: len(line) - len(line.lstrip())]
    return "the line is indented with a tab: use blanks" if "\t" in indentation else None
