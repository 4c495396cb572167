"""What is known of runs that this process has just created: executing one of them need not read it back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from dalsegno.model.plan import Plan
from dalsegno.model.run import Result
from dalsegno.replay.select import Nodes

#: more runs, or more decisions in all their plans, are forgotten again: reading them back is slower, and nothing else
_MOST, _MOST_DECISIONS = 256, 50_000


@dataclass(frozen=True, slots=True)
class Begun:
    """The plan of a run that was just created, the graph of its flow, and the results that it keeps, by address."""

    plan: Plan
    nodes: Nodes
    kept: Mapping[str, Result]


class BegunRuns:
    """Remembers a few runs. Safe to share between threads."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, Begun] = OrderedDict()
        self._decisions = 0
        self._lock = Lock()

    def put(self, run: str, begun: Begun) -> None:
        """Remember a run, the last one in any case."""
        with self._lock:
            self._runs[run] = begun
            self._decisions += len(begun.plan.decisions)
            while len(self._runs) > 1 and (len(self._runs) > _MOST or self._decisions > _MOST_DECISIONS):
                _, forgotten = self._runs.popitem(last=False)
                self._decisions -= len(forgotten.plan.decisions)

    def take(self, run: str) -> Begun | None:
        """Give what is known of a run, once."""
        with self._lock:
            begun = self._runs.pop(run, None)
            if begun is not None:
                self._decisions -= len(begun.plan.decisions)
            return begun
