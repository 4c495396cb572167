"""Lengths of time as flows write them: ISO 8601, in the forms that Java reads, such as `PT0.5S`, `P1DT12H` or `P2W`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from dalsegno.model.durations import parse_duration, refusal


def _to_duration(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(refusal(str(value)))  # noqa: TRY004 - pydantic reports a ValueError with its place
    return parse_duration(value) if isinstance(value, str) else value


def _not_negative(value: Any) -> Any:
    if isinstance(value, timedelta) and value < timedelta(0):
        raise ValueError("a length of time cannot be negative")
    return value


#: a property that is a length of time, written as ISO 8601; never negative
Duration = Annotated[timedelta, BeforeValidator(_not_negative), BeforeValidator(_to_duration)]
