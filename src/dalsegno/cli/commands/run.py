"""`dalsegno run`: a fresh run of a flow, or one whose process died, carried on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.arguments import FlowFile, flow_or_file
from dalsegno.cli.code import Code, Debugging, doer, fresh, is_code, read_code, refuse_without_code
from dalsegno.cli.executing import Execution, command_with, execute
from dalsegno.cli.render.errors import problem_lines
from dalsegno.cli.render.lines import labelled
from dalsegno.cli.requests import Given, show_plan
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import FlowInvalid, Refusal

if TYPE_CHECKING:
    from dalsegno.client.client import Client
    from dalsegno.replay.request import ReplayRequest

EXAMPLES = options.examples(
    ("run a file; its text is saved as a revision", "dalsegno run flow.yaml"),
    ("run a pipeline in Python", "dalsegno run train.py:training_pipeline -i learning_rate=0.01"),
    ("run a saved flow with an input", "dalsegno run company.team.divvy_tripdata -i month=202608"),
    (
        "give a task another property, for this run alone",
        "dalsegno run flow.yaml --task-input get.uri=http://localhost/a.zip",
    ),
    ("see first what that will do", "dalsegno run flow.yaml --dry-run"),
    ("carry on a run whose process died", "dalsegno run resume divvy_tripdata-3"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(run)


def run(  # noqa: PLR0913 - a parameter is an option
    ctx: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="FLOW_OR_FILE",
            help="A saved flow, a YAML file, a pipeline (`train.py:pipeline`), or the word `resume`.",
        ),
    ],
    resumed: Annotated[str | None, typer.Argument(metavar="RUN", help="After `resume`: the run to carry on.")] = None,
    *,
    inputs: options.Inputs = None,
    task_inputs: options.TaskInputs = None,
    expressions: options.TaskInputExpressions = None,
    pins: options.Pins = None,
    stops: options.Breakpoints = None,
    labels: options.Labels = None,
    reason: options.Reason = None,
    dry_run: options.DryRun = False,
    digest: options.Digest = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse a file with warnings.")] = False,
    debug: options.Debug = False,
    post_mortem: options.PostMortem = False,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> int:
    """Run a flow, and watch it. `run resume RUN` carries on a run whose process died.

    Ctrl-C ends the run cleanly, so that it can be replayed.
    """
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json, steady=True)
    given = Given(inputs, task_inputs, expressions, pins, labels, reason, stops=stops)
    if target == "resume":
        if given != Given() or dry_run or digest or strict:
            raise Refusal("`run resume` carries the run on as it was planned: it takes no other options", code="usage")
        return _resume(resumed, terminal, verbose=verbose)
    if resumed is not None:
        raise Refusal(f"`{resumed}` is one word too many: `run` takes one flow or file", code="usage")
    request = given.request()
    debugging = Debugging(debug, post_mortem)
    if is_code(target):
        how = _Wish(dry_run=dry_run, digest=digest, verbose=verbose, debugging=debugging)
        return _run_code(read_code(target), request, how, terminal, partial(command_with, ctx.obj))
    refuse_without_code(debugging)
    flow = flow_or_file(target)
    file = flow if isinstance(flow, FlowFile) else None
    name = file.name if file is not None else target
    text = file.text if file is not None else None
    with Client() as client:
        if file is not None:
            _tell_problems(client, file, terminal, strict=strict)
        if dry_run:
            plan = client.plan_run(name, request, text=text)
            return show_plan(plan, f"run of {name}", terminal, partial(command_with, ctx.obj))
        created = client.start_run(name, request, text=text, digest=digest)
        terminal.tell(_started(created.name, created.revision))
        for warning in client.run_plan(created.id).warnings:
            terminal.tell(labelled("warning", warning, terminal.width(err=True), style="yellow"))
        return execute(client, created, terminal, Execution(file=_path(file), verbose=verbose))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be done with a request."""

    dry_run: bool
    digest: str | None
    verbose: bool
    debugging: Debugging


def _run_code(code: Code, request: ReplayRequest, how: _Wish, terminal: Terminal, command: Callable[[str], str]) -> int:
    from dalsegno.client.client import Client

    with Client() as client:
        request, made, functions = fresh(client, code, replace(request, debug=bool(how.debugging)))
        if how.dry_run:
            return show_plan(client.plan_run(code.name, request, coded=made), f"run of {code.name}", terminal, command)
        created = client.start_run(code.name, request, coded=made, digest=how.digest)
        terminal.tell(_started(created.name, created.revision))
        do = doer(client, created, functions, how.debugging) if how.debugging else None
        return execute(client, created, terminal, Execution(file=code.name, verbose=how.verbose, do=do))


def _resume(run: str | None, terminal: Terminal, *, verbose: bool) -> int:
    from dalsegno.client.client import Client

    if run is None:
        message = "`run resume` needs the run to carry on: `dalsegno run resume RUN`; `dalsegno runs` lists them"
        raise Refusal(f"{message} (a flow that is called `resume` is run as NAMESPACE.resume)", code="usage")
    with Client() as client:
        found = client.get_run(run)
        if found.state.ended:
            again = f"`dalsegno replay {found.name}` plays it again"
            raise Refusal(f"{found.name} has ended already ({found.state}); {again}", code="run-ended")
        plan = client.run_plan(found.id)
        return execute(client, found, terminal, Execution(plan=plan, verbose=verbose))


def _tell_problems(client: Client, file: FlowFile, terminal: Terminal, *, strict: bool) -> None:
    problems = client.validate_flow(file.text, file=file.name)
    if any(problem.severity == "error" or (strict and problem.severity == "warning") for problem in problems):
        raise FlowInvalid(problems)
    # what only says that something changes nothing is told by `flow validate`
    told = [problem for problem in problems if problem.severity != "note" or problem.code == "not-enforced"]
    terminal.tell(problem_lines(told))


def _path(file: FlowFile | None) -> str | None:
    return file.name if file is not None and file.name != "<stdin>" else None


def _started(name: str, revision: int) -> list[tuple[tuple[str, str], ...]]:
    return [((f"{name}", "bold"), (f"  revision {revision}", "dim"))]
