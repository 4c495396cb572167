"""`dalsegno deploy` and `dalsegno pull`: code on its way to where it runs, and runs on their way to where they are debugged."""

from __future__ import annotations

from typing import Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.arguments import read_pairs
from dalsegno.cli.code import read_code
from dalsegno.cli.render.errors import problem_lines
from dalsegno.cli.render.lines import count, line
from dalsegno.cli.render.logs import size_text
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import PipelineInvalid, Refusal

Server = Annotated[
    str | None,
    typer.Option(
        "--server", metavar="URL", envvar="DALSEGNO_SERVER", help="The server; by default the data directory."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=options.examples(
            ("store the code on a server", "dalsegno deploy train.py:training_pipeline --server http://127.0.0.1:7070"),
            ("with a value for a parameter without a default", "dalsegno deploy train.py:training_pipeline -i month=5"),
        )
    )(deploy)
    app.command(
        epilog=options.examples(
            ("get a run from a server", "dalsegno pull training_pipeline-3 --from http://127.0.0.1:7070"),
            ("then debug it here", "dalsegno replay training_pipeline-3 --file train.py:training_pipeline --debug"),
        )
    )(pull)


def deploy(
    target: Annotated[str, typer.Argument(metavar="PIPELINE", help="`my_module:pipeline` or `train.py:pipeline`.")],
    *,
    inputs: options.Inputs = None,
    server: Server = None,
    as_json: options.Json = False,
) -> None:
    """Store the code of a pipeline as a revision, and run nothing. Equal code makes no new revision.

    It is refused where a package is missing that the code imports.
    """
    from dalsegno.client.client import Client
    from dalsegno.pipelines.deploying import deploy as carry_out
    from dalsegno.pipelines.named import arguments_of

    terminal = Terminal(as_json=as_json)
    pipeline = read_code(target).pipeline
    try:
        given = arguments_of(pipeline, read_pairs("--input", inputs or ()))
        with Client(url=server) as client:
            saved = carry_out(pipeline, given, client)
    except PipelineInvalid as error:
        raise Refusal(error.message, code=error.code, closest=error.closest) from error
    terminal.tell(problem_lines(saved.warnings))
    revision = saved.revision
    if as_json:
        from dalsegno.service.views import revision_as_json

        warnings = [problem.as_json() for problem in saved.warnings]
        terminal.document({**revision_as_json(revision), "new": saved.created, "warnings": warnings})
        return
    what = f"revision {revision.number}" if saved.created else f"unchanged, still revision {revision.number}"
    where = f" on {server}" if server else ""
    terminal.show([line((revision.flow.full_id, "bold"), f"  {what}{where}")])


def pull(
    run: options.RunName,
    *,
    source: Annotated[str, typer.Option("--from", metavar="URL", envvar="DALSEGNO_SERVER", help="The server.")],
    as_json: options.Json = False,
) -> None:
    """Copy a run of a server, with its artifacts and what it came from, into the data directory.

    There it can be shown, replayed, compared and debugged without the server. What is here already is not copied again.
    """
    from dalsegno.client.client import Client
    from dalsegno.settings import read_settings

    terminal = Terminal(as_json=as_json)
    with Client(read_settings().home) as client:
        pulled = client.pull(run, url=source)
        if as_json:
            copied = [{"id": each.id, "name": each.name} for each in pulled.copied]
            shown = {"run": client.run_json(pulled.run.id), "name_there": pulled.there, "copied": copied}
            terminal.document({**shown, "blobs": pulled.blobs, "bytes": pulled.size})
            return
    if not pulled.copied:
        terminal.show([line((pulled.run.name, "bold"), "  is here already; nothing was copied")])
        return
    called = "" if pulled.run.name == pulled.there else f", called {pulled.there} there"
    terminal.show([line("Copied: ", (pulled.run.name, "bold"), called)])
    others = [each.name for each in pulled.copied if each.id != pulled.run.id]
    if others:
        terminal.show([line("With what it came from: ", ", ".join(others))])
    if pulled.blobs:
        terminal.show([line((f"{count(pulled.blobs, 'file')} of values and code, {size_text(pulled.size)}", "dim"))])
