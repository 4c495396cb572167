"""What is told of many runs at once: figures by day or hour, flows that fail, tasks by state, replays by lineage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from dalsegno.errors import Refusal, closest, did_you_mean
from dalsegno.model.clock import Clock
from dalsegno.model.figures import FailingFlow, Statistics, TaskCount, figures
from dalsegno.model.run import Run
from dalsegno.service.finding import find_run
from dalsegno.service.listing import Listing, RunQuery
from dalsegno.store.port import Store

#: how far back is looked by default
_BACK = {"day": "13d", "hour": "23h"}
#: so many periods are told of at once, and so many runs are named
MOST_PERIODS, MOST_RUNS = 400, 500
_LONG_AGO = "3650d"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsQuery:
    """Which runs are counted, and by which periods; subflow runs are not.

    Parameters
    ----------
    namespace, flow : as a list of runs has them.
    since, until : when the runs were made; a time, or how long ago (`14d`). The first period begins before `since`.
    by : `day` or `hour`.
    zone : the time zone whose days are meant, such as `America/Chicago`.
    """

    namespace: str | None = None
    flow: str | None = None
    since: str | None = None
    until: str | None = None
    by: str = "day"
    zone: str = "UTC"


class FigureCases:
    """Tell of many runs."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._listing = Listing(store, clock)

    def statistics(self, query: StatisticsQuery) -> Statistics:
        """Count runs by when they were made and what became of them, and tell how long they took.

        Raises
        ------
        Refusal : there is no such flow, time, zone or kind of period; or there would be more than 400 periods.
        """
        if query.by not in _BACK:
            near = closest(query.by, list(_BACK))
            raise Refusal(
                f"there are no figures by `{query.by}`{did_you_mean(near)}; by `day` or `hour`", code="bad-argument"
            )
        meant = self._listing.filter_of(
            RunQuery(
                namespace=query.namespace, flow=query.flow, since=query.since or _BACK[query.by], until=query.until
            )
        )
        until = self._clock.now() if meant.created_before is None else meant.created_before
        edges = list(_edges(meant.created_from or 0.0, until, query.by, _zone_of(query.zone)))
        told = [
            self._store.figures.tally(begin, end, namespace=meant.namespace, flow=meant.flow, below=meant.below)
            for begin, end in pairwise(edges)
        ]
        periods = tuple(figures(begin, end, each) for (begin, end), each in zip(pairwise(edges), told, strict=True))
        total = figures(edges[0], edges[-1], [each for tallies in told for each in tallies])
        return Statistics(query.by, query.zone, periods, total)

    def failing(self, since: str | None = None, *, limit: int = 50) -> list[FailingFlow]:
        """Give the flows in which runs failed, or were stopped, that nothing has fixed: where something failed last, first.

        Parameters
        ----------
        since : only runs made at this time or later; a time, or how long ago.
        """
        meant = self._listing.filter_of(RunQuery(since=since or _LONG_AGO))
        return self._store.figures.failing(meant.created_from or 0.0, limit)

    def task_counts(self, runs: Sequence[str]) -> Mapping[str, Sequence[TaskCount]]:
        """Count the task runs of some runs by state, by the ids of the runs.

        Raises
        ------
        Refusal : more than 500 runs are named.
        """
        if len(runs) > MOST_RUNS:
            raise Refusal(f"at most {MOST_RUNS} runs at once, not {len(runs):,}", code="bad-argument")
        ids = [find_run(self._store, run).id for run in runs]
        return self._store.figures.task_counts(list(dict.fromkeys(ids)))

    def lineages(self, runs: Sequence[Run]) -> Mapping[str, tuple[Run, int]]:
        """Give, of the lineages of some runs that have replays, the root and how many those are, by the id of the root."""
        roots = {run.id: run for run in runs if run.origin is None}
        replays = self._store.figures.replays(list(dict.fromkeys(run.root for run in runs)))
        found = {root: roots.get(root) or self._store.runs.get(root) for root in replays}
        return {root: (run, replays[root]) for root, run in found.items() if run is not None}


def _zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        message = f"there is no time zone `{name}`; name one such as `UTC` or `America/Chicago`"
        raise Refusal(message, code="bad-argument") from None


def _edges(since: float, until: float, by: str, zone: ZoneInfo) -> Iterator[float]:
    """Give where periods begin, and where the last one ends: days as the zone has them, also where a clock is set."""
    first = datetime.fromtimestamp(since, zone).replace(minute=0, second=0, microsecond=0)
    length = timedelta(hours=1)
    if by == "day":
        first, length = first.replace(hour=0), timedelta(days=1)
    at = first.timestamp()
    yield at
    for number in range(1, MOST_PERIODS + 1):
        # days are counted on the wall, hours as they pass
        at = (first + number * length).timestamp() if by == "day" else at + length.total_seconds()
        yield at
        if at >= until:
            return
    raise Refusal(f"these would be more than {MOST_PERIODS} periods: look less far back", code="bad-argument")
