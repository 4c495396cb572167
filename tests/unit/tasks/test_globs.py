"""Patterns of paths, as Java's globs."""

from __future__ import annotations

import pytest

from dalsegno.tasks.globs import chosen, matcher

FILES = ["a.py", "b.txt", "scripts/a.py", "scripts/deep/a.py", "scripts/b[1].py", ".env", "x y.csv"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("**", FILES),
        ("a.py", ["a.py", "scripts/a.py", "scripts/deep/a.py"]),
        ("/a.py", ["a.py"]),
        ("*.py", ["a.py"]),
        ("**.py", ["a.py", "scripts/a.py", "scripts/deep/a.py", "scripts/b[1].py"]),
        ("scripts/*.py", ["scripts/a.py", "scripts/b[1].py"]),
        ("scripts/**", ["scripts/a.py", "scripts/deep/a.py", "scripts/b[1].py"]),
        ("deep/*", ["scripts/deep/a.py"]),
        ("/?.{py,txt}", ["a.py", "b.txt"]),
        ("/[!b].*", ["a.py"]),
        ("/[a-b].*", ["a.py", "b.txt"]),
        ("scripts/b\\[1\\].py", ["scripts/b[1].py"]),
        (".env", [".env"]),
        ("x y.csv", ["x y.csv"]),
        ("A.py", []),
        ("glob:**/deep/**", ["scripts/deep/a.py"]),
        ("regex:/\\w\\.py", ["a.py"]),
        ("regex:.*[^y]", ["b.txt", ".env", "x y.csv"]),
    ],
)
def test_a_pattern_chooses(pattern: str, found: list[str]) -> None:
    assert chosen(FILES, [pattern]) == found


def test_what_is_named_to_be_left_out_is() -> None:
    assert chosen(FILES, [], ["**.py", "/.env"]) == ["b.txt", "x y.csv"]
    assert chosen(FILES, ["scripts/**", "b.txt"], ["deep/**"]) == ["b.txt", "scripts/a.py", "scripts/b[1].py"]
    assert chosen(FILES, ["a.py"], deep=False) == ["a.py"]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("", "empty pattern"), ("{a", "not closed"), ("{a{b}}", "braces within braces"), ("regex:(", "missing"), ("[z-a]", "z-a")],
)  # fmt: skip
def test_a_pattern_that_cannot_be_read_is_refused_and_named(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        matcher(pattern)
    assert pattern in str(refused.value)


def test_a_pattern_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(ValueError, match="takes longer"):
        chosen(["x" * 2000], ["regex:(.*x){12}(.*x){12}y"])
