"""What only the pool of threads promises."""

from __future__ import annotations

import threading
import weakref
from typing import Any

import pytest

from dalsegno.executors.inline import InlineExecutor
from dalsegno.executors.port import WorkOrder
from dalsegno.executors.threads import ThreadExecutor

PATIENCE = 20


def ignore(_order: str, _result: Any, _error: BaseException | None) -> None:
    """Take the end of an order and do nothing with it."""


def test_as_many_orders_run_at_the_same_time_as_the_limit_allows() -> None:
    executor, meeting, errors = ThreadExecutor(4), threading.Barrier(4), list[BaseException | None]()
    for number in range(8):
        executor.submit(WorkOrder(str(number), lambda _: meeting.wait(PATIENCE)), lambda _o, _r, e: errors.append(e))
    executor.close()
    assert errors == [None] * 8


def test_never_more_orders_run_at_the_same_time_than_the_limit() -> None:
    executor, lock, running, most = ThreadExecutor(3), threading.Lock(), [0], [0]
    pause = threading.Event()

    def work(_: Any) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        pause.wait(0.005)
        with lock:
            running[0] -= 1

    for number in range(30):
        executor.submit(WorkOrder(str(number), work), ignore)
    executor.close()
    assert most[0] == 3


def test_no_thread_is_started_before_it_is_needed() -> None:
    executor, threads, ended = ThreadExecutor(8), set[str](), threading.Semaphore(0)

    def done(_order: str, result: Any, _error: BaseException | None) -> None:
        threads.add(result)
        ended.release()

    before = threading.active_count()
    executor.submit(WorkOrder("only", lambda _: threading.current_thread().name), done)
    assert ended.acquire(timeout=PATIENCE)
    assert threading.active_count() == before + 1
    executor.close()
    assert threading.active_count() == before
    assert threads == {"dalsegno-worker-1"}


def test_an_idle_thread_keeps_no_data_of_its_last_order() -> None:
    class Big:
        pass

    executor, payload, freed = ThreadExecutor(1), Big(), threading.Event()
    weakref.finalize(payload, freed.set)
    executor.submit(WorkOrder("a", id, payload), ignore)
    del payload
    assert freed.wait(PATIENCE)
    executor.close()


def test_close_from_the_end_of_an_order_does_not_wait_for_itself() -> None:
    executor, closed = ThreadExecutor(1), threading.Event()

    def done(_order: str, _result: Any, _error: BaseException | None) -> None:
        executor.close()
        closed.set()

    executor.submit(WorkOrder("last", abs, 1), done)
    assert closed.wait(PATIENCE)


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one thread, not 0"):
        ThreadExecutor(0)


def test_inline_runs_an_order_on_the_calling_thread_before_submit_returns() -> None:
    seen: list[Any] = []
    InlineExecutor().submit(WorkOrder("a", lambda _: threading.get_ident()), lambda _o, result, _e: seen.append(result))
    assert seen == [threading.get_ident()]
