"""Lines of styled text. They cost nothing to make, and need no library where there is no terminal."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from dalsegno.model import forms
from dalsegno.model.state import State

#: text and its style, as rich names styles; an empty style is plain
Piece = tuple[str, str]
Line = tuple[Piece, ...]

_STATE_STYLES = {
    State.SUCCESS: "green",
    State.WARNING: "yellow",
    State.FAILED: "bold red",
    State.KILLED: "magenta",
    State.SKIPPED: "dim",
    State.RUNNING: "cyan",
    State.RETRYING: "yellow",
    State.PAUSED: "yellow",
}
_MARKS = {
    State.SUCCESS: "✓",
    State.WARNING: "!",
    State.FAILED: "✗",
    State.KILLED: "■",
    State.SKIPPED: "-",
    State.RUNNING: "▸",
    State.RETRYING: "↻",
    State.PAUSED: "‖",
}

#: what a terminal would act on: escape sequences, and control characters other than tab and newline
_UNSAFE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")

BLANK: Line = ()


def line(*pieces: Piece | str) -> Line:
    """Make a line; a text alone is plain."""
    return tuple((piece, "") if isinstance(piece, str) else piece for piece in pieces)


def plain(a_line: Line) -> str:
    """Give the text of a line without its styles."""
    return "".join(text for text, _ in a_line).rstrip()


def clean(text: str) -> str:
    """Take out what a terminal would act on; what a task wrote must not move the cursor."""
    return _UNSAFE.sub("", text)


def state_style(state: State) -> str:
    """Give the style of a state."""
    return _STATE_STYLES.get(state, "")


def mark(state: State) -> str:
    """Give the one sign that stands for a state."""
    return _MARKS.get(state, "·")


def wrapped(text: str, width: int, *, indent: str = "", style: str = "") -> list[Line]:
    """Break a text into lines of at most `width`, each behind `indent`; its own line breaks hold."""
    lines: list[Line] = []
    for part in clean(text).splitlines() or [""]:
        pieces = textwrap.wrap(part, max(width - len(indent), 20), break_long_words=False, break_on_hyphens=False)
        lines.extend(line(indent, (piece, style)) for piece in pieces or [""])
    return lines


def labelled(label: str, text: str, width: int, *, style: str) -> list[Line]:
    """Write `label: text` with what follows the first line standing below the text."""
    indent = " " * (len(label) + 2)
    first, *rest = wrapped(text, width, indent=indent)
    return [line((f"{label}: ", style), *first[1:]), *rest]


def seconds(value: float | None) -> str:
    """Write a duration so that its size is seen at once: `12 ms`, `3.2 s`, `4 min 05 s`, `2 h 03 min`."""
    if value is None:
        return ""
    value = max(value, 0.0)
    if value < 0.0995:
        return f"{value * 1000:.0f} ms"
    if value < 59.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Write `1 task` or `1,234 tasks`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Write names with commas; beyond `most` only how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} … and {len(names) - most:,} more"


def short(text: str, most: int) -> str:
    """Cut a text to `most` characters, on one line."""
    text = " ".join(clean(text).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def value_text(value: Any) -> str:
    """Write a value as a person reads it: text as it is, anything else as JSON."""
    value = forms.shown(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def joined(lines: Iterable[Line]) -> str:
    """Give the plain text of lines."""
    return "\n".join(plain(a_line) for a_line in lines)
