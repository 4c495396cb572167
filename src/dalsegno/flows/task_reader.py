"""Reads the tasks of a flow: their types, properties and how they stand in each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dalsegno.errors import DalSegnoError
from dalsegno.flows.dags import read_entries
from dalsegno.flows.document import Node
from dalsegno.flows.drafts import Around, Draft, Drafts, Section
from dalsegno.flows.handling import handling_keys, read_handling
from dalsegno.flows.head import is_missing, name_of, shown, text_of
from dalsegno.flows.nesting import inner_tasks
from dalsegno.flows.parts import fill
from dalsegno.flows.plugin_defaults import PluginDefaults
from dalsegno.flows.properties import check_properties, child_keys
from dalsegno.flows.report import Report
from dalsegno.flows.retries import read_retry
from dalsegno.flows.words import AFTER, HANDLERS, TASK
from dalsegno.model.flow import Kind, Retry
from dalsegno.model.names import TASK_ID
from dalsegno.tasks import registry
from dalsegno.tasks.base import TaskType

_NOTHING = Node({}, 0, 0, 0, 0, fields={})
_HANDLER_SECTIONS = {key: Section(rank) for rank, key in enumerate((*HANDLERS, AFTER), start=1)}


class TaskReader:
    """Reads tasks and reports what is wrong with them.

    Parameters
    ----------
    by_id : every task that could be read, in the order in which they stand.
    names : the ids of all tasks, also of those that could not be read.
    retry : how the flow has its tasks tried again.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._places: dict[str, int] = {}
        #: for a task that a group is made of, that group
        self._made: dict[str, str] = {}
        self.retry: Retry | None = None
        self._defaults = PluginDefaults(_NOTHING, report)
        self.by_id: dict[str, Draft] = {}
        self.names: set[str] = set()

    def read(self, root: Node) -> Drafts:
        """Read all tasks of a flow."""
        self.retry = read_retry(root, "the flow", self._report)
        around = Around(retry=self.retry)
        self._defaults = PluginDefaults(root, self._report)
        tasks = self._needed(root, "tasks", "the flow", around)
        errors, lasts, after = (
            self._handlers(root, key, "the flow", replace(around, section=_HANDLER_SECTIONS[key]))
            for key in (*HANDLERS, AFTER)
        )
        self._defaults.tell_unused()
        return Drafts(tasks, errors, lasts, after)

    def _needed(self, node: Node, key: str, owner: str, around: Around) -> list[Draft]:
        """Read a list of tasks that has to be there."""
        tasks = node.inner(key)
        if tasks is None or not tasks.value:
            self._report.error("no-tasks", f"{owner} has no `{key}`: it needs at least one", node.key_place(key))
            return []
        return self._list(tasks, f"the `{key}` of {owner}", around)

    def _handlers(self, node: Node, key: str, owner: str, around: Around) -> list[Draft]:
        tasks = node.inner(key)
        if tasks is None:
            return []
        if not tasks.value:
            message = f"the `{key}` of {owner} holds no task: add one, or remove `{key}`"
            self._report.error("no-tasks", message, node.key_place(key))
            return []
        return self._list(tasks, f"the `{key}` of {owner}", around)

    def _list(self, tasks: Node, what: str, around: Around) -> list[Draft]:
        if tasks.items is None:
            self._report.error("wrong-type", f"{what} must be a list of tasks", tasks.place)
            return []
        return list(self._drafts(tasks.items, around))

    def _drafts(self, items: list[Node], around: Around) -> Iterator[Draft]:
        for item in items:
            if item.fields is None:
                self._report.error("wrong-type", "a task must be a map with `id` and `type`", item.place)
                continue
            draft = self._draft(item, around)
            if draft is not None:
                yield draft

    def _draft(self, node: Node, around: Around) -> Draft | None:
        name = self._id(node)
        written = self._type_name(node, name)
        task_type = self._type(node, written) if written else None
        if task_type is None or written is None:
            self._look_inside(node, around)
            return None
        node = self._defaults.applied(node, written)
        taken = TASK | handling_keys(task_type) | child_keys(task_type)
        fields = {key: value for key, value in (node.fields or {}).items() if key not in taken}
        check_properties(name or "?", task_type, node, fields, self._report)
        draft = Draft(
            id=name or "",
            type=registry.canonical(written),
            task_type=task_type,
            node=node,
            fields=fields,
            handling=read_handling(node, name or "?", task_type, self._report),
            description=text_of(node, "description", self._report),
            around=around,
            position=len(self.by_id),
        )
        if name is not None:
            self.by_id.setdefault(name, draft)
        if draft.kind.is_group:
            self._fill(draft, f"the group `{name or '?'}`")
        return draft

    def _fill(self, group: Draft, owner: str) -> None:
        """Read what a group holds."""
        if group.kind is Kind.CHOICE:
            self._branches(group, owner)
        elif group.kind is Kind.DAG:
            self._dag(group, owner)
        elif group.task_type.parts:
            fill(group, lambda part: self._register(part, group), self._report)
        else:
            group.children = self._needed(group.node, "tasks", owner, group.inside(Section()))
            self._check_children(group, owner)
        group.errors, group.lasts = (
            self._handlers(group.node, key, owner, group.inside(_HANDLER_SECTIONS[key])) for key in HANDLERS
        )

    def _register(self, part: Draft, group: Draft) -> int:
        """Take a task that a group is made of among the tasks of the flow, and give its position."""
        place = (group.node.fields or {})["id"].place if group.id else group.node.place
        if part.id in self._places:
            kind = group.type.rpartition(".")[2]
            message = (
                f"the task id `{part.id}` is used in line {self._places[part.id]}, and `{group.id}`, a {kind}, holds a task of "
                "that name: rename one of them"
            )
            self._report.error("duplicate-task", message, place)
        else:
            self._places[part.id] = place.line
            self._made[part.id] = group.id
        self.names.add(part.id)
        self.by_id.setdefault(part.id, part)
        return len(self.by_id) - 1

    def _check_children(self, group: Draft, owner: str) -> None:
        """Report what cannot stand in a group whose tasks share a folder."""
        for child in group.children if group.task_type.shares else ():
            if child.kind is not Kind.WORK:
                what = "waits" if child.kind is Kind.PAUSE else "holds others or runs elsewhere"
                message = (
                    f"in {owner} only tasks that do something themselves can stand, for they share a folder: "
                    f"`{child.id}` {what}; put it before or after the group"
                )
                self._report.error("misplaced-task", message, child.node.place)

    def _dag(self, group: Draft, owner: str) -> None:
        entries = read_entries(group.node, owner, self._report)
        group.depends = entries.depends
        group.children = list(self._drafts(entries.tasks, group.inside(Section())))

    def _branches(self, group: Draft, owner: str) -> None:
        """Read the branches of a choice, in the order in which they stand."""
        node, found = group.node, group.task_type
        group.branches = {name: [] for name in found.branches}
        for key in node.keys:
            if key in found.branches:
                self._branch(group, node, key, owner)
            elif key == found.branch_map:
                self._cases(group, key, owner)
        for key in found.needed_branches:
            if is_missing(node, key) or not (node.fields or {})[key].value:
                self._report.error("no-tasks", f"{owner} has no `{key}`: it needs at least one", node.key_place(key))
        if not found.needed_branches and all(is_missing(node, key) for key in child_keys(found) - {*HANDLERS}):
            listed = " or ".join(f"`{key}`" for key in (found.branch_map, *found.branches) if key)
            self._report.error("no-tasks", f"{owner} has no tasks: it needs {listed}", node.place)

    def _cases(self, group: Draft, key: str, owner: str) -> None:
        cases = (group.node.fields or {})[key]
        if cases.value is None:
            return
        if cases.fields is None:
            message = f"the `{key}` of {owner} must be a map of names and lists of tasks, not {shown(cases)}"
            self._report.error("wrong-type", message, cases.place)
            return
        for name in cases.keys:
            if name in group.task_type.branches:
                message = f"a case of {owner} cannot be called `{name}`: that is what the group's own branch is called"
                self._report.error("invalid-name", message, cases.key_place(name))
            else:
                self._branch(group, cases, name, owner)

    def _branch(self, group: Draft, holder: Node, name: str, owner: str) -> None:
        tasks = (holder.fields or {})[name]
        if tasks.value is None:
            if name not in group.task_type.needed_branches:
                message = f"the branch `{name}` of {owner} holds nothing: give it tasks, or `[]` where none shall run"
                self._report.error("no-tasks", message, holder.key_place(name))
            return
        read = self._list(tasks, f"the branch `{name}` of {owner}", group.inside(Section(branch=name)))
        group.branches[name] = read
        group.children.extend(read)

    def _look_inside(self, node: Node, around: Around) -> None:
        """Read what stands in a group of unknown type, for the problems and the names in it."""
        list(self._drafts(list(inner_tasks(node)), around))

    def _id(self, node: Node) -> str | None:
        if is_missing(node, "id"):
            self._report.error("missing-key", "a task needs an `id`", node.key_place("id"))
            return None
        name = name_of(node, "id", TASK_ID, self._report)
        if name is None:
            return None
        place = (node.fields or {})["id"].place
        if name in self._places:
            made = f" by `{self._made[name]}`, which holds a task of that name" if name in self._made else ""
            message = f"the task id `{name}` is used twice, first in line {self._places[name]}{made}: every task needs its own"
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
        if registry.is_part(written):
            message = f"`{written}` is part of another task type and cannot stand alone"
            self._report.error("unknown-type", message, place)
            return None
        try:
            return registry.load(written)
        except DalSegnoError as error:
            self._report.error(error.code, error.message, place, near=error.closest)
        except (ImportError, AttributeError) as error:
            message = f"the task type `{written}` is installed and cannot be loaded: {error}"
            self._report.error("type-not-loadable", message, place)
        return None
