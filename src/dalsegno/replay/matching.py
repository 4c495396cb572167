"""Which call of a step in a new graph is which one in an earlier graph, where a step is called several times (rule 11).

A step that is called once is matched by its address, as everything is. Several calls, `add`, `add_2`, are numbered in the order
in which they stand, so that a call more would hand each the result of another; they are matched by what they are given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dalsegno.model.binding import binding_of
from dalsegno.model.flow import Flow, Task

_NUMBER = re.compile(r"_[0-9]+\Z")


def matched_calls(new: Flow, old: Flow) -> dict[str, str]:
    """Give, for the calls of steps that are called several times, the earlier name of each that had another one.

    Calls are matched first by equal literals and matched upstreams, then by equal upstreams, then by order. A call that its
    author named is matched by that name alone. What is left over has no match.

    Parameters
    ----------
    new, old : the graphs; their own tasks stand in the order in which they were called.
    """
    before = _calls(old)
    found: dict[str, str] = {}
    taken: set[str] = set()
    groups = {name: calls for name, calls in _calls(new).items() if len(calls) > 1 or len(before.get(name, ())) > 1}
    for name, calls in groups.items():
        _match(calls, before.get(name, []), found, taken)
    return {to: at for to, at in found.items() if to != at}


def _calls(flow: Flow) -> dict[str, list[Task]]:
    """Give the calls of each step that were numbered, in order; a mapped step is one call."""
    found: dict[str, list[Task]] = {}
    for task in flow.tasks:
        function = task.function or (task.tasks[0].function if task.tasks else None)
        if function is not None:
            found.setdefault(f"{function} {_NUMBER.sub('', task.id)}", []).append(task)
    return found


def _match(calls: Iterable[Task], earlier: Iterable[Task], found: dict[str, str], taken: set[str]) -> None:
    left, free = list(calls), list(earlier)
    keys: tuple[Callable[[Task, Mapping[str, str]], str], ...] = (_whole, _upstreams, _nothing)
    for key in keys:
        # each round goes by what the rounds before have settled, of the calls upstream too
        known: dict[str, list[Task]] = {}
        for task in free:
            known.setdefault(key(task, {}), []).append(task)
        unmatched: list[Task] = []
        for task in left:
            same = known.get(key(task, found))
            if same:
                found[task.id] = (other := same.pop(0)).id
                taken.add(other.id)
                # the step in a mapped one goes with it
                found.update((one.id, its.id) for one, its in zip(task.tasks, other.tasks, strict=False))
            else:
                unmatched.append(task)
        left, free = unmatched, [task for task in free if task.id not in taken]


def _whole(task: Task, names: Mapping[str, str]) -> str:
    return json.dumps(
        [_given(task, name, value, names, literals=True) for name, value in sorted(_parameters(task).items())]
    )


def _upstreams(task: Task, names: Mapping[str, str]) -> str:
    return json.dumps(
        [_given(task, name, value, names, literals=False) for name, value in sorted(_parameters(task).items())]
    )


def _nothing(_task: Task, _names: Mapping[str, str]) -> str:
    return ""


def _parameters(task: Task) -> Mapping[str, Any]:
    inner = task.tasks[0].properties if task.tasks and task.function is None else {}
    return {**inner, **task.properties}


def _given(task: Task, name: str, value: Any, names: Mapping[str, str], *, literals: bool) -> list[Any]:
    kind, what = binding_of(value)
    if kind == "value":
        return [name, (task.digests.get(name) or json.dumps(what, sort_keys=True, default=str)) if literals else None]
    return [name, kind, _renamed(kind, what, names, literals=literals)]


def _renamed(kind: str, what: Any, names: Mapping[str, str], *, literals: bool) -> Any:
    if kind in ("output", "items"):
        return [names.get(what[0], what[0]), *what[1:]]
    if kind in ("list", "tuple"):
        return [_inner(each, names, literals=literals) for each in what]
    if kind == "dict":
        return [[key, _inner(each, names, literals=literals)] for key, each in what]
    return what if literals or kind != "value" else None


def _inner(binding: Mapping[str, Any], names: Mapping[str, str], *, literals: bool) -> Any:
    ((kind, what),) = binding.items()
    return [kind, _renamed(kind, what, names, literals=literals)]
