from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.model.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT0.5S", 0.5),
        ("PT20.345S", 20.345),
        ("PT15M", 900),
        ("PT10H", 36_000),
        ("P2D", 172_800),
        ("P2DT3H4M", 183_840),
        ("P2W", 1_209_600),
        ("P1W2D", 777_600),
        ("PT-6H3M", -21_420),
        ("-PT6H3M", -21_780),
        ("-PT-6H+3M", 21_420),
        ("PT-0.5S", -0.5),
        ("-PT-0.5S", 0.5),
        ("pt1h30m", 5_400),
        ("PT0S", 0),
        ("PT1.S", 1),
        ("PT1,5S", 1.5),
        ("PT0.123456789S", 0.123456),
    ],
)
def test_the_forms_that_java_reads_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "1D", "PT1D", "P1H", "PT1S1M", "PT.5S", "P1.5D", " PT1S", "PT1S\n", "PT١S", "P--1D"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(("text", "meant"), [("5", "PT5S"), ("0.5", "PT0.5S"), ("10m", "PT10M"), ("2 days", "P2D")])
def test_what_was_meant_is_said(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"write `{meant}`"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["P1Y", "P2M", "P1Y2M3D", "P1M1D"])
def test_years_and_months_are_refused_for_having_no_fixed_length(text: str) -> None:
    with pytest.raises(ValueError, match="no fixed length"):
        parse_duration(text)


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        parse_duration("P99999999999D")


@given(st.timedeltas(min_value=timedelta(days=-9999), max_value=timedelta(days=9999)))
def test_every_length_survives_being_written_and_read(length: timedelta) -> None:
    micros = length // timedelta(microseconds=1)
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    assert parse_duration(f"{sign}PT{micros // 1_000_000}.{micros % 1_000_000:06}S") == length


@given(st.text(alphabet="PTYMWDHS.,+-0123456789", max_size=12))
def test_no_text_gives_anything_but_a_length_or_a_refusal(text: str) -> None:
    try:
        assert isinstance(parse_duration(text), timedelta)
    except ValueError as error:
        assert "`" in str(error)  # noqa: PT017 - either way is right
