"""`dalsegno delete` and `dalsegno purge`: runs that are no longer wanted, and what only they needed."""

from __future__ import annotations

from typing import Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.arguments import read_age
from dalsegno.cli.render.lines import line
from dalsegno.cli.terminal import Terminal


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=options.examples(("a run that nobody wants to see again", "dalsegno delete divvy_tripdata-1")))(
        delete
    )
    app.command(
        epilog=options.examples(
            ("see what is older than a month", "dalsegno purge --older-than 30d --dry-run"),
            (
                "remove it, but for what failed and is still to be fixed",
                "dalsegno purge --older-than 30d --keep-failed",
            ),
        ),
    )(purge)


def delete(run: options.RunName, *, as_json: options.Json = False) -> None:
    """Delete a run. What other runs reuse of it stays.

    It is hidden from lists, and found by its name or id alone. Its files go with the next `dalsegno purge`.
    """
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.delete_run(run)
        if as_json:
            terminal.document(client.run_json(found.id))
            return
        left = len(client.task_runs(found.id))
        stay = "stays, for another run reuses it" if left == 1 else "stay, for other runs reuse them"
        stays = f"; {left:,} of its task runs {stay}" if left else ""
        terminal.show([line("Deleted: ", (found.name, "bold"), stays)])


def purge(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Runs that ended longer ago: 30d, 12h, 2w, 90min.")
    ],
    *,
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="Keep what failed and no later replay has fixed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go; remove nothing.")] = False,
    as_json: options.Json = False,
) -> None:
    """Delete old runs, and remove stored values and files that nothing needs any more.

    What newer runs reuse stays, so every replay works as before. Files that are younger than an hour stay, and so do those
    that are younger than a run that is executing.
    """
    from dalsegno.cli.render.keeping import purged_lines
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        purged = client.purge(read_age("--older-than", older_than), keep_failed=keep_failed, dry_run=dry_run)
        if as_json:
            terminal.document(purged.as_json())
        else:
            terminal.show(purged_lines(purged, terminal.width()))
