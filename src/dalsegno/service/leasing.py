"""Leases that are held on behalf of those who execute a run from afar, for as long as something is heard of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import DalSegnoError, LeaseLost, Refusal
from dalsegno.model.clock import Clock, Ids
from dalsegno.service.acting import author
from dalsegno.service.finding import find_run, refuse_deleted
from dalsegno.store.port import AppendLogs, Lease, NoteEnvironment, SaveArtifact, Store, Wishes, Write

#: how long nothing may be heard of a holder, in seconds
SILENCE = 15.0


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that is held for somebody.

    Parameters
    ----------
    key : what its holder names it by; nobody else knows it.
    """

    key: str
    lease: Lease


class LeaseCases:
    """Takes leases for others, commits what they write under them, and lets go of those of which nothing is heard."""

    def __init__(self, store: Store, artifacts: ArtifactStore, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._artifacts = artifacts
        self._clock = clock
        self._ids = ids
        self._lock = threading.Lock()
        #: by key, with the time when something was heard last
        self._held: dict[str, tuple[Lease, float]] = {}
        #: by key, who took it: over a server nobody else may use it
        self._holders: dict[str, str | None] = {}
        #: how long nothing may be heard of a holder, in seconds
        self.silence = SILENCE

    def take(self, run: str, owner: str, *, environment: Mapping[str, Any] | None = None) -> Held:
        """Take the lease of a run for somebody.

        Parameters
        ----------
        environment : what it executes on from now on.

        Raises
        ------
        RunIsLive : somebody else executes it.
        """
        self.let_go()
        found = refuse_deleted(find_run(self._store, run), "executed")
        if found.state.ended:
            raise Refusal(f"{found.name} has ended, as {found.state}: there is nothing to execute", code="run-ended")
        held = Held(self._ids.new(), self._store.acquire(found.id, owner))
        if environment is not None:
            self._store.commit(held.lease, [NoteEnvironment(found.id, {**found.environment, **environment})])
        with self._lock:
            self._held[held.key] = held.lease, self._clock.now()
            self._holders[held.key] = author()
        return held

    def beat(self, key: str) -> Wishes:
        """Keep a lease; tell what somebody asked of the run. Raises `LeaseLost` if it is gone."""
        lease = self._heard(key)
        self._store.beat(lease)
        return self._store.runs.wishes(lease.run)

    def commit(self, key: str, writes: Sequence[Write]) -> Wishes:
        """Commit what the holder of a lease writes; tell what somebody asked of the run.

        Raises
        ------
        LeaseLost : it is gone.
        Refusal : something is not of that run, or a value is not in the artifact store; nothing was written.
        """
        lease = self._heard(key)
        for write in writes:
            self._check(lease, write)
        self._store.commit(lease, writes)
        return self._store.runs.wishes(lease.run)

    def give_back(self, key: str) -> None:
        """Give a lease back; one that is gone already, or of somebody else, is no fault."""
        with self._lock:
            mine = self._holders.get(key) == author()
        if mine:
            self._drop(key)

    def _drop(self, key: str) -> None:
        with self._lock:
            lease, _ = self._held.pop(key, (None, 0.0))
            self._holders.pop(key, None)
        if lease is not None:
            self._store.release(lease)

    def let_go(self) -> None:
        """Let go of the leases of whom nothing was heard for too long: their runs can be carried on."""
        late = self._clock.now() - self.silence
        with self._lock:
            silent = [key for key, (_, heard) in self._held.items() if heard < late]
        for key in silent:
            with suppress(DalSegnoError):
                self._drop(key)

    def read(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Read something of the store, for who executes a run from afar.

        Parameters
        ----------
        noun, method, arguments : as the ports of the store have them; whoever asks has looked at them.
        """
        ask: Callable[..., Any] = getattr(getattr(self._store, noun), method)
        return ask(**arguments)

    def _heard(self, key: str) -> Lease:
        now = self._clock.now()
        with self._lock:
            lease, heard = self._held.get(key, (None, 0.0))
            if lease is not None and heard >= now - self.silence and self._holders.get(key) == author():
                self._held[key] = lease, now
                return lease
        self.let_go()
        raise LeaseLost(
            f"the lease is gone: the server has not heard of this process for {self.silence:g} s, or was started again. "
            "Nothing more is written to the run; what had ended is kept, and it can be carried on"
        )

    def _check(self, lease: Lease, write: Write) -> None:
        """Refuse what is not of the run, where the store itself would not."""
        if isinstance(write, AppendLogs) and write.run != lease.run:
            raise Refusal(f"these lines are of another run than {lease.run}", code="not-remote")
        if isinstance(write, SaveArtifact):
            if write.artifact.run != lease.run:
                raise Refusal(f"the artifact {write.artifact.id} is of another run than {lease.run}", code="not-remote")
            # one of no bytes is the record of a value that stands in its row, or of nothing
            if write.artifact.size and not self._artifacts.exists(write.artifact.digest):
                message = f"the value {write.artifact.digest[:12]} is not in the artifact store: upload it first"
                raise Refusal(message, code="artifact-missing")
