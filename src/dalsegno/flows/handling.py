"""Reads how a task is handled, whatever its type: the keys that every task can have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dalsegno.flows.document import Node
from dalsegno.flows.foreign import OF_TASK
from dalsegno.flows.head import flag, is_missing, shown, text_of
from dalsegno.flows.properties import shape
from dalsegno.flows.report import Report
from dalsegno.flows.retries import read_retry
from dalsegno.flows.words import TASK_HANDLING
from dalsegno.model.durations import parse_duration
from dalsegno.model.flow import Effects, Kind, Retry
from dalsegno.tasks.base import TaskType


@dataclass(frozen=True, slots=True)
class Handling:
    """How a task is handled.

    Parameters
    ----------
    effects : what the flow says; `None` where it leaves that to the type.
    rendered : the nodes whose expressions are rendered for it, by key.
    """

    retry: Retry | None
    timeout: str | None
    run_if: Any
    allow_failure: bool
    allow_warning: bool
    disabled: bool
    effects: Effects | None
    rendered: dict[str, Node]

    @property
    def defining(self) -> dict[str, Any]:
        """What of it belongs to the task's definition, by key: what is at its default does not."""
        parts = {
            "runIf": self.run_if,
            "allowFailure": self.allow_failure or None,
            "allowWarning": self.allow_warning or None,
            "effects": self.effects.value if self.effects is not None else None,
        }
        return {key: value for key, value in parts.items() if value is not None}


def handling_keys(task_type: type[TaskType]) -> frozenset[str]:
    """Give the keys that are read here and not by the type. A property of the type's own of that name goes before."""
    return (TASK_HANDLING | OF_TASK.keys()) - shape(task_type).names


def read_handling(node: Node, task: str, task_type: type[TaskType], report: Report) -> Handling:
    """Read the keys of one task.

    Parameters
    ----------
    task : the task's id, for messages.
    """
    reader = _Reader(node, task, task_type, report)
    reader.tell_unused()
    run_if, timeout = reader.run_if(), reader.timeout()
    return Handling(
        retry=read_retry(node, f"task `{task}`", report) if reader.has("retry") else None,
        timeout=timeout.text if timeout is not None else None,
        run_if=run_if.value if run_if is not None else None,
        allow_failure=reader.flag("allowFailure"),
        allow_warning=reader.flag("allowWarning"),
        disabled=reader.flag("disabled"),
        effects=reader.effects(),
        rendered={key: value for key, value in (("runIf", run_if), ("timeout", timeout)) if value is not None},
    )


class _Reader:
    def __init__(self, node: Node, task: str, task_type: type[TaskType], report: Report) -> None:
        self._node = node
        self._task = task
        self._kind = task_type.kind
        self._report = report
        self._keys = handling_keys(task_type)

    def has(self, key: str) -> bool:
        """Whether the key is there, has a value and is no property of the type."""
        return key in self._keys and not is_missing(self._node, key)

    def tell_unused(self) -> None:
        """Warn of keys that change nothing here."""
        for key in self._node.keys:
            if key in OF_TASK and key in self._keys:
                OF_TASK[key].tell(key, f"task `{self._task}`", self._node.key_place(key), self._report)
        if self._kind is Kind.PAUSE and self.has("retry"):
            message = f"`{self._task}` is a pause, which is never tried again: its `retry` changes nothing"
            self._report.note("not-used", message, self._node.key_place("retry"))

    def flag(self, key: str) -> bool:
        """Read a key that is true or false."""
        return flag(self._node, key, self._report, default=False) if self.has(key) else False

    def run_if(self) -> Node | None:
        """Read the condition."""
        if not self.has("runIf"):
            return None
        value = self._value("runIf")
        if value.text is None:
            message = f"`runIf` of task `{self._task}` must be an expression, or `true` or `false`, not {shown(value)}"
            self._report.error("wrong-type", message, value.place)
            return None
        return value

    def timeout(self) -> Node | None:
        """Read how long an attempt, or all that a group holds, may take."""
        if not self.has("timeout"):
            return None
        value = self._value("timeout")
        return value if value.is_template or self._is_length(value) else None

    def _is_length(self, value: Node) -> bool:
        try:
            seconds = parse_duration(value.text or "").total_seconds()
        except ValueError as error:
            complaint = str(error)
        else:
            if seconds > 0:
                return True
            complaint = f"must be longer than nothing, not {shown(value)}"
        self._report.error("invalid-property", f"`timeout` of task `{self._task}`: {complaint}", value.place)
        return False

    def effects(self) -> Effects | None:
        """Read whether running it twice is seen outside."""
        if not self.has("effects"):
            return None
        value = self._value("effects")
        if self._kind.is_group:
            message = f"a group has no effects of its own: give `effects` to the tasks in `{self._task}` instead"
            self._report.error("wrong-value", message, self._node.key_place("effects"))
            return None
        name = text_of(self._node, "effects", self._report)
        if name in list(Effects):
            return Effects(name)
        if name is not None:
            message = f"`effects` of task `{self._task}` must be `none` or `external`, not {shown(value)}"
            self._report.unknown("wrong-value", message, value.place, name=name, known=list(Effects))
        return None

    def _value(self, key: str) -> Node:
        return (self._node.fields or {})[key]
