"""The wish that a run stops."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from dalsegno.engine.stopping import Stop


def test_whoever_waits_is_woken_and_every_later_wait_ends_at_once() -> None:
    stop, woken = Stop(), list[bool]()
    thread = threading.Thread(target=lambda: woken.append(stop.wait(30)))
    thread.start()
    stop.set()
    thread.join(10)

    assert woken == [True]
    assert stop.wanted
    assert stop.wait(None)


def test_a_wait_ends_by_itself() -> None:
    stop = Stop()

    assert stop.wait(0.001) is False
    assert not stop.wanted


def test_it_may_be_set_from_a_signal_handler_while_the_same_thread_waits() -> None:
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()
        stop.set()

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        assert stop.wait(20)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_listeners_are_told_once_also_those_that_come_late() -> None:
    stop, told = Stop(), list[str]()
    stop.listen(lambda: told.append("early"))
    stop.set()
    stop.set()
    stop.listen(lambda: told.append("late"))

    assert told == ["early", "late"]
