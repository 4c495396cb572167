"""Reads the tasks of a flow: their types, properties and how they stand in each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dalsegno.errors import DalSegnoError
from dalsegno.flows.document import Node
from dalsegno.flows.head import is_missing, name_of, text_of
from dalsegno.flows.properties import check_properties, shape
from dalsegno.flows.report import Report
from dalsegno.flows.words import TASK, TASK_ID
from dalsegno.model.flow import Kind
from dalsegno.tasks import registry
from dalsegno.tasks.base import TaskType


@dataclass(slots=True, eq=False)
class Draft:
    """A task whose structure is known and whose expressions have not been read yet.

    Parameters
    ----------
    groups : the drafts of the groups around it, outermost first.
    loops : the ids of the loops among them, outermost first.
    position : its place in the order of the text, from 0.
    outputs : the names of its outputs, as in `model.flow.Task`.
    """

    id: str
    type: str
    task_type: type[TaskType]
    node: Node
    fields: dict[str, Node]
    description: str | None
    groups: tuple[Draft, ...]
    loops: tuple[str, ...]
    position: int
    children: list[Draft] = field(default_factory=list["Draft"])

    @property
    def kind(self) -> Kind:
        """How it is executed."""
        return self.task_type.kind

    @property
    def outputs(self) -> tuple[str, ...] | None:
        """The names of its outputs, if they are known before it runs."""
        return shape(self.task_type).outputs

    @property
    def properties(self) -> dict[str, Any]:
        """Its properties as written."""
        return {name: node.value for name, node in self.fields.items()}


class TaskReader:
    """Reads tasks and reports what is wrong with them.

    Parameters
    ----------
    by_id : every task that could be read, in the order of the text.
    names : the ids of all tasks, also of those that could not be read.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._places: dict[str, int] = {}
        self.by_id: dict[str, Draft] = {}
        self.names: set[str] = set()

    def read(self, root: Node) -> list[Draft]:
        """Read all tasks of a flow."""
        return self._children(root, "the flow", ())

    def _children(self, node: Node, owner: str, groups: tuple[Draft, ...]) -> list[Draft]:
        tasks = node.inner("tasks")
        if tasks is None or not tasks.value:
            place = node.key_place("tasks")
            self._report.error("no-tasks", f"{owner} has no `tasks`: it needs at least one", place)
            return []
        if tasks.items is None:
            self._report.error("wrong-type", f"the `tasks` of {owner} must be a list of tasks", tasks.place)
            return []
        return list(self._drafts(tasks.items, groups))

    def _drafts(self, items: list[Node], groups: tuple[Draft, ...]) -> Iterator[Draft]:
        for item in items:
            if item.fields is None:
                self._report.error("wrong-type", "a task must be a map with `id` and `type`", item.place)
                continue
            draft = self._draft(item, groups)
            if draft is not None:
                yield draft

    def _draft(self, node: Node, groups: tuple[Draft, ...]) -> Draft | None:
        name = self._id(node)
        written = self._type_name(node, name)
        task_type = self._type(node, written) if written else None
        if task_type is None or written is None:
            self._look_inside(node, groups)
            return None
        taken = TASK | {"tasks"} if task_type.kind is not Kind.WORK else TASK
        fields = {key: value for key, value in (node.fields or {}).items() if key not in taken}
        check_properties(name or "?", task_type, node, fields, self._report)
        draft = Draft(
            id=name or "",
            type=registry.canonical(written),
            task_type=task_type,
            node=node,
            fields=fields,
            description=text_of(node, "description", self._report),
            groups=groups,
            loops=tuple(group.id for group in groups if group.kind is Kind.LOOP),
            position=len(self.by_id),
        )
        if name is not None:
            self.by_id.setdefault(name, draft)
        if draft.kind is not Kind.WORK:
            draft.children = self._children(node, f"the group `{name or '?'}`", (*groups, draft))
        return draft

    def _look_inside(self, node: Node, groups: tuple[Draft, ...]) -> None:
        """Read what stands in a group of unknown type, for the problems and the names in it."""
        tasks = node.inner("tasks")
        if tasks is not None and tasks.items:
            list(self._drafts(tasks.items, groups))

    def _id(self, node: Node) -> str | None:
        if is_missing(node, "id"):
            self._report.error("missing-key", "a task needs an `id`", node.key_place("id"))
            return None
        name = name_of(node, "id", TASK_ID, self._report)
        if name is None:
            return None
        place = (node.fields or {})["id"].place
        if name in self._places:
            message = (
                f"the task id `{name}` is used twice, first in line {self._places[name]}: every task needs its own"
            )
            self._report.error("duplicate-task", message, place)
        else:
            self._places[name] = place.line
        self.names.add(name)
        return name

    def _type_name(self, node: Node, name: str | None) -> str | None:
        if is_missing(node, "type"):
            subject = f"task `{name}`" if name else "a task"
            self._report.error("missing-key", f"{subject} needs a `type`", node.key_place("type"))
            return None
        return text_of(node, "type", self._report)

    def _type(self, node: Node, written: str) -> type[TaskType] | None:
        place = (node.fields or {})["type"].place
        try:
            return registry.load(written)
        except DalSegnoError as error:
            self._report.error(error.code, error.message, place, near=error.closest)
        except (ImportError, AttributeError) as error:
            message = f"the task type `{written}` is installed and cannot be loaded: {error}"
            self._report.error("type-not-loadable", message, place)
        return None
