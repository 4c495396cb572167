"""What every executor does, whichever way it runs orders."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import pytest

from dalsegno.executors.port import Executor, WorkOrder

PATIENCE = 20


class Ends:
    """Keeps what `done` was told, and lets a test wait for a number of ends."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any, BaseException | None]] = []
        self._changed = threading.Condition()

    def __call__(self, order: str, result: Any, error: BaseException | None) -> None:
        with self._changed:
            self.told.append((order, result, error))
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[tuple[str, Any, BaseException | None]]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.told) >= count, PATIENCE), self.told
            return list(self.told)


def fail(error: BaseException) -> None:
    raise error


def test_an_order_gives_its_result_under_its_id(executor: Executor) -> None:
    ends = Ends()
    executor.submit(WorkOrder("a", str.upper, "text"), ends)
    assert ends.wait_for(1) == [("a", "TEXT", None)]


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()], ids=repr)
def test_an_error_of_any_kind_is_told_as_the_end_of_the_order(executor: Executor, error: BaseException) -> None:
    ends = Ends()
    executor.submit(WorkOrder("bad", fail, error), ends)
    assert ends.wait_for(1) == [("bad", None, error)]


def test_an_order_after_a_failed_one_runs(executor: Executor) -> None:
    ends = Ends()
    executor.submit(WorkOrder("bad", fail, SystemExit()), ends)
    executor.submit(WorkOrder("good", abs, -1), ends)
    assert ("good", 1, None) in ends.wait_for(2)


def test_the_end_of_each_of_many_orders_is_told_exactly_once(executor: Executor) -> None:
    ends = Ends()
    for number in range(2000):
        executor.submit(WorkOrder(str(number), abs, -number), ends)
    executor.close()
    assert Counter(order for order, _, _ in ends.told) == Counter(map(str, range(2000)))
    assert all(result == int(order) for order, result, _ in ends.told)


def test_done_is_called_once_even_where_it_fails_itself(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", list[Any]().append)
    calls: list[str] = []

    def broken(order: str, _result: Any, _error: BaseException | None) -> None:
        calls.append(order)
        raise LookupError("the listener is broken")

    ends = Ends()
    with suppress(LookupError):
        executor.submit(WorkOrder("first", abs, -1), broken)
    executor.submit(WorkOrder("second", abs, -2), ends)
    executor.close()
    assert calls == ["first"]
    assert ends.told == [("second", 2, None)]


def test_an_order_submitted_from_the_end_of_another_runs(executor: Executor) -> None:
    ends = Ends()

    def and_then(order: str, result: Any, error: BaseException | None) -> None:
        ends(order, result, error)
        executor.submit(WorkOrder("next", abs, -2), ends)

    executor.submit(WorkOrder("first", abs, -1), and_then)
    assert ends.wait_for(2) == [("first", 1, None), ("next", 2, None)]


def test_close_waits_for_what_runs_and_for_what_is_queued(executor: Executor) -> None:
    ends, go = Ends(), threading.Event()
    opener = threading.Timer(0.05, go.set)
    opener.start()
    for number in range(8):
        executor.submit(WorkOrder(str(number), lambda _: go.wait(PATIENCE), None), ends)
    executor.close()
    opener.join()
    assert [result for _, result, _ in ends.told] == [True] * 8


def test_a_closed_executor_refuses_orders_and_may_be_closed_again(executor: Executor) -> None:
    ends = Ends()
    executor.close()
    executor.close()
    with pytest.raises(RuntimeError, match="order `late` came after the executor was closed"):
        executor.submit(WorkOrder("late", abs, 1), ends)
    assert ends.told == []


def test_an_order_sees_the_context_variables_of_its_submitter_and_hands_none_on(executor: Executor) -> None:
    colour: ContextVar[str] = ContextVar("colour", default="none")
    ends = Ends()

    def repaint(new: str) -> str:
        seen = colour.get()
        colour.set(new)
        return seen

    colour.set("red")
    executor.submit(WorkOrder("a", repaint, "green"), ends)
    ends.wait_for(1)
    executor.submit(WorkOrder("b", repaint, "blue"), ends)
    assert [seen for _, seen, _ in ends.wait_for(2)] == ["red", "red"]
    assert colour.get() == "red"
