"""Bugs planted in the planner: each must be caught, or the oracle sees nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.oracle.generator import story
from tests.oracle.judge import Player

from dalsegno.model.plan import Action
from dalsegno.model.run import Result
from dalsegno.replay import plan
from dalsegno.replay.decide import Decider
from dalsegno.replay.decide_task import Wish
from dalsegno.replay.edges import Flowing, Scope
from dalsegno.replay.resolve import keeps_origin


class ReaderKept(Decider):
    """Forgets that what reads something that runs must run."""

    def _hit(self, task: Any, scope: Scope, flowing: Flowing) -> str | None:
        return super()._hit(replace(task, reads=()), scope, flowing)


class ItemSwapped(Decider):
    """Matches the items of a loop by the order in which they stand, turned round."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        swapped = dict(self._results)
        for loop in self._results.values():
            keys = loop.keys or ()
            for key, other in zip(keys, reversed(keys), strict=True):
                swapped.update(_moved(self._results, f"{loop.address}[{key}].", f"{loop.address}[{other}]."))
        self._results = swapped


def _moved(results: Any, before: str, after: str) -> dict[str, Result]:
    found = {after + name.removeprefix(before): result for name, result in results.items() if name.startswith(before)}
    return {name: result for name, result in found.items() if name in results}


class PinsReaderKept(Decider):
    """Takes a given result as if it were the origin's."""

    def _pin(self, task: Any, scope: Scope, flowing: Flowing, *, wish: Wish, result: Result | None) -> Flowing:
        if keeps_origin(wish.pin):
            return super()._pin(task, scope, flowing, wish=wish, result=result)
        self._put(task, scope, Action.PIN, "its result is given", result)
        return flowing


class ChangeForgotten(Decider):
    """Keeps what reads something that changed, without a look at its turn."""

    def _check(self, task: Any, scope: Scope, flowing: Flowing) -> str | None:
        return None


@pytest.mark.parametrize("bug", [ReaderKept, ItemSwapped, PinsReaderKept, ChangeForgotten])
def test_a_planted_bug_is_caught(bug: type[Decider], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "Decider", bug)
    for seed in range(1000):
        problems = Player(story(seed)).play()
        if problems:
            assert "a whole run" in "".join(problems), problems
            return
    pytest.fail(f"no story of the first 1000 shows {bug.__name__}")
