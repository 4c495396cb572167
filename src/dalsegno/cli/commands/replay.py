"""`dalsegno replay`: a run again, from the sign."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.arguments import FlowFile, read_flow_file, read_revision, read_stale
from dalsegno.cli.executing import Execution, execute, group_types
from dalsegno.cli.render.lines import line
from dalsegno.cli.render.plan import plan_summary
from dalsegno.cli.requests import Given, show_plan
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import Refusal

if TYPE_CHECKING:
    from dalsegno.client.client import Client
    from dalsegno.model.plan import Plan
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
    ("one item of a loop", "dalsegno replay last --from 'each_city[paris].load'"),
    ("everything again, with another input", "dalsegno replay last -i month=202608"),
    ("mark a task as done and go on", "dalsegno replay last-failed --pin notify={} --skip-successful"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(replay)


def replay(  # noqa: PLR0913 - a parameter is an option
    ctx: typer.Context,
    run: options.RunName,
    *,
    start: Annotated[
        list[str] | None,
        typer.Option(
            "--from", metavar="TASK", help="Run this again, and everything downstream of it. May be repeated."
        ),
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option("--skip", metavar="TASK", help="Reuse the result of this task. May be repeated.")
    ] = None,
    skip_successful: Annotated[bool, typer.Option("--skip-successful", help="Reuse whatever has a result.")] = False,
    revision: Annotated[
        str | None,
        typer.Option(
            "--revision", metavar="original|latest|N", help="Which revision of the flow. Default: the original one."
        ),
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="The fixed flow; it is saved as the newest revision.")
    ] = None,
    inputs: options.Inputs = None,
    task_inputs: options.TaskInputs = None,
    expressions: options.TaskInputExpressions = None,
    pins: options.Pins = None,
    stale: Annotated[
        str,
        typer.Option(
            "--stale", metavar="warn|refuse", help="What to do about kept results whose definition has changed."
        ),
    ] = "warn",
    labels: options.Labels = None,
    reason: options.Reason = None,
    dry_run: options.DryRun = False,
    digest: options.Digest = None,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> int:
    """Play a run again, or part of it.

    Without --from and --skip-successful all of it runs; with them, what came before is kept.
    The earlier run stays as it is; this makes a new one with the same inputs.
    """
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json, steady=True)
    request = replace(
        Given(inputs, task_inputs, expressions, pins, labels, reason).request(),
        origin=run,
        revision=_revision(revision, file),
        start=tuple(start or ()),
        skip=tuple(skip or ()),
        skip_successful=skip_successful,
        stale=read_stale(stale),
    )
    fixed = read_flow_file(file) if file is not None else None
    with Client() as client:
        if dry_run:
            plan = _plan(client, request, fixed)
            return show_plan(plan, f"replay of {client.get_run(run).name}", terminal, ctx.obj)
        return _execute(client, request, fixed, terminal, digest=digest, verbose=verbose)


def _revision(revision: str | None, file: str | None) -> str | int:
    if file is None:
        return read_revision(revision) or "original"
    if revision not in (None, "latest"):
        message = f"--file is the newest revision, and --revision {revision} asks for another one; drop one of them"
        raise Refusal(message, code="contradiction")
    return "latest"


def _plan(client: Client, request: ReplayRequest, fixed: FlowFile | None) -> Plan:
    if fixed is None:
        return client.plan_replay(request)
    return client.plan_replay(request, text=fixed.text, file=fixed.name)


def _execute(
    client: Client,
    request: ReplayRequest,
    fixed: FlowFile | None,
    terminal: Terminal,
    *,
    digest: str | None,
    verbose: bool,
) -> int:
    text, name = (fixed.text, fixed.name) if fixed is not None else (None, None)
    run = client.start_replay(request, text=text, file=name, digest=digest)
    plan = client.run_plan(run.id)
    groups = group_types({decision.type for decision in plan.decisions})
    origin = client.get_run(run.origin or "").name
    head = line((run.name, "bold"), (f"  replay of {origin}, attempt {run.attempt}", "dim"))
    terminal.tell([head, *plan_summary(plan, groups, terminal.width(err=True))])
    return execute(client, run, terminal, Execution(plan=plan, file=name, verbose=verbose))
