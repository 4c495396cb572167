"""Names that have changed since the origin: results are matched by the addresses that they would have now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dalsegno.errors import PlanRefusal, closest, did_you_mean
from dalsegno.model.address import Address, parse
from dalsegno.model.run import Result
from dalsegno.replay.select import Nodes


class Renamed:
    """New name -> the origin's name: tasks and loops by id, items of a loop as `each[new]` -> `each[old]`."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = dict(names)
        self._tasks: dict[str, str] = {}
        self._items: dict[tuple[str, str | None], str | None] = {}
        for new, old in names.items():
            self._read(new, old)

    def __bool__(self) -> bool:
        return bool(self._names)

    def _read(self, new: str, old: str) -> None:
        try:
            to, at = parse(new), parse(old)
        except ValueError:
            return
        if to.task is not None and at.task is not None:
            self._tasks[at.task] = to.task
        elif to.task is None and at.task is None:
            self._items[at.items[-1]] = to.items[-1][1]

    def results(self, results: Mapping[str, Result]) -> Mapping[str, Result]:
        """Give the origin's results by the addresses that they would have now."""
        return {self._now(address): result for address, result in results.items()} if self._names else results

    def _now(self, text: str) -> str:
        address = parse(text)
        items = [(self._tasks.get(loop, loop), self._items.get((loop, key), key)) for loop, key in address.items]
        return str(Address(tuple(items), self._tasks.get(address.task or "", address.task)))

    def refusals(self, results: Mapping[str, Result], nodes: Nodes) -> Iterator[PlanRefusal]:
        """Refuse names that are not there."""
        before = {result.task for result in results.values()}
        for new, old in self._names.items():
            for text, known, where in ((new, set(nodes), "this revision"), (old, before, "the origin")):
                try:
                    address = parse(text)
                except ValueError as error:
                    yield PlanRefusal("bad-address", str(error), text)
                    continue
                name = address.task or address.items[-1][0]
                if name not in known:
                    near = closest(name, known)
                    message = f"`--rename {new}={old}`: there is no task `{name}` in {where}{did_you_mean(near)}"
                    yield PlanRefusal("unknown-address", message, text, near)


NOTHING_RENAMED = Renamed({})
