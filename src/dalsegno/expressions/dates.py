"""Points in time: read from what flows have, moved, and written."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dalsegno.errors import closest, did_you_mean
from dalsegno.expressions import javadate, patterns
from dalsegno.expressions.faults import Fault, describe

#: Kestra's names for common patterns; a fraction of a second is written where `?` stands and there is one
_FORMATS = {
    "iso": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "iso_sec": "yyyy-MM-dd'T'HH:mm:ssXXX",
    "sql": "yyyy-MM-dd HH:mm:ss.SSSSSS",
    "sql_seq": "yyyy-MM-dd HH:mm:ss",
    "iso_date_time": "yyyy-MM-dd'T'HH:mm:ss?XXX",
    "iso_offset_date_time": "yyyy-MM-dd'T'HH:mm:ss?XXX",
    "iso_zoned_date_time": "yyyy-MM-dd'T'HH:mm:ss?XXX",
    "iso_local_date_time": "yyyy-MM-dd'T'HH:mm:ss?",
    "iso_instant": "yyyy-MM-dd'T'HH:mm:ss?'Z'",
    "iso_date": "yyyy-MM-ddXXX",
    "iso_local_date": "yyyy-MM-dd",
    "iso_time": "HH:mm:ss?XXX",
    "iso_offset_time": "HH:mm:ss?XXX",
    "iso_local_time": "HH:mm:ss?",
    "iso_ordinal_date": "yyyy-DDDXXX",
    "rfc_1123_date_time": "EEE, d MMM yyyy HH:mm:ss Z",
}
#: the two endings that Java reads
_RFC_1123 = ("EEE, d MMM yyyy HH:mm:ss z", "EEE, d MMM yyyy HH:mm:ss Z")
_STYLES = ("full", "long", "medium", "short")
_ZONE_NAME = re.compile(r"\[[^\[\]]*\]\Z")

_MONTHS_OF = {"MONTHS": 1, "YEARS": 12, "DECADES": 120, "CENTURIES": 1200}
_LENGTH_OF = {
    "MILLIS": timedelta(milliseconds=1), "SECONDS": timedelta(seconds=1), "MINUTES": timedelta(minutes=1),
    "HOURS": timedelta(hours=1), "HALF_DAYS": timedelta(hours=12), "DAYS": timedelta(days=1),
    "WEEKS": timedelta(weeks=1),
}  # fmt: skip
#: units of the calendar: a day later is the same time of day, even where a clock was changed in between
_CALENDAR = ("DAYS", "WEEKS")


def zone(name: Any) -> tzinfo:
    """Find a time zone: `Europe/Paris`, `UTC`, `+02:00`."""
    offset = patterns.read_offset(name)
    if offset is not None:
        return offset
    try:
        return ZoneInfo(str(name))
    except (OSError, ValueError, LookupError):
        raise Fault(f"there is no time zone `{name}`; give one such as `Europe/Paris` or `+02:00`") from None


def read(value: Any, time_zone: str | None = None, existing_format: str | None = None) -> datetime:
    """Read a point in time: a date, an ISO text, seconds since 1970, or a text in `existing_format`.

    In `time_zone` where one is given, else in its own, else in UTC.
    """
    wanted = zone(time_zone) if time_zone else None
    moment = _read(value, existing_format)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=wanted or UTC)
    return moment.astimezone(wanted) if wanted else moment


def _read(value: Any, existing_format: str | None) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the caller knows the zone
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, ValueError, OSError):
            raise Fault(f"{value} seconds since 1970 is no point in time") from None
    if not isinstance(value, str):
        raise Fault(f"a point in time is a text or a number, not {describe(value)}")
    if existing_format and not existing_format.startswith("iso_"):
        return _by_pattern(value, existing_format)
    try:
        return datetime.fromisoformat(_ZONE_NAME.sub("", value.strip()))
    except ValueError:
        raise Fault(f"`{value}` is no ISO date; name its pattern with `existingFormat`") from None


def _by_pattern(text: str, format: str) -> datetime:
    """Read a text as Java would: a day without a time begins at midnight.

    What Java would not take for a day, such as a month alone, begins as early as it can.
    """
    *others, last = _RFC_1123 if format == "rfc_1123_date_time" else (_pattern(format, fraction=False),)
    for pattern in others:
        if javadate.compile(pattern).fits(text):
            last = pattern
    try:
        found = javadate.compile(last).parse(text)
    except javadate.PatternError:
        return patterns.read(text, last)
    except javadate.DateParseError as error:
        if error.index is None:
            raise Fault(f"`{text}` is no point in time: {str(error).rpartition('parsed: ')[2]}") from None
        message = f"`{text}` does not have the form `{format}`: it stops to fit at letter {error.index + 1}"
        raise Fault(message) from None
    if found.date is None:
        return patterns.read(text, last)
    return datetime.combine(found.date, found.time or time(), found.zone)


def _pattern(format: str, *, fraction: bool) -> str:
    return _FORMATS[format].replace("?", ".SSSSSS" if fraction else "") if format in _FORMATS else format


#: how often a letter may stand that dates are written with and not read; of the others the reader knows it
_COUNTS = {
    "Y": range(1, 10), "Q": range(1, 6), "q": range(1, 6), "L": range(1, 6), "w": range(1, 3), "W": (1,), "F": (1,),
    "e": range(1, 6), "c": (1, 3, 4, 5), "B": (1, 4, 5), "O": (1, 4), "v": (1, 4),
}  # fmt: skip


def check_pattern(format: str) -> None:
    """Refuse a date pattern that Java would, or that is written here in no way.

    Raises
    ------
    Fault : it is wrong; the message says what.
    """
    if format in _FORMATS or format in _STYLES or format == "iso_week_date":
        return
    plain: list[str] = []
    for part in patterns.split(format):
        counts = _COUNTS.get(part.letter)
        if counts is not None and part.width not in counts:
            raise Fault(f"`{part.letter * part.width}` has no meaning in the date pattern `{format}`: too many letters")
        if part.letter and counts is None:
            plain.append(part.letter if part.letter in "[]" else part.letter * part.width)
    for piece in ["".join(each for each in plain if each in "[]"), *(each for each in plain if each not in "[]")]:
        try:
            javadate.compile(piece)
        except javadate.PatternError as error:
            reason = error.reason if piece[:1] in ("[", "]") else f"{piece}: {error.reason}"
            raise Fault(f"the date pattern `{format}` is wrong: {reason}") from None


def write(moment: datetime, format: str, locale: str | None = None) -> str:
    """Write a point in time with a Java pattern, one of Kestra's names for one, or `full`, `long`, `medium`, `short`."""
    if format in _STYLES:
        from babel.dates import format_datetime

        return format_datetime(moment, format=format, locale=locale or "en")
    if format == "iso_instant":
        moment = moment.astimezone(UTC)
    if format == "iso_week_date":
        year, week, day = moment.isocalendar()
        return f"{year:04}-W{week:02}-{day}{patterns.write_offset(moment.utcoffset(), 3, zulu=True)}"
    if format == "rfc_1123_date_time" and not moment.utcoffset():
        return patterns.write(moment, "EEE, d MMM yyyy HH:mm:ss 'GMT'", "en")
    return patterns.write(moment, _pattern(format, fraction=moment.microsecond > 0), locale)


def add(moment: datetime, amount: Any, unit: str) -> datetime:
    """Move a point in time. Units of the calendar keep the time of day; a month that is too short ends earlier."""
    count, name = _amount(amount), check_unit(unit)
    try:
        if name in _MONTHS_OF:
            return _real(_add_months(moment, count * _MONTHS_OF[name]))
        if name in _CALENDAR:
            return _real(moment + count * _LENGTH_OF[name])
        return (moment.astimezone(UTC) + count * _LENGTH_OF[name]).astimezone(moment.tzinfo)
    except (OverflowError, ValueError):
        raise Fault(f"{amount} {name} from {moment.isoformat()} is out of the calendar (years 1 to 9999)") from None


def _amount(amount: Any) -> int:
    if isinstance(amount, int) and not isinstance(amount, bool):
        return amount
    if isinstance(amount, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", amount):
        return int(amount)
    raise Fault(f"an amount of time is a whole number, not {describe(amount)}")


def check_unit(unit: Any) -> str:
    """Give the name of a unit of time. Raises `Fault` with the closest ones if there is no such unit."""
    name = str(unit).upper()
    known = [*_LENGTH_OF, *_MONTHS_OF]
    for candidate in (name, f"{name}S"):
        if candidate in known:
            return candidate
    if name == "CENTURY":
        return "CENTURIES"
    near = closest(name, known)
    raise Fault(f"there is no unit of time `{unit}`{did_you_mean(near)}", closest=near)


def _add_months(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    first = moment.replace(year=year, month=month + 1, day=1)
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.replace(day=min(moment.day, (following - timedelta(days=1)).day))


def _real(moment: datetime) -> datetime:
    """Move a time of day that a change of the clock left out to the one it became."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo)
