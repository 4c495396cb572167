from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.expressions.rendering import NO_DEADLINE, failure, value

MOMENT = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("yyyyMM", "202405"), ("yy-M-d", "24-5-6"), ("uuuu-MM-dd", "2024-05-06"), ("HH:mm:ss.SSS", "07:08:09.123"),
        ("S SS SSSSSS SSSSSSSSS", "1 12 123456 123456000"), ("h a", "7 AM"), ("K k", "7 7"), ("EEE EEEE", "Mon Monday"),
        ("MMM MMMM", "May May"), ("XXX XX X", "+02:00 +0200 +02"), ("xxx Z", "+02:00 +0200"), ("D DDD", "127 127"),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-05-06T07:08:09+02:00"), ("'it''s' yyyy", "it's 2024"), ("''yyyy", "'2024"),
        ("yyyy[-MM]", "2024-05"), ("n A", "123456000 25689123"), ("iso", "2024-05-06T07:08:09.123456+02:00"),
        ("iso_sec", "2024-05-06T07:08:09+02:00"), ("sql_seq", "2024-05-06 07:08:09"), ("iso_local_date", "2024-05-06"),
        ("iso_instant", "2024-05-06T05:08:09.123456Z"), ("rfc_1123_date_time", "Mon, 6 May 2024 07:08:09 +0200"),
    ],
)  # fmt: skip
def test_java_patterns_are_written_as_java_writes_them(pattern: str, wanted: str) -> None:
    assert value("{{ x | date(pattern) }}", x=MOMENT, pattern=pattern) == wanted


@pytest.mark.parametrize(
    ("given_value", "wanted"),
    [
        (MOMENT, "2024-05-06T07:08:09.123456+02:00"),
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09.000000Z"),
        ("2024-05-06T07:08:09.123456789+02:00[Europe/Paris]", "2024-05-06T07:08:09.123456+02:00"),
        ("2024-05-06", "2024-05-06T00:00:00.000000Z"),
        (1714979289, "2024-05-06T07:08:09.000000Z"),
        (1714979289.5, "2024-05-06T07:08:09.500000Z"),
    ],
)
def test_many_things_are_points_in_time(given_value: Any, wanted: str) -> None:
    assert value("{{ x | date }}", x=given_value) == wanted


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("'July 24, 2001' | date('yyyy-MM-dd', existingFormat='MMMM dd, yyyy')", "2001-07-24"),
        ("'Tue, 08 Feb 2022 19:38:26 GMT' | date(existingFormat='rfc_1123_date_time', timeZone='Europe/Paris')",
         "2022-02-08T20:38:26.000000+01:00"),
        ("'2022-02-08T19:38:26Z' | date('rfc_1123_date_time')", "Tue, 8 Feb 2022 19:38:26 GMT"),
        ("'2024-12-30' | date('iso_week_date')", "2025-W01-1Z"),
        # as Java resolves it: the month ends earlier
        ("'2024-02-30' | date('iso_local_date', existingFormat='yyyy-MM-dd')", "2024-02-29"),
        ("'2024-05' | date('iso_local_date', existingFormat='yyyy-MM')", "2024-05-01"),
    ],
)  # fmt: skip
def test_an_existing_format_is_read_as_java_reads_it(expression: str, wanted: str) -> None:
    assert value(f"{{{{ {expression} }}}}") == wanted


def test_a_zone_a_locale_and_an_existing_format_can_be_given() -> None:
    assert value("{{ x | date('HH:mm', timeZone='Asia/Tokyo') }}", x=MOMENT) == "14:08"
    assert value("{{ '2024-05-06' | date('iso_sec', 'Europe/Paris') }}") == "2024-05-06T00:00:00+02:00"
    assert value("{{ x | date('EEEE d MMMM', locale='de_DE') }}", x=MOMENT) == "Montag 6 Mai"
    assert value("{{ '06/May/24 3PM' | date('yyyy-MM-dd HH', existingFormat='dd/MMM/yy ha') }}") == "2024-05-06 15"
    assert value("{{ x | date('full') }}", x=MOMENT.astimezone(UTC)).startswith("Monday, May 6, 2024")


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("'x' | date", "`x` is no ISO date"),
        ("[] | date", "not a list of 0"),
        ("1 | date('yyyy', 'Mars/Base')", "no time zone `Mars/Base`"),
        ("1 | date('yyyy', '../../etc/passwd')", "no time zone"),
        ("1 | date('yyyy-bb')", "`bb` has no meaning in the date pattern"),
        ('1 | date("yyyy \'x")', "quote is not closed"),
        ("1 | date('EEE', locale='xx_nowhere')", "no locale"),
        ("'24-05-01' | date('iso', existingFormat='yyyy-MM-dd')", "does not have the form"),
        ("'2024-05-01' | date('iso', existingFormat='yy-MM-dd')", "does not have the form"),
        ("'2024-13-30' | date('iso', existingFormat='yyyy-MM-dd')", "is no point in time"),
        ("99999999999999 | date", "is no point in time"),
        ("1 | dateAdd(1, 'MONHTS')", "did you mean `MONTHS`"),
        ("1 | dateAdd(1.5, 'DAYS')", "whole number"),
        ("1 | dateAdd(99999999, 'YEARS')", "out of the calendar"),
    ],
)
def test_what_is_no_date_is_refused(expression: str, part: str) -> None:
    assert part in failure(f"{{{{ {expression} }}}}").message


@pytest.mark.parametrize(
    ("start", "amount", "unit", "wanted"),
    [
        ("2024-05-31T10:00:00Z", -3, "MONTHS", "2024-02-29T10:00:00+00:00"),
        ("2024-02-29T10:00:00Z", 1, "YEARS", "2025-02-28T10:00:00+00:00"),
        ("2024-01-31T10:00:00Z", 1, "month", "2024-02-29T10:00:00+00:00"),
        ("2024-12-31T10:00:00Z", 2, "months", "2025-02-28T10:00:00+00:00"),
        ("2024-05-31T10:00:00Z", 36, "hours", "2024-06-01T22:00:00+00:00"),
        ("2024-05-31T10:00:00Z", -1, "Day", "2024-05-30T10:00:00+00:00"),
        ("2024-05-31T10:00:00Z", 2, "WEEKS", "2024-06-14T10:00:00+00:00"),
        ("2024-05-31T10:00:00Z", "90", "SECONDS", "2024-05-31T10:01:30+00:00"),
        ("2024-05-31T10:00:00Z", 1, "MINUTES", "2024-05-31T10:01:00+00:00"),
    ],
)
def test_dates_move_by_units_and_months_end_where_they_are_too_short(
    start: str, amount: Any, unit: str, wanted: str
) -> None:
    assert value("{{ s | dateAdd(a, u) }}", s=start, a=amount, u=unit) == wanted


def test_a_day_keeps_the_time_of_day_over_a_change_of_the_clock_and_hours_do_not() -> None:
    before = datetime(2024, 3, 30, 12, tzinfo=ZoneInfo("Europe/Paris"))
    assert value("{{ x | dateAdd(1, 'DAYS') }}", x=before) == "2024-03-31T12:00:00+02:00"
    assert value("{{ x | dateAdd(24, 'HOURS') }}", x=before) == "2024-03-31T13:00:00+02:00"
    gap = datetime(2024, 3, 30, 2, 30, tzinfo=ZoneInfo("Europe/Paris"))
    assert value("{{ x | dateAdd(1, 'DAYS') }}", x=gap) == "2024-03-31T03:30:00+02:00"


def test_the_month_of_the_file_is_three_months_before_the_run() -> None:
    source = "{{ execution.startDate | dateAdd(-3, 'MONTHS') | date('yyyyMM') }}"
    started = datetime(2024, 5, 31, 10, tzinfo=UTC)
    assert value(source, execution={"startDate": started}) == "202402"
    assert value(source, execution={"startDate": started.isoformat()}) == "202402"
    assert value("{{ x | dateAdd(1, 'DAYS', 'yyyy/MM/dd') }}", x=started) == "2024/06/01"


moments = st.integers(-30_000_000_000_000_000, 200_000_000_000_000_000).map(
    lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)


@NO_DEADLINE
@given(moments)
def test_what_a_pattern_writes_the_same_pattern_reads(moment: datetime) -> None:
    pattern = "dd.MM.yyyy HH-mm-ss.SSSSSSXXX"
    written = value("{{ x | date(p) }}", x=moment, p=pattern)
    assert value("{{ x | date('iso', existingFormat=p) }}", x=written, p=pattern) == value("{{ x | date }}", x=moment)


@NO_DEADLINE
@given(moments, st.integers(-2000, 2000))
def test_months_back_and_forth_lose_at_most_the_end_of_a_month(moment: datetime, months: int) -> None:
    source = "{{ x | dateAdd(n, 'MONTHS') | dateAdd(-n, 'MONTHS') }}"
    back = datetime.fromisoformat(value(source, x=moment, n=months))
    assert timedelta() <= moment - back <= timedelta(days=3)
    assert (back.year, back.month, back.time()) == (moment.year, moment.month, moment.time())
