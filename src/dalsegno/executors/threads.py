"""Runs orders on a pool of threads that grows as it is used."""

from __future__ import annotations

import threading
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any

from dalsegno.executors.port import Done, WorkOrder

_Item = tuple[WorkOrder, Done, Context]


class ThreadExecutor:
    """An executor of at most `limit` daemon threads. A thread is started when all others are busy.

    Daemon threads, because a task that hangs must not keep the process alive after Ctrl-C.
    """

    def __init__(self, limit: int, *, name: str = "dalsegno-worker") -> None:
        if limit < 1:
            raise ValueError(f"an executor needs at least one thread, not {limit}")
        self._limit = limit
        self._name = name
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._unfinished = 0
        self._closed = False

    def submit(self, order: WorkOrder, done: Done) -> None:
        """Put an order in the queue; it begins as soon as a thread is free."""
        with self._lock:
            if self._closed:
                raise RuntimeError(f"order `{order.id}` came after the executor was closed")
            self._unfinished += 1
            if len(self._threads) < min(self._unfinished, self._limit):
                self._grow()
            self._queue.put((order, done, copy_context()))

    def close(self) -> None:
        """Take no more orders and wait for all that were taken."""
        with self._lock:
            if not self._closed:
                self._closed = True
                for _ in self._threads:
                    self._queue.put(None)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _grow(self) -> None:
        thread = threading.Thread(target=self._work, name=f"{self._name}-{len(self._threads) + 1}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            _perform(*item)
            # an idle thread must not keep the last order's data alive
            del item
            with self._lock:
                self._unfinished -= 1


def _perform(order: WorkOrder, done: Done, context: Context) -> None:
    result: Any = None
    error: BaseException | None = None
    try:
        result = context.run(order.entry, order.payload)
    except BaseException as raised:  # noqa: BLE001 (whatever ends the order is its result)
        error = raised
    try:
        done(order.id, result, error)
    except BaseException as raised:  # noqa: BLE001 (a listener's fault must not end the thread that others wait for)
        told = (type(raised), raised, raised.__traceback__, threading.current_thread())
        threading.excepthook(threading.ExceptHookArgs(told))
