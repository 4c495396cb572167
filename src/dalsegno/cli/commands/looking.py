"""Looking at runs: `show`, `gantt`, `outputs`, `lineage`, `why`; and `kill`, `pause`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.render import gantt as gantts
from dalsegno.cli.render import runs as drawn
from dalsegno.cli.render.lines import BLANK, line
from dalsegno.cli.render.logs import value_lines
from dalsegno.cli.render.outcome import Failure, Outcome, failure_lines, not_tolerated
from dalsegno.cli.render.why import Case, why_json, why_lines
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import NotFound
from dalsegno.model.plan import Action
from dalsegno.model.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalsegno.client.client import Client
    from dalsegno.model.run import Run, TaskRun


def register(app: typer.Typer) -> None:
    """Add the commands."""
    ex = options.examples
    app.command(epilog=ex(("the newest run", "dalsegno show last")))(show)
    app.command(epilog=ex(("the newest run, as bars", "dalsegno gantt last")))(gantt)
    app.command(
        epilog=ex(
            ("all outputs of a run", "dalsegno outputs last"),
            ("those of one task, for a program", "dalsegno outputs last to_parquet --json"),
        ),
    )(outputs)
    app.command(epilog=ex(("a run, what it replays, and its replays", "dalsegno lineage last")))(lineage)
    app.command(epilog=ex(("why a task was kept, or ran again", "dalsegno why last unzip")))(why)
    app.command(epilog=ex(("stop a run in another terminal", "dalsegno kill last")))(kill)
    app.command(epilog=ex(("have it wait, and go on later with `dalsegno resume`", "dalsegno pause last")))(pause)


def names_of(client: Client, runs: Sequence[Run]) -> dict[str, str]:
    """Name the runs of a list, and those that they replay or that fixed them, by id."""
    names = {run.id: run.name for run in runs}
    others = {other for run in runs for other in (run.origin, run.fixed_by, run.caller and run.caller.run) if other}
    for other in others - names.keys():
        names[other] = client.get_run(other).name
    return names


def show(run: options.RunName, *, as_json: options.Json = False) -> None:
    """Show a run and what became of each task."""
    from dalsegno.client.client import Client
    from dalsegno.store.port import RunFilter

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.get_run(run)
        if as_json:
            terminal.document(client.run_json(found.id))
            return
        task_runs = client.task_runs(found.id)
        family = client.lineage(found.id)
        called = client.list_runs(RunFilter(parent=found.id, limit=0))
        names = names_of(client, [found, *family])
        fixed = names.get(found.fixed_by or "")
        terminal.show(drawn.run_header(found, task_runs, names, fixed=fixed, called=called, width=terminal.width()))
        if task_runs:
            terminal.show([BLANK], drawn.task_runs_table(task_runs, client.given_values(found.id)))
        _show_failure(client, found, task_runs, terminal, fixed=fixed)
        _show_waits(client, found, terminal)


def _show_waits(client: Client, run: Run, terminal: Terminal) -> None:
    from dalsegno.cli.executing import handle_of
    from dalsegno.cli.render.waiting import waiting_lines

    waits = client.waits(run.id)
    if run.state is State.PAUSED:
        terminal.show([BLANK, *waiting_lines(waits, handle_of(client, run), terminal.width())])


def _show_failure(
    client: Client, run: Run, task_runs: Sequence[TaskRun], terminal: Terminal, *, fixed: str | None
) -> None:
    from dalsegno.cli.executing import handle_of

    if run.state is not State.FAILED:
        return
    failed = [each for each in drawn.leaves(task_runs) if each.state is State.FAILED]
    failures = tuple(Failure(each.address, each.attempt, each.error or {}) for each in failed)
    failures = not_tolerated(failures, task_runs)
    if not failures and run.error:
        failures = (Failure(run.error.get("address"), None, run.error),)
    outcome = Outcome(run, failures=failures, handle=handle_of(client, run), fixed=fixed, file=client.code_of(run.id))
    terminal.show([BLANK, *failure_lines(outcome, terminal.width())])


def gantt(run: options.RunName, *, as_json: options.Json = False) -> None:
    """Draw when each task of a run ran. What was kept is hatched, with the run in which it ran."""
    from dalsegno.client.client import Client
    from dalsegno.engine.clock import SystemClock
    from dalsegno.model.times import iso

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.get_run(run)
        task_runs = client.task_runs(found.id)
        ran_in = _ran_in(client, found, task_runs)
        if not as_json:
            now = SystemClock().now()
            terminal.show(gantts.gantt_lines(found, task_runs, ran_in, width=terminal.width(), now=now))
            return
        bars = [
            {
                "address": each.address, "state": each.state, "action": each.action, "started": iso(each.started),
                "ended": iso(each.ended), "ran_in": ran_in.get(each.reused_from or "", found.name),
            }
            for each in task_runs
        ]  # fmt: skip
        terminal.document({"run": found.id, "started": iso(found.started), "ended": iso(found.ended), "bars": bars})


def _ran_in(client: Client, run: Run, task_runs: Sequence[TaskRun]) -> dict[str, str]:
    """Find, for what was kept, the names of the runs in which it really ran: up the line of origins."""
    wanted = {each.reused_from for each in task_runs if each.reused_from}
    found: dict[str, str] = {}
    family = {each.id: each for each in client.lineage(run.id)} if wanted else {}
    origin = family.get(run.origin or "")
    while origin is not None and wanted - found.keys():
        found.update({each.id: origin.name for each in client.task_runs(origin.id) if each.id in wanted})
        origin = family.get(origin.origin or "")
    return found


def outputs(run: options.RunName, address: options.OptionalAddress = None, *, as_json: options.Json = False) -> None:
    """Show the outputs of a run, or of one of its tasks."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        if address is not None:
            client.task_run(run, address)
        found = client.outputs(run)
        if address is not None:
            values = found["tasks"].get(address, {})
            if as_json:
                terminal.document(values)
            else:
                terminal.show(value_lines(values) or [line((f"`{address}` has no outputs", "dim"))])
        elif as_json:
            terminal.document(found)
        else:
            for name, values in found["tasks"].items():
                terminal.show([line((name, "bold cyan")), *value_lines(values, indent="  ")])
            if found["flow"]:
                terminal.show([line(("outputs of the flow", "bold cyan")), *value_lines(found["flow"], indent="  ")])
            if not found["tasks"] and not found["flow"]:
                terminal.show([line(("no outputs", "dim"))])


def lineage(run: options.RunName, *, as_json: options.Json = False) -> None:
    """Draw the tree of replays that a run belongs to."""
    from dalsegno.client.client import Client
    from dalsegno.service.views import run_as_json

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.get_run(run)
        family = client.lineage(found.id)
        if as_json:
            terminal.document({"runs": [run_as_json(each) for each in family]})
        else:
            terminal.show(drawn.lineage_lines(family, found.id, terminal.width()))


def why(
    run: options.RunName,
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="A task run, such as `load` or `each_city[paris].load`.")
    ],
    *,
    as_json: options.Json = False,
) -> None:
    """Say why a task ran or was kept.

    For a replay: also what has changed since the run that it replays.
    """
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        case = _case(client, client.get_run(run), address)
        if as_json:
            terminal.document(why_json(case))
        else:
            terminal.show(why_lines(case, terminal.width()))


def _case(client: Client, run: Run, address: str) -> Case:
    decision = client.run_plan(run.id).by_address.get(address)
    try:
        task_run = client.task_run(run.id, address)
    except NotFound:
        if decision is None:
            raise
        task_run = None
    before = origin = None
    if run.origin is not None:
        origin = client.get_run(run.origin)
        try:
            before = client.task_run(origin.id, address)
        except NotFound:
            before = None
    kept = task_run is not None and task_run.action is Action.REUSE and task_run.reused_from is not None
    ran_in = _ran_in(client, run, [task_run]).get(task_run.reused_from or "") if kept and task_run is not None else None
    given = client.given_values(run.id).get(address, ()) if task_run is not None else ()
    return Case(run, address, decision, task_run, before, origin.name if origin is not None else None, ran_in, given)


def kill(run: options.RunName, *, as_json: options.Json = False) -> None:
    """Ask whatever executes a run to stop it. It ends as KILLED, and can be replayed."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.kill_run(run)
        if as_json:
            terminal.document(client.run_json(found.id))
        else:
            terminal.show([line("Stopped: " if found.state.ended else "Asked to stop: ", (found.name, "bold"))])


def pause(run: options.RunName, *, as_json: options.Json = False) -> None:
    """Ask whatever executes a run to pause it. What is running ends, and nothing begins until it is resumed."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.pause_run(run)
        if as_json:
            terminal.document(client.run_json(found.id))
            return
        done = found.state is State.PAUSED
        terminal.show([line("Paused: " if done else "Asked to pause: ", (found.name, "bold"))])
