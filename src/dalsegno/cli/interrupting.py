"""Ctrl-C: the first ends the run cleanly, so that it can be replayed; the second ends the process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType, TracebackType
from typing import Any, Self

from dalsegno.cli.exit_codes import SIGNALLED

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """Turns signals into the wish that the run ends, while it is entered.

    Parameters
    ----------
    notice : is called at the first signal, after the run was told.
    """

    def __init__(self, notice: Callable[[], None]) -> None:
        self._notice = notice
        self._stop: Callable[[], None] | None = None
        self._before: dict[int, Any] = {}
        # a handler may stand in the middle of anything: putting into this queue is all that it may safely do
        self._signals: SimpleQueue[bool] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="dalsegno-interrupt", daemon=True)
        self.number: int | None = None

    @property
    def exit_code(self) -> int | None:
        """What the process ends with if it was interrupted."""
        return None if self.number is None else SIGNALLED + self.number

    def arm(self, stop: Callable[[], None]) -> None:
        """Take the function that ends the run; where a signal has come before, it is called at once."""
        self._stop = stop
        if self.number is not None:
            stop()

    def __enter__(self) -> Self:
        self._thread.start()
        for number in _SIGNALS:
            try:
                self._before[number] = signal.signal(number, self._handle)
            except ValueError:  # only the main thread may; elsewhere whoever embeds this deals with signals
                break
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._signals.put(False)  # noqa: FBT003 - the end
        self._thread.join()

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - what a handler is given
        if self.number is not None:
            os._exit(SIGNALLED + number)
        self.number = number
        self._signals.put(True)  # noqa: FBT003 - a signal has come

    def _work(self) -> None:
        while self._signals.get():
            if self._stop is not None:
                self._stop()
            self._notice()
