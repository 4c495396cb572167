"""Values by key, as they are shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from dalsegno.cli.render.lines import Line, line, short
from dalsegno.cli.render.times import stamp

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dalsegno.model.kv import Entry

_LONGEST = 60


def value_text(value: Any) -> str:
    """Write a value: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def entry_lines(entry: Entry, zone: tzinfo | None = None) -> list[Line]:
    """Say what is kept."""
    until = f", until {stamp(entry.expires, zone)}" if entry.expires is not None else ""
    value = short(value_text(entry.value), _LONGEST)
    return [line("Kept: ", (entry.key, "bold"), f" of {entry.namespace} = {value}  ", (f"{entry.type}{until}", "dim"))]


def entries_table(entries: Sequence[Entry], zone: tzinfo | None = None) -> RenderableType:
    """List entries."""
    from dalsegno.cli.render.tables import Column, add_row, table

    made = table([
        Column("namespace", name=True), Column("key", name=True, style="bold"), Column("type", fixed=True), Column("value"),
        Column("set", fixed=True), Column("until", fixed=True), Column("description"),
    ])  # fmt: skip
    for entry in entries:
        add_row(
            made, entry.namespace, entry.key, entry.type.value, short(value_text(entry.value), _LONGEST),
            stamp(entry.updated, zone), stamp(entry.expires, zone), short(entry.description or "", _LONGEST),
        )  # fmt: skip
    return made
