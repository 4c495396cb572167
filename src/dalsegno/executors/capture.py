"""Takes what users' code prints and logs in this process, thread by thread, and lets it through as well.

    with captured(on_line):
        print("goes to the terminal, and to on_line")

Output is told apart by a context variable: threads that the code starts with a copy of its context count as its own.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

#: takes `stdout`, `stderr` or a level, and one line
OnLine = Callable[[str, str], None]

#: how much without an end of line is held back at most
_HELD = 8192

_lock = threading.Lock()
_users = 0
_streams: list[tuple[str, _Tee]] = []


class _Sink:
    """Puts what is written together into lines."""

    def __init__(self, on_line: OnLine) -> None:
        self._on_line = on_line
        self._lock = threading.Lock()
        self._begun: dict[str, str] = {}
        self._held: dict[str, str] = {}

    def pass_on(self, stream: str, text: str = "", *, all: bool = False) -> str:
        """Give what is to be shown now: whole lines, so that those of steps side by side do not mix; or all that is held."""
        with self._lock:
            held = self._held.get(stream, "") + text
            cut = len(held) if all or len(held) > _HELD else max(held.rfind("\n"), held.rfind("\r")) + 1
            self._held[stream] = held[cut:]
        return held[:cut]

    def write(self, stream: str, text: str) -> None:
        """Take a piece of text."""
        with self._lock:
            *lines, rest = (self._begun.get(stream, "") + text).split("\n")
            self._begun[stream] = rest
        for line in lines:
            self._on_line(stream, line)

    def tell(self, level: str, text: str) -> None:
        """Take a line of a log."""
        for line in text.split("\n"):
            self._on_line(level, line)

    def finish(self) -> None:
        """Give what is left without an end of line."""
        for stream, rest in self._begun.items():
            if rest:
                self._on_line(stream, rest)


_sink: ContextVar[_Sink | None] = ContextVar("dalsegno_captured", default=None)


class _Tee:
    """A stream that also tells the sink of whoever writes."""

    def __init__(self, name: str, stream: Any) -> None:
        self.stream = stream
        self._name = name

    def write(self, text: str) -> int:
        """Write, and tell."""
        sink = _sink.get()
        if sink is None:
            written = self.stream.write(text)
            return len(text) if written is None else written
        sink.write(self._name, text)
        shown = sink.pass_on(self._name, text)
        if shown:
            self.stream.write(shown)
        return len(text)

    def flush(self) -> None:
        """Show what has no end of line yet."""
        sink = _sink.get()
        if sink is not None:
            self.release(sink)
        self.stream.flush()

    def release(self, sink: _Sink) -> None:
        """Show what is held back."""
        rest = sink.pass_on(self._name, all=True)
        if rest:
            self.stream.write(rest)

    def writelines(self, lines: Any) -> None:
        """Write several pieces."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class _Handler(logging.Handler):
    """Tells records of `logging` to the sink of whoever logs."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record; where nobody else shows it, show it as `logging` itself would."""
        sink = _sink.get()
        token = _sink.set(None)
        try:
            if sink is not None:
                sink.tell(level_of(record.levelno), self.format(record))
            if logging.root.handlers == [self] and logging.lastResort is not None and record.levelno >= logging.WARNING:
                logging.lastResort.handle(record)
        finally:
            _sink.reset(token)


_handler = _Handler()


def level_of(number: int) -> str:
    """Give the level of a line of a run's log for a level of `logging`."""
    if number >= logging.ERROR:
        return "ERROR"
    if number >= logging.WARNING:
        return "WARNING"
    return "INFO" if number >= logging.INFO else "DEBUG"


@contextmanager
def captured(on_line: OnLine) -> Generator[None]:
    """Have all that is printed and logged in this context told to a function, a line at a time."""
    sink = _Sink(on_line)
    _enter()
    token = _sink.set(sink)
    try:
        yield
    finally:
        _sink.reset(token)
        for _, tee in _streams:
            tee.release(sink)
        _leave()
        sink.finish()


def _enter() -> None:
    global _users  # noqa: PLW0603 - the streams are the process's own
    with _lock:
        _users += 1
        if _users > 1:
            return
        logging.root.addHandler(_handler)
        for name in ("stdout", "stderr"):
            tee = _Tee(name, getattr(sys, name))
            _streams.append((name, tee))
            setattr(sys, name, tee)


def _leave() -> None:
    global _users  # noqa: PLW0603
    with _lock:
        _users -= 1
        if _users:
            return
        logging.root.removeHandler(_handler)
        while _streams:
            name, tee = _streams.pop()
            # whoever has put another stream in its place keeps that
            if getattr(sys, name) is tee:
                setattr(sys, name, tee.stream)
