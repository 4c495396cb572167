"""Flows, their revisions and differences, and task types."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from dalsegno.cli.render.lines import BLANK, Line, clean, line, short, wrapped
from dalsegno.cli.render.times import stamp
from dalsegno.model.flow import Revision
from dalsegno.store.listing import FlowSummary

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dalsegno.service.flow_search import FoundFlow

_LONGEST_DEFAULT = 60


def flows_table(flows: Sequence[FlowSummary], zone: tzinfo | None = None) -> RenderableType:
    """List flows."""
    from dalsegno.cli.render.tables import Column, add_row, table

    made = table([
        Column("flow", name=True, style="bold"), Column("rev", "right", fixed=True), Column("saved", fixed=True),
        Column("description"),
    ])  # fmt: skip
    for flow in flows:
        said = short(flow.description or "", 80)
        mark = "deleted" if flow.deleted is not None else "disabled" if flow.disabled else ""
        said = f"({mark}) {said}".rstrip() if mark else said
        add_row(made, f"{flow.namespace}.{flow.id}", str(flow.revision), stamp(flow.updated, zone), said)
    return made


def revisions_table(revisions: Sequence[Revision], zone: tzinfo | None = None) -> RenderableType:
    """List revisions, newest first."""
    from dalsegno.cli.render.tables import Column, add_row, table

    made = table([
        Column("rev", "right", fixed=True, style="bold"), Column("saved", fixed=True), Column("tasks", "right", fixed=True),
        Column("digest", fixed=True), Column("by"),
    ])  # fmt: skip
    for revision in reversed(revisions):
        tasks = str(sum(1 for _ in revision.flow.walk()))
        add_row(made, str(revision.number), stamp(revision.created, zone), tasks, revision.digest[:12], revision.author)
    return made


def found_lines(found: Sequence[FoundFlow]) -> list[Line]:
    """List where a text was found: flow, line, text."""
    lines: list[Line] = []
    for flow in found:
        name = f"{flow.namespace}.{flow.id}"
        lines += [line((name, "bold"), (f":{at.line}", "dim"), f"  {clean(at.text)}") for at in flow.lines]
        if flow.count > len(flow.lines):
            lines.append(line((f"  … and {flow.count - len(flow.lines):,} more lines of {name}", "dim")))
    return lines


def diff_lines(text: str) -> list[Line]:
    """Colour a unified difference."""
    return [line((clean(each), _diff_style(each))) for each in text.splitlines()]


def _diff_style(text: str) -> str:
    if text.startswith(("+++", "---")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(text[:1], "")


def types_lines(names: Sequence[str]) -> list[Line]:
    """List task types."""
    return [line(name) for name in names]


def type_view(described: Mapping[str, Any], width: int) -> list[RenderableType | list[Line]]:
    """Describe a task type: what it does, its properties, its outputs."""
    view: list[RenderableType | list[Line]] = [
        [line((str(described["name"]), "bold")), *wrapped(str(described.get("summary") or ""), width, indent="  ")]
    ]
    for title in ("properties", "outputs"):
        entries = described.get(title) or []
        if entries:
            view += [[BLANK, line((title, "dim"))], _fields(entries)]
    return view


def _fields(entries: Sequence[Mapping[str, Any]]) -> RenderableType:
    from dalsegno.cli.render.tables import Column, add_row, cell, table

    made = table([Column(fixed=True, style="bold"), Column(style="cyan", widest=24), Column()], indent=2)
    for entry in entries:
        said = str(entry.get("description") or "")
        if entry.get("required"):
            said = f"required. {said}".strip()
        elif entry.get("default") is not None:
            default = json.dumps(entry["default"], ensure_ascii=False, default=str)
            # a group of settings is described by its own defaults, not by one long line
            said = f"{said} Default: {default}.".strip() if len(default) <= _LONGEST_DEFAULT else said
        add_row(made, str(entry["name"]), cell(entry.get("type")), said)
    return made
