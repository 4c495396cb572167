"""Drops from a described flow what cannot be meant: readings of what does not stand before, empty groups and the like."""

from __future__ import annotations

from dataclasses import replace

from tests.oracle.describe import ENDS, Described, Piece, loops_of, parts_of_flow
from tests.oracle.stories import Tasks

#: what the input `pick` may name
PICKED = ("t0", "t1")
_Row = tuple[list[Described], frozenset[str]]


def tidy(tasks: Tasks) -> Tasks:
    """Drop what cannot be meant."""
    own, *ends = parts_of_flow(tasks)
    tidier = _Tidier(tasks)
    found, seen = tidier.row(own, frozenset())
    found = found or [Described("t0", label="t0")]
    for kind, part in zip(ENDS, ends, strict=True):
        lasts, seen = tidier.row(part, seen)
        name = next((task.id for task in tasks if task.kind == kind), "")
        found += [Described(name, kind, tasks=tuple(lasts))] if lasts else []
    return tuple(found)


class _Tidier:
    def __init__(self, tasks: Tasks) -> None:
        self._loops = loops_of(tasks)
        self._kinds = {task.id: task for outer in tasks for task in outer.walk()}
        self._unsure: dict[str, tuple[str, ...]] = {}
        self._note(tasks, ())

    def _note(self, tasks: Tasks, around: tuple[str, ...]) -> None:
        for task in tasks:
            self._unsure[task.id] = (*around, task.id) if task.allow else around
            inner = around
            if task.kind == "choice":
                self._note(task.branch("then"), (*around, f"{task.id}/then"))
                self._note(task.branch("else"), (*around, f"{task.id}/else"))
                continue
            if task.kind == "allow":
                inner = (*around, task.id)
            self._note(task.tasks, inner)
            self._note((*task.errors, *task.lasts), (*inner, f"{task.id}/end"))

    def row(self, tasks: Tasks, before: frozenset[str], *, parallel: bool = False) -> _Row:
        """Give the tasks that stay, and the ids of all that stand before what follows."""
        found: list[Described] = []
        after = before
        for task in tasks:
            seen = before if parallel else after
            kept, inside = self._one(task, seen)
            found.extend(kept)
            after |= inside
        return found, after

    def _one(self, task: Described, seen: frozenset[str]) -> _Row:
        if task.kind == "work":
            return [self._work(task, seen)], frozenset({task.id})
        if task.kind == "choice":
            return self._choice(task, seen)
        source = task.source
        if source[:1] == ("task",) and not self._usable(source[1], task.id, seen):
            source = ("input", "cities")
        children, inner = self._dag(task, seen) if task.kind == "dag" else self.row(
            task.tasks, seen, parallel=task.kind == "parallel"
        )  # fmt: skip
        errors, _ = self.row(task.errors, seen)
        lasts, ends = self.row(task.lasts, inner if task.kind != "loop" else seen)
        if not children:
            return [], frozenset()
        changed = replace(task, source=source, tasks=tuple(children), errors=tuple(errors), lasts=tuple(lasts))
        return [changed], inner | ends

    def _choice(self, task: Described, seen: frozenset[str]) -> _Row:
        source = task.source
        known = self._kinds.get(source[1])
        good = source[0] == "input" or (known is not None and self._usable(source[1], task.id, seen, listed=False))
        then, one = self.row(task.branch("then"), seen)
        other, two = self.row(task.branch("else"), seen)
        if not then:
            return [], frozenset()
        source = source if good else ("input", "x", "x1")
        return [replace(task, source=source, tasks=(*then, *other), split=len(then))], one | two

    def _dag(self, task: Described, seen: frozenset[str]) -> _Row:
        found: list[Described] = []
        reach: dict[str, frozenset[str]] = {}
        for child in task.tasks:
            after = tuple(name for name in child.after if name in reach)
            before = seen.union(*(reach[name] for name in after))
            kept, inside = self._one(child, before)
            if kept:
                found.append(replace(kept[0], after=after))
                reach[child.id] = before | inside
        return found, seen.union(*reach.values())

    def _usable(self, source: str, reader: str, seen: frozenset[str], *, listed: bool = True) -> bool:
        if source not in seen:
            return False
        sure = set(self._unsure[source]) <= set(self._unsure[reader])
        fits = set(self._loops[source]) <= set(self._loops[reader])
        return sure and fits and (self._kinds[source].listed is not None) == listed

    def _work(self, task: Described, seen: frozenset[str]) -> Described:
        pieces = tuple(found for piece in task.pieces if (found := self._piece(piece, task.id, seen)) is not None)
        return replace(task, pieces=pieces, after=())

    def _piece(self, piece: Piece, reader: str, seen: frozenset[str]) -> Piece | None:
        loops = self._loops[reader]
        if piece[0] == "item":
            return piece if loops else None
        if piece[0] == "pick":
            sure = all(name in seen and not self._loops[name] and not self._unsure[name] for name in PICKED)
            return piece if sure and not loops else None
        if piece[0] not in ("read", "maybe"):
            return piece
        kind, source, *keys = piece
        if source not in seen:
            return None
        theirs = self._loops[source]
        if set(theirs) <= set(loops):
            keys = []
        whole = len([loop for loop in theirs if loop not in loops]) > len(keys)
        if set(self._unsure[source]) <= set(self._unsure[reader]):
            return ("read" if whole else kind, source, *keys)
        return None if whole else ("maybe", source, *keys)
