"""From the fields of a parsed text to a date, a time and a zone, by the rules of Java's smart resolver.

Smart means: the 31st of April is the 30th, 24:00 is the next day's midnight, and a month 13 is an error.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import cast
from zoneinfo import ZoneInfo

from dalsegno.expressions.javadate_nodes import Fields

_DAY_NANOS = 86_400_000_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_LIMITS: dict[str, tuple[int, int, str]] = {
    "YearOfEra": (1, 999_999_999, "1 - 999999999/1000000000"),
    "Year": (-999_999_999, 999_999_999, "-999999999 - 999999999"),
    "MonthOfYear": (1, 12, "1 - 12"),
    "DayOfMonth": (1, 31, "1 - 28/31"),
    "DayOfYear": (1, 366, "1 - 365/366"),
    "HourOfDay": (0, 23, "0 - 23"),
    "ClockHourOfDay": (1, 24, "1 - 24"),
    "HourOfAmPm": (0, 11, "0 - 11"),
    "ClockHourOfAmPm": (1, 12, "1 - 12"),
    "MinuteOfHour": (0, 59, "0 - 59"),
    "SecondOfMinute": (0, 59, "0 - 59"),
    "MilliOfDay": (0, 86_399_999, "0 - 86399999"),
    "NanoOfDay": (0, _DAY_NANOS - 1, f"0 - {_DAY_NANOS - 1}"),
    "NanoOfSecond": (0, 999_999_999, "0 - 999999999"),
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class ResolveError(ValueError):
    """The fields contradict each other or are no date or time."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says: a date, a time of day in nanoseconds, a zone; each may be missing."""

    date: date | None
    nanos: int | None
    zone: tzinfo | None

    @property
    def time(self) -> time | None:
        """The time of day, to the microsecond."""
        if self.nanos is None:
            return None
        seconds, nanos = divmod(self.nanos, 1_000_000_000)
        return time(seconds // 3600, seconds // 60 % 60, seconds % 60, nanos // 1000)

    def datetime(self) -> datetime | None:
        """The date and time, aware if the text names a zone; `None` without both."""
        at = self.time
        if self.date is None or at is None:
            return None
        return datetime.combine(self.date, at, self.zone)

    def epoch_nanos(self, default_zone: tzinfo) -> int | None:
        """Give the nanoseconds since 1970, a text without a zone taken in `default_zone`; `None` without date and time."""
        if self.date is None or self.nanos is None:
            return None
        days = self.date.toordinal() - _EPOCH_ORDINAL
        local = datetime.combine(self.date, self.time or time())
        offset = (self.zone or default_zone).utcoffset(local) or timedelta()
        return days * _DAY_NANOS + self.nanos - int(offset.total_seconds()) * 1_000_000_000


def resolve(fields: Fields) -> Parsed:
    """Give what the fields say.

    Raises
    ------
    ResolveError : they contradict each other, or one is out of its range.
    """
    numbers = {name: value for name, value in fields.items() if isinstance(value, int)}
    zone = _zone(fields.get("ZoneId"), numbers.get("OffsetSeconds"))
    _clock_hours(numbers)
    day = _date(numbers)
    nanos, extra_days = _time(numbers)
    if day is not None and nanos is not None and extra_days:
        if day == date.max:
            raise ResolveError("the year 10000 is outside 1 - 9999")
        day += timedelta(days=extra_days)
    return Parsed(date=day, nanos=nanos, zone=zone)


def _check(numbers: dict[str, int], name: str, *, also: int | None = None) -> int:
    value = numbers[name]
    low, high, shown = _LIMITS[name]
    if not low <= value <= high and value != also:
        raise ResolveError(f"Invalid value for {name} (valid values {shown}): {value}")
    return value


def _zone(name: int | str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        if abs(offset) > 18 * 3600:
            raise ResolveError("Zone offset not in valid range: -18:00 to +18:00")
        return UTC if offset == 0 else timezone(timedelta(seconds=offset))
    return ZoneInfo(cast("str", name)) if name is not None else None


def _date(numbers: dict[str, int]) -> date | None:
    year = _year(numbers)
    if year is None:
        return None
    day: date | None = None
    if "MonthOfYear" in numbers and "DayOfMonth" in numbers:
        month = _check(numbers, "MonthOfYear")
        wanted = _check(numbers, "DayOfMonth")
        _check_year(year)
        day = date(year, month, min(wanted, monthrange(year, month)[1]))
    elif "DayOfYear" in numbers:
        number = _check(numbers, "DayOfYear")
        _check_year(year)
        if number == 366 and not isleap(year):
            raise ResolveError(f"Invalid date 'DayOfYear 366' as '{year}' is not a leap year")
        day = date(year, 1, 1) + timedelta(days=number - 1)
    named = numbers.get("DayOfWeek")
    if day is not None and named is not None and day.isoweekday() != named:
        found = day.isoweekday()
        raise ResolveError(f"Conflict found: Field DayOfWeek {found} differs from DayOfWeek {named} derived from {day}")
    return day


def _check_year(year: int) -> None:
    if not 1 <= year <= 9999:
        raise ResolveError(f"the year {year} is outside 1 - 9999")


def _year(numbers: dict[str, int]) -> int | None:
    if "YearOfEra" not in numbers:
        return _check(numbers, "Year") if "Year" in numbers else None
    year = _check(numbers, "YearOfEra")
    if numbers.get("Era") == 0:
        year = 1 - year
    other = numbers.get("Year", year)
    if other != year:
        raise ResolveError(f"Conflict found: Year {other} differs from Year {year} while resolving  YearOfEra")
    return year


def _clock_hours(numbers: dict[str, int]) -> None:
    """Bring the hours of a clock face to hours of the day."""
    if "ClockHourOfDay" in numbers:
        _merge(numbers, "HourOfDay", _check(numbers, "ClockHourOfDay", also=0) % 24, source="ClockHourOfDay")
    if "ClockHourOfAmPm" in numbers:
        _merge(numbers, "HourOfAmPm", _check(numbers, "ClockHourOfAmPm", also=0) % 12, source="ClockHourOfAmPm")
    if "AmPmOfDay" in numbers and "HourOfAmPm" in numbers:
        hour = numbers["AmPmOfDay"] * 12 + _check(numbers, "HourOfAmPm")
        _merge(numbers, "HourOfDay", hour, source="AmPmOfDay")


def _merge(numbers: dict[str, int], name: str, value: int, *, source: str) -> None:
    old = numbers.setdefault(name, value)
    if old != value:
        raise ResolveError(f"Conflict found: {name} {old} differs from {name} {value} while resolving  {source}")


def _time(numbers: dict[str, int]) -> tuple[int | None, int]:
    """Give the nanoseconds of the day, and the days that 24:00 adds."""
    if "NanoOfDay" in numbers:
        return _check(numbers, "NanoOfDay"), 0
    if "MilliOfDay" in numbers:
        return _check(numbers, "MilliOfDay") * 1_000_000, 0
    if "HourOfDay" not in numbers:
        return None, 0
    hour = _check(numbers, "HourOfDay", also=24)
    minute = _check(numbers, "MinuteOfHour") if "MinuteOfHour" in numbers else None
    second = _check(numbers, "SecondOfMinute") if "SecondOfMinute" in numbers else None
    nano = _check(numbers, "NanoOfSecond") if "NanoOfSecond" in numbers else None
    finer_without_coarser = (minute is None and (second is not None or nano is not None)) or (
        second is None and nano is not None
    )
    if finer_without_coarser:
        return None, 0
    rest = ((minute or 0) * 60 + (second or 0)) * 1_000_000_000 + (nano or 0)
    if hour == 24:
        if rest:
            _check(numbers, "HourOfDay")
        return 0, 1
    return hour * 3_600_000_000_000 + rest, 0
