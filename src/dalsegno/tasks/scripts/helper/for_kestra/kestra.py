"""The part of Kestra's Python library that scripts use to hand over outputs, metrics and log lines, under its names.

    from kestra import Kestra

    Kestra.outputs({"rows": 3})
    Kestra.logger().info("three rows")

Scripts that were written for Kestra run unchanged; new ones may use `dalsegno_script`.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Callable, Mapping  # noqa: UP035 - runs on older Pythons too

import dalsegno_script as script  # pyright: ignore[reportMissingImports] - it lies beside this module


class Kestra:
    """Outputs, metrics and log lines of the running script."""

    @staticmethod
    def outputs(map_: Mapping[str, Any]) -> None:
        """Give outputs by name."""
        script.outputs(map_)

    @staticmethod
    def counter(name: str, value: float, tags: Mapping[str, Any] | None = None) -> None:
        """Add to a metric; tags are not kept."""
        del tags
        script.counter(name, value)

    @staticmethod
    def timer(name: str, duration: float | Callable[[], Any], tags: Mapping[str, Any] | None = None) -> None:
        """Add a time in seconds to a metric, or the time that a call takes; tags are not kept."""
        del tags
        if callable(duration):
            began = time.monotonic()
            duration()
            duration = time.monotonic() - began
        script.timer(name, duration)

    @staticmethod
    def logger() -> logging.Logger:
        """Give a logger whose lines go to the log of the task."""
        logger = logging.getLogger("Kestra")
        if not logger.handlers:
            logger.setLevel(logging.DEBUG)
            logger.propagate = False
            logger.addHandler(_Handler())
        return logger


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        level = "WARN" if record.levelno == logging.WARNING else record.levelname
        script.log(self.format(record), level)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise ImportError(
        f"Dal Segno's module `kestra` has only `Kestra`, not `{name}`; to use Kestra's own library, name `kestra` under "
        "`dependencies` of the task"
    )
