"""`dalsegno eval`: an expression as a run sees it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.terminal import Terminal


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        name="eval",
        epilog=options.examples(
            ("what a task gave", "dalsegno eval last '{{ outputs.convert.uri }}'"),
            (
                "as a task in a loop sees it",
                "dalsegno eval last --task 'each[paris].load' '{{ taskrun.value | upper }}'",
            ),
            ("all that can be read, for a program", "dalsegno eval last '{{ printContext() }}' --json"),
        ),
    )(evaluate)


def evaluate(
    run: options.RunName,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A text with {{ expressions }}, as in a flow.")],
    *,
    task: Annotated[
        str | None, typer.Option("--task", metavar="ADDRESS", help="Render it as this task run sees it.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Render an expression as a run sees it: to try one out before it stands in a flow.

    A single expression gives its value, anything else text. Nothing is written. Secrets are shown as ******.
    """
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        value = client.evaluate(run, text, task=task)
    if as_json:
        terminal.document({"value": value})
    else:
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
        terminal.text(f"{shown}\n")
