"""Who may do what: users, their roles, and what they show to be known by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What a user may do. Each role may do all that those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    EDITOR = "editor"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether who has this role may do what needs the other."""
        return _RANK[self] >= _RANK[needed]


_RANK = {role: rank for rank, role in enumerate(Role)}


def lesser(one: Role, other: Role) -> Role:
    """Give the role of two that may do less."""
    return other if one.covers(other) else one


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can log in. The hash of the password stays in the store."""

    name: str
    role: Role
    created: float


@dataclass(frozen=True, slots=True)
class Token:
    """What a program shows in the place of a password. The token itself is kept nowhere.

    Parameters
    ----------
    user : whose it is.
    name : what it is for.
    role : what it may do at the most; never more than its user.
    expires : when it ends; `None` for never.
    """

    id: str
    user: str
    name: str
    role: Role
    created: float
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made. `secret` is what is shown to a server; it cannot be had again."""

    token: Token
    secret: str


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody has logged in."""

    user: str
    created: float
    expires: float


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A request that changed something, or that was refused to somebody.

    Parameters
    ----------
    number : in which order entries were written.
    user : who asked; `None` for nobody who is known.
    role : what he was allowed to do.
    door : how he was known: `token`, `session`, `local`, or `none`.
    address : where he asked from.
    operation : what he asked for, as the document of the API names it.
    status : the HTTP status of the answer.
    detail : what belongs to it: the run, the digest of its plan, its overrides.
    """

    number: int
    at: float
    user: str | None
    role: Role | None
    door: str
    address: str
    operation: str
    method: str
    path: str
    status: int
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])
