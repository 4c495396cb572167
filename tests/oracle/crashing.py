"""Plays a story with an engine that dies at a write of each run, and another that carries the run on."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Literal

from tests.oracle.real import Killer, RealPlayer
from tests.oracle.stories import Story
from tests.support.stopping_store import Stopped, StoppingStore

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.engine.clock import RandomIds
from dalsegno.model.clock import Clock
from dalsegno.model.run import Run
from dalsegno.service.service import Service
from dalsegno.store.open import open_store

MODES: tuple[Literal["before", "after"], ...] = ("before", "after")


class CrashingPlayer(RealPlayer):
    """Plays one story on a data directory; where each run is stopped comes from a seed.

    Parameters
    ----------
    service : on the same data directory; plans, and carries on what was stopped.
    """

    def __init__(self, service: Service, home: Path, clock: Clock, story: Story, namespace: str, seed: int) -> None:
        super().__init__(service, story, namespace)
        self._home = home
        self._clock = clock
        self._random = Random(seed)
        self.stopped = 0

    def _execute(self, run: Run, killer: Killer) -> Run:
        inner = open_store(self._home / "dalsegno.db", now=self._clock.now)
        store = StoppingStore(inner, self._random.randint(1, 12), mode=self._random.choice(MODES))
        dying = Service(store, LocalArtifacts(self._home / "artifacts"), clock=self._clock, ids=RandomIds())
        try:
            with suppress(Stopped):
                return dying.runs.execute(run.id, observer=killer.observe, stop=killer.stop)
        finally:
            inner.close()
        self.stopped += 1
        return super()._execute(run, killer)
