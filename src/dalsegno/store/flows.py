"""Flows and revisions: how they are written, how they are read."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from dalsegno.errors import MoveRefused
from dalsegno.model.flow import Revision
from dalsegno.store import rows
from dalsegno.store import statements as sql
from dalsegno.store.flows_port import DeleteFlow, DisableFlow, SaveRevision
from dalsegno.store.listing import FlowSummary

if TYPE_CHECKING:
    from dalsegno.store.uses import Fetch
    from dalsegno.store.writes import Step, Transaction

#: revisions that are kept in memory; one of 10,000 tasks takes a tenth of a second to read
_REVISIONS_KEPT = 64


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


class KnownRevisions:
    """The revisions that were read last. They never change: each is read from its stored form once."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, int], Revision] = OrderedDict()
        self._lock = Lock()

    def get(self, namespace: str, id: str, number: int) -> Revision | None:
        """Give a revision that is at hand."""
        key = (namespace, id, number)
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
        return found

    def put(self, revision: Revision) -> None:
        """Keep a revision, in place of the one that was asked for the longest time ago."""
        with self._lock:
            self._known[revision.flow.namespace, revision.flow.id, revision.number] = revision
            while len(self._known) > _REVISIONS_KEPT:
                self._known.popitem(last=False)


class Flows:
    """Flows and revisions."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._known = KnownRevisions()

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
        return self._numbered(sql.LATEST_REVISION, namespace, id)

    def revision(self, namespace: str, id: str, number: int) -> Revision | None:
        found = self._known.get(namespace, id, number)
        if found is not None:
            return found
        fetched = self._fetch(sql.REVISION_NUMBER, {"namespace": namespace, "flow": id, "number": number})
        return next((self._read(row) for row in fetched), None)

    def revisions(self, namespace: str, id: str) -> list[Revision]:
        return [self._read(row) for row in self._fetch(sql.REVISIONS, {"namespace": namespace, "flow": id})]

    def with_digest(self, namespace: str, id: str, digest: str) -> Revision | None:
        return self._numbered(sql.REVISION_WITH_DIGEST, namespace, id, digest=digest)

    def _numbered(self, statement: str, namespace: str, id: str, **parameters: str) -> Revision | None:
        """Give the revision whose number a statement gives."""
        found = self._fetch(statement, {"namespace": namespace, "flow": id, **parameters})
        return next((self.revision(namespace, id, number) for (number,) in found), None)

    def _read(self, row: rows.Row) -> Revision:
        namespace, flow, number = row[:3]
        found = self._known.get(namespace, flow, number)
        if found is None:
            found = rows.revision_of(row)
            self._known.put(found)
        return found
