"""What is told of many runs at once: each by one pass over a range of an index."""

# ruff: noqa: S608 - what is put together here comes from this module

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dalsegno.model.figures import EDGES, FailingFlow, Tally, TaskCount
from dalsegno.model.plan import Action
from dalsegno.model.state import ENDED, ENDED_WELL, State
from dalsegno.store import rows
from dalsegno.store import statements as sql
from dalsegno.store.listed import A_SECOND, OPEN
from dalsegno.store.uses import Fetch

#: so many runs are named in one statement; it is prepared for each of these sizes
_AT_ONCE = (10, 50, 500)
_STAGES = ", ".join(f"'{stage}'" for stage in (*sorted(ENDED), OPEN))


class Figures:
    """Reads of many runs."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def tally(
        self, since: float, until: float, *, namespace: str | None = None, flow: str | None = None, below: bool = False
    ) -> list[Tally]:
        conditions: list[str] = []
        given: dict[str, Any] = {"low": int(since * A_SECOND), "high": int(until * A_SECOND)}
        if flow is not None:
            # all stages there are, so that the index of the flow gives a range of places
            conditions.append(f" AND l.flow = :flow AND l.stage IN ({_STAGES})")
            given["flow"] = flow
        if namespace is not None:
            inner = " OR (l.namespace >= :below AND l.namespace < :beyond)" if below else ""
            conditions.append(f" AND (l.namespace = :namespace{inner})")
            given["namespace"] = namespace
            given |= {"below": f"{namespace}.", "beyond": f"{namespace}/"} if below else {}
        found = self._fetch(_TALLY.format(conditions="".join(conditions)), given)
        return [
            Tally(State(state), bool(fixed), step, count, seconds or 0.0)
            for state, fixed, step, count, seconds in found
        ]

    def failing(self, since: float, limit: int) -> list[FailingFlow]:
        found = self._fetch(_FAILING, {"low": int(since * A_SECOND), "limit": limit})
        runs = {place: self._run_at(place) for _, _, _, _, place in found}
        return [
            FailingFlow(namespace, flow, count, first / A_SECOND, runs[place])
            for namespace, flow, count, first, place in found
        ]

    def _run_at(self, place: int) -> Any:
        return rows.run_of(self._fetch(_RUN_AT, {"place": place})[0])

    def task_counts(self, runs: Sequence[str]) -> Mapping[str, Sequence[TaskCount]]:
        counted: dict[str, list[TaskCount]] = {run: [] for run in runs}
        for run, action, state, count in self._of("task_counts", runs):
            counted[run].append(TaskCount(Action(action), State(state), count))
        return counted

    def replays(self, roots: Sequence[str]) -> Mapping[str, int]:
        return dict(self._of("replays", roots))

    def _of(self, what: str, ids: Sequence[str]) -> list[Any]:
        found: list[Any] = []
        for at in range(0, len(ids), _AT_ONCE[-1]):
            part = ids[at : at + _AT_ONCE[-1]]
            size = next(size for size in _AT_ONCE if size >= len(part))
            padded = [*part, *[part[-1]] * (size - len(part))]
            found += self._fetch(_NAMED[what, size], {_parameter(number): run for number, run in enumerate(padded)})
        return found


def _parameter(at: int) -> str:
    """Give a name for the parameter of a number: names have letters alone."""
    return "run_" + "".join("abcdefghij"[int(digit)] for digit in str(at))


def _step(low: int, high: int) -> str:
    """Give the expression that finds the step of a duration among some, by halves."""
    if high - low == 1:
        return str(low)
    middle = (low + high) // 2
    return f"CASE WHEN l.ended - l.started < {EDGES[middle]!r} THEN {_step(low, middle)} ELSE {_step(middle, high)} END"


_WELL = ", ".join(f"'{state}'" for state in sorted(ENDED_WELL))
_TALLY = (
    "SELECT state, fixed, step, COUNT(*), SUM(seconds) FROM (SELECT l.state AS state, COALESCE(l.fixed, 0) AS fixed, "
    f"CASE WHEN l.state IN ({_WELL}) AND l.ended IS NOT NULL AND l.started IS NOT NULL THEN {_step(0, len(EDGES))} END "
    "AS step, "
    "l.ended - l.started AS seconds FROM listed AS l WHERE l.place >= :low AND l.place < :high AND l.sub = 0{conditions}) AS t "
    "GROUP BY state, fixed, step"
)
_FAILING = (
    "SELECT namespace, flow, COUNT(*), MIN(place), MAX(place) FROM listed WHERE fixed = 0 AND place >= :low AND sub = 0 "
    "GROUP BY namespace, flow ORDER BY MAX(place) DESC LIMIT :limit"
)
_RUN_AT = (
    f"SELECT {', '.join(f'r.{name}' for name in sql.RUN)} FROM listed AS l JOIN runs AS r ON r.id = l.run "
    "WHERE l.place = :place"
)
_NAMED = {
    (what, size): statement.replace("NAMED", ", ".join(f":{_parameter(at)}" for at in range(size)))
    for what, statement in {
        "task_counts": "SELECT run, action, state, COUNT(*) FROM task_runs WHERE run IN (NAMED) GROUP BY run, action, state "
        "ORDER BY run, MIN(seq)",
        "replays": "SELECT root, COUNT(*) FROM runs WHERE root IN (NAMED) AND id <> root AND deleted IS NULL GROUP BY root",
    }.items()
    for size in _AT_ONCE
}
