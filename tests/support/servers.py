"""Real servers on loopback, each a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

#: within which a server must be up, in seconds
_START = 30.0


class RunningServer:
    """`dalsegno server` on a data directory and a free port.

    Attributes
    ----------
    url : where it listens.
    process : what serves.
    said, rest : the first line that it wrote, and once it has ended all others.
    """

    def __init__(self, home: Path, *options: str, environ: Mapping[str, str] | None = None, port: int = 0) -> None:
        self.home = home
        self.rest = ""
        self.process = subprocess.Popen(
            [str(Path(sys.executable).with_name("dalsegno")), "server", "--port", str(port), *options],
            env={**os.environ, "DALSEGNO_HOME": str(home), **(environ or {})},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        self.said = self.process.stderr.readline()
        words = [word for word in self.said.split() if word.startswith("http://")]
        assert words, f"the server did not start: {self.said}{self.process.stderr.read()}"
        self.url = words[0]

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self.url.rpartition(":")[2])

    @property
    def engine(self) -> int:
        """The process of its engine."""
        # a process stands with the thread that has started it
        (pid,) = " ".join(
            each.read_text() for each in Path(f"/proc/{self.process.pid}/task").glob("*/children")
        ).split()
        return int(pid)

    def await_figure(self, figure: str) -> None:
        """Read `/metrics` until a figure stands there: a run has ended a moment before it is counted."""
        while f"\n{figure}\n" not in httpx.get(f"{self.url}/metrics").text:
            pass

    def stop(self) -> int:
        """Stop it as Ctrl-C does, and give its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self._ended()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self._ended()

    def _ended(self) -> int:
        assert self.process.stderr is not None
        if not self.process.stderr.closed:
            self.rest = self.process.stderr.read()
            self.process.stderr.close()
        return self.process.wait(_START)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.kill()
