"""`dalsegno delete` and `dalsegno purge`: runs that are no longer wanted, and what only they needed; and `dalsegno label`."""

from __future__ import annotations

from typing import Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.arguments import read_age, read_pairs
from dalsegno.cli.render.lines import line
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import Refusal


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
    app.command(
        epilog=options.examples(
            ("mark a run", "dalsegno label divvy_tripdata-1 checked=yes"),
            ("take a label away", "dalsegno label divvy_tripdata-1 --remove checked"),
        )
    )(label)


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


def label(
    run: options.RunName,
    labels: Annotated[list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="Labels to give.")] = None,
    *,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="NAME", help="A label to take away. May be repeated.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Give a run labels, beside those that it has, or take some away. Not while it is executed."""
    from dalsegno.client.client import Client

    if not labels and not remove:
        raise Refusal("say which label to give (NAME=VALUE), or to take away (--remove NAME)", code="usage")
    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.label_run(run, read_pairs("a label", labels or ()), remove=remove or ())
        if as_json:
            terminal.document(client.run_json(found.id))
            return
        shown = [f"{name}={value}" for name, value in sorted(found.labels.items())]
        terminal.show([line((found.name, "bold"), "  ", ", ".join(shown) or "no labels")])


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
