"""Use cases about what is kept and for how long: runs are deleted, and the blobs that nobody needs any more go.

A blob goes when no run and no flow needs it, and when it is old enough that nobody can be about to need it: an attempt puts
a blob in place before the commit that records it. So what was stored within the last hour stays, and what was stored since
the oldest run that is executing was created. To store what is there already makes it new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dalsegno.artifacts.port import ArtifactStore, StoredBlob
from dalsegno.errors import MoveRefused, NotFound, Refusal
from dalsegno.model.clock import Clock
from dalsegno.model.run import Run
from dalsegno.model.state import ENDED, UNFINISHED, State
from dalsegno.model.times import iso
from dalsegno.service.finding import find_run, refuse_deleted
from dalsegno.service.views import run_as_json
from dalsegno.store.port import DeleteRun, RunFilter, Store

#: a blob that is not older than this is never removed, in seconds
YOUNGEST = 3600.0

_EXECUTING = (State.RUNNING, State.RETRYING)
_LIVE = tuple(state for state in State if state not in ENDED)


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge removed, or would.

    Parameters
    ----------
    runs : the runs that were deleted, newest first.
    blobs, size : how many stored values and files were removed, and their bytes.
    spared : runs that are old enough and stay, with the reason.
    young, young_size : blobs that no run needs and that stay because they are new, and their bytes.
    since : what was stored since then is new.
    holds : the run because of which `since` is not an hour ago.
    dry : whether nothing was removed.
    """

    runs: tuple[Run, ...]
    blobs: int
    size: int
    spared: tuple[tuple[Run, str], ...] = ()
    young: int = 0
    young_size: int = 0
    since: float = 0.0
    holds: Run | None = None
    dry: bool = False

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {
            "dry_run": self.dry,
            "runs": [run_as_json(run) for run in self.runs],
            "blobs": self.blobs,
            "bytes": self.size,
            "spared": [{"run": run_as_json(run), "reason": reason} for run, reason in self.spared],
            "young": {
                "blobs": self.young,
                "bytes": self.young_size,
                "since": iso(self.since),
                "held_by": None if self.holds is None else run_as_json(self.holds),
            },
        }


@dataclass(slots=True)
class _Chosen:
    """The runs that are old enough: those that go, and those that stay all the same."""

    go: list[Run] = field(default_factory=list[Run])
    stay: list[tuple[Run, str]] = field(default_factory=list[tuple[Run, str]])


class KeepingCases:
    """Delete runs, and remove what nobody needs."""

    def __init__(self, store: Store, artifacts: ArtifactStore, clock: Clock) -> None:
        self._store = store
        self._artifacts = artifacts
        self._clock = clock

    def delete(self, name: str) -> Run:
        """Make a tombstone of a run: it is hidden, and what other runs reuse of it stays.

        Raises
        ------
        Refusal : it, or a replay of it, has not ended, or it was deleted already.
        """
        run = refuse_deleted(find_run(self._store, name), "deleted")
        try:
            self._store.commit(None, [DeleteRun(run.id, self._clock.now())])
        except MoveRefused as error:
            raise Refusal(error.message, code="run-in-use") from error
        return self._store.runs.get(run.id) or run

    def purge(self, older_than: float, *, keep_failed: bool = False, dry_run: bool = False) -> Purged:
        """Delete the runs that ended longer ago than `older_than` seconds, then remove the blobs that nobody needs.

        Parameters
        ----------
        keep_failed : leave those alone that failed or were stopped and that no later replay has fixed.
        """
        chosen = self._choose(self._clock.now() - older_than, keep_failed=keep_failed)
        if not dry_run:
            chosen = self._delete(chosen)
        without = frozenset(run.id for run in chosen.go) if dry_run else frozenset[str]()
        since, holds = self._young_since()
        blobs = list(self._artifacts.blobs())
        used = self._store.artifacts.in_use(frozenset(blob.digest for blob in blobs), without)
        unused = [blob for blob in blobs if blob.digest not in used]
        old = [blob for blob in unused if blob.stored < since]
        if not dry_run:
            old = [blob for blob in old if self._artifacts.delete(blob.digest, stored_before=since)]
        young = [blob for blob in unused if blob.stored >= since]
        return Purged(
            tuple(chosen.go), len(old), _size(old), tuple(chosen.stay), len(young), _size(young), since, holds, dry_run
        )

    def _choose(self, before: float, *, keep_failed: bool) -> _Chosen:
        replayed = {run.origin: run.name for run in self._store.runs.list(RunFilter(states=_LIVE, limit=0))}
        chosen = _Chosen()
        for run in self._store.runs.list(RunFilter(ended_before=before, limit=0)):
            if run.id in replayed:
                chosen.stay.append((run, f"{replayed[run.id]}, which replays it, has not ended"))
            elif keep_failed and run.state in UNFINISHED and run.fixed_by is None:
                chosen.stay.append((run, "it failed, and no later replay has fixed it"))
            else:
                chosen.go.append(run)
        return chosen

    def _delete(self, chosen: _Chosen) -> _Chosen:
        """Delete the runs, each in a transaction of its own; one that is replayed or deleted meanwhile stays as it is."""
        deleted = _Chosen(stay=list(chosen.stay))
        for run in chosen.go:
            try:
                self._store.commit(None, [DeleteRun(run.id, self._clock.now())])
            except (MoveRefused, NotFound) as error:
                deleted.stay.append((run, error.message))
            else:
                deleted.go.append(run)
        return deleted

    def _young_since(self) -> tuple[float, Run | None]:
        since = self._clock.now() - YOUNGEST
        executing = self._store.runs.list(RunFilter(states=_EXECUTING, limit=0))
        oldest = min(executing, key=lambda run: run.created, default=None)
        return (oldest.created, oldest) if oldest is not None and oldest.created < since else (since, None)


def _size(blobs: Sequence[StoredBlob]) -> int:
    return sum(blob.size for blob in blobs)
