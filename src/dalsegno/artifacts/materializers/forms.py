"""The form of a value: the JSON that stands for it in a row, and what can be read from it without loading the value.

Text, whole and finite decimal numbers, true, false, nothing, lists and maps with text keys stand for themselves. Everything
else is a map with `$type`, the kind of the value: with its `data` beside it, or with the `digest` and the `size` of the blob
that holds it. A map of the user's that has `$type` as a key is written as pairs, so that nothing is taken for what it is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from dalsegno.artifacts.port import ArtifactStore, parse_uri
from dalsegno.model.digest import TAG
from dalsegno.model.forms import as_bytes, digest_of, text_of

#: a form of more than this many bytes of JSON is a blob of its own
LARGEST_IN_ROW = 16_384
#: content of at most this many bytes stands in the form itself
LARGEST_INLINE = 4_096
#: a form that is a blob of JSON; `needs` names the blobs that the forms in it need
JSON = "json"
#: how a large value of a YAML flow stands in a row; a map of the user's with this key is written as pairs too
REFERENCE = "$artifact"

Form = Any

__all__ = [
    "JSON", "LARGEST_INLINE", "LARGEST_IN_ROW", "REFERENCE", "Form", "as_bytes", "digest_of", "opened", "references", "text_of",
    "to_bytes",
]  # fmt: skip

_in_order = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def to_bytes(form: Form) -> bytes:
    """Give a form as JSON. Maps keep their order."""
    return as_bytes(_in_order(form))


def opened(form: Form, store: ArtifactStore) -> Form:
    """Give the form that is a blob of its own; any other as it is. What is large in a list stays where it is.

    Raises
    ------
    NotFound : the blob is gone (code `artifact-missing`).
    """
    if type(form) is not dict or cast("dict[str, Form]", form).get(TAG) != JSON:
        return form
    with store.open(cast("dict[str, Form]", form)["digest"]) as file:
        return json.loads(file.read().decode("utf-8", "surrogatepass"))


def references(form: Form) -> Iterator[str]:
    """Give the digests of all blobs that a form needs, those of files that its texts name (`dalsegno://...`) with them."""
    if type(form) is str:
        found = parse_uri(form) if form.startswith("dalsegno://") else None
        if found:
            yield found[0]
    elif type(form) is list:
        for item in cast("list[Form]", form):
            yield from references(item)
    elif type(form) is dict:
        yield from _references_of(cast("dict[str, Form]", form))


def _references_of(form: dict[str, Form]) -> Iterator[str]:
    tagged = TAG in form
    if tagged and "digest" in form:
        yield form["digest"]
    if tagged and form[TAG] == JSON:
        yield from form["needs"]
        return
    for item in form.values():
        yield from references(item)
