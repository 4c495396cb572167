"""The form of a value: the JSON that stands for it in a row, and what can be read from it without loading the value.

Text, whole and finite decimal numbers, true, false, nothing, lists and maps with text keys stand for themselves. Everything
else is a map with `$type`, the kind of the value: with its `data` beside it, or with the `digest` and the `size` of the blob
that holds it. A map of the user's that has `$type` as a key is written as pairs, so that nothing is taken for what it is not.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any, cast

from blake3 import blake3

from dalsegno.artifacts.port import parse_uri
from dalsegno.model.digest import TAG, digest_bytes, json_text

#: a form of more than this many bytes of JSON is a blob of its own
LARGEST_IN_ROW = 16_384
#: content of at most this many bytes stands in the form itself
LARGEST_INLINE = 4_096
#: a form that is a blob of JSON; `needs` names the blobs that the forms in it need
JSON = "json"
#: how a large value of a YAML flow stands in a row; a map of the user's with this key is written as pairs too
REFERENCE = "$artifact"

Form = Any

#: what says how a value is kept and not what it is
_NOT_CONTENT = frozenset({"size", "code", "by", "needs", "same"})

_in_order = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def to_bytes(form: Form) -> bytes:
    """Give a form as JSON. Maps keep their order."""
    return as_bytes(_in_order(form))


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


def digest_of(form: Form) -> str:
    """Give the digest of the value that a form stands for: equal for equal values, in whatever order maps are."""
    return digest_bytes("value", as_bytes(text_of(form)))


def as_bytes(text: str) -> bytes:
    """Give JSON text as bytes; text of the user's may hold halves of characters."""
    return text.encode("utf-8", "surrogatepass")


def text_of(form: Form) -> str:
    """Write canonically what a form says about the content of its value."""
    return json_text(_content(form))


def _content(form: Form) -> Form:
    if type(form) is list:
        return [_content(item) for item in cast("list[Form]", form)]
    if type(form) is not dict:
        return form
    fields = cast("dict[str, Form]", form)
    if TAG not in fields:
        return {key: _content(item) for key, item in fields.items()}
    content = {key: _content(item) for key, item in fields.items() if key not in _NOT_CONTENT}
    if "bytes" in fields:
        # where content stands makes no difference
        content["digest"] = blake3(b64decode(content.pop("bytes"))).hexdigest()
    if "same" in fields:
        content["digest"] = fields["same"]
    if fields[TAG] == "map":
        content["data"].sort(key=json_text)
    return content
