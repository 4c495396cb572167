"""The audit log: who did what, when, from where, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from dalsegno.model.access import AuditEntry
from dalsegno.model.run import Run
from dalsegno.model.sealed import MASK, is_sealed
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.acting import note
from dalsegno.store.access_port import NoteRequest
from dalsegno.store.port import Store

#: how much of a text, and how many entries of a list or a map, an entry tells
_LONGEST, _MOST = 200, 50


class AuditCases:
    """Writes entries, and gives them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, entries: Sequence[AuditEntry]) -> None:
        """Write entries, in one commit."""
        self._store.commit(None, [NoteRequest(entry) for entry in entries])

    def list(self, *, user: str | None = None, before: int | None = None, limit: int = 100) -> list[AuditEntry]:
        """Give entries, the newest first.

        Parameters
        ----------
        user : of this one alone.
        before : the number of the last entry of the page before.
        """
        return self._store.access.audit(user=user, before=before, limit=limit)


def note_request(run: Run, request: ReplayRequest) -> None:
    """Have the entry of this request tell which run it makes, by which plan, and what was overridden."""
    asked = request.as_json()
    given = {name: asked[name] for name in ("inputs", "task_inputs", "outputs") if name in asked}
    note(
        run=run.id, flow=f"{run.namespace}.{run.flow}", revision=run.revision, origin=run.origin, plan_digest=run.plan_digest,
        overrides=told(given),
    )  # fmt: skip


def told(value: Any) -> Any:
    """Give a value as the audit log tells it: no secret, nothing that is long, nothing that a store does not take."""
    if isinstance(value, str):
        return storable(value if len(value) <= _LONGEST else f"{value[: _LONGEST - 3]}...")
    if isinstance(value, Mapping):
        if is_sealed(cast("Mapping[str, Any]", value)):
            return MASK
        items = list(cast("Mapping[Any, Any]", value).items())[:_MOST]
        return {str(told(str(name))): told(inner) for name, inner in items}
    if isinstance(value, list | tuple):
        return [told(inner) for inner in cast("list[Any]", value)[:_MOST]]
    return value


def storable(text: str) -> str:
    """Give a text without what no store takes."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
