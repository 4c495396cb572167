"""Reads the tasks of a Dag, and which of the others each stands after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dalsegno.flows.document import Node
from dalsegno.flows.report import Report
from dalsegno.flows.words import DAG_ENTRY
from dalsegno.model.flow import Place


@dataclass(slots=True)
class Entries:
    """What a Dag holds.

    Parameters
    ----------
    tasks : the tasks, in the order in which they stand.
    depends : by the id of a task, the ids of those that it stands after.
    places : where each names them.
    """

    tasks: list[Node] = field(default_factory=list[Node])
    depends: dict[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    places: dict[str, Place] = field(default_factory=dict[str, Place])


def read_entries(dag: Node, owner: str, report: Report) -> Entries:
    """Read the `tasks` of a Dag.

    Parameters
    ----------
    owner : the Dag, for messages, such as "the group `load_all`".
    """
    entries, before = Entries(), list[tuple[str, Node]]()
    tasks = dag.inner("tasks")
    if tasks is None or not tasks.value:
        report.error("no-tasks", f"{owner} has no `tasks`: it needs at least one", dag.key_place("tasks"))
        return entries
    if tasks.items is None:
        report.error("wrong-type", f"the `tasks` of {owner} must be a list", tasks.place)
        return entries
    for entry in tasks.items:
        task = _task(entry, owner, report)
        if task is None:
            continue
        entries.tasks.append(task)
        name = _id(task)
        if name is not None and name not in entries.depends:
            entries.depends[name] = ()
            before.append((name, entry))
    for name, entry in before:
        _read_depends(name, entry, entries, owner, report)
    _refuse_circles(entries, owner, report)
    return entries


def _task(entry: Node, owner: str, report: Report) -> Node | None:
    held = entry.inner("task")
    if held is None or held.fields is None:
        message = (
            f"a task of {owner}, which is a Dag, must be written as `task:` with the task below it, and `dependsOn:`"
        )
        report.error("wrong-type", message, held.place if held is not None else entry.place)
        return None
    DAG_ENTRY.check(entry, report)
    return held


def _id(task: Node) -> str | None:
    name = task.inner("id")
    return name.text if name is not None else None


def _read_depends(name: str, entry: Node, entries: Entries, owner: str, report: Report) -> None:
    node = entry.inner("dependsOn")
    if node is None or node.value is None:
        return
    if node.items is None or any(item.text is None for item in node.items):
        report.error("wrong-type", f"`dependsOn` of `{name}` must be a list of ids of tasks", node.place)
        return
    found: dict[str, None] = {}
    for item in node.items:
        other = item.text or ""
        if other == name:
            report.error("circular-dependency", f"task `{name}` depends on itself", item.place)
        elif other in entries.depends:
            found[other] = None
        else:
            message = f"`dependsOn` of `{name}` names `{other}`, and {owner} holds no such task"
            known = [task for task in entries.depends if task != name]
            report.unknown("unknown-dependency", message, item.place, name=other, known=known)
    entries.depends[name] = tuple(found)
    entries.places[name] = node.place


def _refuse_circles(entries: Entries, owner: str, report: Report) -> None:
    for circle in circles(entries.depends):
        listed = " -> ".join(f"`{name}`" for name in [*circle, circle[0]])
        message = f"tasks of {owner} depend on each other in a circle: {listed}"
        report.error("circular-dependency", message, entries.places[circle[0]])


def circles(depends: Mapping[str, tuple[str, ...]]) -> Iterator[list[str]]:
    """Give circles in which names depend on each other, each from its first name on.

    Of several that share a name one is given: when it is mended, the next is found.
    """
    yield from _circles(_without_free(depends))


def _without_free(depends: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Give the tasks that stand in a circle or after one: what is left when all others have run."""
    waiting = {name: sum(1 for other in before if other in depends) for name, before in depends.items()}
    after: dict[str, list[str]] = {name: [] for name in depends}
    for name, before in depends.items():
        for other in before:
            if other in after:
                after[other].append(name)
    free = [name for name, count in waiting.items() if not count]
    while free:
        for name in after[free.pop()]:
            waiting[name] -= 1
            if not waiting[name]:
                free.append(name)
    return {name: before for name, before in depends.items() if waiting[name]}


def _circles(left: Mapping[str, tuple[str, ...]]) -> Iterator[list[str]]:
    """Give circles among names each of which depends on one of the others."""
    seen: set[str] = set()
    order = {name: number for number, name in enumerate(left)}
    for start in left:
        trail: dict[str, None] = {}
        name = start
        while name not in seen:
            seen.add(name)
            trail[name] = None
            name = next(other for other in left[name] if other in left)
        if name in trail:
            names = list(trail)
            circle = names[names.index(name) :]
            at = circle.index(min(circle, key=order.__getitem__))
            yield [*circle[at:], *circle[:at]]
