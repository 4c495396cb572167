"""What a server writes about itself: lines for people, or JSON for machines, on standard error."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any, Literal

from dalsegno.model.times import iso

Format = Literal["text", "json"]


class _Json(logging.Formatter):
    """One JSON object a line: `at, level, logger, message`, and the fields of the record."""

    def format(self, record: logging.LogRecord) -> str:
        shown: dict[str, Any] = {
            "at": iso(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            shown["traceback"] = self.formatException(record.exc_info)
        return json.dumps(shown, ensure_ascii=False, default=str)


class _Text(logging.Formatter):
    """Time, level, what happened, and the fields that are not said in it."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        said = record.getMessage()
        more = " ".join(f"{name}={value}" for name, value in fields.items() if str(value) not in said)
        text = f"{iso(record.created)} {record.levelname:<7} {said}{f'  {more}' if more else ''}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def set_up(how: Format, level: str) -> None:
    """Have this process's loggers write in one way.

    Parameters
    ----------
    level : what is less important than this is not written: `DEBUG`, `INFO`, `WARNING` or `ERROR`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if how == "json" else _Text())
    logger = logging.getLogger("dalsegno")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(level)
    for name in ("uvicorn", "uvicorn.error"):
        other = logging.getLogger(name)
        other.handlers, other.propagate = [handler], False
        other.setLevel(max(logging.WARNING, logger.level))
    logging.captureWarnings(capture=True)
    logging.getLogger("py.warnings").handlers = [handler]
