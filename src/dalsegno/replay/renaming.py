"""Names that have changed since the origin: results are matched by the addresses that they would have now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from dalsegno.errors import PlanRefusal, closest, did_you_mean
from dalsegno.model.address import Address, parse
from dalsegno.model.run import Result
from dalsegno.replay.select import Nodes

#: the earlier name of what has none: it matches nothing of the origin, whatever that has under its own name
NO_NAME = ""

_Item = tuple[str, str | None]


class Renamed:
    """New name -> the origin's name: tasks and loops by id, items of a loop as `each[new]` -> `each[old]`, and single
    task runs by their whole address. The more exact name wins. A name that is given away has no result of its own.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = dict(names)
        #: the origin's name -> the new one
        self._tasks: dict[str, str] = {}
        self._items: dict[_Item, _Item] = {}
        self._exact: dict[str, str] = {}
        self._unmatched = {new for new, old in names.items() if old == NO_NAME}
        for new, old in names.items():
            self._read(new, old)

    def __bool__(self) -> bool:
        return bool(self._names)

    def _read(self, new: str, old: str) -> None:
        try:
            to, at = parse(new), parse(old)
        except ValueError:
            return
        if to.task is None and at.task is None:
            self._items[at.items[-1]] = to.items[-1]
        elif to.task is not None and at.task is not None:
            if to.items or at.items:
                self._exact[str(at)] = str(to)
            else:
                self._tasks[at.task] = to.task

    def old(self, task: str) -> str:
        """Give the id that a task had in the origin; `NO_NAME` if it had none."""
        if task in self._unmatched:
            return NO_NAME
        return next((old for old, new in self._tasks.items() if new == task), task)

    def results(self, results: Mapping[str, Result]) -> Mapping[str, Result]:
        """Give the origin's results by the addresses, and with the tasks, that they would have now."""
        if not self._names:
            return results
        moved: dict[str, Result] = {}
        others: dict[str, Result] = {}
        for address, result in results.items():
            now = self._now(address)
            if now is None:
                others[address] = result
            else:
                moved[str(now)] = replace(result, task=now.task or result.task)
        taken = {*self._tasks.values(), *self._unmatched}
        for address, result in others.items():
            if result.task not in taken and not self._given_away(address):
                moved.setdefault(address, result)
        return moved

    def _given_away(self, text: str) -> bool:
        """Whether an item above this address has its name from another one now."""
        given = set(self._items.values())
        return bool(given) and any(item in given for item in parse(text).items)

    def _now(self, text: str) -> Address | None:
        if text in self._exact:
            return parse(self._exact[text])
        address = parse(text)
        items = tuple(self._item_now(item) for item in address.items)
        now = Address(items, self._tasks.get(address.task or "", address.task))
        return None if now == address else now

    def _item_now(self, item: _Item) -> _Item:
        if item in self._items:
            return self._items[item]
        return self._tasks.get(item[0], item[0]), item[1]

    def refusals(self, tasks: Iterable[str], nodes: Nodes) -> Iterator[PlanRefusal]:
        """Refuse names that are not there, and those that are given twice.

        Parameters
        ----------
        tasks : the ids of the tasks that the origin had, those that never began too.
        """
        before = set(tasks)
        seen: dict[str, str] = {}
        for new, old in self._names.items():
            if old == NO_NAME:
                yield from _unknown(f"`--rename {new}=`", new, set(nodes), "this revision")
                continue
            told = f"`--rename {new}={old}`"
            wrong = [*_unknown(told, new, set(nodes), "this revision"), *_unknown(told, old, before, "the origin")]
            yield from wrong
            if wrong:
                continue
            if (parse(new).task is None) != (parse(old).task is None):
                yield PlanRefusal("bad-address", f"{told}: one of them is an item of a loop, the other is a task", new)
            if old in seen:
                message = f"`{old}` of the origin cannot be both `{seen[old]}` and `{new}`; drop one of them"
                yield PlanRefusal("contradiction", message, new)
            seen[old] = new


def _unknown(told: str, text: str, known: set[str], where: str) -> Iterator[PlanRefusal]:
    try:
        address = parse(text)
    except ValueError as error:
        yield PlanRefusal("bad-address", str(error), text)
        return
    name = address.task or address.items[-1][0]
    if name not in known:
        near = closest(name, known)
        yield PlanRefusal(
            "unknown-address", f"{told}: there is no task `{name}` in {where}{did_you_mean(near)}", text, near
        )


NOTHING_RENAMED = Renamed({})
