"""A process with all its children: its lines as they come, and an end for everything it started.

The process leads a group of its own. It is not reaped before the whole group has been ended, so that the number of the
group cannot meanwhile belong to somebody else.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, cast

from dalsegno.tasks import guardian

StreamName = Literal["stdout", "stderr"]

#: a line longer than this many bytes comes in pieces
LONGEST_LINE = 1 << 20
_READ = 1 << 16
#: the most that a pipe holds unless root raised it
_PIPE = 1 << 20


class ProcessGroup:
    """A running command and what it starts.

    Parameters
    ----------
    command : program and arguments.
    cwd : the folder it runs in.
    env : all its variables.
    on_line : called with the name of the stream and each line, on the thread that waits.
    grace : how many seconds it has between being asked to stop and being killed.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_line: Callable[[StreamName, str], None],
        grace: float,
    ) -> None:
        self._on_line = on_line
        self._grace = grace
        self._deadline: float | None = None
        self._mutex = threading.Lock()
        self._gone = False
        self._wake_read, self._wake_write = os.pipe()
        try:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except BaseException:
            os.close(self._wake_read)
            os.close(self._wake_write)
            raise
        guardian.guard(self._process.pid)
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="watch-process", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Ask the whole group to stop; what is left of it after the grace is killed. May be called from any thread."""
        with self._mutex:
            if self._gone or self._deadline is not None:
                return
            self._deadline = time.monotonic() + self._grace
            self._signal(signal.SIGTERM)
            self._wake()

    def wait(self) -> int:
        """Give every line to `on_line`, wait for the end, kill what was left behind, and give the exit code."""
        try:
            self._read_lines()
        finally:
            self._signal(signal.SIGKILL)
            self._watcher.join()
            with self._mutex:
                self._gone = True
                self._release()
        return self._process.returncode

    def _release(self) -> None:
        guardian.release(self._process.pid)
        self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _watch(self) -> None:
        """Notice that the process ended, without reaping it where the system can do that."""
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._process.wait()
        self._ended.set()
        self._wake()

    def _wake(self) -> None:
        os.write(self._wake_write, b"!")

    def _signal(self, number: int) -> None:
        # macOS answers EPERM for a group of which only the dead leader is left
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _read_lines(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            streams: dict[int, _Lines] = {}
            for name, pipe in (("stdout", self._process.stdout), ("stderr", self._process.stderr)):
                assert pipe is not None  # noqa: S101 - both are asked for above
                os.set_blocking(pipe.fileno(), False)
                streams[pipe.fileno()] = _Lines(cast("StreamName", name), self._on_line)
                selector.register(pipe, selectors.EVENT_READ)
            while not self._is_over(streams):
                for key, _ in selector.select(self._patience()):
                    if key.fd == self._wake_read:
                        os.read(self._wake_read, _READ)
                    elif streams[key.fd].read(key.fd):
                        selector.unregister(key.fileobj)
        self._signal(signal.SIGKILL)
        for descriptor, lines in streams.items():
            lines.drain(descriptor)

    def _is_over(self, streams: Mapping[int, _Lines]) -> bool:
        if not self._ended.is_set():
            return self._deadline is not None and time.monotonic() >= self._deadline
        if self._deadline is None:
            return True
        # a child that still cleans up keeps the pipes open, and has the grace for it
        return all(lines.closed for lines in streams.values()) or time.monotonic() >= self._deadline

    def _patience(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())


class _Lines:
    """The lines of one stream."""

    def __init__(self, name: StreamName, on_line: Callable[[StreamName, str], None]) -> None:
        self._name: StreamName = name
        self._on_line = on_line
        self._rest = b""
        self.closed = False

    def read(self, descriptor: int) -> bool:
        """Read what there is and give its whole lines; tell whether the stream has ended."""
        data = os.read(descriptor, _READ)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._give(line)
        if len(self._rest) >= LONGEST_LINE:
            self.finish()
        self.closed = not data
        return self.closed

    def drain(self, descriptor: int) -> None:
        """Read what the process wrote last. A process that got away may still be writing: no more than a pipe holds."""
        with suppress(BlockingIOError):
            for _ in range(_PIPE // _READ):
                if self.closed or self.read(descriptor):
                    break
        self.finish()

    def finish(self) -> None:
        """Give the last line, which has no end of its own."""
        if self._rest:
            self._give(self._rest)
            self._rest = b""

    def _give(self, line: bytes) -> None:
        self._on_line(self._name, line.removesuffix(b"\r").decode("utf-8", "replace"))
