"""A described flow as Dal Segno writes it: compiled, and as the text of a file."""

from __future__ import annotations

import json
from typing import Any

from tests.oracle.describe import Described, Piece, loops_of, parts_of_flow

from dalsegno.model.digest import digest
from dalsegno.model.flow import Effects, Flow, Key, Kind, Read, Revision, Task

INPUTS = ("x", "y", "pick", "cities")


def compile_flow(tasks: tuple[Described, ...]) -> Flow:
    loops = Loops(tasks)
    own, lasts, after = (tuple(_task(task, loops) for task in part) for part in parts_of_flow(tasks))
    return Flow("oracle", "story", own, lasts=lasts, after=after)


def revision(tasks: tuple[Described, ...], number: int) -> Revision:
    text = flow_text(tasks)
    return Revision(compile_flow(tasks), number, digest("source", text), text)


def flow_text(tasks: tuple[Described, ...]) -> str:
    """Give the flow's file. JSON is YAML."""
    loops = Loops(tasks)
    inputs: list[dict[str, Any]] = [{"id": name, "type": "STRING"} for name in INPUTS[:-1]]
    inputs.append({"id": "cities", "type": "JSON"})
    data: dict[str, Any] = {"id": "story", "namespace": "oracle", "inputs": inputs}
    for key, part in zip(("tasks", "finally", "afterExecution"), parts_of_flow(tasks), strict=True):
        if part:
            data[key] = [_written(task, loops) for task in part]
    return json.dumps(data, indent=1)


class Loops(dict[str, tuple[str, ...]]):
    """The loops around each task, and what the task calls the items of each."""

    def __init__(self, tasks: tuple[Described, ...]) -> None:
        super().__init__(loops_of(tasks))
        self.items_of: dict[str, dict[str, str]] = {}
        self._name(tasks, ())

    def _name(self, tasks: tuple[Described, ...], around: tuple[str, ...], loop: str = "") -> None:
        """Name the items for some tasks.

        Parameters
        ----------
        around : for the groups around them that are in an item themselves, the loop of that item; the nearest first.
        loop : the loop in whose item they stand directly.
        """
        for task in tasks:
            names = {name: f"parents[{number}].taskrun.value" for number, name in reversed([*enumerate(around)])}
            self.items_of[task.id] = names | dict.fromkeys(self[task.id][-1:], "taskrun.value")
            outer = (loop, *around) if loop else around
            self._name(task.tasks, outer, task.id if task.kind == "loop" else "")
            self._name((*task.errors, *task.lasts), outer)


_TYPES = {
    "sequence": "core.flow.Sequential", "parallel": "core.flow.Parallel", "loop": "core.flow.ForEach",
    "choice": "core.flow.If", "dag": "core.flow.Dag", "allow": "core.flow.AllowFailure",
}  # fmt: skip


def _written(task: Described, loops: Loops) -> dict[str, Any]:
    data = {"id": task.id, "type": type_of(task), **properties(task, loops)}
    inside = (
        {"then": task.branch("then"), "else": task.branch("else")} if task.kind == "choice" else {"tasks": task.tasks}
    )
    for name, found in {**inside, "errors": task.errors, "finally": task.lasts}.items():
        if found:
            data[name] = [_written(child, loops) for child in found]
    if task.kind == "dag":
        pairs = zip(task.tasks, data["tasks"], strict=True)
        data["tasks"] = [{"task": written, "dependsOn": list(child.after)} for child, written in pairs]
    data |= {"allowFailure": True} if task.allow else {}
    return {**data, "effects": "external"} if task.effects else data


def type_of(task: Described) -> str:
    return _TYPES.get(task.kind) or ("core.execution.Fail" if task.fails else "core.debug.Return")


def properties(task: Described, loops: Loops) -> dict[str, Any]:
    if task.kind == "loop":
        return {"values": _source(task, loops), "concurrencyLimit": task.concurrency}
    if task.kind == "choice":
        kind, name, text = task.source
        left = f"inputs.{name}" if kind == "input" else _expression(("read", name), task.id, loops)[3:-3]
        return {"condition": f"{{{{ {left} == '{text}' }}}}"}
    if task.kind != "work":
        return {}
    text: Any = f"{task.label or task.id}:{_text(task.pieces, task.id, loops)}"
    if task.listed is not None:
        text = [_text(element, task.id, loops) for element in task.listed]
    return {"errorMessage": "on purpose"} if task.fails else {"value": text}


def _source(task: Described, loops: Loops) -> Any:
    kind, *rest = task.source
    if kind == "literal":
        return rest
    return f"{{{{ inputs.{rest[0]} }}}}" if kind == "input" else _expression(("read", rest[0]), task.id, loops)


def _text(pieces: tuple[Piece, ...], reader: str, loops: Loops) -> str:
    return "".join(piece[1] if piece[0] == "text" else _expression(piece, reader, loops) for piece in pieces)


def _expression(piece: Piece, reader: str, loops: Loops) -> str:
    if piece[0] == "input":
        return f"{{{{ inputs.{piece[1]} }}}}"
    if piece[0] == "item":
        return "{{ taskrun.value }}"
    if piece[0] == "pick":
        return "{{ outputs[inputs.pick].value }}"
    around = loops[piece[1]]
    shared = [loop for loop in around if loop in loops[reader]]
    own = "".join(f"[{loops.items_of[reader][loop]}]" for loop in shared)
    named = "".join(f"['{key}']" for key in piece[2:])
    value = ".value" if len(shared) + len(piece) - 2 == len(around) else ""
    other = " ?? 'none'" if piece[0] == "maybe" else ""
    return f"{{{{ outputs.{piece[1]}{own}{named}{value}{other} }}}}"


def _task(task: Described, loops: Loops) -> Task:
    written = properties(task, loops)
    pieces = [("read", task.source[1])] if task.source[:1] == ("task",) else [] if task.fails else task.all_pieces
    inputs = [piece[1] for piece in pieces if piece[0] == "input"] + ["pick" for piece in pieces if piece[0] == "pick"]
    if task.source[:1] == ("input",):
        inputs = [task.source[1]]
    digests = {name: digest("property", value) for name, value in {"type": type_of(task), **written}.items()}
    return Task(
        id=task.id,
        type=type_of(task),
        properties=written,
        kind=Kind("sequence" if task.kind == "allow" else task.kind),
        tasks=tuple(_task(child, loops) for child in task.tasks),
        errors=tuple(_task(child, loops) for child in task.errors),
        lasts=tuple(_task(child, loops) for child in task.lasts),
        branches=_branches(task) if task.kind == "choice" else {},
        depends={child.id: child.after for child in task.tasks} if task.kind == "dag" else {},
        tolerates=task.kind == "allow",
        allow_failure=task.allow,
        effects=Effects.EXTERNAL if task.effects else Effects.NONE,
        reads=tuple(
            dict.fromkeys(_read(piece, task.id, loops) for piece in pieces if piece[0] in ("read", "pick", "maybe"))
        ),
        inputs=tuple(dict.fromkeys(inputs)),
        digests=digests,
        definition=digest("definition", digests),
        concurrency=task.concurrency if task.kind == "loop" else 0,
        outputs=("value",) if type_of(task) == "core.debug.Return" else (),
    )


def _branches(task: Described) -> dict[str, tuple[str, ...]]:
    return {name: tuple(child.id for child in task.branch(name)) for name in ("then", "else")}


def _read(piece: Piece, reader: str, loops: Loops) -> Read:
    if piece[0] == "pick":
        return Read(None)
    around = loops[piece[1]]
    own = tuple(Key.OWN for loop in around if loop in loops[reader])
    keys = (*own, *piece[2:])
    return Read(piece[1], keys, ("value",) if len(keys) == len(around) else ())
