"""The filter `jq`: queries run in a process of their own, since nothing else can stop one that never ends."""

from __future__ import annotations

import json
import re
import select
import subprocess
import sys
import threading
import time
from functools import cache
from typing import Any, cast

from dalsegno.errors import TaskFailed

#: how long one query may take, in seconds
LONGEST = 1.0
#: how long the process may take to come up
_STARTING = 20.0
#: jq can read files in this way, and nothing that a flow needs is there
_MODULES = re.compile(r"^\s*(?:import|include)\b")
_INSTALL = "install `dalsegno[expressions]`"


class Queries:
    """Runs queries, one after the other, in a child process. It sees nothing of this process's environment.

    The child ends with this process. One that takes too long is killed, and the next query starts another.
    """

    def __init__(self, *, longest: float = LONGEST) -> None:
        self._longest = longest
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def __call__(self, expression: str, text: str) -> list[Any]:
        """Give all results of a query on a JSON text.

        Raises
        ------
        TaskFailed : the query cannot be read, fails, or takes too long; the library is not there.
        """
        if _MODULES.match(expression):
            raise TaskFailed(f"the query `{expression}` reads a module; there are none here", code="bad-query")
        asked = json.dumps([expression, text], ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        with self._lock:
            answer = self._ask(asked, expression)
        if isinstance(answer, str):
            raise TaskFailed(f"the query `{expression}` failed: {answer}", code="bad-query")
        return answer

    def close(self) -> None:
        """End the child process."""
        with self._lock:
            self._end()

    def _ask(self, asked: bytes, expression: str) -> list[Any] | str:
        child = self._started()
        if child.stdin is None or child.stdout is None:
            raise AssertionError
        try:
            child.stdin.write(asked)
            child.stdin.flush()
            line = self._line(child, self._longest)
        except BrokenPipeError:
            line = b""
        if line is None:
            self._end()
            message = f"the query `{expression}` takes longer than {self._longest:g} s"
            raise TaskFailed(message, code="expression-too-slow")
        if not line:
            self._end()
            return "it used too much memory, or ended its process"
        return cast("list[Any] | str", json.loads(line))

    def _line(self, child: subprocess.Popen[bytes], seconds: float) -> bytes | None:
        """Give one line of the child: empty where it has ended, `None` where it takes too long."""
        if child.stdout is None:
            raise AssertionError
        pieces: list[bytes] = []
        end = time.monotonic() + seconds
        while not (pieces and pieces[-1].endswith(b"\n")):
            if not select.select([child.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
                return None
            piece = child.stdout.read1(1 << 20)  # pyright: ignore[reportAttributeAccessIssue] - the pipe is buffered
            if not piece:
                return b""
            pieces.append(piece)
        return b"".join(pieces)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "dalsegno.engine.jq_process"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env={"PYTHONPATH": ":".join(filter(None, sys.path))}, start_new_session=True,
            )  # fmt: skip
            if self._line(self._child, _STARTING) != b'"ready"\n':
                self._end()
                raise TaskFailed("the filter `jq` needs a library", hint=_INSTALL, code="not-installed")
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout):
                if stream is not None:
                    stream.close()


@cache
def queries() -> Queries:
    """Give the one that all runs of this process share."""
    return Queries()
