"""The engine of a server, as the server sees it: a process of its own, which is told through a pipe what to execute.

Answering requests and executing runs are in each other's way in one interpreter, which does one thing at a time. What both go
by is the store: a word that does not reach the engine costs the half second until it looks there itself, and no run.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Self

from dalsegno.model.state import State
from dalsegno.server.logs import Format

#: how many runs it executes at once at the most
AT_ONCE = 64
#: how long the server waits for what the engine says of itself, in seconds
_ANSWER = 1.0
#: how long it waits before it starts an engine again that has died, in seconds: twice as long each time, up to the second
_FIRST_REST, _LONGEST_REST = 0.2, 30.0
#: how long an engine may take to end after the grace of what it executes, in seconds
_END = 30.0

_log = logging.getLogger("dalsegno.engine")


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine is started with.

    Parameters
    ----------
    home : the data directory; by default the one that the settings name.
    at_once : how many runs are executed at once.
    log_format, log_level : how, and how much, it writes about itself.
    """

    home: str | None = None
    at_once: int = AT_ONCE
    log_format: Format = "text"
    log_level: str = "WARNING"

    def as_text(self) -> str:
        """Give the options as an argument of a command."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `as_text` gave."""
        return cls(**json.loads(text))


class EngineProcess:
    """The engine of a server. It is started again where it dies.

    Parameters
    ----------
    ended : is told how many more runs have ended in a state, when the engine is asked.
    """

    def __init__(self, options: EngineOptions | None = None, ended: Callable[[State, int], None] | None = None) -> None:
        self._options = options or EngineOptions()
        self._ended = ended
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._said: dict[str, Any] = {}
        self._answered = threading.Event()
        #: how many runs this process has told of, by the state in which they ended
        self._counted: dict[str, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="dalsegno-engine", daemon=True)

    def start(self) -> None:
        """Begin: what was left behind is carried on first."""
        self._process = self._begun()
        self._thread.start()

    def take(self, run: str) -> None:
        """Have a run executed that was just handed over, without waiting until it is found."""
        self._tell("take", run)

    def take_job(self, job: str) -> None:
        """Have a bulk replay driven."""
        self._tell("job", job)

    def look_at(self, run: str) -> None:
        """Have it seen to what somebody has just asked of a run that is executed, before that is answered."""
        self._ask("look", run)

    @property
    def active(self) -> int:
        """How many runs were being executed when the engine was last asked."""
        return self._said.get("active", 0)

    def is_well(self) -> bool:
        """Ask the engine how it is; tell whether it takes what is handed over."""
        return self._ask("how", None) and bool(self._said.get("takes"))

    def _ask(self, word: str, value: Any) -> bool:
        """Say something that is answered; tell whether it was, in time."""
        with self._asking:
            self._answered.clear()
            self._tell(word, value)
            return self._answered.wait(_ANSWER)

    def close(self, grace: float) -> None:
        """Have it take nothing more, and let go of what it executes: what is running has `grace` seconds to end.

        Whoever executes for the same store later carries on what was let go of.
        """
        self._over.set()
        self._tell("close", grace)
        process = self._process
        if process is None:
            return
        try:
            process.wait(grace + _END)
        except subprocess.TimeoutExpired:
            process.kill()
        self._thread.join()

    def _begun(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dalsegno.server.engine_main", self._options.as_text()]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None  # noqa: S101 - it was asked for
        # whoever answers a request does not wait for the engine
        os.set_blocking(process.stdin.fileno(), False)
        return process

    def _tell(self, word: str, value: Any) -> None:
        line = json.dumps({word: value}).encode() + b"\n"
        # where the pipe is full, or nobody is there, it stands in the store all the same
        with self._lock, suppress(OSError, ValueError):
            if self._process is not None and self._process.stdin is not None:
                os.write(self._process.stdin.fileno(), line)

    def _watch(self) -> None:
        """Hear what the engine says, and start it again where it dies."""
        rest = _FIRST_REST
        while self._process is not None:
            heard = self._hear(self._process)
            if self._over.is_set():
                return
            rest = _FIRST_REST if heard else min(rest * 2, _LONGEST_REST)
            _log.error("the engine has died (%s) and is started again", self._process.wait())
            if self._over.wait(rest):
                return
            with self._lock:
                self._said, self._counted = {}, {}
                if not self._over.is_set():
                    self._process = self._begun()

    def _hear(self, process: subprocess.Popen[bytes]) -> bool:
        """Hear an engine to its end; tell whether it has said anything."""
        assert process.stdout is not None  # noqa: S101 - it was asked for
        heard = False
        for line in process.stdout:
            heard = True
            self._note(json.loads(line))
        process.stdout.close()
        with self._lock:
            if process.stdin is not None:
                process.stdin.close()
        return heard

    def _note(self, said: dict[str, Any]) -> None:
        for state, count in said["ended"].items():
            more, self._counted[state] = count - self._counted.get(state, 0), count
            if more and self._ended is not None:
                self._ended(State(state), more)
        self._said = said
        self._answered.set()
