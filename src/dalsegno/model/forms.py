"""What the stored form of a value says about its content: equal for equal values, however they are kept.

The forms themselves are made and read by `artifacts.materializers`.
"""

from __future__ import annotations

from ast import literal_eval
from base64 import b64decode
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from blake3 import blake3

from dalsegno.model.digest import TAG, digest_bytes, json_text

Form = Any

#: what says how a value is kept and not what it is
_NOT_CONTENT = frozenset({"size", "code", "by", "needs", "same"})


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


def content_of(form: Form) -> dict[str, Any] | None:
    """Give digest and size of the content of a form that is kept whole, as arrays, tables and pickles are; else `None`."""
    if type(form) is not dict:
        return None
    fields = cast("dict[str, Form]", form)
    if not isinstance(fields.get(TAG), str):
        return None
    if isinstance(fields.get("bytes"), str):
        try:
            content = b64decode(fields["bytes"], validate=True)
        except ValueError:
            return None
        found, size = blake3(content).hexdigest(), len(content)
    else:
        found, size = fields.get("digest"), fields.get("size")
    digest = fields.get("same", found)
    return {"digest": digest, "size": size} if isinstance(digest, str) and isinstance(size, int) else None


def shown(form: Form) -> Any:
    """Give a form as a person reads it: values that JSON has as they are, others in a few words."""
    if type(form) is list:
        return [shown(item) for item in cast("list[Form]", form)]
    if type(form) is not dict:
        return form
    fields = cast("dict[str, Form]", form)
    kind = fields.get(TAG)
    if not isinstance(kind, str):
        return {key: shown(item) for key, item in fields.items()}
    data = fields.get("data")
    if kind in ("tuple", "set", "frozenset"):
        return shown(data)
    if kind == "map":
        return {str(shown(key)): shown(value) for key, value in data or ()}
    if isinstance(data, str | int | float) and kind in _PLAIN:
        return f"{data}{_zone(fields['zone'])}" if "zone" in fields else data
    if kind == "timedelta":
        return str(_span(fields))
    if kind == "numpy.scalar" and isinstance(data, dict):
        return shown(cast("dict[str, Form]", data).get("value"))
    return _in_few_words(kind, fields)


def _span(fields: dict[str, Form]) -> timedelta:
    days, seconds, microseconds = fields["data"]
    return timedelta(days, seconds, microseconds)


def _zone(form: Form) -> str:
    """Show the zone of a time behind it: an offset as ISO 8601 has it, a place by its name."""
    fields = cast("dict[str, Form]", form)
    data = fields["data"]
    if fields.get(TAG) == "timezone":
        return datetime.min.replace(tzinfo=timezone(_span(data[0]))).isoformat()[19:]
    name = cast("dict[str, Form]", data).get("name") if isinstance(data, dict) else None
    return f" {name}" if isinstance(name, str) else " in a zone of its own"


def _in_few_words(kind: str, fields: dict[str, Form]) -> Any:
    data = fields.get("data")
    name = str(fields.get("class", kind)).rpartition(":")[2]
    if kind == "enum":
        return f"{name}.{data}"
    if kind == "numpy.ndarray" and isinstance(fields.get("bytes"), str):
        return _array(fields["bytes"])
    small = fields.get("bytes")
    if isinstance(data, dict) and small is None and "digest" not in fields:
        return {name: shown(cast("Form", data))}
    size = len(b64decode(small)) if isinstance(small, str) else fields.get("size")
    return f"<{name}>" if size is None else f"<{name}, {size:,} bytes>"


_DTYPES = {"f": "float", "i": "int", "u": "uint", "c": "complex"}


def _array(content: str) -> str:
    """Show an array by the first bytes of its `.npy` file: its dtype and its shape."""
    try:
        text = b64decode(content).partition(b"{")[2].partition(b"\n")[0]
        header = literal_eval("{" + text.decode("utf-8").strip())
        dtype, shape = header["descr"], "x".join(str(length) for length in header["shape"]) or "no dimensions"
    except (ValueError, SyntaxError, KeyError, TypeError):
        return "<numpy.ndarray>"
    if not isinstance(dtype, str):
        return f"array({len(dtype)} fields, {shape})"
    kind, size = dtype.lstrip("<>|=")[:1], dtype.lstrip("<>|=")[1:]
    if kind in _DTYPES and size.isdigit():
        return f"array({_DTYPES[kind]}{8 * int(size)}, {shape})"
    return f"array({'bool' if kind == 'b' else dtype.lstrip('<>|=')}, {shape})"


#: kinds whose data say all that a person wants to know
_PLAIN = frozenset({"datetime", "date", "time", "Decimal", "UUID", "Path", "float", "int", "str"})
