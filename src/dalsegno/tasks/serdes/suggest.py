"""Which date pattern would have read the values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from dalsegno.expressions import javadate
from dalsegno.expressions.javadate_nodes import parse_all

_DATES = (
    "yyyy-MM-dd", "yyyy/MM/dd", "yyyy.MM.dd", "dd/MM/yyyy", "MM/dd/yyyy", "dd.MM.yyyy", "dd-MM-yyyy", "yy-MM-dd", "yyyyMMdd",
    "dd MMM yyyy", "MMM d, yyyy", "MMMM d, yyyy", "d/M/yyyy", "M/d/yyyy", "d.M.yyyy", "EEE, dd MMM yyyy",
)  # fmt: skip
_SEPARATORS = (" ", "'T'", "_")
_TIMES = ("HH:mm:ss", "HH:mm", "HHmmss", "h:mm a", "h:mm:ss a", "H:mm", "H:mm:ss")
_FRACTIONS = (
    "", ".SSS", ".SSSSSS", "[.SSS]", "[.SSSSSS]", ".S", ".SS", ".SSSSSSSSS", "[.SSSSSS][.SSS]", ",SSS",
)  # fmt: skip
_ZONES = ("", "XXX", "[XXX]", "XX", " Z", " XX", " z", " VV")


def suggest_pattern(values: Sequence[str], *, what: str = "datetime") -> str | None:
    """Give a pattern that reads all the values, else one that reads the first; `None` if there is none.

    Parameters
    ----------
    what : `datetime`, `date` or `time`.
    """
    if not values:
        return None
    fallback: str | None = None
    for pattern in _candidates(values[0], what):
        parser = javadate.compile(pattern)
        if not _reads(parser, values[0], what):
            continue
        if all(_reads(parser, value, what) for value in values):
            return pattern
        fallback = fallback or pattern
    return fallback


def _candidates(value: str, what: str) -> Iterable[str]:
    """Give patterns, the likeliest first; only those whose date begins the value."""
    if what == "date":
        return _DATES
    times = [time + fraction + zone for time, fraction, zone in product(_TIMES, _FRACTIONS, _ZONES)]
    if what == "time":
        return times
    days = [day for day in _DATES if parse_all(javadate.compile(day).nodes, value, 0, {}) > 0]
    return (f"{day}{separator}{time}" for day, separator, time in product(days, _SEPARATORS, times))


def _reads(parser: javadate.Parser, value: str, what: str) -> bool:
    try:
        found = parser.parse(value)
    except javadate.DateParseError:
        return False
    if what == "date":
        return found.date is not None
    return found.nanos is not None and (what == "time" or found.date is not None)
