"""Who asks: known to everything that a request has done, and to nothing else.

A door that knows who asks says so around the call. In this process, where nobody is told of, it is the user of the machine, and
he may do all that the machine lets him.
"""

from __future__ import annotations

import getpass
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from dalsegno.model.access import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks over a server.

    Parameters
    ----------
    name : the user; `None` where a server has no login: then it is the user of the machine.
    role : what he may do here.
    door : how he is known: `token`, `session`, `local` (a server without login), or `none`.
    noted : what is told of the request in the audit log.
    """

    name: str | None
    role: Role
    door: str
    noted: dict[str, Any] = field(default_factory=dict[str, Any])


#: who is not known, and may do nothing but log in
NOBODY = Actor(None, Role.VIEWER, "none")

_actor: ContextVar[Actor | None] = ContextVar("dalsegno_actor", default=None)
_author: ContextVar[str | None] = ContextVar("dalsegno_author", default=None)


def actor() -> Actor | None:
    """Give who asks over a server; `None` in this process."""
    return _actor.get()


@contextmanager
def acting(who: Actor) -> Generator[None]:
    """Have all that is done be done for who asks."""
    token = _actor.set(who)
    try:
        yield
    finally:
        _actor.reset(token)


@contextmanager
def on_behalf_of(name: str | None) -> Generator[None]:
    """Have runs be made by somebody who was asked for before, such as who began a bulk replay."""
    token = _author.set(name)
    try:
        yield
    finally:
        _author.reset(token)


def author() -> str | None:
    """Give the name of who asks."""
    who = _actor.get()
    name = who.name if who is not None and who.name is not None else _author.get()
    if name is not None:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def note(**told: Any) -> None:
    """Have the audit log tell something of the request."""
    who = _actor.get()
    if who is not None:
        who.noted.update(told)
