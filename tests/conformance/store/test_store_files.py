"""Files of namespaces: put, replaced, removed, listed, and what of the artifact store they keep in use."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from dalsegno.errors import MoveRefused, NotFound
from dalsegno.model.files import NamespaceFile
from dalsegno.store.port import DeleteFile, PutFile, Store

SPACE = "company.team"
ONE, OTHER = "1" * 64, "2" * 64


def a_file(path: str = "scripts/main.py", digest: str = ONE, **rest: Any) -> NamespaceFile:
    given: dict[str, Any] = {"namespace": SPACE, "size": 7, "created": 10.0, "updated": 10.0, **rest}
    return NamespaceFile(path=path, digest=digest, **given)


def names(files: list[NamespaceFile]) -> list[tuple[str, str]]:
    return [(file.namespace, file.path) for file in files]


def test_a_file_comes_back_as_it_was_put(store: Store, other: Store) -> None:
    file = a_file("dir/é b.txt", size=5_000_000_000)
    store.commit(None, [PutFile(file)])
    assert other.files.get(SPACE, "dir/é b.txt") == file
    assert other.files.get("company", "dir/é b.txt") is None
    assert other.files.get(SPACE, "dir") is None


def test_other_content_replaces_it_and_the_same_changes_nothing(store: Store) -> None:
    store.commit(None, [PutFile(a_file())])
    store.commit(None, [PutFile(a_file(created=20.0, updated=20.0))])
    assert store.files.get(SPACE, "scripts/main.py") == a_file()
    store.commit(None, [PutFile(a_file(digest=OTHER, size=8, created=30.0, updated=30.0))])
    assert store.files.get(SPACE, "scripts/main.py") == a_file(digest=OTHER, size=8, updated=30.0)


def test_a_file_that_is_only_to_be_new_is_refused_where_another_is(store: Store) -> None:
    store.commit(None, [PutFile(a_file(), only_new=True)])
    store.commit(None, [PutFile(a_file(updated=20.0), only_new=True)])
    with pytest.raises(MoveRefused, match=r"has a file `scripts/main.py` already, with another content"):
        store.commit(None, [PutFile(a_file("new.txt")), PutFile(a_file(digest=OTHER), only_new=True)])
    assert store.files.list() == [a_file()]


@pytest.mark.parametrize(
    ("there", "new", "said"),
    [
        ("a/b.txt", "a", "`a` is a folder of the namespace `company.team`: it holds `a/b.txt`"),
        ("a", "a/b.txt", "`a/b.txt` cannot lie in `a`, which is a file"),
        ("a/b", "a/b/c/d", "`a/b/c/d` cannot lie in `a/b`, which is a file"),
    ],
)
def test_a_path_is_no_file_and_folder_at_once(store: Store, there: str, new: str, said: str) -> None:
    store.commit(None, [PutFile(a_file(there))])
    with pytest.raises(MoveRefused, match=said):
        store.commit(None, [PutFile(a_file(new))])
    store.commit(None, [PutFile(a_file(new, namespace="other")), PutFile(a_file("a.txt"))])
    store.commit(None, [DeleteFile(SPACE, there), PutFile(a_file(new))])
    assert names(store.files.list(namespace=SPACE)) == sorted([(SPACE, new), (SPACE, "a.txt")])


def test_a_removed_file_is_gone_and_what_is_not_there_cannot_be_removed(store: Store) -> None:
    store.commit(None, [PutFile(a_file()), PutFile(a_file("b.txt"))])
    store.commit(None, [DeleteFile(SPACE, "b.txt")])
    with pytest.raises(NotFound, match=r"`company.team` has no file `b.txt`"):
        store.commit(None, [DeleteFile(SPACE, "scripts/main.py"), DeleteFile(SPACE, "b.txt")])
    assert names(store.files.list()) == [(SPACE, "scripts/main.py")]


def test_files_are_listed_by_namespace_and_path(store: Store) -> None:
    paths = [("b", "one"), ("a", "s/two"), ("a", "s/One"), ("a", "so"), ("a.b", "s/one"), ("a", "s_x")]
    store.commit(None, [PutFile(a_file(path, namespace=space)) for space, path in paths])
    assert names(store.files.list()) == sorted(paths)
    assert names(store.files.list(namespace="a", prefix="s/")) == [("a", "s/One"), ("a", "s/two")]
    assert names(store.files.list(prefix="s/")) == [("a", "s/One"), ("a", "s/two"), ("a.b", "s/one")]
    assert store.files.list(namespace="a", prefix="s%") == []


def test_only_one_of_many_with_other_contents_makes_a_file(store: Store) -> None:
    made: list[str] = []

    def make(number: int) -> None:
        digest = str(number) * 64
        try:
            store.commit(None, [PutFile(a_file(digest=digest), only_new=True)])
        except MoveRefused:
            return
        made.append(digest)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (file,) = store.files.list()
    assert made == [file.digest]


def test_the_content_of_a_file_is_in_use_until_it_is_removed_or_replaced(store: Store) -> None:
    store.commit(None, [PutFile(a_file()), PutFile(a_file("b.txt", "3" * 64))])
    among = frozenset({ONE, OTHER, "3" * 64})
    assert store.artifacts.in_use(among) == {ONE, "3" * 64}
    store.commit(None, [PutFile(replace(a_file(), digest=OTHER)), DeleteFile(SPACE, "b.txt")])
    assert store.artifacts.in_use(among) == {OTHER}
