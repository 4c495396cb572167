"""Flows as the oracle describes them: what a task makes of what, apart from how Dal Segno writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

#: `allow` is a sequence in which a failure is tolerated; `finally` stands at the end of the flow alone, and `after` behind it
Kind = Literal["work", "sequence", "parallel", "loop", "choice", "dag", "allow", "finally", "after"]
ENDS: tuple[Kind, ...] = ("finally", "after")

#: ("text", t) | ("input", name) | ("item",) | ("read", task[, key of the first loop that is not the reader's]) | ("pick",)
#: | ("maybe", as a read), which gives `none` where there is nothing
Piece = tuple[str, ...]
#: the items around a task, outermost first: loop, key, value
Scope = tuple[tuple[str, str, Any], ...]
#: the value that somebody gave for a task's property, by task and address
Override = Callable[[str, str], Any]


class Failed(Exception):
    """A task fails."""


@dataclass(frozen=True)
class Described:
    """One task.

    Parameters
    ----------
    pieces : what a task that does something puts together.
    listed : the same for each element, where it gives a list.
    fails : it fails instead.
    source : where a loop has its items from: ("literal", ...) | ("input", name) | ("task", id); what a choice compares, and
        with what: ("input", name, text) | ("task", id, text).
    concurrency : of a loop; 1 stops at the first item that fails.
    label : what it calls itself in what it gives: its first id, whatever it is called later.
    split : of a choice, how many of its tasks stand in the branch `then`.
    after : in a Dag, what it stands after.
    errors, lasts : of a group, what runs when something in it failed, and at its end.
    allow : whether its failure is tolerated.
    effects : whether running it twice is seen outside.
    """

    id: str
    kind: Kind = "work"
    pieces: tuple[Piece, ...] = ()
    listed: tuple[tuple[Piece, ...], ...] | None = None
    fails: bool = False
    source: tuple[str, ...] = ()
    concurrency: int = 1
    tasks: tuple[Described, ...] = ()
    label: str = ""
    split: int = 0
    after: tuple[str, ...] = ()
    errors: tuple[Described, ...] = ()
    lasts: tuple[Described, ...] = ()
    allow: bool = False
    effects: bool = False

    def walk(self) -> Iterator[Described]:
        yield self
        for task in (*self.tasks, *self.errors, *self.lasts):
            yield from task.walk()

    def branch(self, name: str) -> tuple[Described, ...]:
        """Give the tasks of one branch of a choice."""
        return self.tasks[: self.split] if name == "then" else self.tasks[self.split :]

    def with_inside(self, change: Callable[[tuple[Described, ...]], tuple[Described, ...]]) -> Described:
        """Give it with what stands inside changed, group by group."""
        if self.kind == "choice":
            then, other = change(self.branch("then")), change(self.branch("else"))
            return replace(self, tasks=(*then, *other), split=len(then))
        return replace(self, tasks=change(self.tasks), errors=change(self.errors), lasts=change(self.lasts))

    @property
    def all_pieces(self) -> list[Piece]:
        return [*self.pieces, *(piece for element in self.listed or () for piece in element)]

    def as_json(self) -> dict[str, Any]:
        plain = Described(self.id)
        data = {name: value for name, value in self.__dict__.items() if value != getattr(plain, name)}
        inner = {name: [task.as_json() for task in data[name]] for name in _INSIDE if data.get(name)}
        return {"id": self.id, **data, **inner}


_INSIDE = ("tasks", "errors", "lasts")


def from_json(data: dict[str, Any]) -> Described:
    listed = data.get("listed")
    return replace(
        Described(data["id"]),
        **{
            **data,
            "pieces": _pieces(data.get("pieces", [])),
            "listed": None if listed is None else tuple(_pieces(element) for element in listed),
            "source": tuple(data.get("source", ())),
            "after": tuple(data.get("after", ())),
            **{name: tuple(from_json(task) for task in data.get(name, ())) for name in _INSIDE},
        },
    )


def _pieces(data: list[list[str]]) -> tuple[Piece, ...]:
    return tuple(tuple(piece) for piece in data)


def parts_of_flow(tasks: tuple[Described, ...]) -> list[tuple[Described, ...]]:
    """Give a flow's own tasks, those at its end, and those behind it."""
    ends = [tuple(child for task in tasks if task.kind == kind for child in task.tasks) for kind in ENDS]
    return [tuple(task for task in tasks if task.kind not in ENDS), *ends]


def loops_of(tasks: tuple[Described, ...], around: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """Give the loops around each task, outermost first."""
    found: dict[str, tuple[str, ...]] = {}
    for task in tasks:
        found[task.id] = around
        found |= loops_of(task.tasks, (*around, task.id) if task.kind == "loop" else around)
        found |= loops_of((*task.errors, *task.lasts), around)
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


def tried(work: Iterable[Callable[[], object]], *, stops: bool = True) -> Failed | None:
    """Do one thing after the other, up to the first that fails or all of them; give the first failure."""
    first: Failed | None = None
    for do in work:
        try:
            do()
        except Failed as failed:
            first = first or failed
            if stops:
                break
    return first
