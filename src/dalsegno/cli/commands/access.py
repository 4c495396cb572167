"""`dalsegno user`, `dalsegno token`, `dalsegno audit`: who may do what over a server, and who did."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.arguments import read_age
from dalsegno.cli.render.access import audit_table, new_token_lines, tokens_table, user_lines, users_table
from dalsegno.cli.render.lines import line
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import Refusal

if TYPE_CHECKING:
    from dalsegno.model.access import User

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user: letters, digits, `.`, `_`, `@` and `-`.")]
RoleName = Annotated[
    str, typer.Option("--role", metavar="ROLE", help="What the user may do: viewer, operator, editor or admin.")
]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, in place of asking for it.")
]
_DAY = 86_400.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    ex = options.examples
    user = typer.Typer(help="Users of servers on this data.", no_args_is_help=True, rich_markup_mode=None)
    user.command("add", epilog=ex(("somebody who may do all", "dalsegno user add ann --role admin")))(add)
    user.command("list", epilog=ex(("all of them", "dalsegno user list")))(list_users)
    user.command("set-role", epilog=ex(("who may replay", "dalsegno user set-role bob --role operator")))(set_role)
    user.command("set-password", epilog=ex(("asks for it twice", "dalsegno user set-password bob")))(set_password)
    user.command("remove", epilog=ex(("with tokens and sessions", "dalsegno user remove bob")))(remove)
    app.add_typer(user, name="user")
    token = typer.Typer(help="API tokens, for programs.", no_args_is_help=True, rich_markup_mode=None)
    token.command(
        "create",
        epilog=ex(
            ("that may look for 90 days", 'dalsegno token create "for CI" --user ann --role viewer --expires 90d')
        ),
    )(create)
    token.command("list", epilog=ex(("those of one user", "dalsegno token list --user ann")))(list_tokens)
    token.command("revoke", epilog=ex(("by its id", "dalsegno token revoke 01a2b3")))(revoke)
    app.add_typer(token, name="token")
    app.command(epilog=ex(("what one user did last", "dalsegno audit --user ann --limit 20")))(audit)


def add(name: Name, *, role: RoleName, password_stdin: FromInput = False, as_json: options.Json = False) -> None:
    """Add a user, who logs in with a password."""
    from dalsegno.client.client import Client
    from dalsegno.service.users import read_role

    known = read_role(role)
    password = _password(name, given=password_stdin)
    with Client() as client:
        user = client.users.add(name, known, password)
    _tell(user, "Added", as_json=as_json)


def list_users(*, as_json: options.Json = False) -> None:
    """List users with their roles."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.users.list()
    if as_json:
        from dalsegno.service.access_views import user_as_json

        terminal.document({"users": [user_as_json(user) for user in found]})
    elif found:
        terminal.show(users_table(found))
    else:
        terminal.show([line("There is nobody. Add a user:  ", ("dalsegno user add NAME --role admin", "bold cyan"))])


def set_role(name: Name, *, role: RoleName, as_json: options.Json = False) -> None:
    """Have a user be able to do more or less, from the next request on."""
    from dalsegno.client.client import Client

    with Client() as client:
        user = client.users.set_role(name, role)
    _tell(user, "Changed", as_json=as_json)


def set_password(name: Name, *, password_stdin: FromInput = False, as_json: options.Json = False) -> None:
    """Give a user another password. All sessions of that user end; tokens stay."""
    from dalsegno.client.client import Client

    with Client() as client:
        # over HTTP it may be one's own, which takes the present one
        old = None
        if client.server is not None and not password_stdin:
            old = _asked(f"Present password of {name} (empty for an admin)") or None
        user = client.users.set_password(name, _password(name, given=password_stdin), old=old)
    _tell(user, "Changed", as_json=as_json)


def remove(name: Name, *, as_json: options.Json = False) -> None:
    """Remove a user, with tokens and sessions. What was done under the name stays on record."""
    from dalsegno.client.client import Client

    with Client() as client:
        user = client.users.remove(name)
    _tell(user, "Removed", as_json=as_json)


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    *,
    user: Annotated[str | None, typer.Option("--user", metavar="USER", help="Whose it is. Default: who asks.")] = None,
    role: Annotated[
        str | None,
        typer.Option("--role", metavar="ROLE", help="What it may do at the most. Default: what its user may."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", help="When it ends: 12h, 90d. Default: never.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Make a token and write it on standard output. It is shown this once."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    days = None if expires is None else read_age("--expires", expires) / _DAY
    with Client() as client:
        made = client.tokens.create(name, user=user, role=role, days=days)
    if as_json:
        from dalsegno.service.access_views import new_token_as_json

        terminal.document(new_token_as_json(made))
    else:
        terminal.tell(new_token_lines(made))
        terminal.text(f"{made.secret}\n")


def list_tokens(
    *,
    user: Annotated[str | None, typer.Option("--user", metavar="USER", help="Only those of this user.")] = None,
    as_json: options.Json = False,
) -> None:
    """List what is known of tokens."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.tokens.list(user)
    if as_json:
        from dalsegno.service.access_views import token_as_json

        terminal.document({"tokens": [token_as_json(token) for token in found]})
    elif found:
        terminal.show(tokens_table(found))
    else:
        terminal.show([line("There are none. Make one:  ", ("dalsegno token create NAME --user USER", "bold cyan"))])


def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="The id of the token, or a unique prefix of it.")],
    *,
    as_json: options.Json = False,
) -> None:
    """End a token, from the next request on."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        token = client.tokens.revoke(id)
    if as_json:
        from dalsegno.service.access_views import token_as_json

        terminal.document(token_as_json(token))
    else:
        terminal.show([line("Revoked: ", (token.name, "bold"), f" of {token.user}")])


def audit(
    *,
    user: Annotated[str | None, typer.Option("--user", metavar="USER", help="Only what this user did.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many entries at the most.")] = 50,
    before: Annotated[
        int | None, typer.Option("--before", metavar="NUMBER", min=1, help="Only what stands before this entry.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show who did what over servers on this data, the newest first."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.audit.list(user=user, before=before, limit=limit)
    if as_json:
        from dalsegno.service.access_views import audit_entry_as_json

        terminal.document({"entries": [audit_entry_as_json(entry) for entry in found]})
    elif found:
        terminal.show(audit_table(found))
    else:
        terminal.show([line("Nothing was done over a server yet.")])


def _tell(user: User, what: str, *, as_json: bool) -> None:
    terminal = Terminal(as_json=as_json)
    if as_json:
        from dalsegno.service.access_views import user_as_json

        terminal.document(user_as_json(user))
    else:
        terminal.show(user_lines(what, user))


def _password(name: str, *, given: bool) -> str:
    """Get a password: from standard input, or asked for twice without showing it."""
    if given:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        message = "there is no terminal to ask for the password on: give it on standard input, with `--password-stdin`"
        raise Refusal(message, code="no-password")
    first = _asked(f"Password of {name}")
    if _asked("Once more") != first:
        raise Refusal("the two are not the same: nothing was changed", code="bad-password")
    return first


def _asked(question: str) -> str:
    from getpass import getpass

    return getpass(f"{question}: ", stream=sys.stderr)
