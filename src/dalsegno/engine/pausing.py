"""Task runs that wait: pauses, and what a breakpoint holds before it begins. None of them has a thread.

What a pause waits for is recorded when it begins, so that whoever looks at it later, in whatever process, sees the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dalsegno.engine.frames import Frame, ItemStart
from dalsegno.engine.used import used_values
from dalsegno.engine.values import as_shown, as_stored
from dalsegno.engine.variables import Facts, expression_scope, render_properties, variables
from dalsegno.engine.worker import runs_at_all, validate
from dalsegno.errors import DalSegnoError, TaskFailed
from dalsegno.model.flow import Kind, Task
from dalsegno.model.plan import Decision
from dalsegno.model.run import TaskRun
from dalsegno.model.state import State
from dalsegno.replay.edges import Scope
from dalsegno.tasks.pause import Pause
from dalsegno.tasks.registry import load

JsonMap = Mapping[str, Any]

#: how a pause ends when its time has passed
_AFTER_DELAY = {"RESUME": State.SUCCESS, "WARN": State.WARNING, "CANCEL": State.KILLED, "FAIL": State.FAILED}


@dataclass(frozen=True, slots=True)
class Due:
    """When a pause ends by itself, and how.

    Parameters
    ----------
    late : whether nobody resumed it in time, rather than its delay being over.
    """

    at: float
    state: State
    late: bool = False


def due_of(pause: Pause, began: float) -> Due | None:
    """Give when a pause that began at a time ends by itself; `None` where it waits for a person, however long."""
    found: list[Due] = []
    if pause.delay is not None:
        found.append(Due(began + pause.delay.total_seconds(), _AFTER_DELAY[pause.behavior]))
    if pause.timeout is not None:
        found.append(Due(began + pause.timeout.total_seconds(), State.FAILED, late=True))
    return min(found, key=lambda due: due.at, default=None)


def pause_of(task: Task, recorded: TaskRun) -> Pause:
    """Give what a pause waits for, as it was recorded when it began."""
    return _as_pause(task, recorded.properties)


def _as_pause(task: Task, properties: JsonMap) -> Pause:
    pause = validate(load(task.type), properties)
    if not isinstance(pause, Pause):
        raise TaskFailed(f"the task type `{task.type}` is no pause, though it says so", code="task-type-broke")
    return pause


@dataclass(frozen=True, slots=True)
class Asked:
    """What a pause that begins was given: its properties as they are recorded, and what they used."""

    pause: Pause
    properties: JsonMap
    used: Mapping[str, str]


def ask(task: Task, scope: Scope, overrides: JsonMap, facts: Facts) -> Asked | None:
    """Render a pause that begins; `None` where `runIf` skips it.

    Raises
    ------
    DalSegnoError : its properties cannot be rendered, or are no pause's.
    """
    secrets: dict[str, str] = {}
    expressions = expression_scope(facts, variables(facts, scope, task), secrets)
    if not runs_at_all(task, expressions):
        return None
    rendered = as_stored(render_properties(task, overrides, expressions))
    used = {**dict(used_values(task, scope, expressions.variables, facts.nodes)), **secrets}
    return Asked(_as_pause(task, rendered), rendered, used)


def preview(task: Task, scope: Scope, overrides: JsonMap, facts: Facts) -> JsonMap:
    """Give the properties that a task would get if it began now; none where they cannot be rendered."""
    if task.kind.is_group:
        return {}
    try:
        expressions = expression_scope(facts, variables(facts, scope, task))
        return as_shown(as_stored(render_properties(task, overrides, expressions)))
    except DalSegnoError:
        return {}


@dataclass(frozen=True, slots=True)
class Paused:
    """A task run that waits.

    Parameters
    ----------
    began : when it began to wait.
    asked : what a pause waits for; `None` for what a breakpoint holds.
    """

    task: Task
    frame: Frame
    decision: Decision
    task_run: str
    attempt: int
    began: float
    asked: Asked | None = None

    @property
    def due(self) -> Due | None:
        """When it ends by itself, and how."""
        return None if self.asked is None else due_of(self.asked.pause, self.began)

    @property
    def needs_nobody(self) -> bool:
        """Whether it goes on by itself without anybody having been asked anything."""
        pause = None if self.asked is None else self.asked.pause
        return pause is not None and pause.delay is not None and not pause.on_resume


@dataclass(frozen=True, slots=True)
class Delayed:
    """A turn of a loop whose time has not come."""

    frame: Frame
    item: ItemStart

    @property
    def due(self) -> Due:
        """When it begins."""
        return Due(self.item.due, State.SUCCESS)

    @property
    def needs_nobody(self) -> bool:
        """Whether it goes on by itself: the process waits for it."""
        return True


Wait = Paused | Delayed


class Waits:
    """All that waits in one run."""

    def __init__(self) -> None:
        self._all: list[Wait] = []

    def add(self, paused: Wait) -> None:
        """Take one more."""
        self._all.append(paused)

    @property
    def need_nobody(self) -> bool:
        """Whether one of them goes on by itself: the process waits for it."""
        return any(paused.needs_nobody for paused in self._all)

    @property
    def until(self) -> float | None:
        """When the first of them ends by itself."""
        return min((due.at for paused in self._all if (due := paused.due) is not None), default=None)

    def take_due(self, now: float) -> list[Wait]:
        """Take those whose time has passed, in the order in which it did."""
        found = [(due.at, paused) for paused in self._all if (due := paused.due) is not None and due.at <= now]
        self._all = [paused for paused in self._all if (due := paused.due) is None or due.at > now]
        return [paused for _, paused in sorted(found, key=lambda pair: pair[0])]

    def take_inside(self, frame: Frame) -> list[Wait]:
        """Take those that stand in a group."""
        found = [paused for paused in self._all if paused.frame.stands_in(frame)]
        self._all = [paused for paused in self._all if not paused.frame.stands_in(frame)]
        return found

    def take_all(self) -> list[Wait]:
        """Take them all."""
        found, self._all = self._all, []
        return found


def error_of(due: Due, asked: Asked, address: str) -> JsonMap:
    """Say why a pause failed whose time has passed."""
    if due.late:
        message = f"nobody resumed it within its timeout of {asked.properties.get('timeout')}"
        hint = "a replay from here asks again; `timeout` says for how long, and `--pin` gives the answer"
        error = TaskFailed(message, code="pause-timeout", hint=hint)
    else:
        long = asked.properties.get("delay") or asked.properties.get("pauseDuration")
        message = f"its delay of {long} is over, and its behavior is FAIL"
        error = TaskFailed(message, code="pause-over", hint="a replay from here asks again")
    return {**error.as_json(), "address": address}


def waits_here(task: Task, recorded: TaskRun) -> bool:
    """Whether what is recorded as PAUSED is a pause that has begun, rather than what a breakpoint holds."""
    return task.kind in (Kind.PAUSE, Kind.SUBFLOW) and recorded.started is not None
