"""Figures of many runs: how many ended how, and how long those took that ended well. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.model.times import iso

#: where the steps of a scale of durations begin, in seconds: four steps double, from a millisecond to three months
EDGES: Sequence[float] = tuple(0.001 * 2 ** (step / 4) for step in range(132))


@dataclass(frozen=True, slots=True)
class Tally:
    """Runs that are alike.

    Parameters
    ----------
    fixed : whether a later replay has fixed them.
    step : on the scale of durations; `None` for what did not end well.
    seconds : how long they took, taken together.
    """

    state: State
    fixed: bool
    step: int | None
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of the runs that were made in a period.

    Parameters
    ----------
    begin, end : seconds since 1970; the end is the beginning of the next one.
    counts : runs by state.
    fixed : those among them that failed or were stopped, and that a later replay has fixed.
    half_s, most_s : half, and 95 % of those that ended well took no longer; `None` where none did.
    """

    begin: float
    end: float
    counts: Mapping[str, int]
    fixed: int
    half_s: float | None
    most_s: float | None

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {
            "begin": iso(self.begin), "end": iso(self.end), "runs": sum(self.counts.values()), "counts": dict(self.counts),
            "fixed": self.fixed, "half_s": self.half_s, "most_s": self.most_s,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of runs, period by period, and of all of them.

    Parameters
    ----------
    by : how long a period is: `day` or `hour`.
    zone : the time zone whose days and hours they are.
    """

    by: str
    zone: str
    periods: tuple[Figures, ...]
    total: Figures

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        periods = [each.as_json() for each in self.periods]
        return {"by": self.by, "zone": self.zone, "periods": periods, "total": self.total.as_json()}


@dataclass(frozen=True, slots=True)
class FailingFlow:
    """A flow that has runs that failed or were stopped, and that nothing has fixed.

    Parameters
    ----------
    runs : how many.
    first : when the first of them was made.
    last : the last of them.
    """

    namespace: str
    flow: str
    runs: int
    first: float
    last: Run


@dataclass(frozen=True, slots=True)
class TaskCount:
    """How many task runs of a run are in a state, and what the plan had said of them."""

    action: Action
    state: State
    count: int

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {"action": self.action.value, "state": self.state.value, "count": self.count}


def figures(begin: float, end: float, tallies: Sequence[Tally]) -> Figures:
    """Tell of a period what its runs tell together."""
    counts: Counter[str] = Counter()
    for each in tallies:
        counts[each.state.value] += each.count
    fixed = sum(each.count for each in tallies if each.fixed)
    return Figures(begin, end, dict(counts), fixed, took_no_longer(tallies, 0.5), took_no_longer(tallies, 0.95))


def took_no_longer(tallies: Iterable[Tally], share: float) -> float | None:
    """Give how long that run took than which a share of runs took no longer: the mean of those on the same step."""
    steps: dict[int, tuple[int, float]] = {}
    for each in tallies:
        if each.step is not None:
            count, seconds = steps.get(each.step, (0, 0.0))
            steps[each.step] = (count + each.count, seconds + each.seconds)
    left = math.ceil(share * sum(count for count, _ in steps.values()))
    for step in sorted(steps):
        count, seconds = steps[step]
        left -= count
        if left <= 0:
            return seconds / count
    return None
