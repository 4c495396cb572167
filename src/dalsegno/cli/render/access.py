"""Users, tokens and the audit log, as they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from dalsegno.cli.render.lines import Line, line
from dalsegno.cli.render.times import stamp

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dalsegno.model.access import AuditEntry, NewToken, Token, User

#: what of the detail of an entry is said first
_FIRST = (
    "run",
    "job",
    "flow",
    "revision",
    "user",
    "token",
    "role",
    "plan_digest",
    "overrides",
    "runs",
    "older_than",
    "folder",
)
_DIGITS = 12


def user_lines(what: str, user: User) -> list[Line]:
    """Say what became of a user."""
    return [line(f"{what}: ", (user.name, "bold"), f"  {user.role.value}")]


def users_table(users: Sequence[User], zone: tzinfo | None = None) -> RenderableType:
    """List users."""
    from dalsegno.cli.render.tables import Column, add_row, table

    made = table([Column("name", name=True, style="bold"), Column("role", fixed=True), Column("since", fixed=True)])
    for user in users:
        add_row(made, user.name, user.role.value, stamp(user.created, zone))
    return made


def new_token_lines(made: NewToken, zone: tzinfo | None = None) -> list[Line]:
    """Say which token was made; the token itself is written apart."""
    token = made.token
    until = f", until {stamp(token.expires, zone)}" if token.expires is not None else ""
    return [
        line("Made: ", (token.name, "bold"), f" for {token.user}, {token.role.value}{until}"),
        line(("It is shown this once. DALSEGNO_TOKEN, or `Client(url=..., token=...)`, shows it to a server.", "dim")),
    ]


def tokens_table(tokens: Sequence[Token], zone: tzinfo | None = None) -> RenderableType:
    """List tokens."""
    from dalsegno.cli.render.tables import Column, add_row, table

    made = table([
        Column("id", fixed=True, style="bold"), Column("user", name=True), Column("name"), Column("role", fixed=True),
        Column("made", fixed=True), Column("until", fixed=True),
    ])  # fmt: skip
    for token in tokens:
        add_row(
            made, token.id, token.user, token.name, token.role.value, stamp(token.created, zone),
            stamp(token.expires, zone),
        )  # fmt: skip
    return made


def audit_table(entries: Sequence[AuditEntry], zone: tzinfo | None = None) -> RenderableType:
    """List what was done, in the order that is given."""
    from dalsegno.cli.render.tables import Column, add_row, table

    made = table([
        Column("number", fixed=True), Column("when", fixed=True), Column("who", name=True, style="bold"),
        Column("from", fixed=True), Column("did"), Column("status", fixed=True), Column("what"),
    ])  # fmt: skip
    for entry in entries:
        who = entry.user or ("this machine" if entry.door == "local" else "nobody known")
        add_row(
            made, str(entry.number), stamp(entry.at, zone), who, entry.address,
            f"{entry.method} {entry.path.removeprefix('/api/v1')}", str(entry.status), _detail(entry.detail),
        )  # fmt: skip
    return made


def _detail(detail: Mapping[str, Any]) -> str:
    parts = [f"{name} {_shown(name, detail[name])}" for name in _FIRST if detail.get(name)]
    return ", ".join(parts)


def _shown(name: str, value: Any) -> str:
    return str(value)[:_DIGITS] if name in ("plan_digest", "token", "run", "job") else str(value)
