"""Lengths of time as flows write them: ISO 8601, in the forms that Java reads, such as `PT0.5S`, `P1DT12H` or `P2W`."""

from __future__ import annotations

import re
from datetime import timedelta

_NUMBER = r"[-+]?[0-9]+"
_DURATION = re.compile(
    rf"(?P<sign>[-+])?P(?:(?P<weeks>{_NUMBER})W)?(?:(?P<days>{_NUMBER})D)?"
    rf"(?:T(?=[-+0-9.])(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?"
    rf"(?:(?P<seconds>{_NUMBER})(?:[.,](?P<fraction>[0-9]{{0,9}}))?S)?)?",
    re.IGNORECASE,
)
_CALENDAR = re.compile(rf"[-+]?P(?:{_NUMBER}[WD])*{_NUMBER}[YM]", re.IGNORECASE)
_PARTS = ("weeks", "days", "hours", "minutes", "seconds")


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration; a day is 24 hours.

    Raises
    ------
    ValueError : it is none; the message shows what one looks like.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not any(match[part] for part in _PARTS):
        raise ValueError(refusal(text))
    seconds = match["seconds"] or "0"
    micros = int((match["fraction"] or "").ljust(6, "0")[:6])
    try:
        length = timedelta(
            **{part: int(match[part] or 0) for part in _PARTS},
            microseconds=-micros if seconds.startswith("-") else micros,
        )
        return -length if match["sign"] == "-" else length
    except OverflowError:
        raise ValueError(f"the duration `{text}` is too long") from None


def refusal(text: str) -> str:
    """Say that a text is no duration, and how to write what may be meant."""
    if _CALENDAR.match(text):
        return f"`{text}` has no fixed length: years and months differ; write days or weeks, such as `P30D` or `P4W`"
    bare = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(s|m|h|d|)[a-z]*", text.strip(), re.IGNORECASE)
    if bare is None:
        return (
            f"`{text}` is not a duration; write it as ISO 8601, such as `PT30S`, `PT0.5S`, `PT5M`, `PT1H30M` or `P1D`"
        )
    unit = bare[2].upper() or "S"
    meant = f"P{bare[1]}D" if unit == "D" else f"PT{bare[1]}{unit}"
    return f"`{text}` is not a duration; write `{meant}` (ISO 8601)"
