"""`dalsegno compare`: what differs between two runs."""

from __future__ import annotations

from typing import Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.render.lines import BLANK
from dalsegno.cli.terminal import Terminal


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=options.examples(
            ("what a replay did otherwise", "dalsegno compare divvy_tripdata-1 divvy_tripdata-2"),
            ("for a program", "dalsegno compare last-failed last --json"),
        ),
    )(compare)


_Before = Annotated[
    str,
    typer.Argument(metavar="BEFORE", help="A run's name, its id or a unique prefix of it, `last` or `last-failed`."),
]
_After = Annotated[str, typer.Argument(metavar="AFTER", help="The later run, named in the same way.")]


def compare(before: _Before, after: _After, *, as_json: options.Json = False) -> None:
    """Show what differs between two runs: inputs, definitions, and the result of each task, with the place where it began."""
    from dalsegno.cli.render import compare as drawn
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.compare(before, after)
        if as_json:
            terminal.document(found.as_json())
            return
        terminal.show([*drawn.summary_lines(found, terminal.width()), BLANK])
        terminal.show([*drawn.fact_lines(found, terminal.width()), BLANK])
        if found.tasks:
            terminal.show(drawn.tasks_table(found))
        terminal.show(drawn.detail_lines(found, terminal.width()))
