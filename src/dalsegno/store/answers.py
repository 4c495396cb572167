"""Answers that are kept by key: how they are written, how they are read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dalsegno.errors import MoveRefused
from dalsegno.store.answers_port import BeginAnswer, DropAnswer, KeepAnswer, StoredAnswer

if TYPE_CHECKING:
    from dalsegno.store.uses import Fetch
    from dalsegno.store.writes import Step, Transaction

_COLUMNS = "caller, key, digest, owner, created, status, headers, body"
_FORGET = "DELETE FROM answers WHERE created < :forget"
_BEGIN = (
    "INSERT INTO answers (caller, key, digest, owner, created, headers, body) "
    "VALUES (:caller, :key, :digest, :owner, :created, :headers, :body) ON CONFLICT DO NOTHING"
)
_KEEP = (
    "UPDATE answers SET status = :status, headers = :headers, body = :body "
    "WHERE caller = :caller AND key = :key AND owner = :owner"
)
_DROP = "DELETE FROM answers WHERE caller = :caller AND key = :key AND status IS NULL"
_GET = f"SELECT {_COLUMNS} FROM answers WHERE caller = :caller AND key = :key"  # noqa: S608 - its own columns


def begin_answer(write: BeginAnswer) -> Step:
    """Give the step that takes a key."""
    row = _row(write.answer)
    del row["status"]

    def step(transaction: Transaction) -> None:
        transaction.change(_FORGET, {"forget": write.forget})
        if not transaction.change(_BEGIN, row):
            raise MoveRefused(f"the key `{write.answer.key}` is taken")

    return step


def keep_answer(write: KeepAnswer) -> Step:
    """Give the step that keeps an answer."""
    row = _row(write.answer)
    wanted = {name: row[name] for name in ("caller", "key", "owner", "status", "headers", "body")}

    def step(transaction: Transaction) -> None:
        transaction.change(_KEEP, wanted)

    return step


def drop_answer(write: DropAnswer) -> Step:
    """Give the step that gives a key back."""

    def step(transaction: Transaction) -> None:
        transaction.change(_DROP, {"caller": write.caller, "key": write.key})

    return step


def _row(answer: StoredAnswer) -> dict[str, Any]:
    return {
        "caller": answer.caller,
        "key": answer.key,
        "digest": answer.digest,
        "owner": answer.owner,
        "created": answer.created,
        "status": answer.status,
        "headers": json.dumps(answer.headers),
        "body": answer.body,
    }


class Answers:
    """Answers that are kept."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def get(self, caller: str, key: str) -> StoredAnswer | None:
        for row in self._fetch(_GET, {"caller": caller, "key": key}):
            *_, owner, created, status, headers, body = row
            kept = tuple((name, value) for name, value in json.loads(headers))
            return StoredAnswer(caller, key, row[2], owner, created, status, kept, bytes(body))
        return None
