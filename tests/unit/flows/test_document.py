"""What the YAML reader takes, and how it says no."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.flows import document
from dalsegno.flows.document import read
from dalsegno.flows.report import Report


def values(text: str) -> Any:
    report = Report()
    root = read(text, report)
    assert report.problems() == []
    assert root is not None
    return root.value


def complaints(text: str) -> list[str]:
    report = Report("f.yaml")
    read(text, report)
    return [str(problem) for problem in report.problems()]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True), ("False", False), ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"),
        ("", None), ("~", None), ("null", None), ("'null'", "null"),
        ("5", 5), ("-5", -5), ("010", 10), ("0o17", 15), ("0x1F", 31), ("1_000", "1_000"), ("12:30:45", "12:30:45"),
        ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("'5'", "5"), (".inf", ".inf"), (".nan", ".nan"), ("1e999", "1e999"),
        ("2024-05-01", "2024-05-01"), ("2024-05-01T10:11:12Z", "2024-05-01T10:11:12Z"),
        ("9" * 5000, "9" * 5000), ("!!str 5", "5"), ("!!int '7'", 7), ("!!float 7", 7.0), ("!!bool 'true'", True),
        ("-", [None]), ("- 1", [1]),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(written: str, value: Any) -> None:
    read_value = values(f"a:\n  {written}\n")["a"]
    assert (read_value, type(read_value)) == (value, type(value))


def test_texts_of_several_lines_keep_or_join_their_lines() -> None:
    assert values("a: |\n  one\n   two\n\n  three\nb: >\n  one\n  two\nc: |-\n  x\n") == {
        "a": "one\n two\n\nthree\n",
        "b": "one two\n",
        "c": "x",
    }


def test_a_quoted_sign_of_a_merge_is_a_key_like_any_other() -> None:
    assert values("'<<': 1\n") == {"<<": 1}


def test_keys_are_always_text() -> None:
    assert values("1: a\ntrue: b\n2024-01-01: c\n") == {"1": "a", "true": "b", "2024-01-01": "c"}


def test_a_byte_order_mark_and_windows_line_ends_make_no_difference() -> None:
    report = Report()
    root = read("\ufeffa: 1\r\nb:\r\n  - ü: x\r\n", report)
    assert root is not None
    assert root.value == {"a": 1, "b": [{"ü": "x"}]}
    assert (root.descend(("b", 0, "ü")).line, root.descend(("b", 0, "ü")).column) == (3, 8)


def test_aliases_repeat_what_their_anchor_names() -> None:
    assert values("a: &a [1, {b: 2}]\nc: *a\nd: [*a, *a]\n")["d"] == [[1, {"b": 2}], [1, {"b": 2}]]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "f.yaml: the file holds no flow: it must be a YAML map with `id`, `namespace` and `tasks`"),
        ("# only this\n", "f.yaml: the file holds no flow: it must be a YAML map with `id`, `namespace` and `tasks`"),
        ("- a\n", "f.yaml:1:1: the file holds no flow: it must be a YAML map with `id`, `namespace` and `tasks`"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: `a` stands here twice, first in line 1"),
        ("a:\n  - b: 1\n    b: 2\n", "f.yaml:3:5: `b` stands here twice, first in line 2"),
        ("a: {{ x }}\n", 'f.yaml:1:5: a key must be a plain text; an expression needs quotes around it, as in `"{{ ... }}"`'),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a file holds one flow: remove what follows `---`"),
        ("a: *b\n", "f.yaml:1:4: there is no anchor `&b` before the alias `*b`"),
        ("a: &a [*a]\n", "f.yaml:1:8: the alias `*a` stands inside what it repeats"),
        ("a: &a {x: 1}\nb:\n  <<: *a\n", "f.yaml:3:3: YAML's merge key `<<` is not supported: write the values out"),
        ("a: !env X\n", "f.yaml:1:4: the YAML tag `!env` is not supported: leave it out"),
        ("a: !!int x\n", "f.yaml:1:4: `x` is no YAML int"),
        ("a: !!set {x, y}\n", "f.yaml:1:4: the YAML tag `tag:yaml.org,2002:set` is not supported: leave it out"),
        ("a: \ud800", "f.yaml:1:4: the text holds half of a surrogate pair: save the file as UTF-8"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_place(text: str, complaint: str) -> None:
    assert complaints(text) == [complaint]


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("a: b: c\n", "1:5", "put the text in quotes, or check the indentation"),
        ("a:\n\t- b\n", "2:1", "indented with a tab: use blanks"),
        ("a: @x\n", "1:4", "put the text in quotes"),
        ("a: 'x\n", "2:1", "a quote is not closed"),
        ("a: [1, 2\n", "2:1", "a list in `[ ]` is not closed"),
        ("a: {b: 2\n", "2:1", "a map in `{ }` is not closed"),
        ('a: "\\q"\n', "1:5", "a backslash in double quotes starts an escape"),
        ("a: 'it's'\n", "1:8", "check the indentation and the quotes above"),
        ("x: ü\nb: \x01\n", "2:4", "the text holds a control character"),
        ("t:\n  - id: a\n   b: c\n", "3:4", "check the indentation"),
    ],
)
def test_broken_yaml_says_where_and_what_to_do(text: str, place: str, hint: str) -> None:
    [complaint] = complaints(text)
    assert complaint.startswith(f"f.yaml:{place}: this is not YAML: ")
    assert hint in complaint


def test_a_laugh_that_grows_a_billionfold_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    [complaint] = complaints("\n".join(lines))
    assert "aliases repeat more than 100,000 values" in complaint


def test_a_long_text_repeated_by_aliases_is_refused_too() -> None:
    [complaint] = complaints(f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 1000)}]\n")
    assert "aliases repeat more than 100,000 values" in complaint


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "a:\n "])
def test_endless_nesting_is_refused_and_does_not_end_the_process(opening: str) -> None:
    text = opening * 100_000 if opening != "a:\n " else "".join(" " * n + "a:\n" for n in range(2000))
    [complaint] = complaints(text)
    assert "lists and maps stand more than 100 deep in each other" in complaint


def test_a_file_that_is_too_large_is_refused() -> None:
    [complaint] = complaints("#" * (document.LARGEST + 1))
    assert complaint.startswith("f.yaml: the file has 5,000,001 characters; at most 5,000,000 are read")


@given(st.text())
def test_any_text_is_read_or_refused_with_a_problem(text: str) -> None:
    report = Report()
    assert read(text, report) is not None or report.problems()


@given(st.recursive(st.text(alphabet="ab{}[]:,-&*!|>'\"#%@ \n\t"), lambda inner: st.lists(inner).map("\n".join)))
def test_anything_like_yaml_is_read_or_refused_with_a_problem(text: str) -> None:
    report = Report()
    assert read(text, report) is not None or report.problems()
