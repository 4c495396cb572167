"""Calls users' Python functions in warm worker processes.

    pool = WorkerPool(4)
    call = PythonCall("my_package.steps:train", {"rate": 0.1}, cwd=Path.cwd(), path=(str(Path.cwd()),))
    model = pool.call(call, on_line=print)

A worker starts from a fresh interpreter and keeps what it has imported for the next call of the same surroundings: working
directory, path, environment (but for `DALSEGNO_*`). It is replaced when a module of the user's has changed on disk, when a
call was cancelled or took too long, and when it has died. What a function leaves in the globals of its module is still
there for the next call, as in any process.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from dalsegno.errors import Cancelled, TaskFailed
from dalsegno.executors import wire
from dalsegno.executors.user_errors import no_folder
from dalsegno.executors.worker_process import TICK, OnLine, StreamName, WorkerLostError, WorkerProcess

OnImported = Callable[[Mapping[str, str]], None]
_Key = tuple[str, tuple[str, ...], frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class PythonCall:
    """What to call, and in which surroundings.

    Parameters
    ----------
    function : `module:qualname`.
    arguments : by name; anything that can be pickled.
    path : folders that stand before all else on `sys.path`.
    environ : variables laid over this process's own.
    plain : refuse a result that is not made of JSON's types, so that no module of the user's is imported here.
    """

    function: str
    arguments: Mapping[str, Any]
    cwd: Path
    path: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    plain: bool = False


def _drop(_stream: StreamName, _text: str) -> None:
    """Take a line and do nothing with it."""


def _forget(_versions: Mapping[str, str]) -> None:
    """Take versions and do nothing with them."""


def _never() -> None:
    """Find that nothing was cancelled."""


class WorkerPool:
    """At most `limit` worker processes, which call functions for any number of threads."""

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"a pool needs at least one worker, not {limit}")
        self._limit = limit
        self._slots = threading.BoundedSemaphore(limit)
        self._lock = threading.Lock()
        #: idle workers, the one used longest ago first
        self._idle: list[tuple[_Key, WorkerProcess]] = []
        self._busy: set[WorkerProcess] = set()
        self._starting = 0
        self._closed = False
        atexit.register(self.close)

    def call(
        self,
        call: PythonCall,
        *,
        on_line: OnLine = _drop,
        on_imported: OnImported = _forget,
        check_cancelled: Callable[[], None] = _never,
        timeout: float | None = None,
    ) -> Any:
        """Call a function in a worker and give its result.

        Parameters
        ----------
        on_line : gets each line that is printed, in the order of its stream, on the calling thread.
        on_imported : gets the versions of the installed packages that the worker has imported, once the function has ended.
        check_cancelled : called several times a second; what it raises ends the worker and is raised here.
        timeout : seconds, from when a worker is free.

        Raises
        ------
        TaskFailed : the function could not be found or called, raised, took too long, or its process died.
        """
        request: wire.Request = {
            "function": call.function,
            "arguments": _dump_arguments(call),
            "cwd": str(call.cwd),
            "variables": {},
            "plain": call.plain,
        }
        self._take_slot(check_cancelled)
        try:
            check = check_cancelled if timeout is None else _until(timeout, call.function, check_cancelled)
            answer, imported = self._ask(call, request, on_line, check)
        finally:
            self._slots.release()
        on_imported(imported)
        if answer[0] == wire.FAILED:
            raise answer[1]
        return wire.load_value(answer[1])

    def close(self) -> None:
        """End all workers, also those that are in a call, and take no more calls. A second call does nothing."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        atexit.unregister(self.close)
        for _, worker in idle:
            worker.hang_up()
        for worker in busy:
            worker.kill()
        for _, worker in idle:
            worker.end()

    def _ask(
        self, call: PythonCall, request: wire.Request, on_line: OnLine, check: Callable[[], None]
    ) -> tuple[tuple[Any, ...], Mapping[str, str]]:
        """Have a request answered by the first worker that is fit for it; give what that has imported as well."""
        environ = {**os.environ, **call.environ}
        request["variables"] = {name: text for name, text in environ.items() if name.startswith(wire.VARIABLES)}
        fixed = frozenset(item for item in environ.items() if not item[0].startswith(wire.VARIABLES))
        key = (str(call.cwd), call.path, fixed)
        while True:
            worker, fresh = self._borrow(key, environ)
            answer = None
            try:
                answer = worker.ask(request, on_line=on_line, check=check)
            except WorkerLostError as lost:
                if self._closed:
                    raise Cancelled("the pool of workers was closed while the call was running") from None
                if lost.started or fresh:
                    raise _death(call.function, lost) from None
            finally:
                self._give_back(key, worker, usable=answer is not None and answer[-1] is True)
            if answer is not None and answer[0] != wire.STALE:
                return answer, worker.imported

    def _take_slot(self, check_cancelled: Callable[[], None]) -> None:
        while not self._slots.acquire(timeout=TICK):
            check_cancelled()

    def _borrow(self, key: _Key, environ: Mapping[str, str]) -> tuple[WorkerProcess, bool]:
        """Give a worker, and whether it was started for this call."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool of workers is closed")
            place = next((n for n in reversed(range(len(self._idle))) if self._idle[n][0] == key), None)
            if place is not None:
                worker = self._idle.pop(place)[1]
                self._busy.add(worker)
                return worker, False
            full = len(self._idle) + len(self._busy) + self._starting >= self._limit
            surplus = self._idle.pop(0)[1] if full else None
            self._starting += 1
        try:
            if surplus is not None:
                surplus.end()
            return self._start(key, environ), True
        finally:
            with self._lock:
                self._starting -= 1

    def _start(self, key: _Key, environ: Mapping[str, str]) -> WorkerProcess:
        try:
            worker = WorkerProcess(cwd=key[0], path=key[1], environ=environ)
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            raise no_folder(key[0], error) from None
        with self._lock:
            if not self._closed:
                self._busy.add(worker)
                return worker
        worker.end()
        raise RuntimeError("the pool of workers was closed")

    def _give_back(self, key: _Key, worker: WorkerProcess, *, usable: bool) -> None:
        with self._lock:
            self._busy.discard(worker)
            usable = usable and not self._closed
            if usable:
                self._idle.append((key, worker))
        if not usable:
            worker.end()


def _dump_arguments(call: PythonCall) -> bytes:
    try:
        return wire.dump_value(dict(call.arguments))
    except Exception as error:
        message = f"the arguments of `{call.function}` cannot be sent to its process: {error}"
        raise TaskFailed(message, code="arguments-not-picklable", hint="pass plain data or a file") from error


def _until(timeout: float, function: str, check_cancelled: Callable[[], None]) -> Callable[[], None]:
    deadline = monotonic() + timeout

    def check() -> None:
        check_cancelled()
        if monotonic() >= deadline:
            message = f"`{function}` did not end within {timeout:g} s and was stopped"
            raise TaskFailed(message, code="timeout", hint="make it faster or give it a longer timeout")

    return check


def _death(function: str, lost: WorkerLostError) -> TaskFailed:
    when = f"while it ran `{function}`" if lost.started else f"before it could run `{function}`"
    details = {"exit_code": lost.exit_code}
    if lost.exit_code >= 0:
        message = f"the worker process ended with exit code {lost.exit_code} {when}"
        hint = "see the lines that it printed; a function should raise an error rather than end its process"
        return TaskFailed(message, code="worker-died", hint=hint, details=details)
    number = -lost.exit_code
    known = {one.value: one.name for one in signal.Signals}
    name = known.get(number, f"signal {number}")
    hints = {
        "SIGKILL": "somebody killed it, or the machine ran out of memory: look at the kernel's log, use less memory",
        "SIGSEGV": "a library written in C crashed: PYTHONFAULTHANDLER=1 in `env` prints where",
    }
    hint = hints.get(name, "find out who sent the signal, then replay from this task")
    message = f"the worker process was killed by {name} {when}"
    return TaskFailed(message, code="worker-died", hint=hint, details={**details, "signal": name})
