"""What is known of runs that this process has just created: executing one of them need not read it back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from dalsegno.model.plan import Plan
from dalsegno.model.run import Result
from dalsegno.replay.select import Nodes

#: more than this many are forgotten again: reading them back is slower, and nothing else
_MOST = 8


@dataclass(frozen=True, slots=True)
class Begun:
    """The plan of a run that was just created, the graph of its flow, and the results that it keeps, by address."""

    plan: Plan
    nodes: Nodes
    kept: Mapping[str, Result]


class BegunRuns:
    """Remembers a few runs. Safe to share between threads: each call is one operation on a dictionary."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, Begun] = OrderedDict()

    def put(self, run: str, begun: Begun) -> None:
        """Remember a run."""
        self._runs[run] = begun
        while len(self._runs) > _MOST:
            self._runs.popitem(last=False)

    def take(self, run: str) -> Begun | None:
        """Give what is known of a run, once."""
        return self._runs.pop(run, None)
