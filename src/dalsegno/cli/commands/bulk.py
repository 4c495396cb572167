"""`dalsegno bulk-replay`: many runs again, paced; and `dalsegno bulk`: looking at such jobs, and what a person says to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.arguments import read_age, read_effects, read_pairs, read_revision, read_stale
from dalsegno.cli.exit_codes import FAILED, OK, REFUSED, WAITING
from dalsegno.cli.interrupting import Interrupt
from dalsegno.cli.render import bulk as drawn
from dalsegno.cli.render.lines import BLANK, Line, line
from dalsegno.cli.requests import Given
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import Refusal, closest, did_you_mean
from dalsegno.model.bulk import AT_ONCE, BulkJob, BulkState, Pace, RowState

if TYPE_CHECKING:
    from dalsegno.client.client import Client
    from dalsegno.engine.bulk_request import BulkRequest

EXAMPLES = options.examples(
    (
        "what failed in the last two days, from a task on the fixed flow, 3 first",
        (
            "dalsegno bulk-replay --state FAILED --flow divvy_tripdata --since 2d --from to_parquet --revision latest "
            "--rate 5/s --canary 3"
        ),
    ),
    ("see what that would do", "dalsegno bulk-replay --state FAILED --since 2d --from-failed --dry-run"),
    (
        "named runs, without being asked",
        "dalsegno bulk-replay divvy_tripdata-3 divvy_tripdata-7 --skip-successful --yes",
    ),
)

JobName = Annotated[
    str, typer.Argument(metavar="JOB", help="A bulk replay's name, its id or a unique prefix of it, or `last`.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("bulk-replay", epilog=EXAMPLES)(bulk_replay)
    group = typer.Typer(help="Look at bulk replays, and have them wait, go on or end.", rich_markup_mode=None)
    for name, command in (
        ("list", list_), ("show", show), ("pause", pause), ("resume", resume), ("approve", approve), ("abort", abort),
    ):  # fmt: skip
        group.command(name, epilog=options.examples(*_EXAMPLES[name]))(command)
    app.add_typer(group, name="bulk")


_EXAMPLES = {
    "list": [("the newest bulk replays", "dalsegno bulk list")],
    "show": [("what failed in one", "dalsegno bulk show last --state FAILED")],
    "pause": [("begin no more replays for now", "dalsegno bulk pause bulk-1")],
    "resume": [("go on, or take up one whose process died", "dalsegno bulk resume bulk-1")],
    "approve": [("have the others follow the first ones", "dalsegno bulk approve bulk-1")],
    "abort": [("end it, and stop what is under way", "dalsegno bulk abort bulk-1 --kill")],
}


def bulk_replay(  # noqa: PLR0913 - a parameter is an option
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="RUN", help="Runs by name; or choose them, see below.")
    ] = None,
    *,
    state: Annotated[
        list[str] | None, typer.Option("--state", metavar="STATE", help="Runs in this state. May be repeated.")
    ] = None,
    flow: Annotated[str | None, typer.Option("--flow", metavar="FLOW", help="Runs of this flow.")] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", metavar="NAMESPACE", help="Runs in this namespace.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="AGE", help="Runs not older than this, such as 2d.")
    ] = None,
    with_label: Annotated[
        list[str] | None,
        typer.Option("--with-label", metavar="NAME=VALUE", help="Runs with this label. May be repeated."),
    ] = None,
    also_fixed: Annotated[bool, typer.Option("--also-fixed", help="Runs too that a later replay has fixed.")] = False,
    start: options.Starts = None,
    from_failed: Annotated[
        bool, typer.Option("--from-failed", help="From the task that failed first in each.")
    ] = False,
    only: options.Only = None,
    until: options.Until = None,
    skip: options.Skips = None,
    skip_successful: options.SkipSuccessful = False,
    changed: options.Changed = False,
    revision: options.RevisionName = None,
    inputs: options.Inputs = None,
    task_inputs: options.TaskInputs = None,
    expressions: options.TaskInputExpressions = None,
    pins: options.Pins = None,
    keeps: options.Keeps = None,
    effects: options.EffectsWish = "ask",
    acknowledge: options.Acknowledges = None,
    stale: options.Stale = "warn",
    fresh_clock: options.FreshClock = False,
    no_carry: options.NoCarry = False,
    labels: options.Labels = None,
    reason: options.Reason = None,
    rate: Annotated[
        str | None, typer.Option("--rate", metavar="N/s", help="Begin at most so many: 5/s, 30/min, 100/h.")
    ] = None,
    at_once: Annotated[int, typer.Option("--at-once", min=1, help="Execute at most so many at once.")] = AT_ONCE,
    canary: Annotated[
        int, typer.Option("--canary", min=0, help="Replay so many first, then ask whether the others follow.")
    ] = 0,
    go_on: Annotated[
        bool, typer.Option("--go-on", help="Do not ask: the others follow if all of the first end well.")
    ] = False,
    stop_above: Annotated[
        str | None, typer.Option("--stop-above", metavar="PERCENT", help="Stop when more than this fail, such as 10%.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Leave it to the engine of a server on the same data.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would do; write nothing.")] = False,
    as_json: options.Json = False,
) -> int:
    """Replay many runs by one request, as a job that is paced, and that can wait, go on and end.

    Shows first what it would do. Ctrl-C has it wait; `dalsegno bulk resume` takes it up again.
    """
    from dalsegno.client.client import Client
    from dalsegno.engine.bulk_request import BulkRequest

    request = replace(
        Given(inputs, task_inputs, expressions, pins, labels, reason, keeps).request(),
        revision=read_revision(revision) or "original",
        start=tuple(start or ()), only=tuple(only or ()), until=tuple(until or ()), skip=tuple(skip or ()),
        skip_successful=skip_successful, changed=changed, effects=read_effects(effects),
        acknowledge=tuple(acknowledge or ()), stale=read_stale(stale), fresh_clock=fresh_clock,
        carry_overrides=not no_carry,
    )  # fmt: skip
    pace = Pace(_rate(rate), at_once, canary, not go_on, _share(stop_above))
    terminal = Terminal(as_json=as_json, steady=True)
    with Client() as client:
        chosen = [state, flow, namespace, since, with_label]
        asked = BulkRequest(tuple(runs or ()), request=request, first_failed=from_failed, fixed_too=also_fixed)
        if any(chosen):
            asked = _by_filter(asked, flow, namespace, state, with_label, since)
        return _do(client, asked, pace, terminal, yes=yes, dry_run=dry_run, detach=detach)


def _by_filter(
    asked: BulkRequest, flow: str | None, namespace: str | None, states: list[str] | None,
    labels: list[str] | None, since: str | None,
) -> BulkRequest:  # fmt: skip
    from dalsegno.engine.clock import SystemClock
    from dalsegno.service.listing import state_of
    from dalsegno.store.port import RunFilter

    pairs = tuple(read_pairs("--with-label", labels or ()).items())
    at = None if since is None else SystemClock().now() - read_age("--since", since)
    by = RunFilter(
        namespace,
        flow,
        tuple(state_of(text) for text in states or ()),
        labels=pairs,
        limit=0,
        top=True,
        created_from=at,
    )
    return replace(asked, filter=by)


_RATE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*/\s*(?P<unit>s|min|h)\Z")
_UNITS = {"s": 1, "min": 60, "h": 3600}


def _rate(text: str | None) -> float | None:
    if text is None:
        return None
    found = _RATE.match(text)
    if found is None:
        raise Refusal(
            f"--rate `{text}` is no rate: give a number a time, such as 5/s, 30/min or 100/h", code="bad-argument"
        )
    return float(found["number"]) / _UNITS[found["unit"]]


def _share(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text.removesuffix("%").strip()) / 100
    except ValueError:
        raise Refusal(f"--stop-above `{text}` is no share: give percent, such as 10%", code="bad-argument") from None


def _do(
    client: Client, asked: BulkRequest, pace: Pace, terminal: Terminal, *, yes: bool, dry_run: bool, detach: bool
) -> int:
    preview = client.preview_bulk_replay(asked, pace, told=_looking(terminal))
    if terminal.as_json and dry_run:
        terminal.document(preview.as_json())
    else:
        terminal.show(drawn.preview_lines(preview, pace, terminal.width()), err=not dry_run)
    if dry_run:
        return OK if preview.replays else REFUSED
    if not preview.replays:
        raise Refusal("there is nothing that can be replayed", code="no-runs")
    if not yes:
        if not terminal.asks():
            raise Refusal("nobody can be asked here: look at it with --dry-run, then say --yes", code="not-agreed")
        if not terminal.ask(f"replay these {preview.replays:,}?"):
            terminal.tell([line(("nothing was done", "dim"))])
            return OK
    # what was shown is what is done: runs that failed since are not among them
    job = client.start_bulk_replay(replace(asked, runs=preview.runs, filter=None), pace, hosted=detach)
    terminal.tell([line((job.name, "bold"), f"  {drawn.counts_text(job)}")])
    if not detach:
        return _drive(client, job, terminal)
    if terminal.as_json:
        _document(job, terminal)
    else:
        terminal.tell([line("  a server on this data drives it: ", (f"dalsegno bulk show {job.name}", "bold cyan"))])
    return OK


def _looking(terminal: Terminal) -> Callable[[int, int], None]:
    shown = terminal.styled(err=True) and not terminal.as_json

    def told(done: int, total: int) -> None:
        if shown and total > 500:
            end = "\r\x1b[K" if done == total else f"\rlooking at {done:,} of {total:,} runs"
            terminal.stream(err=True).write(end)
            terminal.stream(err=True).flush()

    return told


class _Progress:
    """Tells how a job goes: on a screen in one line that changes, else in a line now and then."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._screen = terminal.styled(err=True)
        self._told_had = -1

    def __call__(self, job: BulkJob) -> None:
        if self._screen:
            text = f"{job.name}  {drawn.counts_text(job)}"[: max(self._terminal.columns(err=True) - 1, 20)]
            self._terminal.stream(err=True).write(f"\r\x1b[K{text}")
            self._terminal.stream(err=True).flush()
            return
        tenth = 10 * job.tally.ended // max(job.tally.total, 1)
        if tenth > self._told_had:
            self._told_had = tenth
            self._terminal.tell([line(f"  {drawn.counts_text(job)}")])

    def close(self) -> None:
        """Leave the line."""
        if self._screen:
            self._terminal.stream(err=True).write("\r\x1b[K")


def _drive(client: Client, job: BulkJob, terminal: Terminal) -> int:
    """Drive a job here, ask where it waits for what its first replays came to, and give the exit code."""
    while True:
        progress = _Progress(terminal)

        def notice() -> None:
            text = "  pausing: replays under way run to their end; Ctrl-C again ends at once, and loses nothing"
            terminal.tell([BLANK, line((text, "yellow"))])

        with Interrupt(notice) as interrupt:
            job = client.drive_bulk_replay(job.id, observer=progress, stop=interrupt.arm)
        progress.close()
        if job.state is not BulkState.WAITING or not terminal.asks() or terminal.as_json:
            break
        terminal.tell([drawn.state_line(job), *_wrong(client, job, terminal)])
        if not terminal.ask(f"have the other {job.tally.waiting:,} follow?"):
            break
        job = client.approve_bulk_replay(job.id)
    return _tell_end(client, job, terminal)


def _wrong(client: Client, job: BulkJob, terminal: Terminal) -> list[Line]:
    rows = client.bulk_rows(job.id, limit=10_000, states=(RowState.FAILED, RowState.REFUSED))
    return drawn.wrong_lines(rows, terminal.width(err=True))


def _tell_end(client: Client, job: BulkJob, terminal: Terminal) -> int:
    if terminal.as_json:
        _document(job, terminal)
    else:
        terminal.show([drawn.state_line(job)])
        terminal.tell([*_wrong(client, job, terminal), *drawn.next_lines(job)])
    if job.state is BulkState.DONE:
        return FAILED if job.tally.failed or job.tally.refused else OK
    return WAITING if job.state in (BulkState.WAITING, BulkState.PAUSED) else FAILED


def _document(job: BulkJob, terminal: Terminal) -> None:
    from dalsegno.service.bulk_views import bulk_as_json

    terminal.document(bulk_as_json(job))


def list_(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 20,
    as_json: options.Json = False,
) -> None:
    """List bulk replays, the newest first."""
    from dalsegno.client.client import Client
    from dalsegno.service.bulk_views import bulk_as_json

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        jobs = client.list_bulk_replays(limit=limit)
        if as_json:
            terminal.document({"bulk_replays": [bulk_as_json(job) for job in jobs]})
        elif jobs:
            terminal.show(drawn.jobs_table(jobs))
        else:
            terminal.show([line("There is no bulk replay yet. Make one:  ", ("dalsegno bulk-replay", "bold cyan"))])


def show(
    job: JobName,
    *,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="Only runs of which this became. May be repeated."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many runs.")] = 100,
    as_json: options.Json = False,
) -> None:
    """Show a bulk replay and what became of each run."""
    from dalsegno.client.client import Client
    from dalsegno.service.bulk_views import bulk_as_json, bulk_row_as_json

    terminal = Terminal(as_json=as_json)
    states = tuple(_row_state(text) for text in state or ())
    with Client() as client:
        found = client.get_bulk_replay(job)
        rows = client.bulk_rows(found.id, limit=limit, states=states)
        if as_json:
            terminal.document({**bulk_as_json(found), "rows": [bulk_row_as_json(row) for row in rows]})
            return
        terminal.show(drawn.job_lines(found, terminal.width()))
        if rows:
            terminal.show([BLANK], drawn.rows_table(rows))
        if not states and len(rows) < found.tally.total:
            more = f"… and {found.tally.total - len(rows):,} more: --limit {found.tally.total} shows all"
            terminal.show([line((more, "dim"))])


def _row_state(text: str) -> RowState:
    try:
        return RowState(text.upper())
    except ValueError:
        known = [state.value for state in RowState]
        near = closest(text, known)
        hint = did_you_mean(near) or f"; it can be {', '.join(known)}"
        raise Refusal(f"nothing becomes `{text}`{hint}", code="bad-argument", closest=near) from None


def pause(job: JobName, *, as_json: options.Json = False) -> None:
    """Have a bulk replay begin no more replays; those under way run to their end."""
    from dalsegno.client.client import Client

    with Client() as client:
        _told(client.pause_bulk_replay(job), Terminal(as_json=as_json))


def resume(
    job: JobName,
    *,
    here: Annotated[bool, typer.Option("--here", help="Drive one here that a server drove.")] = False,
    as_json: options.Json = False,
) -> int:
    """Go on with a bulk replay that waits or was stopped, or whose process died.

    It is driven here, unless the engine of a server drives it.
    """
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json, steady=True)
    with Client() as client:
        found = client.get_bulk_replay(job)
        hosted = found.hosted and not here
        return _go_on(client, client.resume_bulk_replay(found.id, hosted=None if hosted else False), terminal)


def approve(job: JobName, *, as_json: options.Json = False) -> int:
    """Have the others follow after the first replays of a bulk replay."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json, steady=True)
    with Client() as client:
        return _go_on(client, client.approve_bulk_replay(job), terminal)


def abort(
    job: JobName,
    *,
    kill: Annotated[bool, typer.Option("--kill", help="Stop the replays that are under way too.")] = False,
    as_json: options.Json = False,
) -> None:
    """End a bulk replay: it begins no more replays."""
    from dalsegno.client.client import Client

    with Client() as client:
        _told(client.abort_bulk_replay(job, kill=kill), Terminal(as_json=as_json))


def _go_on(client: Client, job: BulkJob, terminal: Terminal) -> int:
    if not job.hosted:
        return _drive(client, job, terminal)
    _told(job, terminal)
    return OK


def _told(job: BulkJob, terminal: Terminal) -> None:
    if terminal.as_json:
        _document(job, terminal)
    else:
        terminal.show([drawn.state_line(job)])
