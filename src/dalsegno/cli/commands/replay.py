"""`dalsegno replay`: a run again, from the sign; and `dalsegno plan`: what that would do."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from dalsegno.cli import options
from dalsegno.cli.arguments import (
    FlowFile,
    read_effects,
    read_form,
    read_renames,
    read_revision,
    read_stale,
)
from dalsegno.cli.asking import with_consent
from dalsegno.cli.code import Code, Debugging, doer, given_to_replay, read_fixed, refuse_without_code
from dalsegno.cli.copying import command_line, show_request
from dalsegno.cli.executing import Execution, execute, group_types
from dalsegno.cli.exit_codes import OK
from dalsegno.cli.render.lines import line
from dalsegno.cli.render.plan import plan_summary
from dalsegno.cli.requests import Given, show_plan
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import Refusal

if TYPE_CHECKING:
    from dalsegno.client.client import Client
    from dalsegno.model.plan import Plan
    from dalsegno.model.run import Run
    from dalsegno.replay.request import ReplayRequest

EXAMPLES = options.examples(
    (
        "fix the file, then go on from the task that failed",
        "dalsegno replay last-failed --from to_parquet --file flow.yaml",
    ),
    ("see first what that will do", "dalsegno replay last-failed --from to_parquet --file flow.yaml --dry-run"),
    (
        "run what has no result yet, on the newest revision",
        "dalsegno replay divvy_tripdata-1 --skip-successful --revision latest",
    ),
    ("run only what changed, and what depends on it", "dalsegno replay last --changed --file flow.yaml"),
    ("one item of a loop", "dalsegno replay last --from 'each_city[paris].load'"),
    ("one task, and nothing after it", "dalsegno replay last --only convert"),
    ("everything again, with another input", "dalsegno replay last -i month=202608"),
    ("mark a task as done and go on", "dalsegno replay last-failed --pin notify={} --skip-successful"),
    (
        "a task that has another name now",
        "dalsegno replay last --from to_parquet --rename extract=unzip --revision latest",
    ),
    ("the same request, to copy it", "dalsegno replay last --from convert --print cli"),
)
PLAN_EXAMPLES = options.examples(
    ("what a replay from a task would do", "dalsegno plan last-failed --from to_parquet"),
    ("what would run because it changed", "dalsegno plan last --changed --file flow.yaml"),
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=EXAMPLES)(replay)
    app.command(epilog=PLAN_EXAMPLES)(plan)


def replay(  # noqa: PLR0913 - a parameter is an option
    run: options.RunName,
    *,
    start: options.Starts = None,
    only: options.Only = None,
    until: options.Until = None,
    skip: options.Skips = None,
    skip_successful: options.SkipSuccessful = False,
    changed: options.Changed = False,
    revision: options.RevisionName = None,
    file: options.FixedFile = None,
    renames: options.Renames = None,
    inputs: options.Inputs = None,
    task_inputs: options.TaskInputs = None,
    expressions: options.TaskInputExpressions = None,
    pins: options.Pins = None,
    keeps: options.Keeps = None,
    stops: options.Breakpoints = None,
    effects: options.EffectsWish = "ask",
    acknowledge: options.Acknowledges = None,
    stale: options.Stale = "warn",
    verify: options.Verify = False,
    fresh_clock: options.FreshClock = False,
    no_carry: options.NoCarry = False,
    labels: options.Labels = None,
    reason: options.Reason = None,
    form: options.Print = None,
    dry_run: options.DryRun = False,
    digest: options.Digest = None,
    debug: options.Debug = False,
    post_mortem: options.PostMortem = False,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> int:
    """Play a run again, or part of it.

    Without --from, --only, --skip-successful and --changed all of it runs; with them, what is not named is kept.
    The earlier run stays as it is; this makes a new one with the same inputs.
    """
    request = replace(
        Given(inputs, task_inputs, expressions, pins, labels, reason, keeps, stops).request(),
        origin=run,
        revision=_revision(revision, file),
        start=tuple(start or ()),
        only=tuple(only or ()),
        until=tuple(until or ()),
        skip=tuple(skip or ()),
        skip_successful=skip_successful,
        changed=changed,
        renamed=read_renames(renames or ()),
        effects=read_effects(effects),
        acknowledge=tuple(acknowledge or ()),
        stale=read_stale(stale),
        verify=verify,
        fresh_clock=fresh_clock,
        carry_overrides=not no_carry,
        debug=debug or post_mortem,
    )
    debugging = Debugging(debug, post_mortem)
    terminal = Terminal(as_json=as_json, steady=True)
    copied = read_form(form)
    if copied is not None:
        show_request(request, copied, terminal, file=file, digest=digest)
        return OK
    return _do(request, _How(file, digest=digest, dry_run=dry_run, verbose=verbose, debugging=debugging), terminal)


def _as_replay(without: set[str]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options of `replay`, but for some."""
    whole = inspect.signature(replay, eval_str=True)

    def signed(command: Callable[..., int]) -> Callable[..., int]:
        kept = [each for name, each in whole.parameters.items() if name not in without]
        vars(command)["__signature__"] = whole.replace(parameters=kept)
        return command

    return signed


@_as_replay(without={"dry_run", "digest", "verbose", "debug", "post_mortem"})
def plan(run: str, **given: Any) -> int:
    """Show what a replay would do, and why; run nothing, write nothing. It takes the options of `replay`."""
    return replay(run, dry_run=True, **given)


@dataclass(frozen=True, slots=True)
class _How:
    """What is to be done with a request."""

    file: str | None
    digest: str | None
    dry_run: bool
    verbose: bool
    debugging: Debugging


def _revision(revision: str | None, file: str | None) -> str | int:
    if file is None:
        return read_revision(revision) or "original"
    if revision not in (None, "latest"):
        message = f"--file is the newest revision, and --revision {revision} asks for another one; drop one of them"
        raise Refusal(message, code="contradiction")
    return "latest"


def _do(request: ReplayRequest, how: _How, terminal: Terminal) -> int:
    from dalsegno.client.client import Client

    fixed = read_fixed(how.file)
    if not isinstance(fixed, Code):
        refuse_without_code(how.debugging)
    with Client() as client:
        if not how.dry_run:
            return _execute(client, request, fixed, how, terminal)
        drawn = _plan(client, request, fixed)
        title = f"replay of {client.get_run(request.origin or '').name}"
        return show_plan(drawn, title, terminal, lambda digest: command_line(request, file=how.file, digest=digest))


def _plan(client: Client, request: ReplayRequest, fixed: FlowFile | Code | None) -> Plan:
    request, given, _ = given_to_replay(client, fixed, request)
    return client.plan_replay(request, **given)


def _execute(
    client: Client, request: ReplayRequest, fixed: FlowFile | Code | None, how: _How, terminal: Terminal
) -> int:
    request, given, functions = given_to_replay(client, fixed, request)
    name = None if fixed is None else fixed.name
    start = partial(client.start_replay, **given, digest=how.digest)
    run: Run = with_consent(request, start, terminal)
    drawn = client.run_plan(run.id)
    groups = group_types({decision.type for decision in drawn.decisions})
    origin = client.get_run(run.origin or "").name
    head = line((run.name, "bold"), (f"  replay of {origin}, attempt {run.attempt}", "dim"))
    terminal.tell([head, *plan_summary(drawn, groups, terminal.width(err=True))])
    do = doer(client, run, functions, how.debugging) if how.debugging else None
    return execute(client, run, terminal, Execution(plan=drawn, file=name, verbose=how.verbose, do=do))
