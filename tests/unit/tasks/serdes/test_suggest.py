"""Patterns proposed for values that a pattern did not read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.expressions import javadate
from dalsegno.tasks.serdes.suggest import suggest_pattern


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        (["2024-05-01 10:11:12"], "yyyy-MM-dd HH:mm:ss"),
        (["2024-05-01 10:11:12.345"], "yyyy-MM-dd HH:mm:ss.SSS"),
        (["2024-05-01 10:11:12.345", "2024-05-01 10:11:12"], "yyyy-MM-dd HH:mm:ss[.SSS]"),
        (["2024-05-01T10:11:12Z"], "yyyy-MM-dd'T'HH:mm:ssXXX"),
        (["2024-05-01T10:11:12.345678+02:00"], "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"),
        (["05/31/2024 10:11"], "MM/dd/yyyy HH:mm"),
        (["31.05.2024 10:11"], "dd.MM.yyyy HH:mm"),
        (["May 1, 2024 1:05 PM"], "MMM d, yyyy h:mm a"),
        (["Wed, 01 May 2024 10:11:12 +0200"], "EEE, dd MMM yyyy HH:mm:ss Z"),
        (["2024-05-01 10:11:12", "yesterday"], "yyyy-MM-dd HH:mm:ss"),
        (["yesterday"], None),
        ([], None),
    ],
)
def test_a_pattern_is_proposed_that_reads_the_values(values: list[str], pattern: str | None) -> None:
    assert suggest_pattern(values) == pattern


def test_dates_and_times_alone_have_patterns_of_their_own() -> None:
    assert suggest_pattern(["01/13/2024"], what="date") == "MM/dd/yyyy"
    assert suggest_pattern(["10:11"], what="time") == "HH:mm"


@given(st.text(alphabet="0123456789-/:. TZ", max_size=24))
def test_what_is_proposed_reads_the_value(text: str) -> None:
    pattern = suggest_pattern([text])
    assert pattern is None or javadate.compile(pattern).fits(text)
