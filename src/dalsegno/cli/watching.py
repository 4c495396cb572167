"""Watching a run while it is executed: an observer that keeps count, and tells a person what happens."""

from __future__ import annotations

import threading
from collections import Counter, deque
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from dalsegno.cli.items import ItemLines
from dalsegno.cli.render.lines import Line
from dalsegno.cli.render.outcome import Failure
from dalsegno.cli.render.progress import (
    ended_line,
    logged_line,
    paused_line,
    retried_line,
    run_retried_line,
    running_line,
)
from dalsegno.cli.terminal import Terminal, as_text
from dalsegno.model.plan import Action
from dalsegno.model.progress import Logged, Progress, RunRetried, TaskMoved
from dalsegno.model.state import State

if TYPE_CHECKING:
    from rich.live import Live

_TICK = 0.125


class Told(Protocol):
    """Takes the lines of a run, and what runs at the moment."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
    def line(self, line: Line) -> None:
        """Take a line that stays."""
        ...


class Watcher:
    """Observes a run. May be told things from any thread.

    Parameters
    ----------
    told : where lines go; nothing to keep count only.
    words : whether states are spelt out, for what is no screen.
    verbose : whether log lines are told too.
    """

    def __init__(self, *, words: bool, verbose: bool = False) -> None:
        self.told: Told | None = None
        self.ended = Counter[str]()
        self._failures: dict[str, Failure] = {}
        self._running: dict[str, float] = {}
        self._began = monotonic()
        self._words = words
        self._items = ItemLines(words=words)
        self._verbose = verbose
        self._lock = threading.Lock()

    def __call__(self, event: Progress) -> None:
        """Take what the engine tells."""
        line: Line | None = None
        with self._lock:
            if isinstance(event, TaskMoved):
                line = self._moved(event)
            elif isinstance(event, RunRetried):
                self._failures.clear()
                self.ended.clear()
                line = run_retried_line(event, words=self._words)
            elif isinstance(event, Logged) and self._verbose:
                line = logged_line(event)
            if line is not None and self.told is not None:
                self.told.line(line)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The tasks that failed so far."""
        with self._lock:
            return tuple(self._failures.values())

    def now_running(self, width: int) -> Line:
        """Give the line that says what runs."""
        with self._lock:
            at = monotonic()
            running = {address: at - since for address, since in self._running.items()}
            return running_line(running, done=self.ended.total(), elapsed=at - self._began, width=width)

    def _moved(self, event: TaskMoved) -> Line | None:
        if event.state is State.PAUSED:
            self._running.pop(event.address, None)
            return paused_line(event, words=self._words)
        if event.group:
            return self._group_moved(event)
        if event.state is State.RUNNING:
            self._running.setdefault(event.address, monotonic())
            return None
        self._running.pop(event.address, None)
        if not event.state.ended:
            return retried_line(event, words=self._words)
        self.ended[_how(event)] += 1
        if event.state is State.FAILED:
            self._failures[event.address] = Failure(event.address, event.attempt, event.error or {})
        return self._items.line(event)

    def _group_moved(self, event: TaskMoved) -> Line | None:
        """A group fails with what it holds, and that is told already; only its own failure is news."""
        if event.state is not State.FAILED or not event.error or self._failures:
            return self._items.group_line(event)
        self._failures[event.address] = Failure(event.address, event.attempt, event.error)
        return ended_line(event, words=self._words)


def _how(event: TaskMoved) -> str:
    """Say how a task is counted that has ended."""
    if event.action is Action.PIN:
        return "pinned"
    if event.state is State.FAILED:
        return "failed"
    return "skipped" if event.state is State.SKIPPED else "ran"


class PlainLines:
    """Writes lines as they come, for logs and pipes."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """There is nothing to put away."""

    def line(self, line: Line) -> None:
        """Write a line."""
        self._terminal.tell([line])


class LiveLines:
    """Writes lines to a terminal, with one below them that tells what runs. The engine never waits for the screen."""

    def __init__(self, terminal: Terminal, watcher: Watcher) -> None:
        self._terminal = terminal
        self._watcher = watcher
        self._waiting: deque[Line] = deque()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="dalsegno-progress", daemon=True)
        self._live: Live | None = None

    def __enter__(self) -> Self:
        from rich.live import Live

        console = self._terminal.console(err=True)
        self._live = Live(
            console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._live.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Write what is left, and take the last line away."""
        self._over.set()
        self._thread.join()
        self._write_waiting()
        if self._live is not None:
            self._live.stop()

    def line(self, line: Line) -> None:
        """Take a line; it is written a moment later."""
        self._waiting.append(line)

    def _work(self) -> None:
        while not self._over.wait(_TICK):
            self._write_waiting()
            if self._live is not None:
                self._live.update(as_text(self._watcher.now_running(self._terminal.columns(err=True))), refresh=True)

    def _write_waiting(self) -> None:
        if not self._waiting:
            return
        lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
        self._terminal.tell(lines)


def teller(terminal: Terminal, watcher: Watcher) -> Told:
    """Give what suits the standard error stream: a live screen, or plain lines."""
    import os

    screen = terminal.stream(err=True).isatty() and os.environ.get("TERM") != "dumb"
    return LiveLines(terminal, watcher) if screen else PlainLines(terminal)
