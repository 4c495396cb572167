"""What a bulk replay would do: each plan is drawn up, added to what is told, and let go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from dalsegno.engine.bulk_request import BulkRequest
from dalsegno.errors import DalSegnoError, RequestRefused, StoreUnavailable
from dalsegno.model.bulk import Pace, seconds_needed
from dalsegno.model.bulk_preview import BulkPreview, Said
from dalsegno.model.plan import Action, Decision
from dalsegno.model.quiet import without_collection
from dalsegno.replay.request import ReplayRequest
from dalsegno.replay.select import Nodes
from dalsegno.service.bulk_choosing import Chosen, with_start
from dalsegno.service.planning import Drawn, refusals_of
from dalsegno.store.port import Store

#: so many things are told apart; what comes after them is counted together
_KINDS = 100
#: how many plans are drawn up before progress is told, and the collector of waste gets a turn
_STRETCH = 100


class _Sayings:
    """Things that are said of runs, those that differ in the names of runs alone taken together."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], Said] = {}

    def add(self, code: str, message: str, run: Chosen) -> None:
        """Take what is said of a run."""
        key = (code, _without_names(message, run))
        if key not in self._said and len(self._said) >= _KINDS:
            key, message = (code, ""), "and more, each said of few runs"
        before = self._said.get(key)
        self._said[key] = (
            Said(code, message, 1, run.name) if before is None else replace(before, count=before.count + 1)
        )

    def all(self) -> tuple[Said, ...]:
        """Give them, those first that are said most often."""
        return tuple(sorted(self._said.values(), key=lambda said: -said.count))


def _without_names(message: str, run: Chosen) -> str:
    return re.sub(rf"\b{re.escape(run.flow)}-\d+\b", "RUN", message.replace(run.id, "RUN"))


class Previewing:
    """Draws up the plans of a bulk replay, and tells what they say together.

    Parameters
    ----------
    draw : draws up the plan of one replay.
    told : is told how many of how many runs have been looked at.
    """

    def __init__(
        self, store: Store, draw: Callable[[ReplayRequest], Drawn], told: Callable[[int, int], None] | None = None
    ) -> None:
        self._store = store
        self._draw = draw
        self._told = told
        self._skipped, self._refusals, self._warnings = _Sayings(), _Sayings(), _Sayings()
        self._tasks: dict[str, int] = {"run": 0, "reused": 0, "pinned": 0, "checked": 0}
        self._revisions: dict[tuple[str, int], int] = {}
        self._replays = 0
        self._work: float | None = None

    def of(self, asked: BulkRequest, chosen: Sequence[Chosen], pace: Pace) -> BulkPreview:
        """Give the preview of what is asked. Nothing is written."""
        for start in range(0, len(chosen), _STRETCH):
            if self._told is not None:
                self._told(start, len(chosen))
            with without_collection():
                for run in chosen[start : start + _STRETCH]:
                    self._look_at(asked, run)
        if self._told is not None:
            self._told(len(chosen), len(chosen))
        revisions = tuple((flow, number, count) for (flow, number), count in sorted(self._revisions.items()))
        seconds = None if self._work is None else seconds_needed(pace, self._replays, self._work)
        return BulkPreview(
            tuple([run.id for run in chosen]),
            self._replays,
            **{f"tasks_{name}": count for name, count in self._tasks.items()},
            revisions=revisions,
            skipped=self._skipped.all(),
            refusals=self._refusals.all(),
            warnings=self._warnings.all(),
            work_s=self._work,
            seconds=seconds,
        )

    def _look_at(self, asked: BulkRequest, run: Chosen) -> None:
        if run.code is not None:
            self._skipped.add(run.code, run.why or "", run)
            return
        try:
            drawn = self._drawn(asked, run)
            if drawn.plan.refusals:
                raise RequestRefused(refusals_of(drawn.plan))
        except StoreUnavailable:
            raise
        except RequestRefused as error:
            for refusal in error.refusals:
                self._refusals.add(refusal.code, refusal.message, run)
        except DalSegnoError as error:
            self._refusals.add(error.code, error.message, run)
        else:
            self._add(drawn, run)

    def _drawn(self, asked: BulkRequest, run: Chosen) -> Drawn:
        request = replace(asked.request, origin=run.id)
        origin = self._store.runs.get(run.id) if asked.first_failed else None
        return self._draw(request if origin is None else with_start(self._store, request, origin))

    def _add(self, drawn: Drawn, run: Chosen) -> None:
        plan = drawn.plan
        self._replays += 1
        flow = (drawn.revision.flow.full_id, plan.revision)
        self._revisions[flow] = self._revisions.get(flow, 0) + 1
        for each in _works(plan.decisions, drawn.nodes):
            name = _COUNTED.get(each.action)
            if name is not None:
                self._tasks[name] += 1
            if each.action in (Action.RUN, Action.CHECK, Action.ENTER) and each.estimate_s is not None:
                self._work = (self._work or 0.0) + each.estimate_s
        for warning in plan.warnings:
            self._warnings.add("plan", warning, run)
        # what is said of several tasks of one run is said of one run
        for code, text in dict.fromkeys((each.task, text) for each in plan.decisions for text in each.warnings):
            self._warnings.add(code, f"`{code}`: {text}", run)


_COUNTED = {
    Action.RUN: "run", Action.ENTER: "run", Action.REUSE: "reused", Action.PIN: "pinned", Action.CHECK: "checked",
}  # fmt: skip


def _works(decisions: Iterable[Decision], nodes: Nodes) -> Iterable[Decision]:
    """Give the decisions about tasks that do something themselves, and about groups of which nothing inside is known yet."""
    for each in decisions:
        node = nodes.get(each.task)
        closed = each.waits_for is not None and each.keys is None
        if node is None or not node.task.kind.is_group or closed:
            yield each
