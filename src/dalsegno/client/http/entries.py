"""Values by key, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.errors import NotFound, Refusal, closest, did_you_mean
from dalsegno.model.kv import Entry, ValueType
from dalsegno.tasks.kv_values import typed
from dalsegno.wire.reading import entry_from_json


class HttpEntries:
    """The use cases of values by key, as `service.entries` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, key: str, namespace: str) -> Entry | None:
        """Give the entry of a key."""
        try:
            return entry_from_json(self._connection.get(_path(namespace, key)))
        except NotFound:
            return None

    def list(self, namespace: str | None = None, prefix: str = "") -> list[Entry]:
        """Give the entries of a namespace, or of all, whose key begins with `prefix`."""
        path = "entries" if namespace is None else _path(namespace)
        return [entry_from_json(each) for each in self._connection.pages(path, "entries", prefix=prefix)]

    def set(
        self,
        key: str,
        value: Any,
        *,
        namespace: str,
        type: ValueType | None = None,
        ttl: timedelta | None = None,
        description: str | None = None,
        overwrite: bool = True,
    ) -> Entry:
        """Set the value of a key."""
        kind, value = as_sent(value, type)
        body = {
            "value": value,
            "type": kind,
            "ttl": None if ttl is None else ttl.total_seconds(),
            "description": description,
            "overwrite": overwrite,
        }
        return entry_from_json(self._connection.put(_path(namespace, key), body))

    def delete(self, key: str, namespace: str) -> bool:
        """Remove a key, and tell whether it was there."""
        try:
            self._connection.delete(_path(namespace, key))
        except NotFound:
            return False
        return True

    def missing(self, key: str, namespace: str) -> NotFound:
        """Say that a key has no value, with the closest ones that have."""
        near = closest(key, [entry.key for entry in self.list(namespace)])
        message = f"there is no key `{key}` in the namespace `{namespace}`{did_you_mean(near)}"
        return NotFound(message, code="unknown-key", closest=near)


def as_sent(value: Any, kind: ValueType | None) -> tuple[str | None, Any]:
    """Give a value as JSON holds it, with the type that it is then read as: dates and lengths of time go as texts."""
    try:
        kind, value = typed(value, kind)
    except ValueError as error:
        raise Refusal(str(error), code="bad-entry") from error
    return kind.value, value


def _path(namespace: str, key: str | None = None) -> str:
    path = f"namespaces/{quote(namespace, safe='')}/entries"
    return path if key is None else f"{path}/{quote(key, safe='')}"
