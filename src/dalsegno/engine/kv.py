"""Entries in namespaces, as tasks, expressions and people read and write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from dalsegno.errors import MoveRefused, NotFound, Refusal, closest, did_you_mean
from dalsegno.model.clock import Clock
from dalsegno.model.kv import Entry, ValueType
from dalsegno.store.port import DeleteEntry, SetEntry, Store
from dalsegno.tasks.kv_values import check_name, typed

#: somebody else has changed the value in between, each time
_TRIES = 1000


class KeyValues:
    """Reads and writes entries. Every write is a transaction of its own, seen by all at once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(self, key: str, namespace: str) -> Entry | None:
        """Give the entry of a key."""
        return self._store.entries.get(namespace, key, self._clock.now())

    def find_above(self, key: str, namespace: str) -> Entry | None:
        """Give the entry of a key in a namespace or, where it has none, in the nearest one above that has."""
        found = (self.find(key, each) for each in _and_above(namespace))
        return next((entry for entry in found if entry is not None), None)

    def read(
        self, key: str, namespace: str | None = None, *, error_on_missing: bool = True, own: str | None = None
    ) -> Any:
        """Give the value of a key, as `kv()` does in expressions.

        Parameters
        ----------
        namespace : where it is looked for, and nowhere else.
        own : the namespace of the flow, for which those above it are looked through too; needed without `namespace`.

        Raises
        ------
        NotFound : there is none; with `error_on_missing` false `None` is given instead.
        """
        entry = self.find_above(key, own or "") if namespace is None else self.find(key, namespace)
        if entry is None and error_on_missing:
            raise self.missing(key, namespace or own or "")
        return None if entry is None else entry.value

    def list(self, namespace: str | None = None, prefix: str = "") -> list[Entry]:
        """Give the entries of a namespace, or of all, whose key begins with `prefix`."""
        return self._store.entries.list(self._clock.now(), namespace=namespace, prefix=prefix)

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
        writer: str | None = None,
    ) -> Entry:
        """Set the value of a key, and give its entry.

        Parameters
        ----------
        ttl : how long it stays; without it, for ever.
        overwrite : replace what is there.
        writer : who sets it; one that has set it itself may do so again, whatever `overwrite` says.

        Raises
        ------
        Refusal : the key, the namespace or the value cannot be taken, or the key has a value that is not to be replaced.
        """
        entry = self._entry(key, value, namespace, type, ttl=ttl, description=description, writer=writer)
        try:
            self._store.commit(None, [SetEntry(entry, only_new=not overwrite)])
        except MoveRefused as error:
            message = f"the key `{key}` of the namespace `{namespace}` has a value already, and `overwrite` is false"
            raise Refusal(message, code="key-taken") from error
        return entry

    def change(
        self, key: str, change: Callable[[Entry | None], Any], *, namespace: str, writer: str | None = None
    ) -> Entry:
        """Replace a value by one that is made from it, however many do so at once.

        Parameters
        ----------
        change : gives the new value from the entry that is there; it may be called again where another was faster.
        """
        for _ in range(_TRIES):
            found = self.find(key, namespace)
            entry = self._entry(key, change(found), namespace, ValueType.JSON, writer=writer)
            write = SetEntry(entry, only_new=True) if found is None else SetEntry(entry, instead_of=found)
            try:
                self._store.commit(None, [write])
            except MoveRefused:
                continue
            return entry
        raise Refusal(
            f"the key `{key}` of the namespace `{namespace}` is changed by others all the time; try again later"
        )

    def delete(self, key: str, namespace: str) -> bool:
        """Remove a key, and tell whether it was there."""
        try:
            self._store.commit(None, [DeleteEntry(namespace, key, self._clock.now())])
        except NotFound:
            return False
        return True

    def missing(self, key: str, namespace: str) -> NotFound:
        """Say that a key has no value, with the closest ones that have."""
        near = closest(key, [entry.key for entry in self.list(namespace)])
        message = f"there is no key `{key}` in the namespace `{namespace}`{did_you_mean(near)}"
        return NotFound(message, code="unknown-key", closest=near)

    def _entry(
        self, key: str, value: Any, namespace: str, kind: ValueType | None, *, ttl: timedelta | None = None,
        description: str | None = None, writer: str | None = None,
    ) -> Entry:  # fmt: skip
        try:
            check_name("key", key)
            check_name("namespace", namespace)
            kind, value = typed(value, kind)
        except ValueError as error:
            raise Refusal(str(error), code="bad-entry") from error
        at = self._clock.now()
        expires = None if ttl is None else at + ttl.total_seconds()
        return Entry(namespace, key, kind, value, at, at, description, expires, writer)


class RunEntries:
    """The entries as the tasks of a run use them: `tasks.base.TaskEntries`.

    Parameters
    ----------
    namespace : the flow's.
    writer : gives the idempotency key of the task run.
    """

    def __init__(self, all: KeyValues, namespace: str, writer: Callable[[], str]) -> None:
        self._all = all
        self._namespace = namespace
        self._writer = writer

    def find(self, key: str, namespace: str | None = None) -> Entry | None:
        """Give the entry of a key: without a namespace in the flow's, or else in the nearest one above that has it."""
        return self._all.find_above(key, self._namespace) if namespace is None else self._all.find(key, namespace)

    def keys(self, namespace: str | None = None, prefix: str = "") -> list[str]:
        """Give the keys that begin with `prefix`."""
        return [entry.key for entry in self._all.list(namespace or self._namespace, prefix)]

    def set(
        self, key: str, value: Any, *, namespace: str | None = None, type: ValueType | None = None,
        ttl: timedelta | None = None, description: str | None = None, overwrite: bool = True,
    ) -> None:  # fmt: skip
        """Set a value."""
        self._all.set(
            key, value, namespace=namespace or self._namespace, type=type, ttl=ttl, description=description,
            overwrite=overwrite, writer=None if overwrite else self._writer(),
        )  # fmt: skip

    def change(self, key: str, change: Callable[[Entry | None], Any]) -> Entry:
        """Replace a value of the flow's namespace by one that is made from it."""
        return self._all.change(key, change, namespace=self._namespace)

    def delete(self, key: str, namespace: str | None = None) -> bool:
        """Remove a key, and tell whether it was there."""
        return self._all.delete(key, namespace or self._namespace)

    def missing(self, key: str, namespace: str | None = None) -> NotFound:
        """Say that a key has no value."""
        return self._all.missing(key, namespace or self._namespace)


def _and_above(namespace: str) -> Iterator[str]:
    while namespace:
        yield namespace
        namespace = namespace.rpartition(".")[0]
