"""Flows as the oracle describes them: what a task makes of what, apart from how Dal Segno writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["work", "sequence", "parallel", "loop"]

#: ("text", t) | ("input", name) | ("item",) | ("read", task[, key of the first loop that is not the reader's]) | ("pick",)
Piece = tuple[str, ...]


@dataclass(frozen=True)
class Described:
    """One task.

    Parameters
    ----------
    pieces : what a task that does something puts together.
    listed : the same for each element, where it gives a list.
    fails : it fails instead.
    source : where a loop has its items from: ("literal", ...) | ("input", name) | ("task", id).
    concurrency : of a loop; 1 stops at the first item that fails.
    """

    id: str
    kind: Kind = "work"
    pieces: tuple[Piece, ...] = ()
    listed: tuple[tuple[Piece, ...], ...] | None = None
    fails: bool = False
    source: tuple[str, ...] = ()
    concurrency: int = 1
    tasks: tuple[Described, ...] = ()

    def walk(self) -> Iterator[Described]:
        yield self
        for task in self.tasks:
            yield from task.walk()

    @property
    def all_pieces(self) -> list[Piece]:
        return [*self.pieces, *(piece for element in self.listed or () for piece in element)]

    def as_json(self) -> dict[str, Any]:
        plain = Described(self.id)
        data = {name: value for name, value in self.__dict__.items() if value != getattr(plain, name)}
        return {"id": self.id, **data, **({"tasks": [task.as_json() for task in self.tasks]} if self.tasks else {})}


def from_json(data: dict[str, Any]) -> Described:
    listed = data.get("listed")
    return replace(
        Described(data["id"]),
        **{
            **data,
            "pieces": _pieces(data.get("pieces", [])),
            "listed": None if listed is None else tuple(_pieces(element) for element in listed),
            "source": tuple(data.get("source", ())),
            "tasks": tuple(from_json(task) for task in data.get("tasks", ())),
        },
    )


def _pieces(data: list[list[str]]) -> tuple[Piece, ...]:
    return tuple(tuple(piece) for piece in data)


def loops_of(tasks: tuple[Described, ...], around: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """Give the loops around each task, outermost first."""
    found: dict[str, tuple[str, ...]] = {}
    for task in tasks:
        found[task.id] = around
        found |= loops_of(task.tasks, (*around, task.id) if task.kind == "loop" else around)
    return found


def address(loops: tuple[str, ...], keys: tuple[str, ...], task: str) -> str:
    """Give the address of a task below these items. Keys of stories are plain."""
    return "".join(f"{loop}[{key}]." for loop, key in zip(loops, keys, strict=True)) + task


def keys_of(items: list[Any]) -> list[str]:
    """Give the keys of texts: equal ones are numbered."""
    return [text + (f"#{items[:at].count(text) + 1}" if text in items[:at] else "") for at, text in enumerate(items)]


def keys_in(address: str) -> tuple[str, ...]:
    """Give the keys that stand in an address."""
    return tuple(part.split("]")[0] for part in address.split("[")[1:])
