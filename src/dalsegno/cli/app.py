"""The app: commands put together, and one place where errors become messages and exit codes."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer
from typer.main import get_command

from dalsegno.cli.exit_codes import FAILED, INTERRUPTED, OK, REFUSED
from dalsegno.cli.render.errors import error_json, error_lines, fault_lines
from dalsegno.cli.render.lines import BLANK, line
from dalsegno.cli.terminal import Terminal, open_closed_streams, silence
from dalsegno.errors import DalSegnoError, PlanMoved, Refusal

_HELP = """Run workflows, and play them again from the sign: fix it, see what a replay will do, replay from there.

Everything is kept in the data directory: DALSEGNO_HOME, else the nearest .dalsegno/ above, else ~/.dalsegno.
"""


#: the module that registers a command; in the order in which help shows them
_MODULES = {
    "demo": "demo",
    "run": "run",
    **dict.fromkeys(("replay", "plan"), "replay"),
    **dict.fromkeys(("bulk-replay", "bulk"), "bulk"),
    "resume": "resume",
    "runs": "runs",
    **dict.fromkeys(("show", "gantt", "outputs", "lineage", "why", "kill", "pause"), "looking"),
    "compare": "compare",
    "explain": "explaining",
    **dict.fromkeys(("delete", "purge", "label"), "keeping"),
    **dict.fromkeys(("logs", "artifact"), "logs"),
    "eval": "evaluating",
    **dict.fromkeys(("flow", "tasks"), "flows"),
    **dict.fromkeys(("deploy", "pull"), "remote"),
    "kv": "kv",
    "files": "files",
    "server": "server",
    **dict.fromkeys(("user", "token", "audit"), "access"),
}


def make_app(called: str | None = None) -> typer.Typer:
    """Put the commands together: all of them, or where it is known which one is called, those of its module alone, for
    every start pays for what it imports.
    """
    app = typer.Typer(
        name="dalsegno", help=_HELP, rich_markup_mode=None, pretty_exceptions_enable=False, invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip
    app.callback()(_top)
    wanted = [_MODULES[called]] if called in _MODULES else dict.fromkeys(_MODULES.values())
    for name in wanted:
        import_module(f"dalsegno.cli.commands.{name}").register(app)
    return app


def _top(
    ctx: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        from dalsegno import __version__

        Terminal().text(f"dalsegno {__version__}\n")
        raise typer.Exit(OK)
    if ctx.invoked_subcommand is None:
        Terminal().text(f"{ctx.get_help()}\n")
        raise typer.Exit(OK)


def run_command_line(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line and give the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    terminal = Terminal(as_json="--json" in words, steady=True)
    try:
        result = get_command(make_app(words[0] if words else None)).main(
            args=words, prog_name="dalsegno", standalone_mode=False, obj=words
        )
        sys.stdout.flush()
    except DalSegnoError as error:
        return _tell_error(error, terminal)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except SystemExit as end:
        # what typer makes of a broken pipe
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        return _reader_gone()
    except OSError as error:
        return _tell_error(DalSegnoError(_what_the_system_said(error), code="system"), terminal)
    except Exception as error:  # noqa: BLE001 - the last door: whatever comes out here is told, not dumped
        return _tell_usage_or_fault(error, terminal)
    return result if isinstance(result, int) else OK


def _reader_gone() -> int:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            silence(stream)
    return OK


def _tell_error(error: DalSegnoError, terminal: Terminal) -> int:
    if terminal.as_json:
        terminal.document(error_json(error))
    else:
        terminal.tell(error_lines(error, terminal.width(err=True)))
        if isinstance(error, PlanMoved):
            _tell_plan(error, terminal)
    return REFUSED if isinstance(error, Refusal) else FAILED


def _what_the_system_said(error: OSError) -> str:
    name = f"`{error.filename}`: " if error.filename else ""
    return f"{name}{error.strerror or error}"


def _tell_plan(error: PlanMoved, terminal: Terminal) -> None:
    from dalsegno.cli.executing import group_types
    from dalsegno.cli.render.plan import Heading, plan_view
    from dalsegno.wire.reading import plan_from_json

    plan = plan_from_json(error.plan)
    groups = group_types({decision.type for decision in plan.decisions})
    view = plan_view(plan, Heading("as it is now"), groups=groups, width=terminal.width(err=True))
    terminal.tell([BLANK], *view)


def _tell_usage_or_fault(error: Exception, terminal: Terminal) -> int:
    said = getattr(error, "format_message", None)
    if callable(said):  # typer's own errors; it brings its own copy of click, or does not, by version
        refusal = Refusal(str(said()), code="usage")
        code = _tell_error(refusal, terminal)
        ctx = getattr(error, "ctx", None)
        if ctx is not None and not terminal.as_json:
            terminal.tell([line((f"`{ctx.command_path} --help` shows how it is called", "dim"))])
        return code
    if os.environ.get("DALSEGNO_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if terminal.as_json:
        fault = DalSegnoError(f"{type(error).__name__}: {error}", code="internal")
        terminal.document(error_json(fault))
    terminal.tell(fault_lines(error, traceback_shown=bool(os.environ.get("DALSEGNO_DEBUG"))))
    return FAILED
