"""Executing a run from the command line: watched, interruptible, and told about at its end."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dalsegno.cli.exit_codes import INTERRUPTED, of_state
from dalsegno.cli.interrupting import Interrupt
from dalsegno.cli.render.lines import BLANK, labelled, line
from dalsegno.cli.render.outcome import Failure, Outcome, again_lines, failure_lines, not_tolerated, state_lines
from dalsegno.cli.render.plan_rows import Groups, estimate, works
from dalsegno.cli.render.runs import leaves, saved_seconds
from dalsegno.cli.render.waiting import waiting_lines
from dalsegno.cli.terminal import Terminal
from dalsegno.cli.watching import Watcher, teller
from dalsegno.errors import Ambiguous, ExtraMissing, NotFound
from dalsegno.model.flow import Kind
from dalsegno.model.plan import Action, Plan
from dalsegno.model.run import Run
from dalsegno.model.state import State

if TYPE_CHECKING:
    from dalsegno.client.client import Client


@dataclass(frozen=True, slots=True)
class Execution:
    """How a run is to be executed.

    Parameters
    ----------
    plan : what it executes, where that is known here: tells what was reused.
    file : the flow's file, where one was given.
    verbose : whether log lines are shown.
    do : executes the run, given an `observer` and a `stop`; by default as it was planned.
    """

    plan: Plan | None = None
    file: str | None = None
    verbose: bool = False
    do: Callable[..., Run] | None = None


def execute(client: Client, run: Run, terminal: Terminal, how: Execution) -> int:
    """Execute a run, tell how it went, and give the exit code."""
    watcher = Watcher(words=not terminal.stream(err=True).isatty(), verbose=how.verbose)
    told = teller(terminal, watcher)
    watcher.told = told

    def notice() -> None:
        told.line(line(("  stopping the run; press Ctrl-C again to end at once", "yellow")))

    do = how.do or partial(client.execute, run.id)
    if client.server is not None:
        try:
            with told:
                ended = do(observer=watcher)
        except KeyboardInterrupt:
            return _left(client, run, terminal)
        _tell_end(client, ended, watcher, terminal, how)
        return of_state(ended.state)
    with Interrupt(notice) as interrupt, told:
        ended = do(observer=watcher, stop=interrupt.arm)
    _tell_end(client, ended, watcher, terminal, how)
    if interrupt.exit_code is not None and ended.state is State.KILLED:
        return interrupt.exit_code
    return of_state(ended.state)


def _left(client: Client, run: Run, terminal: Terminal) -> int:
    """Tell that a run which a server executes goes on there, though nobody follows it here any more."""
    name = shlex.quote(handle_of(client, run))
    if client.get_run(run.id).state is State.CREATED:
        lines = labelled(
            "not begun", f"the server was not told to execute {run.name} yet", terminal.width(err=True), style="yellow"
        )
        terminal.tell([BLANK, *lines])
        return INTERRUPTED
    said = f"the server goes on with {run.name}"
    rows = (
        ("follow", f"dalsegno logs {name} --follow"),
        ("look", f"dalsegno show {name}"),
        ("stop", f"dalsegno kill {name}"),
    )
    lines = [line((f"  {what:<8}", "dim"), command) for what, command in rows]
    terminal.tell([BLANK, line(("left", "yellow"), f"  {said}"), *lines])
    return INTERRUPTED


def _tell_end(client: Client, run: Run, watcher: Watcher, terminal: Terminal, how: Execution) -> None:
    outcome = _outcome(client, run, watcher, how)
    terminal.show(state_lines(outcome, terminal.width()))
    if run.state is State.FAILED:
        terminal.tell([BLANK, *failure_lines(outcome, terminal.width(err=True))])
    elif run.state is State.KILLED:
        terminal.tell([BLANK, *again_lines(outcome)])
    elif run.state is State.PAUSED:
        terminal.tell([BLANK, *waiting_lines(client.waits(run.id), outcome.handle, terminal.width(err=True))])
    elif run.error:
        terminal.tell(labelled("warning", str(run.error["message"]), terminal.width(err=True), style="yellow"))
    if run.state in (State.SUCCESS, State.WARNING) and run.outputs and not terminal.as_json:
        from dalsegno.cli.render.logs import value_lines

        terminal.show(value_lines(run.outputs, indent="  "))
    if terminal.as_json:
        terminal.document(client.run_json(run.id))


def _outcome(client: Client, run: Run, watcher: Watcher, how: Execution) -> Outcome:
    failures = watcher.failures
    if run.state is State.FAILED and failures:
        failures = not_tolerated(failures, client.task_runs(run.id))
    if run.state is State.FAILED and not failures and run.error:
        failures = (Failure(run.error.get("address"), None, run.error),)
    reused, saved = 0, 0.0
    if how.plan is not None:
        reused, saved = _kept(client, run, how.plan)
    handle = handle_of(client, run)
    ended = watcher.ended
    return Outcome(
        run,
        ran=ended["ran"] + ended["failed"],
        pinned=ended["pinned"],
        skipped=ended["skipped"],
        failed=max(ended["failed"], len(failures)),
        reused=reused,
        saved_s=saved,
        failures=failures,
        file=how.file or client.code_of(run.id),
        handle=handle,
    )


def _kept(client: Client, run: Run, plan: Plan) -> tuple[int, float]:
    """Give how many tasks were kept, and how many seconds they took where they ran."""
    if any(each.action is Action.CHECK or each.check is not None for each in plan.decisions):
        task_runs = client.task_runs(run.id)
        return sum(each.action is Action.REUSE for each in leaves(task_runs)), saved_seconds(task_runs)
    groups = group_types({decision.type for decision in plan.decisions})
    reused = sum(each.action is Action.REUSE for each in works(plan, groups))
    return reused, estimate(plan, groups).kept_s or 0.0


def handle_of(client: Client, run: Run) -> str:
    """Give what names a run on a command line: its name, or where several runs are called that, its id."""
    try:
        return run.name if client.get_run(run.name).id == run.id else run.id
    except (Ambiguous, NotFound):
        return run.id


def group_types(types: Collection[str]) -> Groups:
    """Tell which of these task types are groups, and of which kind."""
    from dalsegno.tasks.registry import load

    found: dict[str, Kind] = {}
    for name in types:
        try:
            kind = load(name).kind
        except (NotFound, ExtraMissing):
            continue
        if kind.is_group:
            found[name] = kind
    return found


def command_with(argv: Collection[str], digest: str) -> str:
    """Give the command line that carries out the plan that was just shown."""
    words = [word for word in argv if word not in ("--dry-run", "--json")]
    kept: list[str] = []
    skip = False
    for word in words:
        if not skip and word != "--digest" and not word.startswith("--digest="):
            kept.append(word)
        skip = word == "--digest"
    return shlex.join(["dalsegno", *kept, "--digest", digest])
