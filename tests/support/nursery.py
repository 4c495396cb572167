"""Servers that start at once: a process that has everything imported makes each as a copy of itself.

What `RunningServer` starts is what a user starts, which takes as long as imports do; tests of the Client need many.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.processes import wait_until_gone


class NursedServer:
    """A server in a process of its own, on a free port.

    Attributes
    ----------
    url : where it listens.
    pid : the id of its process.
    """

    def __init__(self, home: Path, url: str, pid: int) -> None:
        self.home = home
        self.url = url
        self.pid = pid

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        wait_until_gone(self.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()


class Nursery:
    """Makes servers."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.support.nursery"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def serve(self, home: Path) -> NursedServer:
        """Have a data directory served."""
        source, answers = self._process.stdin, self._process.stdout
        assert source is not None
        assert answers is not None
        source.write(f"{home}\n")
        source.flush()
        url, _, pid = answers.readline().partition(" ")
        assert url.startswith("http://"), "the server did not start"
        return NursedServer(home, url, int(pid))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _serve(home: Path) -> None:
    from dalsegno.server.serving import Place, serve

    def listening(url: str) -> None:
        os.write(1, f"{url} {os.getpid()}\n".encode())

    os.environ["DALSEGNO_HOME"] = str(home)
    serve(Place(port=0), home=home, listening=listening)


#: what a server comes to import beside itself
_IMPORTED = (
    "dalsegno.server.serving", "dalsegno.store.sqlite", "dalsegno.tasks.core", "dalsegno.flows.schema",
    "uvicorn.lifespan.on", "uvicorn.loops.auto", "uvicorn.protocols.http.auto", "uvicorn.protocols.websockets.auto",
)  # fmt: skip


def main() -> None:
    """Make a server for each line, which names its data directory."""
    for name in _IMPORTED:
        import_module(name)
    # those that have ended need not be waited for
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            code = 1
            try:
                _serve(Path(line.rstrip("\n")))
                code = 0
            finally:
                os._exit(code)


if __name__ == "__main__":
    main()
