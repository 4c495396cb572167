"""Large lists and tuples: an item that would be a blob by itself is one, so that whoever needs an item loads nothing else."""

from __future__ import annotations

from typing import Any, cast

from dalsegno.artifacts.materializers.forms import JSON, LARGEST_IN_ROW, Form, references, to_bytes
from dalsegno.artifacts.materializers.target import Part
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.model.digest import TAG

#: so many items are written at once to see whether one of them may be large
_AT_ONCE = 64
_MAY_BE_LARGE = frozenset({str, list, dict})


def blob_of(data: bytes, form: Form, store: ArtifactStore) -> tuple[dict[str, Any], list[Part]]:
    """Make a form, written as `data`, a blob of its own, and its large items blobs beside it.

    Returns
    -------
    what stands for the form, and all that was stored, the form itself first. With items beside it, `same` is the digest of
    the whole: that is what counts, however it is kept.
    """
    items = _items_of(form)
    large = _large_items(items) if items is not None else {}
    if not large:
        return _stored(data, form, store)
    made = {at: _stored(content, items[at], store) for at, content in large.items()} if items is not None else {}
    index = _with_items(form, {at: stands for at, (stands, _) in made.items()})
    stands, parts = _stored(to_bytes(index), index, store)
    for _, stored in made.values():
        parts += stored
    return {**stands, "size": len(data), "same": digest_of_bytes(data)}, list(dict.fromkeys(parts))


def _stored(data: bytes, form: Form, store: ArtifactStore) -> tuple[dict[str, Any], list[Part]]:
    blob = store.put_bytes(data)
    needs = sorted(set(references(form))) if b'"digest":' in data or b'"dalsegno://' in data else []
    stands = {TAG: JSON, "digest": blob.digest, "size": blob.size, "needs": needs}
    return stands, [Part(blob.digest, blob.size, JSON, ".json")]


def digest_of_bytes(data: bytes) -> str:
    """Give the digest that a blob of these bytes has."""
    from blake3 import blake3

    return blake3(data).hexdigest()


def _items_of(form: Form) -> list[Form] | None:
    if type(form) is list:
        return cast("list[Form]", form)
    if type(form) is dict and cast("dict[str, Form]", form).get(TAG) == "tuple":
        return cast("dict[str, Form]", form)["data"]
    return None


def _with_items(form: Form, others: dict[int, Form]) -> Form:
    """Give a list or tuple with other items at some places."""
    items = [others.get(at, item) for at, item in enumerate(_items_of(form) or ())]
    return items if type(form) is list else {**form, "data": items}


def _large_items(items: list[Form]) -> dict[int, bytes]:
    """Give what is written of the large items, by their places."""
    found: dict[int, bytes] = {}
    for start in range(0, len(items), _AT_ONCE):
        some = items[start : start + _AT_ONCE]
        if len(to_bytes(some)) <= LARGEST_IN_ROW:
            continue
        for at, item in enumerate(some, start):
            if type(item) in _MAY_BE_LARGE and len(data := to_bytes(item)) > LARGEST_IN_ROW:
                found[at] = data
    return found
