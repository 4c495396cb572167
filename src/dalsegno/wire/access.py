"""Users, tokens, logins and the audit log over the wire: requests, answers, and what is read from those."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from dalsegno.model.access import AuditEntry, NewToken, Role, Token, User
from dalsegno.wire.answers import Answer, Time
from dalsegno.wire.requests import Body
from dalsegno.wire.times import known_seconds, seconds


class LoginWanted(Body):
    """Who wants to log in."""

    name: str = Field(max_length=1000)
    password: str = Field(max_length=10_000)


class UserWanted(Body):
    """A user that is to be added."""

    name: str = Field(description="1 to 64 letters, digits, `.`, `_`, `@` and `-`.")
    role: Role
    password: str = Field(description="At least 10 characters.")


class RoleWanted(Body):
    """Another role of a user."""

    role: Role


class PasswordWanted(Body):
    """Another password of a user."""

    password: str = Field(description="At least 10 characters.")
    old: str | None = Field(default=None, description="The present one; who is no admin has to give it.")


class TokenWanted(Body):
    """A token that is to be made."""

    name: str = Field(description="What it is for.")
    user: str | None = Field(default=None, description="Whose it is; by default who asks. That of another needs admin.")
    role: Role | None = Field(default=None, description="What it may do at the most; by default what its user may.")
    days: float | None = Field(
        default=None, gt=0, le=36_500, allow_inf_nan=False, description="When it ends; by default never."
    )


class UserShown(Answer):
    """A user."""

    name: str
    role: Role
    created: Time


class UsersShown(Answer):
    """All users, by name."""

    users: list[UserShown]


class Me(Answer):
    """Who asks."""

    name: str | None = Field(description="The user; where a server has no login, that of the machine.")
    role: Role
    door: str = Field(description="How the server knows: `token`, `session`, or `local` where it has no login.")


class LoggedIn(Answer):
    """A login that has succeeded."""

    name: str
    role: Role
    expires: Time


class TokenShown(Answer):
    """What is known of a token. The token itself is kept nowhere."""

    id: str
    user: str
    name: str
    role: Role
    created: Time
    expires: Time | None


class NewTokenShown(TokenShown):
    """A token that was just made."""

    secret: str = Field(description="The token. It is shown this once.")


class TokensShown(Answer):
    """Tokens, the oldest first."""

    tokens: list[TokenShown]


class AuditEntryShown(Answer):
    """A request that changed something, or was refused to somebody."""

    number: int
    at: Time
    user: str | None
    role: Role | None
    door: str
    address: str = Field(description="Where it came from.")
    operation: str
    method: str
    path: str
    status: int
    detail: dict[str, Any] = Field(description="Of a run: its id, the digest of its plan, and what was overridden.")


class AuditShown(Answer):
    """Entries of the audit log, the newest first."""

    entries: list[AuditEntryShown]
    next: int | None = Field(description="What `before` has to be for the next page.")


def user_from_json(data: Mapping[str, Any]) -> User:
    """Read a user."""
    return User(data["name"], Role(data["role"]), known_seconds(data["created"]))


def token_from_json(data: Mapping[str, Any]) -> Token:
    """Read what is known of a token."""
    created, expires = known_seconds(data["created"]), seconds(data["expires"])
    return Token(data["id"], data["user"], data["name"], Role(data["role"]), created, expires)


def new_token_from_json(data: Mapping[str, Any]) -> NewToken:
    """Read a token that was just made."""
    return NewToken(token_from_json(data), data["secret"])


def audit_entry_from_json(data: Mapping[str, Any]) -> AuditEntry:
    """Read an entry of the audit log."""
    return AuditEntry(
        data["number"], known_seconds(data["at"]), data["user"], None if data["role"] is None else Role(data["role"]),
        data["door"], data["address"], data["operation"], data["method"], data["path"], data["status"], data["detail"],
    )  # fmt: skip
