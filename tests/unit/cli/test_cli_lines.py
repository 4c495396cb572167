from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.cli.render.lines import clean, labelled, line, listed, plain, seconds, short, wrapped


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.0, "0 ms"),
        (-1.0, "0 ms"),
        (0.0042, "4 ms"),
        (0.0996, "0.1 s"),
        (3.24, "3.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (245.2, "4 min 05 s"),
        (3599.6, "1 h 00 min"),
        (7380.0, "2 h 03 min"),
    ],
)
def test_a_duration_shows_its_size_at_once(value: float | None, text: str) -> None:
    assert seconds(value) == text


def test_what_a_task_wrote_cannot_move_the_cursor() -> None:
    assert clean("a\x1b[2Jb\x1b]0;title\x07c\rd\x00e\tf\ng") == "abcde\tf\ng"


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    assert not any((sign < " " and sign not in "\t\n") or "\x7f" <= sign <= "\x9f" for sign in clean(text))


def test_a_label_stands_before_the_first_line_alone() -> None:
    lines = labelled("error", "one two three four five six seven", 26, style="red")

    assert [plain(each) for each in lines] == ["error: one two three four", "       five six seven"]


def test_line_breaks_of_a_text_hold() -> None:
    assert [plain(each) for each in wrapped("a\n\nb", 40, indent="  ")] == ["  a", "", "  b"]


@given(st.text(st.characters(categories=("L", "Zs")), max_size=60))
def test_wrapping_keeps_every_word_that_fits(text: str) -> None:
    words = " ".join(plain(each).strip() for each in wrapped(text, 200))

    assert words.split() == text.split()


def test_long_lists_and_texts_say_that_they_are_cut() -> None:
    assert listed(["a", "b"], 2) == "a, b"
    assert listed([str(number) for number in range(1200)], 2) == "0, 1 … and 1,198 more"
    assert short("one\n two", 20) == "one two"
    assert short("abcdef", 4) == "abc…"


def test_a_line_is_pieces_of_text_and_style() -> None:
    assert line("a", ("b", "red")) == (("a", ""), ("b", "red"))
