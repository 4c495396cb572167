"""Bars in the terminal: when each task ran, on the time axis of this run alone. What was kept is hatched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dalsegno.cli.render.folding import columns, middle
from dalsegno.cli.render.lines import BLANK, Line, line, mark, plain, seconds, short, state_style
from dalsegno.cli.render.times import span
from dalsegno.model.plan import Action
from dalsegno.model.run import Run, TaskRun

_FULL, _HATCHED, _PINNED = "█", "░", "◆"
#: parts of a cell, from the left: a bar may end inside one
_PARTS = "▏▎▍▌▋▊▉█"
_TOOK_WIDTH = 12
_NARROWEST = 8
#: what was kept lies outside this run's axis: its bar says so, not how long it was
_HATCHES = 6


def gantt_lines(
    run: Run, task_runs: Sequence[TaskRun], ran_in: Mapping[str, str], *, width: int, now: float
) -> list[Line]:
    """Draw the bars.

    Parameters
    ----------
    task_runs : in the order of the flow.
    ran_in : for what was kept, the name of the run where it really ran, by the id of that task run.
    width : columns to fill.
    now : where the axis of a run that has not ended ends.
    """
    if not task_runs:
        return [line(f"Nothing has run in {run.name} yet.")]
    names = min(max(len(each.address) for each in task_runs), max(width // 3, 10))
    axis = _Axis(run, task_runs, now=now, columns=max(width - names - _TOOK_WIDTH - 6, _NARROWEST))
    lines = [*_title(run, width), axis.ruler(names + 6)]
    lines += [_row(each, axis, ran_in, names) for each in task_runs]
    if any(each.action is Action.REUSE for each in task_runs):
        lines += [BLANK, line((f"  {_HATCHED * 3} kept from an earlier run, where it took so long", "dim"))]
    return lines


def _title(run: Run, width: int) -> list[Line]:
    took = seconds(span(run.started, run.ended))
    first = line(
        (f"{mark(run.state)} {run.state.value}", state_style(run.state)), "  ", (run.name, "bold"), f"  {took}"
    )  # fmt: skip
    facts = (f"  revision {run.revision}, attempt {run.attempt}", "dim")
    one = line(*first, facts)
    return [one] if columns(plain(one)) <= width else [first, line(facts)]


class _Axis:
    """Time to columns. It spans what ran in this run."""

    def __init__(self, run: Run, task_runs: Sequence[TaskRun], *, now: float, columns: int) -> None:
        own = [each for each in task_runs if each.action is not Action.REUSE]
        starts = [at for each in own if (at := each.started) is not None]
        ends = [at for each in own if (at := each.ended or each.started) is not None]
        self.start = run.started if run.started is not None else min(starts, default=run.created)
        self.length = max(
            (run.ended if run.state.ended and run.ended else now) - self.start,
            max(ends, default=self.start) - self.start,
            0.001,
        )
        self.columns = columns

    def bar(self, started: float, ended: float | None) -> str:
        """Draw a bar where it belongs; one that is too short to see is a sliver."""
        left = min(max(started - self.start, 0.0) / self.length * self.columns, self.columns - 1)
        right = self.columns if ended is None else min((ended - self.start) / self.length * self.columns, self.columns)
        first = int(left)
        whole, part = divmod(max(right - first, 0.125), 1)
        blocks = _FULL * int(whole) + (_PARTS[int(part * 8) - 1] if part >= 0.125 else "")
        return " " * first + blocks

    def ruler(self, indent: int) -> Line:
        """Draw the axis: its two ends."""
        end = seconds(self.length)
        return line((f"{'':<{indent}}0{end:>{max(self.columns - 1, 1)}}", "dim"))


def _row(each: TaskRun, axis: _Axis, ran_in: Mapping[str, str], names: int) -> Line:
    took = span(each.started, each.ended)
    name = middle(each.address, names)
    if each.action is Action.REUSE:
        where = ran_in.get(each.reused_from or "")
        shown = short(f"{_HATCHED * _HATCHES} in {where}" if where else _HATCHED * _HATCHES, axis.columns)
        return line((f"  - {name:<{names}}  {shown:<{axis.columns}} {seconds(took):>{_TOOK_WIDTH - 1}}", "dim"))
    if each.action is Action.PIN:
        return line((f"  {_PINNED} ", "magenta"), f"{name:<{names}}  ", ("pinned", "magenta"))
    style = state_style(each.state)
    bar = "" if each.started is None else axis.bar(each.started, each.ended)
    return line(
        (f"  {mark(each.state)} ", style), f"{name:<{names}}  ", (f"{bar:<{axis.columns}}", style),
        f" {seconds(took) or each.state.value.lower():>{_TOOK_WIDTH - 1}}",
    )  # fmt: skip
