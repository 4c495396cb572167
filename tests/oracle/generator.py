"""Random stories, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from tests.oracle.describe import Described, Piece, loops_of
from tests.oracle.stories import Step, Story, Tasks

ITEMS = ("p", "q", "r", "s")


def story(seed: int) -> Story:
    random = Random(seed)
    maker = _Maker(random)
    revisions = [maker.flow()]
    for _ in range(random.randint(1, 3)):
        revisions.append(maker.edit(revisions[-1]))
    steps = [_step(random, revisions, number) for number in range(random.randint(2, 6))]
    return Story(tuple(revisions), tuple(steps), f"seed {seed}")


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._made = 0

    def _name(self, letter: str) -> str:
        self._made += 1
        return f"{letter}{self._made - 1}"

    def flow(self) -> Tasks:
        return tidy(tuple(self._task(0, []) for _ in range(self._random.randint(2, 5))))

    def _task(self, depth: int, earlier: list[str]) -> Described:
        random = self._random
        if depth < 3 and random.random() < (0.35 if depth else 0.5):
            return self._group(depth, earlier)
        made = Described(self._name("t"), pieces=self._pieces(earlier), fails=random.random() < 0.08)
        if random.random() < 0.25:
            made = replace(made, pieces=(), listed=self._list(earlier))
        earlier.append(made.id)
        return made

    def _list(self, earlier: list[str]) -> tuple[tuple[Piece, ...], ...]:
        found: list[tuple[Piece, ...]] = [
            (("text", item),) for item in self._random.sample(ITEMS, self._random.randint(0, 3))
        ]
        if self._random.random() < 0.4:
            found.append((("text", "k"), ("input", self._random.choice("xy"))))
        return tuple(found)

    def _group(self, depth: int, earlier: list[str]) -> Described:
        random = self._random
        kind = random.choice(("sequence", "parallel", "loop", "loop"))
        name = self._name("g")
        source = self._source(earlier) if kind == "loop" else ()
        children = tuple(self._task(depth + 1, earlier) for _ in range(random.randint(1, 3)))
        return Described(name, kind, source=source, concurrency=random.choice((0, 1)), tasks=children)

    def _source(self, earlier: list[str]) -> tuple[str, ...]:
        random = self._random
        roll = random.random()
        if roll < 0.5 and earlier:
            return ("task", random.choice(earlier))
        if roll < 0.65:
            return ("input", "cities")
        return ("literal", *random.choices(ITEMS, k=random.randint(0, 3)))

    def _pieces(self, earlier: list[str]) -> tuple[Piece, ...]:
        random = self._random
        found: list[Piece] = [("text", f"v{random.randint(0, 2)}")]
        for _ in range(random.randint(0, 3)):
            roll = random.random()
            if roll < 0.2:
                found.append(("input", random.choice("xy")))
            elif roll < 0.3:
                found.append(("pick",))
            elif roll < 0.4:
                found.append(("item",))
            elif earlier:
                read = ("read", random.choice(earlier))
                found.append((*read, random.choice(ITEMS)) if random.random() < 0.3 else read)
        return tuple(found)

    def edit(self, tasks: Tasks) -> Tasks:
        for _ in range(self._random.randint(1, 3)):
            ids = [task.id for outer in tasks for task in outer.walk()]
            if ids:
                tasks = self._edited(tasks, self._random.choice(ids))
        return tidy(tasks)

    def _edited(self, tasks: Tasks, name: str) -> Tasks:
        random = self._random
        match random.choice(
            ("change", "change", "rename", "add", "add", "remove", "reorder", "fix", "fix", "items", "wrap")
        ):
            case "rename":
                return tuple(_renamed(task, name, self._name("n")) for task in tasks)
            case "remove":
                return each(tasks, name, lambda _: ())
            case "wrap":
                group = self._name("g")
                return each(tasks, name, lambda task: (Described(group, "sequence", tasks=(task,)),))
            case "add":
                earlier = [task.id for outer in tasks for task in outer.walk() if task.kind == "work"]
                return each(tasks, name, lambda task: (self._task(2, earlier), task))
            case "reorder":
                around = [task.id for outer in tasks for task in outer.walk() if len(task.tasks) > 1]
                if not around or random.random() < 0.4:
                    return tuple(random.sample(tasks, len(tasks)))
                chosen = random.choice(around)
                return each(
                    tasks,
                    chosen,
                    lambda task: (replace(task, tasks=tuple(random.sample(task.tasks, len(task.tasks)))),),
                )
            case "fix":
                return tuple(_mapped(task, lambda found: replace(found, fails=False)) for task in tasks)
            case "items":
                return tuple(_mapped(task, self._other_items) for task in tasks)
            case _:
                return each(tasks, name, lambda task: (self._changed(task),))

    def _other_items(self, task: Described) -> Described:
        if task.source[:1] != ("literal",):
            return task
        return replace(task, source=("literal", *self._random.sample(ITEMS, self._random.randint(0, 4))))

    def _changed(self, task: Described) -> Described:
        if task.kind != "work":
            return replace(task, concurrency=1 - task.concurrency) if task.kind == "loop" else task
        if task.listed is not None:
            return replace(task, listed=self._list([]))
        return replace(task, pieces=(("text", f"v{self._random.randint(3, 9)}"), *task.pieces[1:]), fails=False)


def _mapped(task: Described, change: Callable[[Described], Described]) -> Described:
    return change(replace(task, tasks=tuple(_mapped(child, change) for child in task.tasks)))


def each(tasks: Tasks, name: str, change: Callable[[Described], Tasks]) -> Tasks:
    """Put something in the place of one task."""
    found: list[Described] = []
    for task in tasks:
        inner = replace(task, tasks=each(task.tasks, name, change))
        found.extend(change(inner) if task.id == name else (inner,))
    return tuple(found)


def _renamed(task: Described, name: str, new: str) -> Described:
    def piece(old: Piece) -> Piece:
        return ("read", new, *old[2:]) if old[:2] == ("read", name) else old

    listed = None if task.listed is None else tuple(tuple(map(piece, element)) for element in task.listed)
    source = (task.source[0], new) if task.source == ("task", name) else task.source
    return replace(
        task,
        id=new if task.id == name else task.id,
        pieces=tuple(map(piece, task.pieces)),
        listed=listed,
        source=source,
        tasks=tuple(_renamed(child, name, new) for child in task.tasks),
    )


def tidy(tasks: Tasks) -> Tasks:
    """Drop what cannot be meant: readings of what does not stand before, items outside loops, empty groups."""
    loops = loops_of(tasks)
    kinds = {task.id: task for outer in tasks for task in outer.walk()}
    return tuple(_tidied(tasks, frozenset(), loops, kinds)[0]) or (Described("t0"),)


def _tidied(
    tasks: Tasks, before: frozenset[str], loops: dict[str, tuple[str, ...]], kinds: dict[str, Described], *,
    parallel: bool = False,
) -> tuple[list[Described], frozenset[str]]:  # fmt: skip
    found: list[Described] = []
    after = before
    for task in tasks:
        seen = before if parallel else after
        if task.kind == "work":
            found.append(_tidy_task(task, seen, loops))
            after |= {task.id}
            continue
        source = task.source
        if source[:1] == ("task",) and not _usable(source[1], task.id, seen, loops, kinds):
            source = ("input", "cities")
        children, inner = _tidied(task.tasks, seen, loops, kinds, parallel=task.kind == "parallel")
        after |= inner
        if children:
            found.append(replace(task, source=source, tasks=tuple(children)))
    return found, after


def _usable(
    source: str, loop: str, seen: frozenset[str], loops: dict[str, tuple[str, ...]], kinds: dict[str, Described]
) -> bool:
    return source in seen and kinds[source].listed is not None and set(loops[source]) <= set(loops[loop])


def _tidy_task(task: Described, seen: frozenset[str], loops: dict[str, tuple[str, ...]]) -> Described:
    def good(piece: Piece) -> bool:
        if piece[0] == "item":
            return bool(loops[task.id])
        if piece[0] == "pick":
            return not loops[task.id] and "t0" in seen and not loops["t0"]
        return piece[0] != "read" or piece[1] in seen

    def fixed(piece: Piece) -> Piece:
        if piece[0] == "read" and len(piece) > 2 and set(loops[piece[1]]) <= set(loops[task.id]):
            return piece[:2]
        return piece

    pieces = tuple(fixed(piece) for piece in task.pieces if good(piece))
    return replace(task, pieces=pieces)


def _step(random: Random, revisions: list[Tasks], number: int) -> Step:
    at = random.randint(0, len(revisions) - 1) if number else 0
    tasks = revisions[at]
    request: dict[str, Any] = {}
    if number:
        request = _request(random, tasks)
    elif random.random() < 0.2:
        request = {"task_inputs": _task_inputs(random, tasks)}
    gone: tuple[str, ...] = ()
    if random.random() < 0.2:
        gone = tuple(name for name in _selectors(random, tasks, 6))
    budget = random.randint(0, 6) if random.random() < 0.25 else None
    return Step(at, random.randint(0, 5) if number else None, request, budget, gone)


def _request(random: Random, tasks: Tasks) -> dict[str, Any]:
    request: dict[str, Any] = {}
    if random.random() < 0.2:
        # nothing but a result that is given: what reads it must run, what only stands after it must not
        given = _selectors(random, tasks, random.randint(1, 2), work=True)
        return {"skip_successful": True, "outputs": {name: f"pin{random.randint(0, 3)}" for name in given}}
    if random.random() < 0.5:
        request["start"] = _selectors(random, tasks, random.choice((1, 1, 2)))
    if random.random() < 0.55:
        request["skip_successful"] = True
    if random.random() < 0.15:
        request["skip"] = _selectors(random, tasks, 1)
    if random.random() < 0.3:
        name = random.choice(("x", "y", "pick", "cities", "cities"))
        values: list[Any] = random.sample(ITEMS, random.randint(1, 3))
        request["inputs"] = {name: values if name == "cities" else random.choice(("t0", "t1", "t2")) if name == "pick" else
                             random.choice(("1", "2", "3"))}  # fmt: skip
    if random.random() < 0.15:
        request["task_inputs"] = _task_inputs(random, tasks)
    if random.random() < 0.15:
        request["outputs"] = {name: f"pin{random.randint(0, 3)}" for name in _selectors(random, tasks, 1, work=True)}
    if random.random() < 0.1:
        request["stale"] = "refuse"
    return request


def _task_inputs(random: Random, tasks: Tasks) -> dict[str, Any]:
    plain = [
        task.id
        for outer in tasks
        for task in outer.walk()
        if task.kind == "work" and task.listed is None and not task.fails
    ]
    return {random.choice(plain): {"value": f"o{random.randint(0, 3)}"}} if plain else {}


def _selectors(random: Random, tasks: Tasks, count: int, *, work: bool = False) -> list[str]:
    loops = loops_of(tasks)
    names = [task.id for outer in tasks for task in outer.walk() if task.kind == "work" or not work]
    found: list[str] = []
    for _ in range(count):
        name = random.choice(names)
        shown = "".join(f"{loop}[{random.choice(ITEMS)}]." for loop in loops[name] if random.random() < 0.5)
        found.append("nowhere" if random.random() < 0.02 else f"{shown}{name}")
    return found
