"""`dalsegno kv`: values that are kept by key in a namespace, for tasks and people."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from dalsegno.cli import options
from dalsegno.cli.arguments import json_or_text, read_age
from dalsegno.cli.render.kv import entries_table, entry_lines, value_text
from dalsegno.cli.render.lines import line
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import Refusal

Key = Annotated[str, typer.Argument(metavar="KEY", help="The key: letters, digits, `.`, `_` and `-`.")]
Namespace = Annotated[str, typer.Option("-n", "--namespace", metavar="NAMESPACE", help="Where it is kept.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    ex = options.examples
    kv = typer.Typer(
        help="Values by key in a namespace; tasks read them with `kv()`.", no_args_is_help=True, rich_markup_mode=None
    )
    kv.command(
        "set",
        epilog=ex(
            ("a number", "dalsegno kv set limit 100 -n company.team"),
            (
                "a text that looks like one, for a day",
                "dalsegno kv set zip 01234 -n company.team --type string --ttl 1d",
            ),
        ),
    )(set_value)
    kv.command("get", epilog=ex(("the value alone", "dalsegno kv get limit -n company.team")))(get)
    kv.command(
        "list",
        epilog=ex(
            ("all of them", "dalsegno kv list"),
            ("some of one namespace", "dalsegno kv list -n company.team --prefix orders_"),
        ),
    )(list_values)
    kv.command("delete", epilog=ex(("a key with its value", "dalsegno kv delete limit -n company.team")))(delete)
    app.add_typer(kv, name="kv")


def set_value(
    key: Key,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="JSON, else text.")],
    *,
    namespace: Namespace,
    kind: Annotated[
        str | None,
        typer.Option(
            "--type", metavar="TYPE",
            help="What VALUE is read as: STRING, NUMBER, BOOLEAN, DATETIME, DATE, DURATION or JSON.",
        ),
    ] = None,
    ttl: Annotated[
        str | None, typer.Option("--ttl", metavar="TIME", help="How long it stays: 12h, 30d, PT12H. Default: for ever.")
    ] = None,
    description: Annotated[str | None, typer.Option("--description", metavar="TEXT", help="What it is for.")] = None,
    keep: Annotated[bool, typer.Option("--no-overwrite", help="Refuse if the key has a value.")] = False,
    as_json: options.Json = False,
) -> None:  # fmt: skip
    """Keep a value under a key, in place of the one that it has."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    stays = None if ttl is None else _length(ttl)
    with Client() as client:
        entry = client.set_entry(
            key, value if kind is not None else json_or_text(value), namespace=namespace, type=kind, ttl=stays,
            description=description, overwrite=not keep,
        )  # fmt: skip
    if as_json:
        from dalsegno.service.views import entry_as_json

        terminal.document(entry_as_json(entry))
    else:
        terminal.show(entry_lines(entry))


def _length(text: str) -> timedelta:
    if not text.upper().startswith(("P", "-P")):
        return timedelta(seconds=read_age("--ttl", text))
    from dalsegno.model.durations import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refusal(f"--ttl: {error}", code="bad-argument") from error


def get(key: Key, *, namespace: Namespace, as_json: options.Json = False) -> None:
    """Write the value of a key: a text as it is, anything else as JSON."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        entry = client.get_entry(key, namespace=namespace)
    if as_json:
        from dalsegno.service.views import entry_as_json

        terminal.document(entry_as_json(entry))
    else:
        terminal.text(f"{value_text(entry.value)}\n")


def list_values(
    *,
    namespace: Annotated[
        str | None, typer.Option("-n", "--namespace", metavar="NAMESPACE", help="Only what is kept there.")
    ] = None,
    prefix: Annotated[str, typer.Option("--prefix", metavar="TEXT", help="Only keys that begin with this.")] = "",
    as_json: options.Json = False,
) -> None:
    """List keys with their values."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.list_entries(namespace, prefix=prefix)
    if as_json:
        from dalsegno.service.views import entry_as_json

        document: dict[str, Any] = {"entries": [entry_as_json(entry) for entry in found]}
        terminal.document(document)
    elif found:
        terminal.show(entries_table(found))
    else:
        terminal.show(
            [line("There is nothing. Keep a value:  ", ("dalsegno kv set KEY VALUE -n NAMESPACE", "bold cyan"))]
        )


def delete(key: Key, *, namespace: Namespace, as_json: options.Json = False) -> None:
    """Remove a key with its value."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        client.delete_entry(key, namespace=namespace)
    if as_json:
        terminal.document({"deleted": {"namespace": namespace, "key": key}})
    else:
        terminal.show([line("Deleted: ", (key, "bold"), f" of {namespace}")])
