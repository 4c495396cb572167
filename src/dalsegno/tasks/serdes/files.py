"""What the conversions share around files: names of results, what is done with bad rows, the base of the properties."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from dalsegno.artifacts.port import parse_uri
from dalsegno.tasks.base import TaskContext, TaskOutput, TaskType

#: how many bad rows are told one by one
_TOLD = 20


class OnBadLines(StrEnum):
    """What is done with a row or value that does not fit."""

    ERROR = "ERROR"
    WARN = "WARN"
    SKIP = "SKIP"


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


OnBadLinesText = Annotated[OnBadLines, BeforeValidator(_upper)]


class FileTask(TaskType):
    """Base of the conversions: properties are written in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class FileOutput(TaskOutput):
    """The file that was made."""

    #: the URI of the file
    uri: str
    #: the number of records in it
    size: int


def named(uri: str, suffix: str) -> str:
    """Give the name for a file made from another one: `trips.csv` becomes `trips.ion`."""
    parts = parse_uri(uri)
    stem = PurePosixPath(parts[1]).stem if parts else ""
    return f"{stem or 'records'}{suffix}"


class BadRows:
    """Tells bad rows in the log, the first ones one by one and the rest as a number."""

    def __init__(self, context: TaskContext, policy: OnBadLines) -> None:
        self._context = context
        self._policy = policy
        self.count = 0

    @property
    def fatal(self) -> bool:
        """Whether a bad row ends the task."""
        return self._policy is OnBadLines.ERROR

    def add(self, text: str) -> None:
        """Count one, and tell it."""
        self.count += 1
        if self._policy is OnBadLines.WARN and self.count <= _TOLD:
            self._context.log.warning(text)

    def finish(self, what: str) -> None:
        """Tell how many there were; `what` says what was done with them."""
        if self.count:
            self._context.count("bad_lines", self.count)
        if self._policy is OnBadLines.WARN and self.count > _TOLD:
            text = f"{self.count} in all {what}; {_TOLD} of them are told above"
            self._context.log.warning(text)
