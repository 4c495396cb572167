"""Tasks whose structure is known: what each says, and how they stand in each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dalsegno.flows.document import Node
from dalsegno.flows.handling import Handling
from dalsegno.flows.properties import shape
from dalsegno.model.flow import Effects, Kind, Retry
from dalsegno.tasks.base import TaskType


@dataclass(frozen=True, slots=True)
class Section:
    """Which of a group's lists of tasks.

    Parameters
    ----------
    rank : 0 for the tasks themselves, 1 for those that run on errors, 2 for those that run at the end, 3 for those that run
        when it is settled how the run ends.
    branch : the name of the branch, for a choice.
    """

    rank: int = 0
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a task.

    Parameters
    ----------
    groups : the drafts of the groups, outermost first.
    loops : the ids of the loops among them whose items hold the task, outermost first.
    retry : how its tasks are tried again if they say nothing themselves.
    disabled : whether one of the groups is.
    """

    groups: tuple[Draft, ...] = ()
    loops: tuple[str, ...] = ()
    section: Section = Section()
    retry: Retry | None = None
    disabled: bool = False


@dataclass(slots=True, eq=False)
class Draft:
    """A task whose structure is known and whose expressions have not been read yet.

    Parameters
    ----------
    fields : its properties alone.
    position : its place in the order in which tasks stand, from 0.
    outputs : the names of its outputs, as in `model.flow.Task`.
    depends : for a Dag, the ids of the siblings that each task stands after.
    """

    id: str
    type: str
    task_type: type[TaskType]
    node: Node
    fields: dict[str, Node]
    handling: Handling
    description: str | None
    around: Around
    position: int
    children: list[Draft] = field(default_factory=list["Draft"])
    errors: list[Draft] = field(default_factory=list["Draft"])
    lasts: list[Draft] = field(default_factory=list["Draft"])
    branches: dict[str, list[Draft]] = field(default_factory=dict[str, "list[Draft]"])
    depends: dict[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])

    @property
    def kind(self) -> Kind:
        """How it is executed."""
        return self.task_type.kind

    @property
    def groups(self) -> tuple[Draft, ...]:
        """The groups around it, outermost first."""
        return self.around.groups

    @property
    def loops(self) -> tuple[str, ...]:
        """The ids of the loops around it, outermost first."""
        return self.around.loops

    @property
    def is_item(self) -> bool:
        """Whether it stands directly in an item of a loop."""
        around = self.groups[-1] if self.groups and self.section.rank == 0 else None
        return around is not None and around.kind is Kind.LOOP and not around.task_type.repeats

    @property
    def turns(self) -> frozenset[str]:
        """The ids of the loops around it that repeat: their turns do not show where its outputs are read."""
        return frozenset(group.id for group in self.groups if group.task_type.repeats)

    @property
    def section(self) -> Section:
        """Which list of the group around it holds it."""
        return self.around.section

    @property
    def disabled(self) -> bool:
        """Whether it, or a group around it, is left out."""
        return self.around.disabled or self.handling.disabled

    @property
    def retry(self) -> Retry | None:
        """How it, or what it holds, is tried again."""
        own = self.handling.retry
        return own if own is not None else self.around.retry

    @property
    def effects(self) -> Effects:
        """Whether running it twice is seen outside."""
        own = self.handling.effects
        return own if own is not None else self.task_type.effects_of(self.properties)

    @property
    def outputs(self) -> tuple[str, ...] | None:
        """The names of its outputs, if they are known before it runs."""
        return shape(self.task_type).outputs

    @property
    def properties(self) -> dict[str, Any]:
        """Its properties as written."""
        return {name: node.value for name, node in self.fields.items()}

    def inside(self, section: Section) -> Around:
        """Give what stands around the tasks of one of its lists."""
        loops = (*self.loops, self.id) if self.kind is Kind.LOOP and section.rank == 0 else self.loops
        return Around((*self.groups, self), loops, section, self.retry, self.disabled)

    def stands_after(self, task: str, other: str) -> bool:
        """Tell whether, in this Dag, a task stands after another one, directly or not."""
        seen: set[str] = set()
        waiting = [task]
        while waiting:
            before = self.depends.get(waiting.pop(), ())
            if other in before:
                return True
            waiting.extend(name for name in before if name not in seen)
            seen.update(before)
        return False


@dataclass(frozen=True, slots=True)
class Drafts:
    """The tasks of a flow: those that run, on errors, at the end, and when it is settled how the run ends."""

    tasks: list[Draft]
    errors: list[Draft]
    lasts: list[Draft]
    after: list[Draft]
