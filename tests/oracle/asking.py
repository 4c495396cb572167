"""Random requests."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.describe import ENDS, loops_of
from tests.oracle.stories import KEEP, Step, Tasks
from tests.oracle.tidy import PICKED

ITEMS = ("p", "q", "r", "s")


def random_step(random: Random, revisions: list[Tasks], number: int, renamed: dict[str, str]) -> Step:
    """Give a request for a run of one of the revisions; the first is for a fresh run."""
    at = random.randint(0, len(revisions) - 1) if number else 0
    tasks = revisions[at]
    request: dict[str, Any] = {}
    if number:
        request = _with_names(random, tasks, _request(random, tasks), renamed)
    elif random.random() < 0.2:
        request = {"task_inputs": _task_inputs(random, tasks)}
    elif random.random() < 0.1:
        request = {"until": _selectors(random, tasks, 1)}
    gone: tuple[str, ...] = ()
    if random.random() < 0.2:
        gone = tuple(name for name in _selectors(random, tasks, 6))
    budget = random.randint(0, 6) if random.random() < 0.25 else None
    # half of them replay the run before them, so that replays of replays come to be
    origin = -1 if random.random() < 0.5 else random.randint(0, 5)
    return Step(at, origin if number else None, request, budget, gone)


def _request(random: Random, tasks: Tasks) -> dict[str, Any]:
    if random.random() < 0.2:
        # nothing but a result that is given: what reads it must run, what only stands after it must not
        given = _selectors(random, tasks, random.randint(1, 2), work=True)
        how = random.choice(("skip_successful", "skip_successful", "changed"))
        return {how: True, "outputs": {name: f"pin{random.randint(0, 3)}" for name in given}}
    request = {**_what(random, tasks), **_how(random, tasks)}
    if random.random() < 0.1:
        request["stale"] = "refuse"
    if random.random() < 0.1:
        request["carry_overrides"] = False
    if random.random() < 0.1:
        request["verify"] = True
    return request


def _what(random: Random, tasks: Tasks) -> dict[str, Any]:
    request: dict[str, Any] = {}
    if random.random() < 0.15:
        request["only"] = _selectors(random, tasks, random.choice((1, 2)))
    elif random.random() < 0.45:
        request["start"] = _selectors(random, tasks, random.choice((1, 1, 2)))
    if "only" not in request and random.random() < 0.15:
        request["until"] = _selectors(random, tasks, 1)
    if random.random() < 0.45:
        request["skip_successful"] = True
    elif random.random() < 0.5:
        request["changed"] = True
    if random.random() < 0.12:
        request["skip"] = _selectors(random, tasks, 1)
    return request


def _how(random: Random, tasks: Tasks) -> dict[str, Any]:
    request: dict[str, Any] = {}
    if random.random() < 0.35:
        request["inputs"] = _inputs(random)
    if random.random() < 0.15:
        request["task_inputs"] = _task_inputs(random, tasks)
    if random.random() < 0.2:
        names = _selectors(random, tasks, random.choice((1, 1, 2)), work=True)
        request["outputs"] = {name: random.choice((f"pin{random.randint(0, 3)}", KEEP)) for name in names}
    return request


def _inputs(random: Random) -> dict[str, Any]:
    name = random.choice(("x", "x", "y", "pick", "cities", "cities"))
    if name == "cities":
        return {name: random.sample(ITEMS, random.randint(1, 3))}
    return {name: random.choice(PICKED if name == "pick" else ("1", "2", "3"))}


def _with_names(random: Random, tasks: Tasks, request: dict[str, Any], renamed: dict[str, str]) -> dict[str, Any]:
    ids = {task.id for outer in tasks for task in outer.walk()}
    if random.random() < 0.6:
        given = {new: old for new, old in renamed.items() if new in ids}
        request |= {"renamed": given} if given else {}
    if random.random() < 0.8:
        request["acknowledge"] = ["*"]
    elif random.random() < 0.6:
        request["effects"] = "reuse"
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
    kinds = ENDS if not work else (*ENDS, "sequence", "parallel", "loop", "choice", "dag", "allow")
    names = [task.id for outer in tasks for task in outer.walk() if task.kind not in kinds]
    found: list[str] = []
    for _ in range(count):
        name = random.choice(names)
        shown = "".join(f"{loop}[{random.choice(ITEMS)}]." for loop in loops[name] if random.random() < 0.5)
        found.append("nowhere" if random.random() < 0.02 else f"{shown}{name}")
    return found
