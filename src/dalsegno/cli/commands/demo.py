"""`dalsegno demo`: the whole story on data made here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext, redirect_stdout
from typing import Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.render.lines import line, wrapped
from dalsegno.cli.terminal import Terminal


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=options.examples(
            ("a flow fails, is fixed, and is replayed from the failed task", "dalsegno demo"),
            ("fix it and replay it yourself, in a browser", "dalsegno demo --serve"),
        ),
    )(demo)


def demo(
    *,
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many trips the data set has.")] = 300_000,
    serve: Annotated[
        bool, typer.Option("--serve", help="Stop at the failure; the rest is for you, in a browser.")
    ] = False,
    as_json: options.Json = False,
) -> int:
    """See a flow fail, be fixed, and be replayed from the task that failed."""
    from dalsegno.cli.app import run_command_line  # it registers this command
    from dalsegno.demo import story

    terminal = Terminal(as_json=as_json)

    def say(text: str) -> None:
        if text.startswith("$ "):
            terminal.show([line((text, "bold cyan"))])
        else:
            # what is set in is to be copied, or a table
            terminal.show([line(text)] if text.startswith(" ") else wrapped(text, terminal.width()))

    def call(words: Sequence[str]) -> int:
        # one document belongs on standard output: what the commands say goes beside it
        with redirect_stdout(sys.stderr) if as_json else nullcontext():
            return run_command_line(words)

    code = (story.serve if serve else story.main)(call, say, rows=rows)
    if as_json:
        terminal.document({"exit_code": code})
    return code
