"""Entries in namespaces: their rows, how they are written, how they are read."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from dalsegno.errors import MoveRefused, NotFound
from dalsegno.model.kv import Entry, ValueType
from dalsegno.store import statements as sql
from dalsegno.store.jsontext import from_text, to_text
from dalsegno.store.kv_port import DeleteEntry, SetEntry

if TYPE_CHECKING:
    from dalsegno.store.rows import Row
    from dalsegno.store.uses import Fetch
    from dalsegno.store.writes import Step, Transaction


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "namespace": entry.namespace,
        "key": entry.key,
        "type": entry.type.value,
        "created": entry.created,
        "updated": entry.updated,
        "expires": entry.expires,
        "writer": entry.writer,
        "description": entry.description,
        "value": to_text(entry.value),
    }


def _entry(row: Row) -> Entry:
    namespace, key, kind, created, updated, expires, writer, description, value = row
    return Entry(
        namespace, key, ValueType(kind), from_text(value), created, updated, description, expires, writer,
    )  # fmt: skip


def set_entry(write: SetEntry) -> Step:
    """Give the step that sets an entry."""
    row = _row(write.entry)
    where = f"the key `{write.entry.key}` of the namespace `{write.entry.namespace}`"
    instead_of = None if write.instead_of is None else to_text(write.instead_of.value)

    def step(transaction: Transaction) -> None:
        transaction.change(sql.REMOVE_EXPIRED_ENTRIES, {"now": row["updated"]})
        if instead_of is not None:
            if not transaction.change(sql.CHANGE_ENTRY, {**row, "instead_of": instead_of}):
                raise MoveRefused(f"{where} has another value meanwhile; nothing was written")
        elif not transaction.change(sql.ADD_ENTRY if write.only_new else sql.SET_ENTRY, row):
            raise MoveRefused(f"{where} has a value already; nothing was written")

    return step


def delete_entry(write: DeleteEntry) -> Step:
    """Give the step that removes an entry."""

    def step(transaction: Transaction) -> None:
        transaction.change(sql.REMOVE_EXPIRED_ENTRIES, {"now": write.at})
        if not transaction.change(sql.DELETE_ENTRY, {"namespace": write.namespace, "key": write.key}):
            raise NotFound(f"the namespace `{write.namespace}` has no key `{write.key}`", code="unknown-key")

    return step


class Entries:
    """Entries."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def get(self, namespace: str, key: str, now: float) -> Entry | None:
        found = self._fetch(sql.GET_ENTRY, {"namespace": namespace, "key": key, "now": now})
        return next((_entry(row) for row in found), None)

    def list(self, now: float, *, namespace: str | None = None, prefix: str = "") -> builtins.list[Entry]:
        begins = {"prefix": prefix, "end": prefix + sql.LAST_CHARACTER, "now": now}
        if namespace is None:
            found = self._fetch(sql.ENTRIES, begins)
        else:
            found = self._fetch(sql.ENTRIES_OF_NAMESPACE, {**begins, "namespace": namespace})
        return [_entry(row) for row in found]
