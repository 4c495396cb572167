"""Dates by Java's patterns. What the tables expect was taken from Java 17's DateTimeFormatter."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.expressions import javadate

READ = [
    ("yyyy-MM-dd HH:mm:ss[.SSS]", "2024-05-01 10:11:12", "2024-05-01T10:11:12"),
    ("yyyy-MM-dd HH:mm:ss[.SSS]", "2024-08-01 10:11:12.345", "2024-08-01T10:11:12.345000"),
    ("yyyy-MM-dd HH:mm:ss.SSS", "2024-08-01 10:11:12.345", "2024-08-01T10:11:12.345000"),
    ("yyyy-MM-dd' 'HH:mm:ss", "2024-05-01 10:11:12", "2024-05-01T10:11:12"),
    ("yyyy-MM-dd[ HH:mm[:ss[.SSS]]]", "2024-05-01 10:11:12.500", "2024-05-01T10:11:12.500000"),
    ("yyyy-MM-dd[ HH:mm[:ss[.SSS]]]", "2024-05-01 10:11", "2024-05-01T10:11:00"),
    ("yyyyMMddHHmmssSSS", "20240501101112345", "2024-05-01T10:11:12.345000"),
    ("MMM d, yyyy h:mm a", "May 1, 2024 12:05 AM", "2024-05-01T00:05:00"),
    ("yy-M-d H:m:s", "24-5-1 1:2:3", "2024-05-01T01:02:03"),
    ("yy-M-d H:m:s", "99-12-31 23:59:59", "2099-12-31T23:59:59"),
    ("yyyy-MM-dd HH:mm:ss", "2024-05-01 24:00:00", "2024-05-02T00:00:00"),
    ("yyyy-MM-dd HH:mm:ss", "2024-02-31 10:11:12", "2024-02-29T10:11:12"),
    ("yyyy-MM-dd kk:mm", "2024-05-01 24:01", "2024-05-01T00:01:00"),
    ("yyyy-MM-dd KK:mm a", "2024-05-01 00:01 PM", "2024-05-01T12:01:00"),
    ("yyyy-MM-dd HH", "2024-05-01 10", "2024-05-01T10:00:00"),
    ("yyyy-MM-dd N", "2024-05-01 1000000000", "2024-05-01T00:00:01"),
    ("yyyy-MM-dd 'o''clock' HH", "2024-05-01 o'clock 10", "2024-05-01T10:00:00"),
    ("EEE, dd MMM yyyy HH:mm:ss Z", "Wed, 01 May 2024 10:11:12 +0200", "2024-05-01T10:11:12+02:00"),
    ("yyyy-MM-dd'T'HH:mm:ssX", "2024-05-01T10:11:12+0230", "2024-05-01T10:11:12+02:30"),
    ("yyyy-MM-dd'T'HH:mm:ssxxx", "2024-05-01T10:11:12+00:00", "2024-05-01T10:11:12+00:00"),
    ("yyyy-MM-dd HH:mmZZZZZ", "2024-05-01 10:11Z", "2024-05-01T10:11:00+00:00"),
    ("yyyy-MM-dd HH:mm z", "2024-05-01 10:11 CEST", "2024-05-01T10:11:00+02:00"),
    ("yyyy-MM-dd HH:mm VV", "2024-05-01 10:11 Asia/Tokyo", "2024-05-01T10:11:00+09:00"),
]

REFUSED = [
    ("yy-MM-dd' 'HH:mm:ss", "2024-05-01 10:11:12", " at index 2"),
    ("yy-MM-dd' 'HH:mm:ss", "2024-08-01 10:11:12.345", " at index 2"),
    ("yyyy-MM-dd' 'HH:mm:ss", "2024-08-01 10:11:12.345", ", unparsed text found at index 19"),
    ("yyyy-MM-dd HH:mm:ss.SSS", "2024-05-01 10:11:12", " at index 19"),
    ("yyyy-MM-dd'T'HH:mm[:ss][.SSSSSS][XXX]", "2024-05-01T10:11:12.345Z", ", unparsed text found at index 19"),
    ("yyyyy-MM-dd", "+12345-05-01", " at index 0"),
    ("yyyyy-MM-dd", "+2024-05-01", " at index 1"),
    ("uuuuu-MM-dd", "-00000-05-01", " at index 0"),
    ("yyyyMMdd", "120240501", " at index 0"),
    ("uuuuMMdd", "2024050", " at index 6"),
    ("yyyyMMddHHmmssSSS", "2024050110111234", " at index 14"),
    ("HHmmss", "1011121", ", unparsed text found at index 6"),
    ("MMM d, yyyy h:mm a", "may 1, 2024 12:05 AM", " at index 0"),
    ("MMMM d yyyy", "Sep 1 2024", " at index 0"),
    ("d/M/yyyy", "1/2/20245", " at index 4"),
    ("yyyy-MM-dd yyyy", "2024-05-01 2025", " at index 11"),
    ("yyyy-MM-dd[ HH:mm[:ss[.SSS]]]", "2024-05-01 10:11:12.5", ", unparsed text found at index 19"),
    ("yyyy-MM-dd[ HH:mm[:ss[.SSS]]]", "2024-05-01 ", ", unparsed text found at index 10"),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-05-01T10:11:12+0230", " at index 19"),
    ("yyyy-MM-dd'T'HH:mm:ssxxx", "2024-05-01T10:11:12Z", " at index 19"),
    ("yyyy-MM-dd HH:mm VV", "2024-05-01 10:11 Nope", " at index 17"),
    ("yyyy-MM-dd HH:mm VV", "2024-05-01 10:11 Europe/Pariss", ", unparsed text found at index 29"),
    ("yyyy-MM-dd", "2024-13-30", ": Invalid value for MonthOfYear (valid values 1 - 12): 13"),
    ("dd.MM.yyyy", "32.01.2024", ": Invalid value for DayOfMonth (valid values 1 - 28/31): 32"),
    ("d/M/yyyy", "-1/2/2024", ": Invalid value for DayOfMonth (valid values 1 - 28/31): -1"),
    ("yyyy-MM-dd HH:mm:ss", "2024-05-01 24:00:01", ": Invalid value for HourOfDay (valid values 0 - 23): 24"),
    ("yyyy-MM-dd", "0000-05-01", ": Invalid value for YearOfEra (valid values 1 - 999999999/1000000000): 0"),
    ("yyyy-DDD", "2023-366", ": Invalid date 'DayOfYear 366' as '2023' is not a leap year"),
    ("yyyy-MM-dd HH:mmXXX", "2024-05-01 10:11+19:30", ": Zone offset not in valid range: -18:00 to +18:00"),
    ("yyyy-MM-dd HH:mm hh a", "2024-05-01 10:11 11 AM",
     ": Conflict found: HourOfDay 10 differs from HourOfDay 11 while resolving  AmPmOfDay"),
    ("EEE yyyy-MM-dd", "Thu 2024-05-01",
     ": Conflict found: Field DayOfWeek 3 differs from DayOfWeek 4 derived from 2024-05-01"),
]  # fmt: skip

WRONG = [
    ("yyyy-MM-dd foo", 11, "Unknown pattern letter: f"),
    ("yyyy-MM-dd 'oops", 11, "Pattern ends with an incomplete string literal"),
    ("yyyy-MM-dd]", 10, "] without previous ["),
    ("yyyy{MM", 4, "reserved character: '{'"),
    ("hhh", 0, "Too many pattern letters: h"),
    ("yyyy SSSSSSSSSS", 5, "Minimum width must be from 0 to 9"),
    ("HH:mm V", 6, "Pattern letter count must be 2: V"),
    ("YYYY-MM-dd", 0, "the year of a date is `y`"),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), READ)
def test_a_text_that_fits_is_read(pattern: str, text: str, expected: str) -> None:
    found = javadate.compile(pattern).parse(text).datetime()
    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize(("pattern", "text", "problem"), REFUSED)
def test_a_text_that_does_not_fit_is_refused_in_javas_words(pattern: str, text: str, problem: str) -> None:
    with pytest.raises(javadate.DateParseError) as caught:
        javadate.compile(pattern).parse(text)
    assert str(caught.value) == f"Text '{text}' could not be parsed{problem}"


@pytest.mark.parametrize(("pattern", "index", "reason"), WRONG)
def test_a_wrong_pattern_is_told_with_its_place(pattern: str, index: int, reason: str) -> None:
    problem = javadate.check_pattern(pattern)
    assert problem is not None
    assert f"`{pattern}` is wrong at index {index}" in problem
    assert reason in problem


@pytest.mark.parametrize("pattern", ["yyyy-MM-dd[XXX]", "HH:mm[:ss][.SSSSSS][XXX]", "yyyy-MM-dd[ HH:mm"])
def test_a_pattern_that_java_takes_has_no_problem(pattern: str) -> None:
    assert javadate.check_pattern(pattern) is None


def test_the_index_of_a_failure_is_a_field() -> None:
    with pytest.raises(javadate.DateParseError) as caught:
        javadate.compile("yy-MM").parse("2024-05")
    assert caught.value.index == 2


def test_long_texts_are_cut_in_messages() -> None:
    with pytest.raises(javadate.DateParseError, match=r"^Text '2024x{60}\.\.\.' could not"):
        javadate.compile("yyyy").parse("2024" + "x" * 80)


def test_a_time_alone_and_a_date_alone_are_parts() -> None:
    found = javadate.compile("HH:mm[:ss]").parse("10:11")
    assert (found.date, found.time, found.datetime()) == (None, time(10, 11), None)
    assert javadate.compile("yyyy-MM-dd[XXX]").parse("2024-05-01").date == date(2024, 5, 1)


def test_hours_of_a_clock_face_without_half_of_the_day_are_no_time() -> None:
    assert javadate.compile("yyyy-MM-dd hh:mm").parse("2024-05-01 10:11").datetime() is None


def test_a_time_skipped_by_the_clocks_moves_on_by_the_gap() -> None:
    found = javadate.compile("yyyy-MM-dd HH:mm").parse("2024-03-31 02:30")
    expected = datetime(2024, 3, 31, 1, 30, tzinfo=UTC)
    assert found.epoch_nanos(ZoneInfo("Europe/Paris")) == int(expected.timestamp()) * 1_000_000_000


def test_nanoseconds_are_kept() -> None:
    found = javadate.compile("yyyy-MM-dd HH:mm:ss.SSSSSSSSS").parse("1970-01-01 00:00:00.123456789")
    assert found.epoch_nanos(UTC) == 123_456_789


@given(st.datetimes())
def test_every_time_written_to_the_microsecond_is_read_back(moment: datetime) -> None:
    text = moment.isoformat(sep=" ", timespec="microseconds")
    assert javadate.compile("yyyy-MM-dd HH:mm:ss.SSSSSS").parse(text).datetime() == moment


@given(st.sampled_from([row[0] for row in READ]), st.text(alphabet="0123456789-:. TZ+'AMayPE/", max_size=30))
def test_any_text_is_read_or_refused(pattern: str, text: str) -> None:
    parser = javadate.compile(pattern)
    if parser.fits(text):
        parser.parse(text)
    else:
        with pytest.raises(javadate.DateParseError) as caught:
            parser.parse(text)
        assert caught.value.index is None or 0 <= caught.value.index <= len(text)
