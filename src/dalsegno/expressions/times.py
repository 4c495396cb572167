"""The filters and functions on points in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from dalsegno.errors import closest, did_you_mean
from dalsegno.expressions import dates
from dalsegno.expressions.faults import Fault, describe
from dalsegno.expressions.frame import Frame
from dalsegno.expressions.registry import FILTERS, FUNCTIONS
from dalsegno.expressions.values import to_text

_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_POSITIONS = {"FIRST": 0, "SECOND": 1, "THIRD": 2, "FOURTH": 3}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


#: what can be told of arguments that stand literally
_LITERALS = {"format": dates.check_pattern, "existing_format": dates.check_pattern, "time_zone": dates.zone}


@FILTERS.add("date", literals=_LITERALS)
def date(
    value: Any,
    format: str | None = None,
    time_zone: str | None = None,
    existing_format: str | None = None,
    locale: str | None = None,
) -> str | None:
    """Write a point in time with a Java pattern, in the given zone or else in its own."""
    if value is None:
        return None
    return dates.write(dates.read(value, time_zone, existing_format), format or "iso", locale)


@FILTERS.add("dateAdd", literals={**_LITERALS, "unit": dates.check_unit})
def date_add(
    value: Any,
    amount: Any,
    unit: str,
    format: str | None = None,
    time_zone: str | None = None,
    existing_format: str | None = None,
    locale: str | None = None,
) -> Any:
    """Move a point in time; without a format it stays one, so that `date` can follow."""
    if value is None:
        return None
    moved = dates.add(dates.read(value, time_zone, existing_format), amount, unit)
    return moved if format is None else dates.write(moved, format, locale)


def _timestamp(name: str, give: Callable[[int, int], Any]) -> None:
    """Register a filter that gives a point in time as a number, made of its seconds and microseconds since 1970."""

    def apply(value: Any, time_zone: str | None = None, existing_format: str | None = None) -> Any:
        if value is None:
            return None
        since = dates.read(value, time_zone, existing_format) - _EPOCH
        return give(since.days * 86_400 + since.seconds, since.microseconds)

    FILTERS.add(name, literals=_LITERALS)(apply)


_timestamp("timestamp", lambda seconds, _micros: seconds)
_timestamp("timestampMilli", lambda seconds, micros: seconds * 1000 + micros // 1000)
#: Kestra gives the seconds as nanoseconds and adds microseconds to them; and both as text
_timestamp("timestampMicro", lambda seconds, micros: str(seconds * 1_000_000_000 + micros))
_timestamp("timestampNano", lambda seconds, micros: str(seconds * 1_000_000_000 + micros * 1000))


@FUNCTIONS.add("now", literals={name: check for name, check in _LITERALS.items() if name != "existing_format"})
def now(
    frame: Frame,
    format: str | None = None,
    time_zone: str | None = None,
    existing_format: str | None = None,  # noqa: ARG001 - Kestra has it, and it does nothing
    locale: str | None = None,
) -> Any:
    """Give the time: a point in time, or text where a format is given."""
    moment = frame.scope.now()
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    moment = moment.astimezone(dates.zone(time_zone)) if time_zone else moment
    return moment if format is None else dates.write(moment, format, locale)


def _of_day(name: str) -> Callable[[Callable[[datetime], Any]], Callable[[datetime], Any]]:
    """Register a function that tells something of one point in time, as it stands there, in its own zone."""

    def register(tell: Callable[[datetime], Any]) -> Callable[[datetime], Any]:
        def apply(frame: Frame, date: Any) -> Any:  # noqa: ARG001 - functions take the frame
            return tell(_given(date))

        FUNCTIONS.add(name)(apply)
        return tell

    return register


def _given(date: Any) -> datetime:
    if date is None:
        raise Fault("it takes a date, not null")
    return dates.read(date)


_of_day("isWeekend")(lambda day: day.weekday() >= 5)
_of_day("dayOfWeek")(lambda day: _DAYS[day.weekday()])
_of_day("dayOfMonth")(lambda day: day.day)
_of_day("monthOfYear")(lambda day: day.month)
_of_day("hourOfDay")(lambda day: day.hour)


@FUNCTIONS.add("isDateBefore")
def is_before(frame: Frame, date: Any, reference: Any) -> bool:  # noqa: ARG001
    return _given(date) < _given(reference)


@FUNCTIONS.add("isDateAfter")
def is_after(frame: Frame, date: Any, reference: Any) -> bool:  # noqa: ARG001
    return _given(date) > _given(reference)


@FUNCTIONS.add("isDateBetween")
def is_between(frame: Frame, date: Any, after: Any, before: Any) -> bool:  # noqa: ARG001
    """Tell whether a point in time lies between two others, and is neither of them."""
    return _given(after) < _given(date) < _given(before)


def _weekday(name: Any) -> int:
    wanted = to_text(name).upper()
    if wanted not in _DAYS:
        near = closest(wanted, _DAYS)
        raise Fault(f"there is no day of the week `{name}`{did_you_mean(near)}", closest=near)
    return _DAYS.index(wanted)


@FUNCTIONS.add("isDayWeekInMonth")
def is_day_week_in_month(frame: Frame, date: Any, day_of_week: Any, position: Any) -> bool:  # noqa: ARG001
    """Tell whether a day is the first, second, third, fourth or last such day of the week in its month."""
    day, wanted, place = _given(date), _weekday(day_of_week), to_text(position).upper()
    if place != "LAST" and place not in _POSITIONS:
        near = closest(place, [*_POSITIONS, "LAST"])
        raise Fault(f"there is no position `{position}`{did_you_mean(near)}", closest=near)
    if day.weekday() != wanted:
        return False
    return _last_week(day) if place == "LAST" else (day.day - 1) // 7 == _POSITIONS[place]


def _last_week(day: datetime) -> bool:
    return (day + timedelta(days=7)).month != day.month


@FUNCTIONS.add("isLastWorkingDay")
def is_last_working_day(frame: Frame, date: Any, working_days: Any = None) -> bool:  # noqa: ARG001
    """Tell whether a day is the last working day of its month; those are Monday to Friday, if nothing else is said."""
    named = to_text(working_days).replace(",", " ").split()
    working = {_weekday(name) for name in named} if named else set(range(5))
    day = _given(date)
    later = day + timedelta(days=1)
    while later.month == day.month and later.weekday() not in working:
        later += timedelta(days=1)
    return day.weekday() in working and later.month != day.month


@FUNCTIONS.add("isPublicHoliday")
def is_public_holiday(frame: Frame, date: Any, country_code: Any, sub_division: Any = None) -> bool:  # noqa: ARG001
    """Tell whether a day is a public holiday in a country, or in a part of it."""
    day = _given(date)
    if not isinstance(country_code, str):
        raise Fault(f"a country is a code of two letters, such as `FR`, not {describe(country_code)}")
    try:
        from holidays import country_holidays
    except ImportError:
        raise Fault("holidays need a library: install `dalsegno[expressions]`") from None
    try:
        return day.date() in country_holidays(country_code.upper(), sub_division or None, years=day.year)
    except NotImplementedError as error:
        raise Fault(f"the holidays of `{country_code}` are not known: {error}") from None
