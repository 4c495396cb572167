"""Values by key in namespaces: set, read, listed, gone in time, and what of them is in use."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from dalsegno.errors import MoveRefused, NotFound
from dalsegno.model.kv import Entry, ValueType
from dalsegno.store.port import DeleteEntry, SetEntry, Store

SPACE = "company.team"


def an_entry(key: str = "limit", value: Any = 7, **rest: Any) -> Entry:
    given: dict[str, Any] = {"namespace": SPACE, "type": ValueType.JSON, "created": 10.0, "updated": 10.0, **rest}
    return Entry(key=key, value=value, **given)


def names(entries: list[Entry]) -> list[tuple[str, str]]:
    return [(entry.namespace, entry.key) for entry in entries]


def test_a_value_comes_back_as_it_was_set(store: Store, other: Store) -> None:
    full = an_entry(
        "a.b-c_D", {"k": ["é", None, 1.5, True]}, type=ValueType.JSON, description="what for", expires=20.0, writer="w"
    )
    bare = an_entry("limit", "7", type=ValueType.STRING)
    store.commit(None, [SetEntry(full), SetEntry(bare)])
    assert other.entries.get(SPACE, "a.b-c_D", 19.9) == full
    assert other.entries.get(SPACE, "limit", 1e12) == bare
    assert other.entries.get("company", "limit", 0) is None


def test_a_new_value_replaces_the_old_one_whole_but_for_when_the_key_was_made(store: Store) -> None:
    store.commit(None, [SetEntry(an_entry(description="old", expires=99.0, writer="w"))])
    new = an_entry(value="eight", type=ValueType.STRING, created=50.0, updated=50.0)
    store.commit(None, [SetEntry(new)])
    assert store.entries.get(SPACE, "limit", 50.0) == replace(new, created=10.0)


def test_what_has_expired_is_not_there_and_its_key_is_free(store: Store) -> None:
    store.commit(None, [SetEntry(an_entry(expires=20.0))])
    assert store.entries.get(SPACE, "limit", 19.9) is not None
    assert store.entries.get(SPACE, "limit", 20.0) is None
    assert store.entries.list(20.0) == []
    new = an_entry(value=8, created=21.0, updated=21.0)
    store.commit(None, [SetEntry(new, only_new=True)])
    assert store.entries.get(SPACE, "limit", 21.0) == new


def test_a_write_removes_what_has_expired_anywhere(store: Store) -> None:
    store.commit(None, [SetEntry(an_entry("gone", expires=20.0, namespace="other")), SetEntry(an_entry("stays"))])
    store.commit(None, [SetEntry(an_entry("new", created=20.0, updated=20.0))])
    assert names(store.entries.list(0.0)) == [(SPACE, "new"), (SPACE, "stays")]


def test_a_key_that_is_only_to_be_new_is_refused_to_another_writer(store: Store) -> None:
    store.commit(None, [SetEntry(an_entry(writer="me"), only_new=True)])
    for entry in (an_entry(value=8), an_entry(value=8, writer="you")):
        with pytest.raises(MoveRefused, match=r"`limit` of the namespace `company.team` has a value already"):
            store.commit(None, [SetEntry(entry, only_new=True)])
    store.commit(None, [SetEntry(an_entry(value=9, writer="me"), only_new=True)])
    found = store.entries.get(SPACE, "limit", 10.0)
    assert found is not None
    assert found.value == 9


def test_a_value_is_changed_only_if_it_is_still_the_one_that_was_read(store: Store) -> None:
    read = an_entry(value={"n": 1})
    store.commit(None, [SetEntry(read)])
    store.commit(None, [SetEntry(an_entry(value={"n": 2}), instead_of=read)])
    with pytest.raises(MoveRefused, match="another value meanwhile"):
        store.commit(None, [SetEntry(an_entry(value={"n": 3}), instead_of=read)])
    store.commit(None, [DeleteEntry(SPACE, "limit", 10.0)])
    with pytest.raises(MoveRefused, match="another value meanwhile"):
        store.commit(None, [SetEntry(an_entry(value={"n": 3}), instead_of=an_entry(value={"n": 2}))])


def test_only_one_of_many_makes_a_key(store: Store) -> None:
    made: list[int] = []

    def make(number: int) -> None:
        try:
            store.commit(None, [SetEntry(an_entry(value=number, writer=str(number)), only_new=True)])
        except MoveRefused:
            return
        made.append(number)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.entries.get(SPACE, "limit", 10.0)
    assert found is not None
    assert made == [found.value]


def test_a_deleted_key_is_gone_and_what_is_not_there_cannot_be_deleted(store: Store) -> None:
    store.commit(None, [SetEntry(an_entry()), SetEntry(an_entry("old", expires=15.0))])
    store.commit(None, [DeleteEntry(SPACE, "limit", 12.0)])
    assert store.entries.get(SPACE, "limit", 12.0) is None
    for key in ("limit", "old"):
        with pytest.raises(NotFound, match=f"no key `{key}`"):
            store.commit(None, [DeleteEntry(SPACE, key, 15.0)])


def test_entries_are_listed_by_namespace_and_key(store: Store) -> None:
    keys = [("b", "one"), ("a", "two"), ("a", "One"), ("a", "on"), ("a.b", "one"), ("a", "o_x")]
    store.commit(None, [SetEntry(an_entry(key, namespace=space)) for space, key in keys])
    assert names(store.entries.list(0.0)) == sorted(keys)
    assert names(store.entries.list(0.0, namespace="a", prefix="o")) == [("a", "o_x"), ("a", "on")]
    assert names(store.entries.list(0.0, prefix="one")) == [("a.b", "one"), ("b", "one")]
    assert store.entries.list(0.0, namespace="a", prefix="o%") == []


def test_a_file_that_an_entry_names_is_in_use(store: Store) -> None:
    one, two = "1" * 64, "2" * 64
    store.commit(None, [SetEntry(an_entry(value=f"dalsegno://{one}/orders.csv", type=ValueType.STRING))])
    assert store.artifacts.in_use(frozenset({one, two})) == {one}


def test_a_refused_entry_leaves_nothing_of_its_commit(store: Store) -> None:
    store.commit(None, [SetEntry(an_entry())])
    with pytest.raises(MoveRefused):
        store.commit(None, [SetEntry(an_entry("other")), SetEntry(an_entry(value=8), only_new=True)])
    assert names(store.entries.list(0.0)) == [(SPACE, "limit")]
