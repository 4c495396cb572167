"""Two runs side by side: a sentence, what they were given, what became of each task, and the details of what differs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dalsegno.cli.render.folding import middle
from dalsegno.cli.render.lines import (
    BLANK,
    Line,
    clean,
    count,
    labelled,
    line,
    listed,
    mark,
    plain,
    seconds,
    short,
    state_style,
    value_text,
    wrapped,
)  # fmt: skip
from dalsegno.model.state import State
from dalsegno.replay.compare import MISSING, Change, Comparison, TaskComparison, TaskSide, told_content

if TYPE_CHECKING:
    from rich.console import RenderableType

#: differences within the outputs of one task that are shown
_MOST_VALUES = 10
_MOST_VALUE = 60
_DIGEST = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{56}\b")
_ACTIONS = {"RUN": "", "ENTER": "", "REUSE": "reused", "PIN": "pinned"}


def summary_lines(found: Comparison, width: int) -> list[Line]:
    """Say what differs in one sentence, and where it began."""
    lines = wrapped(found.summary.replace("->", "→"), width, style="bold")
    if found.first is None:
        return lines
    return [*lines, line("Begins to differ at ", (found.first, "bold cyan"), (f": {_why_there(found)}", "dim"))]


def _why_there(found: Comparison) -> str:
    first = next(task for task in found.tasks if task.address == found.first)
    if not first.in_both:
        return "the first that differs"
    if first.pinned:
        return "its result was pinned"
    if not found.read_equal:
        return f"it read another {listed(first.read, 2)}"
    values = [f"`{change.name}`" for change in first.rendered]
    if not set(values).issuperset(first.properties):
        return "its definition is another"
    if values:
        return f"its properties are others: {listed(values, 2)}"
    return "it read the same in both"


def fact_lines(found: Comparison, width: int) -> list[Line]:
    """Say what the runs were given, where that differs."""
    sections = (("run", found.facts), ("input", found.inputs), ("version", found.versions))
    lines = [
        each
        for title, changes in sections
        for change in changes
        for each in _change_lines(change, width, label=change.name if title == "run" else f"{title} {change.name}")
    ]
    return lines or [line(("revision, inputs, versions and how the runs ended are the same", "dim"))]


def tasks_table(found: Comparison) -> RenderableType:
    """List what became of every task in both runs."""
    from dalsegno.cli.render.tables import Column, add_row, cell, table

    made = table([
        Column("task", name=True, style="bold"), Column(middle(found.before.name, 20), as_is=True),
        Column(middle(found.after.name, 20), as_is=True),
        Column("result", fixed=True),
    ])  # fmt: skip
    for task in found.tasks:
        result = "same" if task.same_result else "differs" if task.in_both else "only one"
        style = "dim" if task.same_result else "yellow"
        before, after = (cell(_side(side), _side_style(side)) for side in (task.before, task.after))
        add_row(made, task.address, before, after, cell(result, style))
    return made


def _side(side: TaskSide | None) -> str:
    if side is None:
        return "-"
    took = seconds(side.seconds)
    how = [each for each in (took, _ACTIONS.get(side.action, side.action.lower())) if each]
    return " ".join([mark(State(side.state)), side.state, *how])


def _side_style(side: TaskSide | None) -> str:
    return "dim" if side is None or side.action == "REUSE" else state_style(State(side.state))


def detail_lines(found: Comparison, width: int) -> list[Line]:
    """Say of each task whose result or definition differs in what."""
    lines: list[Line] = []
    for task in found.tasks:
        details = _details(task, width) if task.in_both else []
        if details:
            lines += [BLANK, line((task.address, "bold cyan")), *details]
    return lines


def _details(task: TaskComparison, width: int) -> list[Line]:
    lines: list[Line] = []
    before, after = task.before, task.after
    if before is not None and after is not None:
        if before.type != after.type:
            lines += _change_lines(Change("type", before.type, after.type), width, indent="  ")
        if before.error != after.error:
            lines += _change_lines(
                Change("error", *(MISSING if each.error is None else each.error for each in (before, after))),
                width,
                indent="  ",
            )
    told = {f"`{change.name}`" for change in task.rendered} | {"`type`"}
    for change in task.rendered:
        lines += _change_lines(change, width, label=f"property {change.name}", indent="  ")
    untold = [name for name in task.properties if name not in told]
    if untold:
        lines += _indented(labelled("definition changed", listed(untold), width - 2, style="dim"))
    if task.read:
        lines += _indented(labelled("read other values", listed(task.read), width - 2, style="dim"))
    return [*lines, *_output_lines(task, width)]


def _output_lines(task: TaskComparison, width: int) -> list[Line]:
    lines = [
        each
        for change in task.outputs[:_MOST_VALUES]
        for each in _change_lines(change, width, label=f"output {change.name}", indent="  ")
    ]
    more = len(task.outputs) - _MOST_VALUES + task.more_outputs
    if more > 0:
        lines.append(line((f"  … and {count(more, 'more difference')}: --json lists them", "dim")))
    return lines


def _indented(lines: Iterable[Line]) -> list[Line]:
    return [line("  ", *each) for each in lines]


def _change_lines(change: Change, width: int, *, label: str | None = None, indent: str = "") -> list[Line]:
    """Write `label: before → after`, in two lines where one is too narrow."""
    name = clean(label or change.name)
    before, after = (_value(value) for value in (change.before, change.after))
    one: Line = line(indent, (f"{name}: ", "dim"), (before, "red"), " → ", (after, "green"))
    if len(plain(one)) <= width:
        return [one]
    room = max(width - len(indent) - 4, 20)
    return [
        line(indent, (f"{name}:", "dim")),
        line(indent, "  - ", (short(before, room), "red")),
        line(indent, "  + ", (short(after, room), "green")),
    ]


def _value(value: Any) -> str:
    """Write a value in short: digests with their first digits, long texts cut."""
    if value is MISSING:
        return "(none)"
    kept = told_content(value)
    if kept is not None:
        return kept
    return short(_DIGEST.sub(r"\1…", clean(value_text(value))), 10 * _MOST_VALUE)
