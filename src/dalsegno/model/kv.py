"""Entries: values that are kept by key in a namespace, apart from any run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ValueType(StrEnum):
    """What an entry's value is. A point in time, a date and a length of time are kept as text in ISO 8601."""

    STRING = "STRING"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATETIME = "DATETIME"
    DATE = "DATE"
    DURATION = "DURATION"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Entry:
    """A value under a key of a namespace. Times are seconds since 1970, UTC.

    Parameters
    ----------
    value : as JSON holds it.
    created : when the key was first set; `updated` when its value was.
    expires : from when on it is gone; `None` for an entry that stays.
    writer : the idempotency key of the task run that set it, so that one which is executed again knows its own.
    """

    namespace: str
    key: str
    type: ValueType
    value: Any
    created: float
    updated: float
    description: str | None = None
    expires: float | None = None
    writer: str | None = None
