"""Log lines on their way to the store: on a queue of their own, in chunks, never in a task's transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from dalsegno.errors import DalSegnoError
from dalsegno.model.clock import Clock
from dalsegno.model.progress import Logged, Observer
from dalsegno.model.run import LogLine
from dalsegno.store.port import AppendLogs, Store

#: an attempt keeps this many bytes of its beginning, and as many of its end
KEEP_BYTES = 25_000_000
#: lines wait at most this long, in seconds
DELAY = 0.1
#: and not longer than until there are so many
CHUNK = 1_000


@dataclass(slots=True)
class _Attempt:
    """How much an attempt has written, and its end once that is too much."""

    written: int = 0
    left_out: int = 0
    tail_bytes: int = 0
    last: float = 0.0
    tail: deque[LogLine] = field(default_factory=deque[LogLine])


class LogWriter:
    """Takes lines from any thread and writes them in the background."""

    def __init__(self, store: Store, run: str, *, keep_bytes: int | None = None) -> None:
        self._store = store
        self._run = run
        self._keep = KEEP_BYTES if keep_bytes is None else keep_bytes
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, int], list[LogLine]] = {}
        self._attempts: dict[tuple[str, int], _Attempt] = {}
        self._count = 0
        self._wake = threading.Event()
        self._flushing = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None

    def add(self, task_run: str, attempt: int, line: LogLine) -> None:
        """Take a line."""
        key = (task_run, attempt)
        with self._lock:
            known = self._attempts.setdefault(key, _Attempt())
            size = len(line.text.encode("utf-8", "surrogatepass")) + 1
            if known.written + size > self._keep or known.tail or known.left_out:
                self._to_tail(known, line, size)
                return
            known.written += size
            self._waiting.setdefault(key, []).append(line)
            self._count += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="dalsegno-logs", daemon=True)
                self._thread.start()
            if self._count >= CHUNK:
                self._wake.set()

    def _to_tail(self, known: _Attempt, line: LogLine, size: int) -> None:
        known.tail.append(line)
        known.last = line.at
        known.tail_bytes += size
        while known.tail_bytes > self._keep:
            known.tail_bytes -= len(known.tail.popleft().text.encode("utf-8", "surrogatepass")) + 1
            known.left_out += 1

    def end_attempt(self, task_run: str, attempt: int) -> None:
        """Write what is left of an attempt: the end of a long log, after a line that says how much is left out."""
        key = (task_run, attempt)
        with self._lock:
            known = self._attempts.pop(key, None)
            if known is None or not (known.tail or known.left_out):
                return
            lines = self._waiting.setdefault(key, [])
            if known.left_out:
                text = f"... {known.left_out} lines left out: this attempt wrote more than is kept of one"
                lines.append(LogLine(known.last, "WARNING", text))
            lines.extend(known.tail)
            self._count += len(known.tail)

    def flush(self) -> None:
        """Write all lines taken so far."""
        with self._flushing:
            with self._lock:
                waiting, self._waiting, self._count = self._waiting, {}, 0
                self._wake.clear()
            writes = [
                AppendLogs(self._run, task_run, attempt, tuple(lines)) for (task_run, attempt), lines in waiting.items()
            ]
            try:
                if writes:
                    self._store.commit(None, writes)
            except DalSegnoError:
                self._put_back(waiting)
                raise

    def _put_back(self, waiting: dict[tuple[str, int], list[LogLine]]) -> None:
        with self._lock:
            for key, lines in waiting.items():
                self._waiting[key] = [*lines, *self._waiting.get(key, ())]
                self._count += len(lines)

    def close(self) -> None:
        """Write everything and end."""
        for task_run, attempt in list(self._attempts):
            self.end_attempt(task_run, attempt)
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _work(self) -> None:
        while not self._closed:
            self._wake.wait(DELAY)
            try:
                self.flush()
            except DalSegnoError:
                # the store is away: the lines wait, and the next commit of the engine tells the fault
                continue


class AttemptLog:
    """Where one attempt writes lines: to the writer, and to whoever watches."""

    def __init__(
        self,
        writer: LogWriter,
        clock: Clock,
        *,
        task_run: str,
        address: str,
        attempt: int,
        observer: Observer | None,
        mask: Callable[[str], str] = str,
    ) -> None:  # fmt: skip
        self._mask = mask
        self._writer = writer
        self._clock = clock
        self._task_run = task_run
        self._address = address
        self._attempt = attempt
        self._observer = observer

    def debug(self, text: str) -> None:
        """Add a line for developers."""
        self._add("DEBUG", text)

    def info(self, text: str) -> None:
        """Add a line that tells what is done."""
        self._add("INFO", text)

    def warning(self, text: str) -> None:
        """Add a line about something that may be wrong."""
        self._add("WARNING", text)

    def error(self, text: str) -> None:
        """Add a line about something that is wrong."""
        self._add("ERROR", text)

    def stream(self, name: Literal["stdout", "stderr"], text: str) -> None:
        """Add a line that a script wrote."""
        self._add("INFO" if name == "stdout" else "WARNING", text, stream=name)

    def _add(self, level: str, text: str, *, stream: str = "log") -> None:
        line = LogLine(self._clock.now(), level, self._mask(text), stream)
        self._writer.add(self._task_run, self._attempt, line)
        if self._observer is not None:
            self._observer(Logged(self._address, self._attempt, line))
