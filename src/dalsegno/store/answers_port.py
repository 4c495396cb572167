"""The port of answers that are kept by key: their writes, which belong to the closed set of `store.port`, and their reads.

A request that has a key is carried out once. Who sends it again is given the answer that was kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer, or the place of one that is being made.

    Parameters
    ----------
    caller, key : who asked, and the key that the request had.
    digest : of the request.
    owner : the process that carries it out.
    created : when it began.
    status : `None` until it has been answered.
    headers : those of the answer that belong to what it says.
    """

    caller: str
    key: str
    digest: str
    owner: str
    created: float
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class BeginAnswer:
    """Take a key for a request that is about to be carried out; `answer` has no status. Needs no lease.

    Answers from before `forget` go. Refused (`MoveRefused`) if the key is taken.
    """

    answer: StoredAnswer
    forget: float


@dataclass(frozen=True, slots=True)
class KeepAnswer:
    """Keep the answer of a request whose key was taken. Needs no lease."""

    answer: StoredAnswer


@dataclass(frozen=True, slots=True)
class DropAnswer:
    """Give a key back: the request was not carried out. Needs no lease."""

    caller: str
    key: str


AnswerWrite = BeginAnswer | KeepAnswer | DropAnswer


class AnswerReads(Protocol):
    """Answers that are kept."""

    def get(self, caller: str, key: str) -> StoredAnswer | None:
        """Give the answer of a key."""
        ...
