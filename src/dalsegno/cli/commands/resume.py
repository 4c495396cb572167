"""`dalsegno resume`: a run that waits at a Pause or a breakpoint goes on."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.arguments import read_pairs, read_task_inputs
from dalsegno.cli.executing import Execution, execute
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import Refusal

EXAMPLES = options.examples(
    ("what does it wait for, and what does it ask", "dalsegno show last"),
    ("answer what it asks, and go on", "dalsegno resume approvals-3 -i approved=true"),
    ("go on from a breakpoint, with another value", "dalsegno resume last --task-input 'convert.separator=;'"),
    ("one task further", "dalsegno resume last --break-before load"),
    ("one of several that wait", "dalsegno resume last --pause 'each_city[paris].ask'"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(resume)


def resume(  # noqa: PLR0913 - a parameter is an option
    run: options.RunName,
    *,
    answers: Annotated[
        list[str] | None,
        typer.Option("-i", "--input", metavar="NAME=VALUE", help="An answer to what it asks. May be repeated."),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option("--pause", metavar="ADDRESS", help="Only what waits there, where several wait. May be repeated."),
    ] = None,
    task_inputs: options.TaskInputs = None,
    expressions: options.TaskInputExpressions = None,
    stops: options.Breakpoints = None,
    no_stops: Annotated[bool, typer.Option("--no-break", help="Stop at no breakpoint any more.")] = False,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> int:
    """Resume a run that waits at a Pause or a breakpoint, here, and watch it.

    What is given for tasks holds for those that have not begun, and is kept on the run. New breakpoints take the place of
    the earlier ones.
    """
    from dalsegno.client.client import Client

    if stops and no_stops:
        raise Refusal("--break-before and --no-break contradict each other; drop one of them", code="contradiction")
    terminal = Terminal(as_json=as_json, steady=True)
    said = read_pairs("--input", answers or ())
    changed = read_task_inputs(task_inputs or (), expressions or ())
    breakpoints = [] if no_stops else stops
    with Client() as client:
        found = client.get_run(run)
        do = partial(client.resume, found.id, said, task_inputs=changed, breakpoints=breakpoints, at=at or ())
        return execute(client, found, terminal, Execution(plan=client.run_plan(found.id), verbose=verbose, do=do))
