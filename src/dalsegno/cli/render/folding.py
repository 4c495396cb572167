"""Breaks text where a reader would: between words, within a name only where it fits in no line, and there between its parts."""

from __future__ import annotations

import re

#: a name is broken behind these, where it has to be
_PARTS = re.compile(r"[^.\]\[_/,:=-]*[.\]\[_/,:=-]+|[^.\]\[_/,:=-]+")


def fold(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` columns; spaces at its beginning stay with each line."""
    width = max(width, 1)
    lines: list[str] = []
    for part in text.splitlines() or [""]:
        body = part.lstrip(" ")
        indent = part[: min(len(part) - len(body), width // 2)]
        lines += [indent + each for each in _folded(body, width - len(indent))]
    return lines


def _folded(text: str, width: int) -> list[str]:
    lines = [""]
    for word in re.findall(r"\S+|\s+", text):
        if columns(lines[-1] + word) <= width:
            lines[-1] += word
        elif word.isspace():
            lines.append("")
        else:
            lines[-1:] = _with_word(lines[-1], word, width)
    return [line.rstrip() for line in lines if line.strip()] or [""]


def _with_word(line: str, word: str, width: int) -> list[str]:
    """Give a line with a word that does not fit on it behind it."""
    if columns(word) <= width:
        return [line, word] if line else [word]
    pieces = _pieces(word, width - columns(line), width)
    return [line + pieces[0], *pieces[1:]]


def _pieces(word: str, first: int, width: int) -> list[str]:
    """Break a name that fits in no line. The first piece has less room: it begins behind something else."""
    pieces = [""]
    room = first
    for part in _PARTS.findall(word):
        if columns(pieces[-1] + part) > room and (pieces[-1] or room < width):
            pieces.append("")
            room = width
        while columns(pieces[-1] + part) > room:
            cut = _cut(part, room - columns(pieces[-1]))
            pieces[-1] += cut
            part = part[len(cut) :]  # noqa: PLW2901 - what is left of it
            pieces.append("")
            room = width
        pieces[-1] += part
    return pieces


def _cut(text: str, width: int) -> str:
    """Give the beginning of a text that fits, at least one sign."""
    end = max(width, 1)
    while end > 1 and columns(text[:end]) > width:
        end -= 1
    return text[:end]


def columns(text: str) -> int:
    """Give how many columns a text takes in a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def middle(text: str, most: int) -> str:
    """Cut a name to `most` columns in its middle: what it ends with tells most."""
    if columns(text) <= most:
        return text
    before = max((most - 1) // 3, 0)
    after = max(most - 1 - before, 1)
    return f"{text[:before]}…{text[-after:]}"
