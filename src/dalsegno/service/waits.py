"""What a paused run waits for: pauses with what they ask, and tasks that a breakpoint holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dalsegno.engine.pausing import due_of, pause_of, waits_here
from dalsegno.model.flow import Input, Kind
from dalsegno.model.run import Result, Run, TaskRun
from dalsegno.model.state import State
from dalsegno.model.times import iso
from dalsegno.replay.select import Nodes
from dalsegno.store.port import RunFilter, Store


@dataclass(frozen=True, slots=True)
class Wait:
    """A task run that waits for a person.

    Parameters
    ----------
    kind : a pause, a breakpoint that stands before the task, or a subflow that waits.
    since : when it began to wait.
    asks : what a pause asks the person who resumes it.
    run : the id of the subflow run that waits, and its name.
    until, then : when a pause ends by itself, and in which state (KILLED ends the run).
    """

    task_run: TaskRun
    kind: Literal["pause", "breakpoint", "subflow"]
    since: float
    asks: tuple[Input, ...] = ()
    until: float | None = None
    then: State | None = None
    run: str | None = None
    run_name: str = ""

    @property
    def address(self) -> str:
        """Where it waits."""
        return self.task_run.address

    @property
    def properties(self) -> Mapping[str, Any]:
        """What a held task would get, as far as that is known; of a pause its own properties."""
        return self.task_run.properties

    def is_over(self, now: float) -> bool:
        """Whether it has ended by itself, though nobody has looked yet."""
        return self.until is not None and self.until <= now

    def as_json(self) -> dict[str, Any]:
        """Give it as every door shows it."""
        return {
            "address": self.address,
            "kind": self.kind,
            "run": self.run,
            "since": iso(self.since),
            "asks": [_input_as_json(item) for item in self.asks],
            "until": iso(self.until),
            "then": None if self.then is None else self.then.value,
            "properties": dict(self.properties),
        }


def waits_of(store: Store, run: Run, nodes: Nodes, graph: Callable[[Run], Nodes]) -> list[Wait]:
    """Give what a paused run waits for, in the order in which it began to; nothing for a run in another state.

    Parameters
    ----------
    graph : gives the graph of a subflow's run.
    """
    return list(_waits(store, store.task_runs.results(run.id), nodes, graph)) if run.state is State.PAUSED else []


def _waits(store: Store, results: Sequence[Result], nodes: Nodes, graph: Callable[[Run], Nodes]) -> Iterator[Wait]:
    for result in results:
        found = store.task_runs.get(result.id) if result.state is State.PAUSED else None
        if found is None:
            continue
        task = nodes[found.task].task
        if not waits_here(task, found):
            yield Wait(found, "breakpoint", found.created)
            continue
        began = found.started or found.created
        if task.kind is Kind.SUBFLOW:
            yield from _of_subflow(store, found, began, graph)
            continue
        pause = pause_of(task, found)
        due = due_of(pause, began)
        until, then = (None, None) if due is None else (due.at, due.state)
        yield Wait(found, "pause", began, pause.inputs(), until, then)


def _of_subflow(store: Store, found: TaskRun, began: float, graph: Callable[[Run], Nodes]) -> Iterator[Wait]:
    """Give what a task run waits for whose subflow waits: it asks what that asks."""
    called = next(iter(store.runs.list(RunFilter(caller=found.id, limit=1))), None)
    if called is None:
        return
    inner = waits_of(store, called, graph(called), graph)
    asks = {item.id: item for wait in inner for item in wait.asks}
    yield Wait(found, "subflow", began, tuple(asks.values()), run=called.id, run_name=called.name)


def _input_as_json(item: Input) -> dict[str, Any]:
    return {
        "id": item.id,
        "type": item.type.value,
        "required": item.required and not item.has_default,
        "default": item.default,
        "description": item.description,
    }
