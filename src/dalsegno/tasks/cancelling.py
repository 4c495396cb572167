"""Stopping what blocks: a read from a socket or a wait for a process cannot ask now and then whether to go on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from dalsegno.errors import Cancelled
from dalsegno.tasks.base import TaskContext

#: how long the watching thread may outlive what it watched
_LINGER = 0.5


@contextmanager
def on_cancel(context: TaskContext, stop: Callable[[], None]) -> Generator[None]:
    """Call `stop` from another thread the moment the task is told to stop, as long as the block runs.

    `stop` makes whatever the block waits for end; the block then finds out by `context.check_cancelled()`.
    """
    mutex = threading.Lock()
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            try:
                context.wait(_LINGER)
            except Cancelled:
                with mutex:
                    if not ended.is_set():
                        stop()
                return

    threading.Thread(target=watch, name="watch-cancel", daemon=True).start()
    try:
        yield
    finally:
        with mutex:
            ended.set()
