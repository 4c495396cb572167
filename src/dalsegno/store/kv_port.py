"""The port of the entries in namespaces: its writes, which belong to the closed set of `store.port`, and its reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dalsegno.model.kv import Entry


@dataclass(frozen=True, slots=True)
class SetEntry:
    """Set the value of a key, in place of what stands there. Needs no lease. What has expired by then is removed.

    Parameters
    ----------
    entry : its `updated` is the time of the write; the time when the key was first set stays.
    only_new : refuse (`MoveRefused`) if the key has a value that another writer set.
    instead_of : refuse (`MoveRefused`) unless the value is still the one of this entry.
    """

    entry: Entry
    only_new: bool = False
    instead_of: Entry | None = None


@dataclass(frozen=True, slots=True)
class DeleteEntry:
    """Remove a key. Needs no lease. Refused (`NotFound`) if it has no value."""

    namespace: str
    key: str
    at: float


class EntryReads(Protocol):
    """Entries. What has expired by `now` is not there."""

    def get(self, namespace: str, key: str, now: float) -> Entry | None:
        """Give the entry of a key."""
        ...

    def list(self, now: float, *, namespace: str | None = None, prefix: str = "") -> list[Entry]:
        """Give the entries of a namespace, or of all, whose key begins with `prefix`: by namespace and key."""
        ...
