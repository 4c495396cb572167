"""`dalsegno explain`: a failed run in one text, for a colleague or an assistant."""

from __future__ import annotations

import typer

from dalsegno.cli import options
from dalsegno.cli.terminal import Terminal


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=options.examples(
            ("the newest run that failed", "dalsegno explain last-failed"),
            ("into a file", "dalsegno explain divvy_tripdata-1 > failure.md"),
        ),
    )(explain)


def explain(run: options.RunName, *, as_json: options.Json = False) -> None:
    """Tell all that is known of a failed run in one text, for a colleague or an assistant: what failed and where, with its
    properties, its log and its source, and what is another since a run went well. Secrets are masked.
    """
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        text = client.explain(run)
    if as_json:
        terminal.document({"run": run, "text": text})
    else:
        terminal.text(text)
