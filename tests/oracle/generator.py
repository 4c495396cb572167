"""Random stories, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.oracle.asking import ITEMS, random_step
from tests.oracle.describe import ENDS, Described, Piece
from tests.oracle.stories import Story, Tasks
from tests.oracle.tidy import tidy


def story(seed: int) -> Story:
    random = Random(seed)
    maker = _Maker(random)
    revisions = [maker.flow()]
    for _ in range(random.randint(1, 3)):
        revisions.append(maker.edit(revisions[-1]))
    steps = [random_step(random, revisions, number, maker.renamed) for number in range(random.randint(2, 7))]
    return Story(tuple(revisions), tuple(steps), f"seed {seed}")


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._made = 0
        #: new name -> the name before
        self.renamed: dict[str, str] = {}

    def _name(self, letter: str) -> str:
        self._made += 1
        return f"{letter}{self._made - 1}"

    def flow(self) -> Tasks:
        earlier: list[str] = []
        tasks = tuple(self._task(0, earlier) for _ in range(self._random.randint(2, 5)))
        if self._random.random() < 0.2:
            tasks = (*tasks, Described(self._name("f"), "finally", tasks=(self._task(2, earlier),)))
        if self._random.random() < 0.2:
            behind = tuple(self._task(2, earlier) for _ in range(self._random.randint(1, 2)))
            tasks = (*tasks, Described(self._name("f"), "after", tasks=behind))
        return tidy(tasks)

    def _task(self, depth: int, earlier: list[str]) -> Described:
        random = self._random
        if depth < 3 and random.random() < (0.35 if depth else 0.5):
            return self._group(depth, earlier)
        name = self._name("t")
        made = Described(
            name, pieces=self._pieces(earlier), fails=random.random() < 0.1, label=name, allow=random.random() < 0.1,
            effects=random.random() < 0.06,
        )  # fmt: skip
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
        kind = random.choice(("sequence", "parallel", "loop", "loop", "loop", "choice", "choice", "dag", "allow"))
        name = self._name("g")
        source = self._source(earlier) if kind == "loop" else self._condition(earlier) if kind == "choice" else ()
        children = tuple(self._task(depth + 1, earlier) for _ in range(random.randint(1, 3)))
        group = Described(name, kind, source=source, concurrency=random.choice((0, 1)), tasks=children)
        if kind == "choice":
            return replace(group, split=random.randint(1, len(children)))
        if kind == "dag":
            return replace(group, tasks=tuple(self._depends(child, children[:at]) for at, child in enumerate(children)))
        errors = (self._task(3, earlier),) if random.random() < 0.12 else ()
        return replace(group, errors=errors, lasts=(self._task(3, earlier),) if random.random() < 0.12 else ())

    def _depends(self, child: Described, before: tuple[Described, ...]) -> Described:
        return replace(child, after=tuple(other.id for other in before if self._random.random() < 0.5))

    def _condition(self, earlier: list[str]) -> tuple[str, ...]:
        if earlier and self._random.random() < 0.4:
            name = self._random.choice(earlier)
            return ("task", name, f"{name}:v{self._random.randint(0, 2)}")
        return ("input", self._random.choice("xy"), self._random.choice(("1", "2", "x1")))

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
                read = (random.choice(("read", "read", "maybe")), random.choice(earlier))
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
        if any(task.id == name and task.kind in ENDS for task in tasks):
            return tuple(task for task in tasks if task.id != name)
        match random.choice(
            ("change", "change", "rename", "add", "add", "remove", "reorder", "fix", "fix", "items", "wrap")
        ):
            case "rename":
                new = self._name("n")
                self.renamed[new] = name
                return tuple(_renamed(task, name, new) for task in tasks)
            case "remove":
                return each(tasks, name, lambda _: ())
            case "wrap":
                group = self._name("g")
                return each(tasks, name, lambda task: (Described(group, "sequence", tasks=(task,)),))
            case "add":
                earlier = [task.id for outer in tasks for task in outer.walk() if task.kind == "work"]
                return each(tasks, name, lambda task: (self._task(2, earlier), task))
            case "reorder":
                around = [task.id for outer in tasks for task in outer.walk() if _may_reorder(task)]
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
        if task.kind == "choice":
            return replace(task, source=self._condition([]))
        if task.kind != "work":
            return replace(task, concurrency=1 - task.concurrency) if task.kind == "loop" else task
        if task.listed is not None:
            return replace(task, listed=self._list([]))
        return replace(task, pieces=(("text", f"v{self._random.randint(3, 9)}"), *task.pieces[1:]), fails=False)


def _may_reorder(task: Described) -> bool:
    return len(task.tasks) > 1 and task.kind != "choice"


def _mapped(task: Described, change: Callable[[Described], Described]) -> Described:
    return change(task.with_inside(lambda tasks: tuple(_mapped(child, change) for child in tasks)))


def each(tasks: Tasks, name: str, change: Callable[[Described], Tasks]) -> Tasks:
    """Put something in the place of one task."""
    found: list[Described] = []
    for task in tasks:
        inner = task.with_inside(lambda inside: each(inside, name, change))
        found.extend(change(inner) if task.id == name else (inner,))
    return tuple(found)


def _renamed(task: Described, name: str, new: str) -> Described:
    def piece(old: Piece) -> Piece:
        return (old[0], new, *old[2:]) if old[0] in ("read", "maybe") and old[1] == name else old

    listed = None if task.listed is None else tuple(tuple(map(piece, element)) for element in task.listed)
    source = (task.source[0], new, *task.source[2:]) if task.source[:2] == ("task", name) else task.source
    return replace(
        task.with_inside(lambda tasks: tuple(_renamed(child, name, new) for child in tasks)),
        after=tuple(new if other == name else other for other in task.after),
        id=new if task.id == name else task.id,
        pieces=tuple(map(piece, task.pieces)),
        listed=listed,
        source=source,
    )
