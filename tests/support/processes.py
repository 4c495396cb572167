"""Real processes for tests: started, listened to line by line, killed, waited for without sleeping."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

PATIENCE = 30.0


def wait_until_gone(pid: int, patience: float = PATIENCE) -> None:
    """Wait until a process has ended, whoever its parent is."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([descriptor], [], [], patience)
    finally:
        os.close(descriptor)
    assert ended, f"process {pid} still lives after {patience} s"


class Process:
    """A process that runs. Leaving the `with` block kills it if it still does.

    Attributes
    ----------
    pid : its id.
    """

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self._popen = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            bufsize=1,
        )
        self.pid = self._popen.pid
        self._changed = threading.Condition()
        self._written = {"out": "", "err": ""}
        self._open = len(self._written)
        self._readers = [self._read("out", self._popen.stdout), self._read("err", self._popen.stderr)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill9()

    @property
    def out(self) -> str:
        """What it has written to standard output up to now."""
        return self._written["out"]

    @property
    def err(self) -> str:
        """What it has written to standard error up to now."""
        return self._written["err"]

    def wait_for(self, text: str, patience: float = PATIENCE) -> str:
        """Wait until a text has been written, to either stream, and give the line in which it stands."""

        def found() -> str | None:
            lines = [line for written in self._written.values() for line in written.splitlines()]
            return next((line for line in lines if text in line), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None or not self._open, patience)
            line = found()
        assert line is not None, f"`{text}` was not written:\n{self._told()}"
        return line

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._popen.send_signal(number)

    def kill9(self) -> None:
        """Kill it at once, as a crash would, and wait until it is gone."""
        self._popen.kill()
        self._popen.wait()
        self._close()

    def finish(self, patience: float = PATIENCE) -> tuple[int, str, str]:
        """Wait for its end and give exit code, standard output and standard error."""
        try:
            code = self._popen.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it still runs after {patience} s:\n{self._told()}") from None
        self._close()
        return code, self.out, self.err

    def _read(self, name: str, stream: IO[str] | None) -> threading.Thread:
        assert stream is not None
        pipe = stream

        def read() -> None:
            with suppress(ValueError):
                while text := pipe.readline():
                    with self._changed:
                        self._written[name] += text
                        self._changed.notify_all()
            with self._changed:
                self._open -= 1
                self._changed.notify_all()

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def _close(self) -> None:
        """Take what was written last. A child that outlives the process may keep its streams open: don't wait for it long."""
        for reader in self._readers:
            reader.join(2)
        for reader, stream in zip(self._readers, (self._popen.stdout, self._popen.stderr), strict=True):
            if stream is not None and not reader.is_alive():
                stream.close()

    def _told(self) -> str:
        return f"--- standard output\n{self.out}\n--- standard error\n{self.err}"


def start_python(code: str, *, cwd: Path, env: Mapping[str, str] | None = None) -> Process:
    """Start a Python program given as text."""
    return Process([sys.executable, "-u", "-c", code], cwd=cwd, env={**os.environ, **(env or {})})


def start_cli(*args: str, home: Path, cwd: Path, env: Mapping[str, str] | None = None) -> Process:
    """Start the command `dalsegno`, with `home` as its data directory and none of this process's own settings."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("DALSEGNO_")}
    command = [str(Path(sys.executable).with_name("dalsegno")), *args]
    return Process(command, cwd=cwd, env={**inherited, "DALSEGNO_HOME": str(home), **(env or {})})
