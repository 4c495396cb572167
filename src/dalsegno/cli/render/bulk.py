"""Bulk replays: what one would do, how it stands, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dalsegno.cli.render.lines import Line, count, labelled, line, seconds, short
from dalsegno.cli.render.times import stamp
from dalsegno.model.bulk import BulkJob, BulkRow, BulkState, Pace, RowState, percent
from dalsegno.model.bulk_preview import BulkPreview, Said

if TYPE_CHECKING:
    from rich.console import RenderableType

#: so many kinds of what is said are shown
_MOST = 8

_STYLES = {
    BulkState.RUNNING: "cyan", BulkState.WAITING: "yellow", BulkState.PAUSED: "yellow", BulkState.STOPPED: "bold red",
    BulkState.ABORTED: "magenta", BulkState.DONE: "green",
}  # fmt: skip
_ROW_STYLES = {
    RowState.RUNNING: "cyan", RowState.PAUSED: "yellow", RowState.SUCCEEDED: "green", RowState.FAILED: "bold red",
    RowState.REFUSED: "red", RowState.SKIPPED: "dim", RowState.WAITING: "dim",
}  # fmt: skip


def preview_lines(preview: BulkPreview, pace: Pace, width: int) -> list[Line]:
    """Say what a bulk replay would do."""
    head = f"{count(preview.replays, 'replay')} of {count(len(preview.runs), 'run')}"
    on = ", ".join(f"{flow} revision {number} ({times:,})" for flow, number, times in preview.revisions[:4])
    parts = [
        (preview.tasks_run, "run", "bold"), (preview.tasks_checked, "decided at their turn", ""),
        (preview.tasks_reused, "reused", "dim"), (preview.tasks_pinned, "pinned", "magenta"),
    ]  # fmt: skip
    tasks = ", ".join(f"{number:,} {what}" for number, what, _ in parts if number) or "none"
    lines = [line((head, "bold"), f"  on {on}" if on else ""), line(("  tasks     ", "dim"), tasks)]
    lines.append(line(("  pace      ", "dim"), pace_text(pace)))
    if preview.seconds is not None and preview.work_s is not None:
        about = f"about {seconds(preview.seconds)}; the tasks took {seconds(preview.work_s)} in earlier runs"
        lines.append(line(("  takes     ", "dim"), about))
    lines += _said("skipped", preview.skipped, width, style="dim")
    lines += _said("warning", preview.warnings, width, style="yellow")
    lines += _said("refused", preview.refusals, width, style="bold red")
    return lines


def _said(label: str, said: Sequence[Said], width: int, *, style: str) -> Iterable[Line]:
    for each in said[:_MOST]:
        of = count(each.count, "run")
        such = "" if each.count == 1 else f" (such as {each.example})"
        yield from labelled(f"{label}, {of}", f"{each.message}{such}", width, style=style)
    if len(said) > _MOST:
        rest = sum(each.count for each in said[_MOST:])
        yield line((f"{label}: ", style), f"{len(said) - _MOST} more kinds, said of {rest:,} runs; --json has them")


def pace_text(pace: Pace) -> str:
    """Say how fast a job goes, and what holds it up."""
    parts = [f"{pace.at_once} at once"]
    if pace.rate is not None:
        parts.append(f"{pace.rate:g} a second" if pace.rate >= 1 else f"{pace.rate * 60:g} a minute")
    if pace.canary:
        then = "then a person says whether the others follow" if pace.approve else "the others follow if they end well"
        parts.append(f"{pace.canary} first, {then}")
    if pace.stop_above is not None:
        parts.append(f"stops when more than {percent(pace.stop_above)} fail")
    return "; ".join(parts)


def state_line(job: BulkJob) -> Line:
    """Say in a line how a job stands."""
    why = (f"  {job.why}", "dim") if job.why else ""
    return line((job.state.value, _STYLES[job.state]), "  ", (job.name, "bold"), f"  {counts_text(job)}", why)


def counts_text(job: BulkJob) -> str:
    """Say how many runs have had their turn, and what came of them."""
    tally = job.tally
    had = tally.total - tally.waiting
    said = [(tally.running, "running"), (tally.succeeded, "succeeded"), (tally.failed, "failed"),
            (tally.paused, "wait for a person"), (tally.refused, "refused"), (tally.skipped, "skipped")]  # fmt: skip
    told = ", ".join(f"{number:,} {what}" for number, what in said if number)
    return f"{had:,} of {tally.total:,}" + (f": {told}" if told else "")


def wrong_lines(rows: Sequence[BulkRow], width: int) -> list[Line]:
    """Say what went wrong, what is alike taken together."""
    groups: dict[tuple[RowState, str], list[BulkRow]] = {}
    for row in rows:
        why = (row.why or "").replace(row.origin_name, "RUN").replace(row.replay_name or "\0", "RUN")
        groups.setdefault((row.state, why), []).append(row)
    lines: list[Line] = []
    ordered = sorted(groups.items(), key=lambda each: -len(each[1]))
    for (state, _), alike in ordered[:_MOST]:
        first = alike[0]
        name = first.replay_name if state is RowState.FAILED else first.origin_name
        label = f"{state.value.lower()}, {count(len(alike), 'run')}"
        such = f"({name})" if len(alike) == 1 else f"(such as {name})"
        lines += labelled(label, f"{short(first.why or '', 300)} {such}".strip(), width, style=_ROW_STYLES[state])
    if len(ordered) > _MOST:
        lines.append(line((f"and {len(ordered) - _MOST} more kinds", "dim")))
    return lines


def next_lines(job: BulkJob) -> list[Line]:
    """Say what may be done next."""
    command = {
        BulkState.WAITING: ("the others follow", f"dalsegno bulk approve {job.name}"),
        BulkState.PAUSED: ("take it up again", f"dalsegno bulk resume {job.name}"),
        BulkState.STOPPED: ("go on all the same", f"dalsegno bulk resume {job.name}"),
        BulkState.RUNNING: ("take it up again", f"dalsegno bulk resume {job.name}"),
    }.get(job.state)
    looked = [line(("  every run:  ", "dim"), (f"dalsegno bulk show {job.name}", "bold cyan"))]
    if command is None:
        return looked
    what, text = command
    more = [line((f"  {what}:  ", "dim"), (text, "bold cyan"))]
    more.append(line(("  end it:  ", "dim"), (f"dalsegno bulk abort {job.name}", "bold cyan")))
    return [*more, *looked]


def job_lines(job: BulkJob, width: int) -> list[Line]:
    """Say what a job is and how it stands."""
    asked = ", ".join(f"{name}={value}" for name, value in {**job.selection, **job.request}.items())
    facts = [
        ("asked", asked), ("begins", "at the task that failed first" if job.first_failed else ""),
        ("pace", pace_text(job.pace)), ("made", f"{stamp(job.created)} by {job.author or 'nobody known'}"),
        ("ended", stamp(job.ended)), ("driven by", job.owner or ("the engine of a server" if job.hosted else "")),
    ]  # fmt: skip
    lines = [state_line(job)]
    for title, text in facts:
        if text:
            lines += [line((f"  {title:<9} ", "dim"), short(text, max(width - 12, 40)))]
    return lines


def jobs_table(jobs: Sequence[BulkJob]) -> RenderableType:
    """List jobs."""
    from dalsegno.cli.render.tables import Column, add_row, cell, table

    made = table([
        Column("job", name=True, style="bold"), Column("state", fixed=True), Column("made", fixed=True), Column("runs"),
        Column("note"),
    ])  # fmt: skip
    for job in jobs:
        state = cell(job.state.value, _STYLES[job.state])
        add_row(made, job.name, state, stamp(job.created), counts_text(job), job.why or job.request.get("reason") or "")
    return made


def rows_table(rows: Sequence[BulkRow]) -> RenderableType:
    """List what has become of the runs of a job."""
    from dalsegno.cli.render.tables import Column, add_row, cell, table

    made = table([
        Column("run", name=True, style="bold"), Column("became", fixed=True), Column("replay", name=True), Column("why"),
    ])  # fmt: skip
    for row in rows:
        state = cell(row.state.value, _ROW_STYLES[row.state])
        add_row(made, row.origin_name, state, row.replay_name or "", short(row.why or "", 200))
    return made
