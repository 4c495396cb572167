"""Lists of runs: `runs`, with filters that combine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.commands.looking import names_of
from dalsegno.cli.render import runs as drawn
from dalsegno.cli.render.lines import BLANK, line
from dalsegno.cli.terminal import Terminal

if TYPE_CHECKING:
    from dalsegno.service.listing import RunQuery

_TIME = "a time (ISO 8601), or how long ago: `30m`, `12h`, `2d`"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=options.examples(
            ("the newest runs", "dalsegno runs"),
            ("those of one flow that failed", "dalsegno runs --flow divvy_tripdata --state FAILED"),
            ("what is still to be done", "dalsegno runs --not-fixed --since 7d"),
            ("what failed in one task, with these words", "dalsegno runs --failed-task unzip --text 'not found'"),
        ),
    )(runs)


def runs(  # noqa: PLR0913 - each is an option
    *,
    flow: Annotated[str | None, typer.Option("--flow", metavar="FLOW", help="Only runs of this flow.")] = None,
    revision: Annotated[int | None, typer.Option("--revision", min=1, help="Only of this revision of it.")] = None,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", metavar="NAMESPACE", help="Only runs in this namespace and those below it."),
    ] = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", metavar="STATE", help="Only runs in this state. May be repeated.")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option("--label", metavar="NAME=VALUE", help="Only with this label. May be repeated.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="TIME", help=f"Only what was made since {_TIME}.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Only what was made before then.")] = None,
    started_since: Annotated[
        str | None, typer.Option("--started-since", metavar="TIME", help="Only what has begun since then.")
    ] = None,
    started_until: Annotated[
        str | None, typer.Option("--started-until", metavar="TIME", help="Only what began before then.")
    ] = None,
    ended_since: Annotated[
        str | None, typer.Option("--ended-since", metavar="TIME", help="Only what has ended since then.")
    ] = None,
    ended_until: Annotated[
        str | None, typer.Option("--ended-until", metavar="TIME", help="Only what ended before then.")
    ] = None,
    failed_task: Annotated[
        str | None, typer.Option("--failed-task", metavar="TASK", help="Only where this task failed first.")
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            "--text", metavar="WORDS",
            help="Only with these words, or their beginnings, in the name, reason, error, labels or inputs.",
        ),
    ] = None,
    fixed: Annotated[
        bool | None,
        typer.Option(
            "--fixed/--not-fixed", show_default=False,
            help="Only what failed or was stopped, and a later replay has fixed; or has not.",
        ),
    ] = None,
    replayed: Annotated[
        bool | None,
        typer.Option("--replayed/--not-replayed", show_default=False, help="Only what was replayed; or was not."),
    ] = None,
    origin: Annotated[str | None, typer.Option("--origin", metavar="RUN", help="Only replays of this run.")] = None,
    root: Annotated[
        str | None, typer.Option("--root", metavar="RUN", help="Only the lineage that this run began.")
    ] = None,
    author: Annotated[str | None, typer.Option("--author", metavar="NAME", help="Only what this person started.")] = None,
    top: Annotated[bool, typer.Option("--top", help="Without subflow runs.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=0, help="At most so many; 0 is all.")] = 20,
    cursor: Annotated[
        str | None, typer.Option("--cursor", metavar="CURSOR", help="Go on after an earlier list, which tells its cursor.")
    ] = None,
    as_json: options.Json = False,
) -> None:  # fmt: skip
    """List runs, the newest first."""
    from dalsegno.service.listing import RunQuery

    query = RunQuery(
        namespace=namespace, flow=flow, revision=revision, state=state or (), label=label or (), since=since, until=until,
        started_since=started_since, started_until=started_until, ended_since=ended_since, ended_until=ended_until,
        failed_task=failed_task, text=text, origin=origin, root=root, replayed=replayed, fixed=fixed, author=author,
        top=top, limit=limit, cursor=cursor,
    )  # fmt: skip
    _list(query, Terminal(as_json=as_json), as_json=as_json)


def _list(query: RunQuery, terminal: Terminal, *, as_json: bool) -> None:
    from dalsegno.client.client import Client
    from dalsegno.service.listing import RunQuery
    from dalsegno.service.views import run_as_json

    with Client() as client:
        found = client.page_of_runs(query)
        if as_json:
            terminal.document({"runs": [run_as_json(run) for run in found.runs], "next": found.next})
        elif not found.runs:
            terminal.show(drawn.no_runs([query] if query != RunQuery(limit=query.limit) else []))
        else:
            terminal.show(drawn.runs_table(found.runs, names_of(client, found.runs)))
            if found.next is not None:
                terminal.show([BLANK, line(("more:  ", "dim"), f"--cursor {found.next}")])
