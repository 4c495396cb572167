"""`dalsegno server`: the API, live events and an engine, on this machine."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.render.lines import line
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import ExtraMissing


class LogFormat(StrEnum):
    """How a server writes about itself."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """How much a server writes about itself."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


EXAMPLES = options.examples(
    ("serve this machine", "dalsegno server"),
    ("on another port, with a line for each request and run", "dalsegno server --port 8000 --log-level info"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(server)


def server(  # noqa: PLR0913 - each is an option
    *,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port; 0 takes any that is free.")] = 7070,
    at_once: Annotated[int, typer.Option("--at-once", min=1, help="How many runs are executed at once.")] = 64,
    grace: Annotated[
        float, typer.Option("--grace", min=0, help="How many seconds what is running may take to end, when it stops.")
    ] = 10.0,
    silence: Annotated[
        float,
        typer.Option("--silence", min=0.5, help="How many seconds a client that executes a run itself may be silent."),
    ] = 15.0,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="How it writes about itself, on standard error.")
    ] = LogFormat.TEXT,
    log_level: Annotated[
        LogLevel,
        typer.Option("--log-level", help="What it writes: with INFO, requests and runs too.", case_sensitive=False),
    ] = LogLevel.WARNING,
    login: Annotated[
        bool,
        typer.Option(
            "--login", envvar="DALSEGNO_LOGIN", help="Have users log in on this machine too; elsewhere they must."
        ),
    ] = False,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allowed-host",
            metavar="NAME",
            help="Another name by which it is called, such as that of a proxy before it; users log in then. May be repeated.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Serve the data directory over HTTP, and execute what is handed over. Ctrl-C ends it.

    The command line may be used on the same data directory all the while.
    """
    try:
        from dalsegno.server.serving import Place, serve
    except ImportError as error:
        if error.name not in ("fastapi", "uvicorn", "starlette"):
            raise
        message = "the server needs FastAPI and uvicorn: install the extra `server` (`pip install 'dalsegno[server]'`)"
        raise ExtraMissing(message) from error
    terminal = Terminal(as_json=as_json, steady=True)

    def listening(address: str) -> None:
        if as_json:
            terminal.document({"address": address})
        else:
            terminal.tell([line(("Dal Segno ", "bold"), f"serves {address}  ", ("Ctrl-C ends it", "dim"))])

    place = Place(
        host, port, at_once, grace, silence, log_format.value, log_level.value, login, tuple(allowed_host or ())
    )
    serve(place, listening=listening)
