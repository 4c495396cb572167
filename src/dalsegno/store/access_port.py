"""The port of users, tokens, sessions and the audit log: their writes, which belong to the closed set of `store.port`, and
their reads.

Of passwords, tokens and sessions the store has hashes alone.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import Protocol

from dalsegno.model.access import AuditEntry, Role, Session, Token, User


@dataclass(frozen=True, slots=True)
class AddUser:
    """Add a user. Needs no lease. Refused (`MoveRefused`) if there is one of this name.

    Parameters
    ----------
    password : the hash of the password.
    """

    user: User
    password: str


@dataclass(frozen=True, slots=True)
class ChangeUser:
    """Give a user another role, or another password, which ends the sessions of that user. Needs no lease.

    Refused (`NotFound`) if there is no such user, and (`MoveRefused`) if no admin would be left.
    """

    name: str
    role: Role | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveUser:
    """Remove a user, with tokens and sessions. Needs no lease.

    Refused (`NotFound`) if there is no such user, and (`MoveRefused`) if no admin would be left.
    """

    name: str


@dataclass(frozen=True, slots=True)
class AddToken:
    """Add a token by its digest. Needs no lease. Refused (`NotFound`) if its user is not there."""

    token: Token
    digest: str


@dataclass(frozen=True, slots=True)
class RemoveToken:
    """Remove a token. Needs no lease. Refused (`NotFound`) if it is not there."""

    id: str


@dataclass(frozen=True, slots=True)
class BeginSession:
    """Add a session by its digest; those that have expired go. Needs no lease. Refused (`NotFound`) if its user is gone."""

    session: Session
    digest: str


@dataclass(frozen=True, slots=True)
class EndSession:
    """Remove a session; one that is not there is no fault. Needs no lease."""

    digest: str


@dataclass(frozen=True, slots=True)
class NoteRequest:
    """Add an entry to the audit log; its number is given by the store. Needs no lease."""

    entry: AuditEntry


AccessWrite = AddUser | ChangeUser | RemoveUser | AddToken | RemoveToken | BeginSession | EndSession | NoteRequest


class AccessReads(Protocol):
    """Users, tokens, sessions, and what was done."""

    def user(self, name: str) -> User | None:
        """Give a user."""
        ...

    def users(self) -> list[User]:
        """Give all users, by name."""
        ...

    def password(self, name: str) -> str | None:
        """Give the hash of a user's password."""
        ...

    def token(self, digest: str) -> tuple[Token, User] | None:
        """Give the token of a digest, with its user."""
        ...

    def tokens(self, user: str | None = None) -> builtins.list[Token]:
        """Give the tokens of a user, or of all, the oldest first."""
        ...

    def session(self, digest: str) -> tuple[Session, User] | None:
        """Give the session of a digest, with its user."""
        ...

    def audit(
        self, *, user: str | None = None, before: int | None = None, limit: int = 100
    ) -> builtins.list[AuditEntry]:
        """Give entries of the audit log, the newest first, of one user or of all; those before a number."""
        ...
