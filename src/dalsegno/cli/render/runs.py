"""Lists of runs, one run, and the tree of its replays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from dalsegno.cli.render.folding import columns, fold
from dalsegno.cli.render.lines import (
    Line,
    clean,
    count,
    line,
    listed,
    mark,
    plain,
    seconds,
    short,
    state_style,
    value_text,
)
from dalsegno.cli.render.times import span, stamp
from dalsegno.model.plan import Action
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.sealed import as_masked

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_ACTION_STYLES = {Action.REUSE: "dim", Action.PIN: "magenta", Action.RUN: "", Action.ENTER: "cyan"}


def runs_table(runs: Sequence[Run], names: Mapping[str, str], zone: tzinfo | None = None) -> RenderableType:
    """List runs.

    Parameters
    ----------
    names : the names of the runs that these replay, and of those that fixed them, by id.
    """
    from dalsegno.cli.render.tables import Column, add_row, cell, table

    made = table([
        Column("run", name=True, style="bold"), Column("state", fixed=True), Column("rev", "right", fixed=True),
        Column("started", fixed=True), Column("took", "right", fixed=True), Column("note"),
    ])  # fmt: skip
    for run in runs:
        state = cell(f"{mark(run.state)} {run.state.value}", state_style(run.state))
        took = seconds(span(run.started, run.ended))
        add_row(
            made,
            run.name,
            state,
            str(run.revision),
            stamp(run.started or run.created, zone),
            took,
            _note(run, names),
        )
    return made


def _note(run: Run, names: Mapping[str, str]) -> str:
    parts: list[str] = []
    if run.deleted is not None:
        parts.append("deleted")
    if run.fixed_by:
        parts.append(f"fixed by {names.get(run.fixed_by, run.fixed_by[:8])}")
    if run.caller:
        parts.append(f"called by {names.get(run.caller.run, run.caller.run[:8])}")
    if run.origin:
        parts.append(f"replays {names.get(run.origin, run.origin[:8])}")
    if run.reason:
        parts.append(short(run.reason, 60))
    return "; ".join(parts)


def leaves(task_runs: Sequence[TaskRun]) -> list[TaskRun]:
    """The task runs that did something themselves: not the groups, whose time is that of what they hold."""
    groups = {each.parent for each in task_runs if each.parent}
    return [each for each in task_runs if each.address not in groups and each.keys is None]


def saved_seconds(task_runs: Sequence[TaskRun]) -> float:
    """Add up how long the kept task runs took where they really ran."""
    kept = (each for each in leaves(task_runs) if each.action is Action.REUSE)
    return sum(span(each.started, each.ended) or 0.0 for each in kept)


def run_header(
    run: Run,
    task_runs: Sequence[TaskRun],
    names: Mapping[str, str],
    *,
    fixed: str | None = None,
    called: Sequence[Run] = (),
    zone: tzinfo | None = None,
    width: int = 80,
) -> list[Line]:
    """Say what a run is: how it ended, of which flow and revision, what it replays, with what inputs, what it called."""
    took = span(run.started, run.ended)
    first = line(
        (f"{mark(run.state)} {run.state.value}", state_style(run.state)), "  ", (run.name, "bold"),
        f"  in {seconds(took)}" if took is not None else "",
    )  # fmt: skip
    facts: list[tuple[str, str]] = []
    with_id = line(*first, (f"   {run.id}", "dim"))
    if columns(plain(with_id)) <= width:
        first = with_id
    else:
        facts.append(("id", run.id))
    facts.append(("flow", f"{run.namespace}.{run.flow}, revision {run.revision}"))
    if run.origin:
        facts.append(("replays", _origin(run, names)))
    if run.caller:
        facts.append(("called by", names.get(run.caller.run, run.caller.run[:8])))
    facts.append(("started", stamp(run.started, zone) or "not yet"))
    facts += [
        (title, text)
        for title, text in (
            ("deleted", _deleted(run, zone)), ("fixed by", fixed), ("inputs", _pairs(as_masked(run.inputs))),
            ("labels", _pairs(run.labels)), ("reason", run.reason),
            ("by", run.author), ("overrides", _overrides(run.request)), ("reused", _reused(task_runs)),
            ("subflows", _called(called, task_runs)),
        )
        if text
    ]  # fmt: skip
    return [first, *(each for title, text in facts for each in _fact(title, text, width))]


def _fact(title: str, text: str, width: int) -> list[Line]:
    """Write `title  text` with what follows the first line standing below the text."""
    text = clean(text)
    if any(columns(word) > width - 12 for word in text.split()):
        return [line((f"  {title}", "dim")), *(line("    ", part) for part in fold(text, width - 4))]
    parts = fold(text, width - 12)
    return [line((f"  {title if not at else '':<9} ", "dim"), part) for at, part in enumerate(parts)]


def _deleted(run: Run, zone: tzinfo | None) -> str:
    return f"{stamp(run.deleted, zone)}; only what other runs reuse of it is left" if run.deleted is not None else ""


def _origin(run: Run, names: Mapping[str, str]) -> str:
    origin = names.get(run.origin or "", (run.origin or "")[:8])
    root = names.get(run.root, run.root[:8])
    from_root = "" if run.root == run.origin else f", first run {root}"
    return f"{origin}, attempt {run.attempt}{from_root}"


def _called(called: Sequence[Run], task_runs: Sequence[TaskRun]) -> str:
    """Name the runs that task runs called, the last of each: earlier ones are what it replays."""
    addresses = {each.id: each.address for each in task_runs}
    last = {run.caller.task_run: run for run in reversed(called) if run.caller}
    parts = [
        f"{addresses[task_run]}: {run.name} {run.state.value}"
        for task_run, run in last.items()
        if task_run in addresses
    ]
    more = [f"… and {len(parts) - 5:,} more"] if len(parts) > 5 else []
    return "\n".join([*parts[:5], *more])


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={short(value_text(value), 60)}" for name, value in values.items())


def _overrides(request: Mapping[str, Any]) -> str:
    given = [request, *request.get("amendments", ())]
    names = dict.fromkeys(
        f"{address}.{name}"
        for each in given
        for address, values in each.get("task_inputs", {}).items()
        for name in values
    )
    return ", ".join([*names, *(f"{address} (pinned)" for address in request.get("outputs", {}))])


def _reused(task_runs: Sequence[TaskRun]) -> str:
    kept = [each for each in leaves(task_runs) if each.action is Action.REUSE]
    if not kept:
        return ""
    return f"{count(len(kept), 'task')}, which saved {seconds(saved_seconds(task_runs))}"


def task_runs_table(task_runs: Sequence[TaskRun], given: Mapping[str, tuple[str, ...]]) -> RenderableType:
    """List what became of every task.

    Parameters
    ----------
    task_runs : in the order of the flow.
    given : the values that a person gave and that a task run used, by its address.
    """
    from dalsegno.cli.render.tables import Column, add_row, cell, table

    made = table([
        Column("task", name=True, style="bold"), Column("state", fixed=True), Column("action", fixed=True),
        Column("try", "right", fixed=True), Column("took", "right", fixed=True), Column("why"),
    ])  # fmt: skip
    depths = _depths(task_runs)
    for each in task_runs:
        kept = each.action is Action.REUSE
        state = cell(f"{mark(each.state)} {each.state.value}", "dim" if kept else state_style(each.state))
        action = cell(each.action.value, _ACTION_STYLES[each.action])
        attempt = str(each.attempt) if each.attempt else ""
        took = cell(seconds(span(each.started, each.ended)), "dim" if kept else "")
        add_row(
            made,
            "  " * depths[each.address] + each.address,
            state,
            action,
            attempt,
            took,
            _why(each, given.get(each.address, ())),
        )
    return made


def _why(task_run: TaskRun, given: Sequence[str]) -> Text:
    from dalsegno.cli.render.tables import cell

    why = cell(task_run.reason, "dim")
    # what the reason names need not be said twice
    used = [name for name in given if name != "result" and f"`{name.split('.')[1]}`" not in task_run.reason]
    said = [f"used given {listed(used, 3)}"] if used else []
    if "result" in given and task_run.action is Action.REUSE:
        said.append("its result was given")
    if said:
        why.append(f"{'; ' if task_run.reason else ''}{'; '.join(said)}", "magenta")
    return why


def _depths(task_runs: Sequence[TaskRun]) -> dict[str, int]:
    parents = {each.address: each.parent for each in task_runs}
    depths: dict[str, int] = {}
    for each in task_runs:
        depth, parent = 0, each.parent
        while parent in parents:
            depth, parent = depth + 1, parents[parent]
        depths[each.address] = depth
    return depths


def lineage_lines(runs: Sequence[Run], shown: str, width: int = 80) -> list[Line]:
    """Draw the tree of replays. `shown` is the id of the run that was asked for."""
    below: dict[str | None, list[Run]] = {}
    names = {run.id: run.name for run in runs}
    for run in runs:
        below.setdefault(run.origin if run.origin in names else None, []).append(run)
    lines: list[Line] = []

    waiting: list[tuple[Run, str, str]] = [(run, "", "") for run in reversed(below.get(None, []))]
    while waiting:
        run, branch, trunk = waiting.pop()
        children = below.get(run.id, [])
        stem = trunk + ("│  " if children else "   ")
        lines += _lineage_entry(run, branch, stem, names, here=run.id == shown, width=width)
        for child in reversed(children):
            last = child is children[-1]
            waiting.append((child, trunk + ("└─ " if last else "├─ "), trunk + ("   " if last else "│  ")))
    return lines


def _lineage_entry(run: Run, branch: str, stem: str, names: Mapping[str, str], *, here: bool, width: int) -> list[Line]:
    """Give the lines of one run; what was asked of it stands below it where the line would be too long."""
    fixed = names.get(run.fixed_by or "")
    head = line(
        (branch, "dim"), (f"{mark(run.state)} {run.state.value:<8}", state_style(run.state)), " ", (run.name, "bold"),
    )  # fmt: skip
    facts = line((f"  revision {run.revision}", "dim"), f"  {seconds(span(run.started, run.ended))}")
    said = [
        (_asked(run), ""), (f"({short(run.reason, 50)})" if run.reason else "", "dim"),
        (f"fixed by {fixed}" if fixed else "", "green"), ("deleted" if run.deleted is not None else "", "dim"),
    ]  # fmt: skip
    told = [(f"  {text}", style) for text, style in said if text]
    here_now = ("  ← this run" if here else "", "cyan")
    one = line(*head, *facts, *told, here_now)
    if columns(plain(one)) <= width:
        return [one]
    rest = "".join(text for text, _ in (*facts, *told)).strip()
    below = fold(rest, width - len(stem) - 8)
    return [line(*head, here_now), *(line((stem, "dim"), f"        {part}") for part in below)]


def _asked(run: Run) -> str:
    parts: list[str] = []
    request = run.request
    if request.get("start"):
        parts.append(f"from {listed(request['start'], 3)}")
    if request.get("skip_successful"):
        parts.append("what succeeded skipped")
    changed = [*request.get("inputs", {}), *request.get("task_inputs", {}), *request.get("outputs", {})]
    if changed:
        parts.append(f"with {'other ' if run.origin is not None else ''}{listed(changed, 3)}")
    return ", ".join(parts)


def no_runs(asked_for_some: Collection[object]) -> list[Line]:
    """Say that a list is empty, and how to make it longer."""
    if asked_for_some:
        return [line("No run is like that.")]
    return [line("There are no runs yet. Start one:  ", ("dalsegno run FLOW_OR_FILE", "bold cyan"))]
