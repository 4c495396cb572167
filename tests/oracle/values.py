"""What a task of a described flow makes of what it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.oracle.describe import Described, Failed, Override, Piece, Scope, address, loops_of, tried


class Values:
    """Results so far, and what a task makes of them."""

    def __init__(
        self, tasks: tuple[Described, ...], inputs: Mapping[str, Any], override: Override | None = None
    ) -> None:
        self.loops, self.inputs, self.override = loops_of(tasks), inputs, override
        self.outputs: dict[str, Any] = {}
        self.keys: dict[str, list[str]] = {}
        self.pinned: dict[str, Any] = {}
        self.broken: set[str] = set()

    def value(self, task: Described, scope: Scope) -> Any:
        if (at := self.at(task.id, scope)) in self.pinned:
            return self.pinned[at]
        if task.fails:
            raise Failed(task.id)
        given = self.override(task.id, at) if self.override else None
        if given is not None:
            return given
        if task.listed is not None:
            return [self.text(element, scope) for element in task.listed]
        return f"{task.label or task.id}:{self.text(task.pieces, scope)}"

    def at(self, task: str, scope: Scope) -> str:
        return address(tuple(loop for loop, _, _ in scope), tuple(key for _, key, _ in scope), task)

    def text(self, pieces: tuple[Piece, ...], scope: Scope) -> str:
        found = [self.piece(piece, scope) for piece in pieces]
        return "".join(v if isinstance(v, str) else json.dumps(v, separators=(",", ":")) for v in found)

    def piece(self, piece: Piece, scope: Scope) -> Any:
        match piece:
            case ("text", text):
                return text
            case ("input", name):
                return self.inputs[name]
            case ("item",):
                return scope[-1][2]
            case ("maybe", *read) if tried([lambda: self.read(read[0], tuple(read[1:]), scope)]):
                return "none"
            case _:
                return self.read(self.inputs["pick"] if piece[0] == "pick" else piece[1], piece[2:], scope)

    def read(self, task: str, keys: tuple[str, ...], scope: Scope) -> Any:
        own = {loop: key for loop, key, _ in scope}
        shared = tuple(own[loop] for loop in self.loops.get(task, ()) if loop in own)
        found = self.found(task, (*shared, *keys))
        return found["value"] if len(shared) + len(keys) == len(self.loops[task]) else found

    def found(self, task: str, keys: tuple[str, ...]) -> Any:
        loops, depth = self.loops.get(task, ()), len(keys)
        if keys and keys[-1] not in self.keys.get(address(loops[: depth - 1], keys[:-1], loops[depth - 1]), []):
            raise Failed(f"there is no item {keys} of {task}")
        if depth == len(loops):
            if address(loops, keys, task) not in self.outputs:
                raise Failed(f"{task} has no output")
            return {"value": self.outputs[address(loops, keys, task)]}
        inner = self.keys.get(address(loops[:depth], keys, loops[depth]), [])
        return {key: self.found(task, (*keys, key)) for key in inner}
