"""How long tasks took in earlier runs of a flow: what a plan expects of tasks that the origin did not execute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dalsegno.model.flow import Flow
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.store.port import Store

#: so many runs that have ended are looked at, the newest first
RUNS = 5

_Task = tuple[str, str]


def with_estimates(plan: Plan, flow: Flow, store: Store, *, origin: str | None) -> Plan:
    """Give a plan in which tasks that run, and of which the origin tells no time, have that of the last run that has ended and
    in which a task of the same id and type succeeded.
    """
    wanted = {(item.task, item.type) for item in plan.decisions if _lacks(item)}
    known = _known(wanted, flow, store, origin) if wanted else {}
    return replace(plan, decisions=tuple(_estimated(plan.decisions, known))) if known else plan


def _lacks(decision: Decision) -> bool:
    return decision.estimate_s is None and decision.action in (Action.RUN, Action.CHECK)


def _known(wanted: set[_Task], flow: Flow, store: Store, origin: str | None) -> dict[_Task, float]:
    known: dict[_Task, float] = {}
    for run in store.runs.newest_ended(flow.namespace, flow.id, RUNS):
        if run != origin:
            known = {**store.task_runs.took(run), **known}
        if wanted <= known.keys():
            break
    return known


def _estimated(decisions: Iterable[Decision], known: dict[_Task, float]) -> Iterable[Decision]:
    for item in decisions:
        took = known.get((item.task, item.type)) if _lacks(item) else None
        yield item if took is None else item.estimated(took)
