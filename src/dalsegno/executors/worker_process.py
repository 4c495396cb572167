"""One worker process, seen from the pool: started from a fresh interpreter, asked, watched, ended."""

from __future__ import annotations

import codecs
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, Literal

from dalsegno.executors import wire

StreamName = Literal["stdout", "stderr"]
OnLine = Callable[[StreamName, str], None]

#: seconds between two looks at whether the call was cancelled
TICK = 0.05
#: seconds between SIGTERM and SIGKILL
GRACE = 3.0
_MOST_LINE = 1 << 16


class WorkerLostError(Exception):
    """The process ended before it answered. `started` tells whether any of the user's code may have run."""

    def __init__(self, exit_code: int, *, started: bool) -> None:
        super().__init__(exit_code, started)
        self.exit_code = exit_code
        self.started = started


class _Lines:
    """Cuts what a stream brings into lines; what is too long for a line is cut as it comes."""

    def __init__(self, stream: StreamName, on_line: OnLine) -> None:
        self._stream: StreamName = stream
        self._on_line = on_line
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""

    def feed(self, data: bytes, *, final: bool = False) -> None:
        *whole, self._rest = (self._rest + self._decode(data, final)).split("\n")
        for line in whole:
            self._on_line(self._stream, line.removesuffix("\r"))
        if len(self._rest) > _MOST_LINE or (final and self._rest):
            rest, self._rest = self._rest, ""
            self._on_line(self._stream, rest)


class WorkerProcess:
    """A process of its own group that runs one call at a time.

    Raises
    ------
    OSError : the process could not be started, for one because `cwd` is no folder.
    """

    def __init__(self, *, cwd: str, path: Sequence[str], environ: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair()
        # -P: a file in the working directory must not replace a module that the worker itself needs
        command = [sys.executable, "-P", "-m", "dalsegno.executors.worker", str(theirs.fileno()), *path]
        try:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                pass_fds=(theirs.fileno(),),
                process_group=0,
            )
        except BaseException:
            self._socket.close()
            raise
        finally:
            theirs.close()
        #: the id may belong to somebody else by now
        self._gone = False
        #: versions of the packages that the process has imported, as of its last answer
        self.imported: Mapping[str, str] = {}
        self._reader = wire.FrameReader()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ, "answer")
        for name, pipe in self._pipes():
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ, name)

    @property
    def pid(self) -> int:
        """The id of the process, and of its group."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def ask(self, request: wire.Request, *, on_line: OnLine, check: Callable[[], None]) -> tuple[Any, ...]:
        """Have a request answered; lines that the call prints are handed on as they come.

        Parameters
        ----------
        check : called several times a second; what it raises ends the process and is raised here.

        Raises
        ------
        WorkerLostError : the process ended without an answer.
        """
        self._copy({})
        lines = {name: _Lines(name, on_line) for name, _ in self._pipes()}
        try:
            return self._converse(request, lines, check)
        except BaseException:
            self._stop(lines)
            raise
        finally:
            self._copy(lines)
            for rest in lines.values():
                rest.feed(b"", final=True)

    def hang_up(self) -> None:
        """Tell an idle process to end, without waiting for it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """End an idle process: in peace if it does so within the grace, else by force."""
        self.hang_up()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        self.kill()
        self._close()

    def kill(self) -> None:
        """End the process and what it has started, at once. May be called while another thread is in `ask`."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._gone = True

    def _converse(
        self, request: wire.Request, lines: Mapping[str, _Lines], check: Callable[[], None]
    ) -> tuple[Any, ...]:
        started = False
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(wire.frame(request))
        while True:
            # asked before reading: the last answer of a process that has ended since is not missed
            ended = not self.alive
            for answer in self._wait(lines, 0 if ended else TICK):
                if answer[0] == wire.IMPORTED:
                    self.imported = answer[1]
                elif answer[0] == wire.STARTED:
                    started = True
                else:
                    return answer
            check()
            if ended or self._socket not in self._selector.get_map():
                raise WorkerLostError(self._exit_code(), started=started)

    def _wait(self, lines: Mapping[str, _Lines], seconds: float) -> Iterator[tuple[Any, ...]]:
        """Wait for something to come in; copy what was printed, give what was answered."""
        for key, _ in self._selector.select(seconds):
            if key.data == "answer":
                yield from self._receive()
            else:
                self._copy_stream(key.data, lines)

    def _receive(self) -> Iterator[tuple[Any, ...]]:
        """Give the answers of all that has come in."""
        with suppress(BlockingIOError, ConnectionResetError):
            while data := self._socket.recv(wire.CHUNK, socket.MSG_DONTWAIT):
                yield from self._reader.feed(data)
            self._selector.unregister(self._socket)

    def _copy(self, lines: Mapping[str, _Lines]) -> None:
        """Take all that was printed up to now; without a place to put it, it is dropped."""
        for name, pipe in self._pipes():
            while not pipe.closed and pipe in self._selector.get_map() and self._copy_stream(name, lines):
                pass

    def _copy_stream(self, name: StreamName, lines: Mapping[str, _Lines]) -> bool:
        pipe = dict(self._pipes())[name]
        data = pipe.read(_MOST_LINE)
        if data == b"":
            self._selector.unregister(pipe)
        elif data and name in lines:
            lines[name].feed(data)
        return bool(data)

    def _stop(self, lines: Mapping[str, _Lines]) -> None:
        self._signal(signal.SIGTERM)
        deadline = monotonic() + GRACE
        while self.alive and monotonic() < deadline:
            for _ in self._wait(lines, TICK / 5):
                pass
        self.kill()
        self._copy(lines)
        self._close()

    def _exit_code(self) -> int:
        try:
            return self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.returncode

    def _signal(self, number: signal.Signals) -> None:
        """Signal the group. It may outlive its first process: what the user's code has started is in it too."""
        if self._gone:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _close(self) -> None:
        self._selector.close()
        self._socket.close()
        for _, pipe in self._pipes():
            pipe.close()

    def _pipes(self) -> Iterator[tuple[StreamName, Any]]:
        yield "stdout", self._process.stdout
        yield "stderr", self._process.stderr
