"""The worker process: `python -m dalsegno.executors.worker FD FOLDER...`, started by a `WorkerPool` alone.

It answers requests on the socket `FD` one after another, with `FOLDER...` before all else on `sys.path`. The user's code
runs on the main thread, where signals and asyncio behave; a second thread listens to the socket and, when the other end is
gone, ends this process and what it has started.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from queue import SimpleQueue
from types import FrameType
from typing import Any

from dalsegno.errors import TaskFailed
from dalsegno.executors import freshness, imported, user_code, wire
from dalsegno.executors.plain import plain
from dalsegno.executors.user_errors import Terminated, describe, no_folder

#: seconds that the user's code has for its `finally` blocks when the pool's process is gone
GRACE = 2.0
_UNSAFE_AFTER = frozenset({"unknown-module", "import-failed", "out-of-memory"})


class _Worker:
    def __init__(self, connection: socket.socket, path: Sequence[str]) -> None:
        self._connection = connection
        self._path = path
        self._requests: SimpleQueue[wire.Request | None] = SimpleQueue()
        self._busy = False
        self._environ = {name: text for name, text in os.environ.items() if not name.startswith(wire.VARIABLES)}
        self._loaded = freshness.watch()
        self._imported = imported.ImportedPackages()

    def serve(self) -> None:
        """Answer requests until the other end is gone, or this process should not be used again."""
        threading.Thread(target=self._listen, name="dalsegno-listener", daemon=True).start()
        usable = True
        while usable and (request := self._requests.get()) is not None:
            if self._loaded.changed():
                self._send((wire.STALE,))
                return
            self._busy = True
            self._send((wire.STARTED,))
            usable, answer = self._perform(request)
            self._busy = False
            self._send((wire.IMPORTED, dict(self._imported.versions())))
            self._send(answer)

    def _perform(self, request: wire.Request) -> tuple[bool, tuple[Any, ...]]:
        try:
            self._prepare(request)
            data = _result(request, self._path)
        except TaskFailed as failure:
            usable = failure.code not in _UNSAFE_AFTER
            return usable, (wire.FAILED, failure, usable)
        finally:
            for stream in (sys.stdout, sys.stderr):
                with suppress(Exception):
                    stream.flush()
        return True, (wire.RETURNED, data, True)

    def _prepare(self, request: wire.Request) -> None:
        """Undo what the last call may have changed: the folder, the variables, the standard streams."""
        try:
            os.chdir(request["cwd"])
        except OSError as error:
            raise no_folder(request["cwd"], error) from None
        wanted = {**self._environ, **request["variables"]}
        if os.environ.copy() != wanted:
            os.environ.clear()
            os.environ.update(wanted)
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__

    def _send(self, message: tuple[Any, ...]) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):
            self._connection.sendall(wire.frame(message))

    def _listen(self) -> None:
        reader = wire.FrameReader()
        with suppress(ConnectionResetError):
            while data := self._connection.recv(wire.CHUNK):
                for request in reader.feed(data):
                    self._requests.put(request)
        self._requests.put(None)
        if self._busy:
            _signal_group(signal.SIGTERM)
        threading.Event().wait(GRACE)
        _signal_group(signal.SIGKILL)


def _result(request: wire.Request, path: Sequence[str]) -> bytes:
    function = request["function"]
    target = user_code.find(function, path)
    try:
        arguments = wire.load_value(request["arguments"])
    except Exception as error:  # noqa: BLE001 (unpickling runs the user's code)
        raise describe(error, f"the arguments of `{function}` could not be read") from None
    user_code.check_arguments(function, target, arguments)
    value = user_code.call(function, target, arguments)
    if request["plain"]:
        value = plain(value, function.rpartition(":")[2])
    try:
        return wire.dump_value(value)
    except Exception as error:  # noqa: BLE001 (pickling runs the user's code)
        kind = type(value).__qualname__
        failure = f"the result of `{function}`, of type `{kind}`, cannot be sent from its process"
        raise describe(error, failure, code="result-not-picklable") from None


def _signal_group(number: signal.Signals) -> None:
    if os.getpgrp() == os.getpid():
        os.killpg(0, number)
    else:
        os.kill(os.getpid(), number)


def _raise_terminated(owner: int) -> None:
    def handle(number: int, _frame: FrameType | None) -> None:
        if os.getpid() == owner:
            raise Terminated
        # a child that the user's code has forked ends as it would without us
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, handle)


def main() -> int:
    """Serve, and give the exit code."""
    _raise_terminated(os.getpid())
    try:
        connection = socket.socket(fileno=int(sys.argv[1]))
        connection.set_inheritable(False)
        path, sys.argv[1:] = sys.argv[2:], []
        sys.path[:0] = path
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(line_buffering=True, errors="backslashreplace")
        _Worker(connection, path).serve()
    except Terminated:
        return 128 + signal.SIGTERM
    return 0


if __name__ == "__main__":
    sys.exit(main())
