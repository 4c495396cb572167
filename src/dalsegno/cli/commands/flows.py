"""`dalsegno flow` and `dalsegno tasks`: definitions, their revisions, and what tasks there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dalsegno.cli import options
from dalsegno.cli.arguments import read_flow_file
from dalsegno.cli.exit_codes import OK, REFUSED
from dalsegno.cli.render import flows as drawn
from dalsegno.cli.render.errors import problem_lines
from dalsegno.cli.render.lines import count, line
from dalsegno.cli.terminal import Terminal

if TYPE_CHECKING:
    from dalsegno.errors import Problem
    from dalsegno.service.service import Saved
    from dalsegno.store.listing import FlowSummary


def register(app: typer.Typer) -> None:
    """Add the commands."""
    ex = options.examples
    flows = typer.Typer(help="Flows and their revisions.", no_args_is_help=True, rich_markup_mode=None)
    flows.command("list", epilog=ex(("all flows", "dalsegno flow list")))(list_flows)
    flows.command(epilog=ex(("save a file; equal text makes no new revision", "dalsegno flow save flow.yaml")))(save)
    flows.command(
        epilog=ex(("get the text of a revision back", "dalsegno flow show divvy_tripdata --revision 1 > flow.yaml"))
    )(show)
    flows.command(epilog=ex(("who saved what when", "dalsegno flow revisions divvy_tripdata")))(revisions)
    flows.command(
        epilog=ex(
            ("the last two revisions", "dalsegno flow diff divvy_tripdata"),
            ("any two", "dalsegno flow diff divvy_tripdata 1 4"),
        )
    )(diff)
    flows.command(
        epilog=ex(("go back: revision 1 becomes the newest again", "dalsegno flow restore divvy_tripdata 1"))
    )(restore)
    flows.command(epilog=ex(("no run of it is made until it is enabled", "dalsegno flow disable divvy_tripdata")))(
        disable
    )
    flows.command(epilog=ex(("it may run again", "dalsegno flow enable divvy_tripdata")))(enable)
    flows.command(
        epilog=ex(
            ("nobody needs it any more", "dalsegno flow delete divvy_tripdata"),
            ("or they do", "dalsegno flow restore divvy_tripdata"),
        )
    )(delete)
    flows.command(epilog=ex(("which flows download something", "dalsegno flow search http.Download")))(search)
    flows.command(epilog=ex(("all problems of some files", "dalsegno flow validate flows/*.yaml")))(validate)
    flows.command(epilog=ex(("for an editor", "dalsegno flow schema > dalsegno.schema.json")))(schema)
    app.add_typer(flows, name="flow")
    app.command(
        epilog=ex(("all task types", "dalsegno tasks"), ("one of them", "dalsegno tasks core.http.Download")),
    )(tasks)


def list_flows(
    *,
    namespace: Annotated[
        str | None, typer.Option("--namespace", metavar="NAMESPACE", help="Only flows in this namespace.")
    ] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Also those that were deleted.")] = False,
    as_json: options.Json = False,
) -> None:
    """List flows."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.list_flows(namespace, deleted=deleted)
    if as_json:
        from dalsegno.service.views import flow_as_json

        terminal.document({"flows": [flow_as_json(flow) for flow in found]})
    elif found:
        terminal.show(drawn.flows_table(found))
    else:
        terminal.show([line("There are no flows. Save one:  ", ("dalsegno flow save FILE", "bold cyan"))])


def save(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A YAML file; `-` is standard input.")],
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse a file with warnings.")] = False,
    expected: Annotated[
        int | None,
        typer.Option("--expect", metavar="N", help="Refuse if the latest revision is not N; 0: if there is one."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Save a flow. New text makes a new revision; equal text does not."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    source = read_flow_file(file)
    with Client() as client:
        saved = client.save_flow(source.text, file=source.name, strict=strict, expected_revision=expected)
    terminal.tell(problem_lines(saved.warnings))
    _tell_saved(saved, terminal)


def _tell_saved(saved: Saved, terminal: Terminal, unchanged: str = "unchanged, still") -> None:
    revision = saved.revision
    if terminal.as_json:
        from dalsegno.service.views import saved_as_json

        terminal.document(saved_as_json(saved))
        return
    what = f"revision {revision.number}" if saved.created else f"{unchanged} revision {revision.number}"
    terminal.show([line((revision.flow.full_id, "bold"), f"  {what}")])


def show(
    name: options.FlowName,
    *,
    revision: Annotated[int | None, typer.Option("--revision", metavar="N", help="Default: the latest.")] = None,
    as_json: options.Json = False,
) -> None:
    """Write the text of a flow, to the letter; of a pipeline, its modules."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found, text = client.get_flow(name, revision), client.flow_text(name, revision)
    if as_json:
        from dalsegno.service.views import revision_as_json

        terminal.document(revision_as_json(found, source=text))
    else:
        terminal.text(text)


def revisions(name: options.FlowName, *, as_json: options.Json = False) -> None:
    """List the revisions of a flow, the newest first."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.flow_revisions(name)
    if as_json:
        from dalsegno.service.views import revision_as_json

        terminal.document({"revisions": [revision_as_json(each) for each in reversed(found)]})
    else:
        terminal.show(drawn.revisions_table(found))


def diff(
    name: options.FlowName,
    old: Annotated[int | None, typer.Argument(metavar="A", help="A revision. Default: the one before.")] = None,
    new: Annotated[int | None, typer.Argument(metavar="B", help="Another one. Default: the latest.")] = None,
    *,
    as_json: options.Json = False,
) -> None:
    """Show what is different between two revisions of a flow."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        text = client.diff_flow(name, old, new)
    if as_json:
        terminal.document({"diff": text})
    else:
        terminal.show(drawn.diff_lines(text) or [line(("no difference", "dim"))])


def restore(
    name: options.FlowName,
    revision: Annotated[
        int | None,
        typer.Argument(metavar="N", help="The revision whose text becomes the newest. A deleted flow needs none."),
    ] = None,
    *,
    as_json: options.Json = False,
) -> None:
    """Save the text of an earlier revision as the newest one. A deleted flow is there again."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        saved = client.restore_flow(name, revision)
    _tell_saved(saved, terminal, "is there again, with" if revision is None else "unchanged, still")


def disable(name: options.FlowName, *, as_json: options.Json = False) -> None:
    """Switch a flow off: no run and no replay of it is made until it is enabled. What runs goes on."""
    from dalsegno.client.client import Client

    with Client() as client:
        _tell_switched(client.disable_flow(name), "disabled", as_json=as_json)


def enable(name: options.FlowName, *, as_json: options.Json = False) -> None:
    """Switch a flow on again that was disabled."""
    from dalsegno.client.client import Client

    with Client() as client:
        _tell_switched(client.enable_flow(name), "enabled", as_json=as_json)


def delete(name: options.FlowName, *, as_json: options.Json = False) -> None:
    """Delete a flow: lists leave it out, and no run and no replay of it is made.

    Its revisions and its runs stay. `dalsegno flow restore` brings it back, and so does a new save of it.
    """
    from dalsegno.client.client import Client

    with Client() as client:
        _tell_switched(client.delete_flow(name), "deleted", as_json=as_json)


def _tell_switched(flow: FlowSummary, what: str, *, as_json: bool) -> None:
    terminal = Terminal(as_json=as_json)
    if as_json:
        from dalsegno.service.views import flow_as_json

        terminal.document(flow_as_json(flow))
    else:
        terminal.show([line((flow.full_id, "bold"), f"  {what}")])


def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to look for, in capitals or not.")],
    *,
    namespace: Annotated[
        str | None, typer.Option("--namespace", metavar="NAMESPACE", help="Only flows in this namespace.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Look for a text in the latest revisions of all flows."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.search_flows(text, namespace=namespace)
    if as_json:
        terminal.document({"flows": [flow.as_json() for flow in found]})
    else:
        terminal.show(drawn.found_lines(found) or [line((f"No flow has `{text}` in it.", "dim"))])


def validate(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="YAML files; `-` is standard input.")],
    *,
    as_json: options.Json = False,
) -> int:
    """Tell all problems of flow files, with file, line and column. Exit code 2 if there are any beside notes."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    sources = [read_flow_file(file) for file in files]
    with Client() as client:
        problems = [problem for source in sources for problem in client.validate_flow(source.text, file=source.name)]
    wrong = [problem for problem in problems if problem.severity != "note"]
    if as_json:
        terminal.document(_problems_json(problems, wrong))
    else:
        terminal.show(problem_lines(problems))
        verdict = (count(len(wrong), "problem"), "bold red")
        good = ("✓ ", "green"), f"{count(len(files), 'file')}, no problems"
        terminal.tell([line(verdict) if wrong else line(*good)])
    return REFUSED if wrong else OK


def _problems_json(problems: list[Problem], wrong: list[Problem]) -> dict[str, Any]:
    data: dict[str, Any] = {"problems": [problem.as_json() for problem in problems]}
    if wrong:
        from dalsegno.errors import FlowInvalid

        data["error"] = FlowInvalid(wrong).as_json()
    return data


def schema(*, as_json: options.Json = False) -> None:  # noqa: ARG001 - what it writes is JSON anyway
    """Write the JSON Schema of the flow language: editors complete and check flow files by it."""
    from dalsegno.client.client import Client

    with Client() as client:
        Terminal(as_json=True).document(client.flow_schema())


def tasks(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A task type, in either spelling.")] = None,
    *,
    as_json: options.Json = False,
) -> None:
    """List the task types, or describe one."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        if name is None:
            names = client.task_types()
            terminal.document({"types": list(names)}) if as_json else terminal.show(drawn.types_lines(names))
            return
        described = client.task_type(name)
    if as_json:
        terminal.document(described)
    else:
        terminal.show(*drawn.type_view(described, terminal.width()))
