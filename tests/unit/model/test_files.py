"""Paths of files of namespaces, and how a look at them stands among the values that a task used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.model.files import (
    Selection,
    content_used,
    file_path,
    folder_path,
    folders_above,
    is_presence,
    looked_up,
    presence_used,
    selection_used,
)


@pytest.mark.parametrize(
    ("text", "path"),
    [("main.py", "main.py"), ("/scripts/main.py", "scripts/main.py"), ("a//./b c.txt", "a/b c.txt"), (".env", ".env")],
)
def test_a_path_has_one_form(text: str, path: str) -> None:
    assert file_path(text) == path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no file"), ("/", "names no file"), ("a/../b", "no `..`"), ("a/", "names a folder"),
        ("a\nb", "a sign in it"), ("a" * 1001, "at most 1,000"),
    ],
)  # fmt: skip
def test_what_is_no_path_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        file_path(text)


def test_a_folder_is_the_beginning_of_the_paths_in_it() -> None:
    assert [folder_path(text) for text in ("", "/", ".", "a", "/a/b/", ".x", "...")] == [
        "", "", "", "a/", "a/b/", ".x/", ".../",
    ]  # fmt: skip
    assert folders_above("a/b/c.txt") == ["a", "a/b"]
    with pytest.raises(ValueError, match=r"no `\.\.`"):
        folder_path("..")


_PATTERNS = st.lists(st.text(min_size=1, max_size=8).filter(lambda text: text != "--"), max_size=3).map(tuple)


@given(_PATTERNS, _PATTERNS)
def test_a_selection_is_read_back_from_its_name(include: tuple[str, ...], exclude: tuple[str, ...]) -> None:
    wanted = Selection("company.team", include, exclude)
    assert looked_up(selection_used(wanted)) == wanted


def test_a_look_is_read_back_from_its_name() -> None:
    assert looked_up(content_used("company.team", "a/b.txt")) == ("company.team", "a/b.txt")
    assert looked_up(presence_used("company.team", "a/b.txt")) == ("company.team", "a/b.txt")
    assert [is_presence(name("n", "p")) for name in (presence_used, content_used)] == [True, False]
    assert [looked_up(name) for name in ("inputs.file", "outputs.files.x", "secret.file.x")] == [None] * 3
    assert selection_used(Selection("company.team")) == "files.company.team"
