"""Flows and revisions: how they are written, how they are read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from dalsegno.errors import MoveRefused
from dalsegno.model.flow import Revision
from dalsegno.store import rows
from dalsegno.store import statements as sql
from dalsegno.store.flows_port import DeleteFlow, DisableFlow, SaveRevision
from dalsegno.store.listing import FlowSummary

if TYPE_CHECKING:
    from dalsegno.store.uses import Fetch
    from dalsegno.store.writes import Step, Transaction

#: revisions that are kept in memory; a flow of 10,000 tasks takes a tenth of a second to read
_KEPT = 64


def save_revision(write: SaveRevision) -> Step:
    """Give the step that adds a revision."""
    row = rows.revision_row(write.revision)

    def step(transaction: Transaction) -> None:
        if not transaction.change(sql.SAVE_REVISION, row):
            raise MoveRefused(
                f"revision {row['number']} of `{write.revision.flow.full_id}` is not the next one: somebody else has "
                "saved in between. Look at the latest revision and save again."
            )

    return step


def disable_flow(write: DisableFlow) -> Step:
    """Give the step that switches a flow off or on."""
    return _marked(sql.DISABLE_FLOW, write)


def delete_flow(write: DeleteFlow) -> Step:
    """Give the step that hides a flow or shows it."""
    return _marked(sql.DELETE_FLOW, write)


def _marked(statement: str, write: DisableFlow | DeleteFlow) -> Step:
    def step(transaction: Transaction) -> None:
        transaction.change(statement, {"namespace": write.namespace, "flow": write.id, "at": write.at})

    return step


class _Known:
    """Revisions, which never change: each is read from its stored form once."""

    def __init__(self) -> None:
        self._revisions: OrderedDict[tuple[str, str, int], Revision] = OrderedDict()
        self._lock = Lock()

    def get(self, namespace: str, id: str, number: int) -> Revision | None:
        """Give a revision that was read before."""
        key = (namespace, id, number)
        with self._lock:
            found = self._revisions.get(key)
            if found is not None:
                self._revisions.move_to_end(key)
        return found

    def of(self, row: rows.Row) -> Revision:
        """Give the revision of a row."""
        key = rows.revision_key(row)
        found = self.get(*key)
        if found is None:
            found = rows.revision_of(row)
            with self._lock:
                self._revisions[key] = found
                while len(self._revisions) > _KEPT:
                    self._revisions.popitem(last=False)
        return found


class Flows:
    """Flows and revisions."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._known = _Known()

    def all(self, namespace: str | None = None, *, deleted: bool = False) -> list[FlowSummary]:
        statement = sql.FLOWS if namespace is None else sql.FLOWS_OF_NAMESPACE
        parameters = {} if namespace is None else {"namespace": namespace}
        found = (rows.summary_of(row) for row in self._fetch(statement, parameters))
        return [flow for flow in found if deleted or flow.deleted is None]

    def named(self, name: str) -> list[FlowSummary]:
        namespace, _, last = name.rpartition(".")
        parameters = {"name": name, "namespace": namespace, "flow": last}
        found = [rows.summary_of(row) for row in self._fetch(sql.FLOWS_NAMED, parameters)]
        return [flow for flow in found if flow.id == name] or found

    def summary(self, namespace: str, id: str) -> FlowSummary | None:
        found = self._fetch(sql.FLOW, {"namespace": namespace, "flow": id})
        return next((rows.summary_of(row) for row in found), None)

    def marks(self, namespace: str, id: str) -> tuple[float | None, float | None]:
        found = self._fetch(sql.FLOW_MARKS, {"namespace": namespace, "flow": id})
        return next(((off, deleted) for off, deleted in found), (None, None))

    def latest(self, namespace: str, id: str) -> Revision | None:
        return self._first(sql.LATEST_REVISION, {"namespace": namespace, "flow": id})

    def revision(self, namespace: str, id: str, number: int) -> Revision | None:
        known = self._known.get(namespace, id, number)
        return known or self._first(sql.REVISION_NUMBER, {"namespace": namespace, "flow": id, "number": number})

    def revisions(self, namespace: str, id: str) -> list[Revision]:
        return self._revisions(sql.REVISIONS, {"namespace": namespace, "flow": id})

    def with_digest(self, namespace: str, id: str, digest: str) -> Revision | None:
        return self._first(sql.REVISION_WITH_DIGEST, {"namespace": namespace, "flow": id, "digest": digest})

    def _revisions(self, statement: str, parameters: Mapping[str, Any]) -> list[Revision]:
        return [self._known.of(row) for row in self._fetch(statement, parameters)]

    def _first(self, statement: str, parameters: Mapping[str, Any]) -> Revision | None:
        return next(iter(self._revisions(statement, parameters)), None)
