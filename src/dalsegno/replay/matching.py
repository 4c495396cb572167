"""Which call of a step in a new graph is which one in an earlier graph, where a step is called several times (rule 11).

A step that is called once is matched by its address, as everything is. Several calls, `add`, `add_2`, are numbered in the order
in which they stand, so that a call more would hand each the result of another; they are matched by what they are given.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dalsegno.model.binding import binding_of
from dalsegno.model.flow import Flow, Task
from dalsegno.replay.renaming import NO_NAME

#: gives the name by which a call upstream is known; `None` leaves it as it is
Naming = Callable[[str], str] | None

_NUMBER = re.compile(r"_[0-9]+\Z")
#: stands for a call upstream that has no match, so that what reads it has none either
_UNMATCHED = "?"
#: of more calls of one step that nothing equals, none is matched by its upstreams or its place
_MOST = 200


def matched_calls(new: Flow, old: Flow) -> dict[str, str]:
    """Give, for the calls of steps that are called several times, the earlier name of each that had another one.

    Calls are matched first by equal literals and matched upstreams, then by equal upstreams, then by order. The last two hold
    only where it is clear which call is meant: there are as many of them on both sides, and the literals of neither are those
    of another call, as they are where a call was put in between. What is left over has no match: its earlier name is `NO_NAME`.
    A call that its author named is matched by that name alone.

    Parameters
    ----------
    new, old : the graphs; their own tasks stand in the order in which they were called.
    """
    return _Matching(_calls(new), _calls(old)).names()


def _calls(flow: Flow) -> dict[str, list[Task]]:
    """Give the calls of each step that were numbered, in order; a mapped step is one call."""
    found: dict[str, list[Task]] = {}
    for task in flow.tasks:
        function = task.function or (task.tasks[0].function if task.tasks else None)
        if function is not None:
            found.setdefault(f"{function} {_NUMBER.sub('', task.id)}", []).append(task)
    return found


class _Matching:
    """Matches the calls of two graphs, in rounds."""

    def __init__(self, new: Mapping[str, list[Task]], old: Mapping[str, list[Task]]) -> None:
        several = [name for name, calls in new.items() if len(calls) > 1 or len(old.get(name, ())) > 1]
        #: the group of each call that is to be matched, in the order in which they stand
        self._groups = {task.id: name for name in several for task in new[name]}
        self._new = {name: new[name] for name in several}
        self._free = {name: {task.id: task for task in old.get(name, ())} for name in several}
        self._same_given = {name: _by(_given, old.get(name, ())) for name in several}
        self._same_upstreams = {name: _by(_upstreams, old.get(name, ())) for name in several}
        self._before = {task.id for calls in old.values() for task in calls}
        self._literals = {
            name: (Counter(map(_literals, new[name])), Counter(map(_literals, old.get(name, ())))) for name in several
        }
        #: new name -> earlier name
        self._found: dict[str, str] = {}

    def names(self) -> dict[str, str]:
        """Give the earlier name of each call that had another one, or none."""
        for find in (self._same, self._alike, self._in_order):
            # each round goes by what was settled before it, of the calls upstream too
            for name, calls in self._new.items():
                for task in calls:
                    other = None if task.id in self._found else find(name, task)
                    if other is not None:
                        self._settle(name, task, other)
        names = {to: at for to, at in self._found.items() if to != at}
        for name, calls in self._new.items():
            left = [task for task in calls if task.id not in self._found]
            names |= {one.id: NO_NAME for task in left for one in task.walk() if name and task.id in self._before}
        return names

    def _settle(self, name: str, task: Task, other: Task) -> None:
        del self._free[name][other.id]
        self._found[task.id] = other.id
        # the step in a mapped one goes with it
        self._found.update((one.id, its.id) for one, its in zip(task.tasks, other.tasks, strict=False))

    def _same(self, name: str, task: Task) -> Task | None:
        return next(iter(self._still_free(name, self._same_given[name].get(_given(task, self._name), ()))), None)

    def _alike(self, name: str, task: Task) -> Task | None:
        upstreams = _upstreams(task, self._name)
        others = self._still_free(name, self._same_upstreams[name].get(upstreams, ()))
        if not others or len(others) > _MOST:
            return None
        calls = [one for one in self._left(name) if _upstreams(one, self._name) == upstreams]
        return self._clear(name, task, others, calls)

    def _in_order(self, name: str, task: Task) -> Task | None:
        return self._clear(name, task, list(self._free[name].values()), self._left(name))

    def _still_free(self, name: str, among: Iterable[Task]) -> list[Task]:
        return [task for task in among if task.id in self._free[name]]

    def _left(self, name: str) -> list[Task]:
        return [task for task in self._new[name] if task.id not in self._found]

    def _clear(self, name: str, task: Task, others: list[Task], calls: list[Task]) -> Task | None:
        """Give the one that stands where the task stands, unless one of them may be another call."""
        if not others or len(others) != len(calls) or len(calls) > _MOST:
            return None
        other = others[calls.index(task)]
        mine, its = _literals(task), _literals(other)
        now, before = self._literals[name]
        return other if mine == its or (mine not in before and its not in now) else None

    def _name(self, task: str) -> str:
        """Give the earlier name of a call upstream."""
        found = self._found.get(task)
        return found or (_UNMATCHED if task in self._groups else task)


def _by(key: Callable[..., str], calls: Iterable[Task]) -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = {}
    for task in calls:
        found.setdefault(key(task, None), []).append(task)
    return found


def _given(task: Task, name: Naming) -> str:
    """Write what a call is given: its literals, and what it reads."""
    return json.dumps([_told(task, each, value, name) for each, value in _parameters(task)])


def _upstreams(task: Task, name: Naming) -> str:
    told = ([each, *_told(task, each, value, name, literals=False)] for each, value in _parameters(task))
    return json.dumps(list(told))


def _nobody(_name: str) -> str:
    return ""


def _literals(task: Task) -> str:
    """Write what a call is given apart from what it reads."""
    return json.dumps([_told(task, each, value, _nobody) for each, value in _parameters(task)])


def _parameters(task: Task) -> Iterable[tuple[str, Any]]:
    inner = task.tasks[0].properties if task.tasks and task.function is None else {}
    return sorted({**inner, **task.properties}.items())


def _told(task: Task, parameter: str, value: Any, name: Naming, *, literals: bool = True) -> list[Any]:
    kind, what = binding_of(value)
    if kind == "value":
        told = task.digests.get(parameter) or json.dumps(what, sort_keys=True, default=str)
        return [parameter, told if literals else None]
    return [parameter, kind, _named(kind, what, name, literals=literals)]


def _named(kind: str, what: Any, name: Naming, *, literals: bool) -> Any:
    if kind in ("output", "items"):
        return [what[0] if name is None else name(what[0]), *what[1:]]
    if kind in ("list", "tuple"):
        return [_inner(each, name, literals=literals) for each in what]
    if kind == "dict":
        return [[key, _inner(each, name, literals=literals)] for key, each in what]
    return what if literals or kind != "value" else None


def _inner(binding: Mapping[str, Any], name: Naming, *, literals: bool) -> Any:
    ((kind, what),) = binding.items()
    return [kind, _named(kind, what, name, literals=literals)]
