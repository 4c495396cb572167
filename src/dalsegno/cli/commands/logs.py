"""`dalsegno logs` and `dalsegno artifact`: what tasks wrote, and what they left."""

from __future__ import annotations

import shutil
import sys
import threading
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.render.lines import line
from dalsegno.cli.render.logs import artifact_json, artifact_lines, log_json, log_line, size_text
from dalsegno.cli.terminal import Terminal
from dalsegno.cli.writing import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dalsegno.client.client import Client
    from dalsegno.store.port import StoredLine

_PAGE = 1000
_POLL_SECONDS = 0.25


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=options.examples(
            ("all that the newest run wrote", "dalsegno logs last"),
            ("one task, and what is still to come", "dalsegno logs last to_parquet -f"),
        ),
    )(logs)
    artifacts = typer.Typer(help="Stored values and files.", no_args_is_help=True, rich_markup_mode=None)
    artifacts.command(
        "get",
        epilog=options.examples(
            ("save a file that a task made", "dalsegno artifact get 0f3c9a12 -o trips.parquet"),
            ("pass it on", "dalsegno artifact get 0f3c9a12 | head"),
        ),
    )(get)
    app.add_typer(artifacts, name="artifact")


def logs(
    run: options.RunName,
    address: options.OptionalAddress = None,
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the run has ended.")] = False,
    as_json: options.Json = False,
) -> None:
    """Show what the tasks of a run wrote, or one of them.

    Of a replay also what the reused tasks wrote, where they ran: that comes first, and is marked.
    """
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.get_run(run)
        reused = {each.reused_from: each.address for each in client.task_runs(found.id) if each.reused_from}
        lines = _lines(client, found.id, address, follow=follow)
        if address is None:
            lines = chain(_lines_of(client, found.id, list(reused.values())), lines)
        if as_json:
            document = [log_json(each, reused=each.task_run in reused) for each in lines]
            terminal.document({"run": found.id, "lines": document})
            return
        shown = 0
        for shown, each in enumerate(lines, start=1):  # noqa: B007 - how many there were is told below
            terminal.show([log_line(each, with_address=address is None, reused=each.task_run in reused)])
        if not shown:
            terminal.tell([line(("no log lines", "dim"))])


def _lines_of(client: Client, run: str, addresses: Sequence[str]) -> Iterator[StoredLine]:
    """Give the lines of some task runs, one after the other."""
    for address in addresses:
        yield from _lines(client, run, address, follow=False)


def _lines(client: Client, run: str, address: str | None, *, follow: bool) -> Iterator[StoredLine]:
    """Give lines page by page; to follow is to ask again until the run has ended and nothing is left."""
    after = 0
    pause = threading.Event()
    while True:
        over = not follow or client.get_run(run).state.ended
        page = client.logs(run, address=address, after=after, limit=_PAGE)
        yield from page
        if page:
            after = page[-1].position
        if len(page) < _PAGE:
            if over:
                return
            pause.wait(_POLL_SECONDS)


def get(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="An id, a unique prefix of an id or digest, or a dalsegno:// URI.")
    ],
    *,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write it; standard output without.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Read a stored value or file. With --json and no file to write, its record alone."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        artifact = client.get_artifact(name)
        if output is not None and output != "-":
            write_whole(Path(output), lambda: client.open_artifact(artifact.id))
            terminal.tell([line(f"wrote {output}  ", (size_text(artifact.size), "dim"))])
        elif not as_json and sys.stdout.isatty() and artifact.kind == "file":
            terminal.show(artifact_lines(artifact))
            terminal.tell([line(("-o FILE writes it to a file, `-o -` to this terminal", "dim"))])
        elif not as_json:
            with client.open_artifact(artifact.id) as source:
                shutil.copyfileobj(source, sys.stdout.buffer)
            sys.stdout.flush()
        if as_json:
            terminal.document(artifact_json(artifact))
