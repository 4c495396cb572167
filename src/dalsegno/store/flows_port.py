"""The port of flows: their writes, which belong to the closed set of `store.port`, and their reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dalsegno.model.flow import Revision
from dalsegno.store.listing import FlowSummary


@dataclass(frozen=True, slots=True)
class SaveRevision:
    """Add a revision. Refused (`MoveRefused`) if its number is not the latest + 1: somebody else saved in between."""

    revision: Revision


@dataclass(frozen=True, slots=True)
class DisableFlow:
    """Switch a flow off from a time, or on again (`None`). Needs no lease."""

    namespace: str
    id: str
    at: float | None


@dataclass(frozen=True, slots=True)
class DeleteFlow:
    """Hide a flow from lists from a time, or show it again (`None`). Needs no lease. Its revisions and runs stay."""

    namespace: str
    id: str
    at: float | None


class FlowReads(Protocol):
    """Flows and revisions."""

    def all(self, namespace: str | None = None, *, deleted: bool = False) -> list[FlowSummary]:
        """Give all flows, by namespace and id; deleted ones only if they are asked for."""
        ...

    def named(self, name: str) -> list[FlowSummary]:
        """Give the flows of this id, in any namespace, or else the one of this namespace and id; deleted ones too."""
        ...

    def summary(self, namespace: str, id: str) -> FlowSummary | None:
        """Give one flow in short."""
        ...

    def marks(self, namespace: str, id: str) -> tuple[float | None, float | None]:
        """Give since when a flow is switched off, and when it was deleted."""
        ...

    def latest(self, namespace: str, id: str) -> Revision | None:
        """Give the latest revision."""
        ...

    def revision(self, namespace: str, id: str, number: int) -> Revision | None:
        """Give one revision."""
        ...

    def revisions(self, namespace: str, id: str) -> list[Revision]:
        """Give all revisions, oldest first."""
        ...

    def with_digest(self, namespace: str, id: str, digest: str) -> Revision | None:
        """Give the newest revision that has this content."""
        ...
