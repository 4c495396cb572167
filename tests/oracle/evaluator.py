"""What a whole run of a described flow gives, worked out by recursion. Knows no plan, no replay, no engine."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.oracle.describe import Described, Failed, Scope, keys_of, parts_of_flow, tried
from tests.oracle.values import Values


class World(Values):
    """A run: what it gives, and the items and branches that it came by."""

    def parts(self, group: Described, scope: Scope) -> list[Any]:
        kind, *rest = group.source
        found: Any = self.inputs[rest[0]] if kind == "input" else rest
        found = self.read(rest[0], (), scope) if kind == "task" else found
        if group.kind == "choice":
            return ["then" if found == rest[1] else "else"]
        if not isinstance(found, list):
            raise Failed(f"{group.id} loops over what is no list")
        return list(found)  # pyright: ignore[reportUnknownVariableType]

    def run(self, tasks: tuple[Described, ...]) -> None:
        whole, lasts, after = parts_of_flow(tasks)
        failed = tried([lambda: self.handled(Described("", "sequence", tasks=whole, lasts=lasts), ())])
        tried([lambda: self.row(after, ())])
        if failed:
            raise failed

    def handled(self, group: Described, scope: Scope) -> None:
        failed = tried([lambda: self.inside(group, scope)])
        failed = (failed and tried([lambda: self.row(group.errors, scope)])) or failed
        if failed := tried([lambda: self.row(group.lasts, scope)]) or failed:
            raise failed

    def inside(self, group: Described, scope: Scope) -> None:
        rows, stops = [(group.tasks, scope)], group.kind == "loop" and group.concurrency == 1
        if group.kind in ("parallel", "dag"):
            rows = [((task,), scope) for task in group.tasks]
        elif group.kind == "choice":
            rows = [(group.branch(self.parts(group, scope)[0]), scope)]
        elif group.kind == "loop":
            items = self.parts(group, scope)
            keys = self.keys[self.at(group.id, scope)] = keys_of(items)
            rows = [(group.tasks, (*scope, (group.id, key, item))) for key, item in zip(keys, items, strict=True)]
        if failed := tried([partial(self.row, *row) for row in rows], stops=stops):
            raise failed

    def row(self, tasks: tuple[Described, ...], scope: Scope) -> None:
        for task in tasks:
            failed = tried([partial(self.one, task, scope)])
            if failed and not (task.allow or task.kind == "allow"):
                self.broken.add(self.at(task.id, scope))
                raise failed

    def one(self, task: Described, scope: Scope) -> None:
        if any(self.at(name, scope) in self.broken for name in task.after):
            raise Failed(f"{task.id} stands after what failed")
        if task.kind == "work":
            self.outputs[self.at(task.id, scope)] = self.value(task, scope)
        else:
            self.handled(task, scope)
