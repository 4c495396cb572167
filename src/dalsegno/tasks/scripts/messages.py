"""What a script says: lines for the log, and among them messages to the engine."""

from __future__ import annotations

import json
import re
from collections import deque
from typing import Any, Literal, cast

from dalsegno.tasks.base import TaskContext

_MESSAGE = re.compile(r"::(\{.*\})::\s*\Z")
_TAIL = 10
_ERRORS = ("ERROR", "CRITICAL", "FATAL")


class Listener:
    """Hears the lines of a script: some are messages to the engine, all others go to the log.

    A message is a line `::{"outputs": {...}, "metrics": [{"name": ..., "value": ...}], "logs": [{"level": ..., "message":
    ...}]}::`; each part may be left out.

    Attributes
    ----------
    vars : the outputs that the messages gave.
    last : the last lines of the standard error stream that are not empty.
    errors : how many lines there were on it.
    """

    def __init__(self, context: TaskContext) -> None:
        self._context = context
        self.vars: dict[str, Any] = {}
        self.last: deque[str] = deque(maxlen=_TAIL)
        self.errors = 0

    def hear(self, stream: Literal["stdout", "stderr"], line: str) -> None:
        """Take one line."""
        match = _MESSAGE.match(line)
        if match is not None and self._is_message(match[1]):
            return
        self._context.log.stream(stream, line)
        if stream == "stderr":
            self.errors += 1
            if line.strip():
                self.last.append(line)

    def _is_message(self, text: str) -> bool:
        try:
            message = json.loads(text)
            outputs = message.get("outputs") or {}
            metrics = [(str(metric["name"]), float(metric["value"])) for metric in message.get("metrics") or []]
            logs = [(str(log["level"]).upper(), str(log["message"])) for log in message.get("logs") or []]
            self.vars.update(cast("dict[str, Any]", outputs))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            told = f"a line looks like a message but cannot be read as one ({error}); it is kept as it is"
            self._context.log.warning(told)
            return False
        for name, value in metrics:
            self._context.count(name, value)
        for level, line in logs:
            self._log(level, line)
        return True

    def _log(self, level: str, text: str) -> None:
        log = self._context.log
        if level in _ERRORS:
            log.error(text)
        elif level.startswith("WARN"):
            log.warning(text)
        elif level == "INFO":
            log.info(text)
        else:
            log.debug(text)
