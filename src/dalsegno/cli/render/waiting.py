"""What a run waits for, what it asks, and the command that resumes it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from dalsegno.cli.render.lines import BLANK, Line, clean, line, short
from dalsegno.cli.render.times import stamp
from dalsegno.model.state import State

if TYPE_CHECKING:
    from dalsegno.model.flow import Input
    from dalsegno.service.waits import Wait

_MOST_SHOWN = 8
_THEN = {
    State.SUCCESS: "goes on by itself",
    State.WARNING: "goes on by itself, with a warning",
    State.FAILED: "fails",
    State.KILLED: "ends the run",
}


def waiting_lines(waits: Sequence[Wait], handle: str, width: int, zone: tzinfo | None = None) -> list[Line]:
    """Say what a run waits for, and end with the command that resumes it.

    Parameters
    ----------
    handle : what names the run on a command line beyond doubt.
    """
    lines: list[Line] = [] if waits else [line("It was paused: nothing in it begins until it is resumed."), BLANK]
    for wait in waits[:_MOST_SHOWN]:
        lines += [*_wait(wait, width, zone), BLANK]
    if len(waits) > _MOST_SHOWN:
        lines += [line(f"and {len(waits) - _MOST_SHOWN:,} more: dalsegno show {shlex.quote(handle)}"), BLANK]
    lead = "To go on with all of them (--pause ADDRESS for one):" if len(waits) > 1 else "To go on:"
    return [*lines, line(lead), line("  ", (resume_command(waits, handle), "bold cyan"))]


def resume_command(waits: Sequence[Wait], handle: str) -> str:
    """Give the exact command that resumes a run, with a place for every answer that it needs."""
    words = ["dalsegno", "resume", handle]
    needed = dict.fromkeys(item.id for wait in waits for item in wait.asks if item.required and not item.has_default)
    return shlex.join([*words, *(word for name in needed for word in ("-i", f"{name}=VALUE"))])


def _wait(wait: Wait, width: int, zone: tzinfo | None) -> list[Line]:
    if wait.kind == "breakpoint":
        first = line((wait.address, "bold"), " has not begun: a breakpoint stands before it")
        return [first, *_columns([(name, _value(value), "") for name, value in wait.properties.items()], width)]
    since = stamp(wait.since, zone)
    what = "asks since" if wait.asks else "waits since"
    if wait.kind == "subflow":
        what = f"waits for {wait.run_name}, which {what}"
    lines = [line((wait.address, "bold"), f" {what} {since}")]
    lines += _columns([_asked(item) for item in wait.asks], width)
    if wait.until is not None and wait.then is not None:
        lines.append(line(("  it ", "dim"), (f"{_THEN[wait.then]} at {stamp(wait.until, zone)}", "dim")))
    return lines


def _asked(item: Input) -> tuple[str, str, str]:
    unsaid = f"{_value(item.default)} if nothing is said" if item.has_default else "may be left out"
    need = unsaid if item.has_default or not item.required else ""
    return item.id, item.type.value, "  ".join(text for text in (need, item.description or "") if text)


def _columns(rows: Sequence[tuple[str, str, str]], width: int) -> list[Line]:
    if not rows:
        return []
    names = max(len(row[0]) for row in rows)
    kinds = max((len(row[1]) for row in rows), default=0) if any(row[2] for row in rows) else 0
    lines: list[Line] = []
    for name, kind, rest in rows:
        first = (f"    {name:<{names}}  ", "dim")
        room = max(width - len(first[0]) - kinds - 2, 10)
        lines.append(line(first, f"{short(kind, max(room, kinds)):<{kinds}}  {short(rest, room)}".rstrip()))
    return lines


def _value(value: Any) -> str:
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
