"""The engine of a server, as the process that it is: `python -m dalsegno.server.engine_main OPTIONS`.

It reads from standard input, a JSON object a line: `take` (a run), `job` (a bulk replay), `look` (at a run), `how` (are you),
`close` (with so many seconds of grace). To `how` and `look` it answers on standard output, with how many runs it executes,
how many have ended in which state, and whether it takes more. It dies with the server, whose end of the pipe is then closed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import Counter
from io import BufferedReader
from pathlib import Path
from types import FrameType
from typing import Any

from dalsegno.engine.clock import SystemClock
from dalsegno.model.run import Run
from dalsegno.server.engine import EngineOptions
from dalsegno.server.host import EngineHost
from dalsegno.server.logs import set_up
from dalsegno.service.open import open_service
from dalsegno.service.service import Service


class _Ended:
    """How many runs have ended, by state."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, run: Run) -> None:
        with self._lock:
            self._counts[run.state.value] += 1

    def all(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)


def _doors() -> tuple[BufferedReader, int]:
    """Give where words come from, and where answers go; whatever tasks start has neither."""
    words, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(words, "rb"), answers


def _obey(words: BufferedReader, answers: int, engine: EngineHost, ended: _Ended, service: Service) -> float | None:
    """Do what is said until the end; give the grace with which to end, or `None` where nobody is there any more."""
    for line in words:
        ((word, value),) = json.loads(line).items()
        if word == "close":
            return value
        if word == "look":
            service.runs.hosted.look_at(value)
        if word in ("how", "look"):
            said: dict[str, Any] = {"active": engine.active, "ended": ended.all(), "takes": engine.alive}
            os.write(answers, json.dumps(said).encode() + b"\n")
        else:
            {"take": engine.take, "job": engine.take_job}[word](value)
    return None


def _leave_be(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing; what tasks start does not inherit that, as it would where a signal is ignored."""


def main() -> None:
    """Execute what the server hands over, until it says that this is enough."""
    options = EngineOptions.from_text(sys.argv[1])
    words, answers = _doors()
    # Ctrl-C reaches every process of a terminal: when to end is the server's to say
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _leave_be)
    set_up(options.log_format, options.log_level)
    clock, ended = SystemClock(), _Ended()
    service = open_service(None if options.home is None else Path(options.home), clock=clock)
    engine = EngineHost(service, clock, at_once=options.at_once, ended=ended.add)
    engine.start()
    grace = _obey(words, answers, engine, ended, service)
    if grace is None:
        # the server was killed: what it had begun ends as it would have ended in the server
        os._exit(1)
    engine.close(grace)
    service.close()


if __name__ == "__main__":
    main()
