"""Values by key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import NotFound, Refusal
from dalsegno.model.kv import ValueType

SPACE = "company.team"


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        ("text", ValueType.STRING, "text"),
        (3.5, ValueType.NUMBER, 3.5),
        (True, ValueType.BOOLEAN, True),
        ({"a": [1, None]}, ValueType.JSON, {"a": [1, None]}),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), ValueType.DATETIME, "2026-01-02T03:04:00Z"),
    ],
)
def test_a_value_is_kept_by_its_key(client: Client, value: Any, kind: ValueType, kept: Any) -> None:
    set_now = client.set_entry("key", value, namespace=SPACE, description="what for")
    found = client.get_entry("key", namespace=SPACE)
    assert (found.type, found.value, found.description, found.expires) == (kind, kept, "what for", None)
    assert (set_now.type, set_now.value) == (kind, kept)


def test_a_text_is_read_as_what_is_asked_for(client: Client) -> None:
    assert client.set_entry("n", "12", namespace=SPACE, type="number").value == 12
    assert client.set_entry("d", "PT5M", namespace=SPACE, type="duration").type is ValueType.DURATION
    with pytest.raises(Refusal) as caught:
        client.set_entry("n", "twelve", namespace=SPACE, type="number")
    assert caught.value.code == "bad-entry"
    with pytest.raises(Refusal) as caught:
        client.set_entry("n", "12", namespace=SPACE, type="numbr")
    assert caught.value.closest == ("NUMBER",)


def test_a_value_expires(client: Client) -> None:
    entry = client.set_entry("soon", 1, namespace=SPACE, ttl=timedelta(hours=1))
    assert entry.expires == pytest.approx(entry.updated + 3600, abs=0.01)


def test_a_value_may_be_kept_from_being_replaced(client: Client) -> None:
    client.set_entry("once", 1, namespace=SPACE)
    with pytest.raises(Refusal) as caught:
        client.set_entry("once", 2, namespace=SPACE, overwrite=False)
    assert caught.value.code == "key-taken"
    assert client.get_entry("once", namespace=SPACE).value == 1


def test_values_are_listed_by_namespace_and_key(client: Client) -> None:
    for space, key in [("b", "y"), ("a", "z"), ("b", "x.1"), ("a.c", "k")]:
        client.set_entry(key, key, namespace=space)
    assert [(each.namespace, each.key) for each in client.list_entries()] == [
        ("a", "z"), ("a.c", "k"), ("b", "x.1"), ("b", "y"),
    ]  # fmt: skip
    assert [each.key for each in client.list_entries("b", prefix="x")] == ["x.1"]
    assert client.list_entries("c") == []


def test_a_removed_value_is_gone(client: Client) -> None:
    client.set_entry("threshold", 1, namespace=SPACE)
    with pytest.raises(NotFound) as caught:
        client.delete_entry("treshold", namespace=SPACE)
    assert (caught.value.code, caught.value.closest) == ("unknown-key", ("threshold",))
    client.delete_entry("threshold", namespace=SPACE)
    with pytest.raises(NotFound):
        client.get_entry("threshold", namespace=SPACE)


def test_what_cannot_be_a_key_is_refused(client: Client) -> None:
    for key, space in [("a b", SPACE), ("é", SPACE), ("key", "no space")]:
        with pytest.raises(Refusal) as caught:
            client.set_entry(key, 1, namespace=space)
        assert caught.value.code == "bad-entry"
