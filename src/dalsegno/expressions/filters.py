"""The filters, by their names in Kestra. Null goes in, null comes out, unless a filter says otherwise.

Each takes the value and then its arguments; the compiler measures what comes back. A filter whose result may be far
larger than what went in checks the size beforehand.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import quote_plus, unquote_plus

from dalsegno.expressions import dates
from dalsegno.expressions.faults import Fault, describe
from dalsegno.expressions.limits import check_int, check_size
from dalsegno.expressions.operators import is_number
from dalsegno.expressions.registry import Registry
from dalsegno.expressions.values import is_empty, is_list, to_json, to_text

FILTERS = Registry("filter")

#: a text with more characters is no number
_LONGEST_NUMBER = 400
_WORD = re.compile(r"\w+")


@FILTERS.add("default")
def default(value: Any, default: Any) -> Any:
    """Replace what is undefined, null, blank or empty."""
    return default if is_empty(value) else value


def _text_filter(*names: str) -> Callable[[Callable[[str], str]], Callable[[str], str]]:
    """Register a filter from text to text."""

    def register(change: Callable[[str], str]) -> Callable[[str], str]:
        def apply(value: Any) -> str | None:
            return None if value is None else change(to_text(value))

        FILTERS.add(*names)(apply)
        return change

    return register


_text_filter("upper")(str.upper)
_text_filter("lower")(str.lower)
_text_filter("trim")(str.strip)
_text_filter("string")(str)
_text_filter("urlencode")(quote_plus)
_text_filter("urldecode")(unquote_plus)
_text_filter("base64encode")(lambda text: base64.b64encode(text.encode()).decode())
_text_filter("base64decode")(lambda text: base64.b64decode(text, validate=True).decode())
_text_filter("md5")(lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())
_text_filter("sha1")(lambda text: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
_text_filter("sha256")(lambda text: hashlib.sha256(text.encode()).hexdigest())
_text_filter("sha512")(lambda text: hashlib.sha512(text.encode()).hexdigest())


@_text_filter("capitalize")
def capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


@_text_filter("title")
def title(text: str) -> str:
    return _WORD.sub(lambda word: capitalize(word[0]), text)


@_text_filter("slugify")
def slugify(text: str) -> str:
    """Make a name for URLs and files: lower case ASCII letters and digits, with single dashes between."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_text.lower()))


@FILTERS.add("json", "toJson")
def as_json(value: Any) -> str:
    return to_json(value)


@FILTERS.add("length")
def length(value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, str | Mapping) or is_list(value):
        return len(cast("str", value))
    raise Fault(f"{describe(value)} has no length")


def _elements(value: Any) -> list[Any]:
    if not is_list(value):
        raise Fault(f"it takes a list, not {describe(value)}")
    return list(value)


def _end(value: Any, index: int) -> Any:
    if value is None or isinstance(value, str):
        return value[index : index + 1 or None] if value else None
    elements = _elements(value)
    return elements[index] if elements else None


@FILTERS.add("first")
def first(value: Any) -> Any:
    return _end(value, 0)


@FILTERS.add("last")
def last(value: Any) -> Any:
    return _end(value, -1)


@FILTERS.add("join")
def join(value: Any, separator: str = "") -> str | None:
    if value is None:
        return None
    texts, between = [to_text(element) for element in _elements(value)], to_text(separator)
    check_size(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


@FILTERS.add("split")
def split(value: Any, delimiter: str, limit: int = -1) -> list[str] | None:
    """Cut a text at a literal delimiter into at most `limit` parts."""
    if value is None:
        return None
    text, at = to_text(value), to_text(delimiter)
    return text.split(at, limit - 1 if limit > 0 else -1) if at else list(text)


@FILTERS.add("replace")
def replace(value: Any, pairs: Any, new: Any = None) -> str | None:
    """Replace literal texts: `replace({'a': 'b'})` or `replace('a', 'b')`."""
    if value is None:
        return None
    changes: Mapping[Any, Any] = pairs if isinstance(pairs, Mapping) else {pairs: new}
    text = to_text(value)
    for old, other in changes.items():
        before, after = to_text(old), to_text(other)
        check_size(len(text) + text.count(before) * (len(after) - len(before)))
        text = text.replace(before, after)
    return text


def _cut(*names: str, last: bool, before: bool) -> None:
    def apply(value: Any, separator: str) -> str | None:
        if value is None:
            return None
        text, at = to_text(value), to_text(separator)
        if not at:
            return text
        head, found, tail = text.rpartition(at) if last else text.partition(at)
        if not found:
            return text if before else ""
        return head if before else tail

    FILTERS.add(*names)(apply)


_cut("substringBefore", last=False, before=True)
_cut("substringBeforeLast", last=True, before=True)
_cut("substringAfter", last=False, before=False)
_cut("substringAfterLast", last=True, before=False)


@FILTERS.add("startsWith")
def starts_with(value: Any, prefix: Any) -> bool:
    return value is not None and to_text(value).startswith(to_text(prefix))


@FILTERS.add("endsWith")
def ends_with(value: Any, suffix: Any) -> bool:
    return value is not None and to_text(value).endswith(to_text(suffix))


@FILTERS.add("slice")
def cut_out(value: Any, start: int = 0, end: int | None = None) -> Any:
    """Give the part from `start` up to, but without, `end`."""
    if value is None:
        return None
    return (value if isinstance(value, str) else _elements(value))[start:end]


@FILTERS.add("sort")
def sort(value: Any) -> list[Any] | None:
    return None if value is None else sorted(_elements(value))


@FILTERS.add("rsort")
def rsort(value: Any) -> list[Any] | None:
    return None if value is None else sorted(_elements(value), reverse=True)


@FILTERS.add("reverse")
def reverse(value: Any) -> Any:
    if value is None:
        return None
    return value[::-1] if isinstance(value, str) else _elements(value)[::-1]


@FILTERS.add("distinct")
def distinct(value: Any) -> list[Any] | None:
    """Leave out elements that are equal to an earlier one."""
    if value is None:
        return None
    found: dict[str, Any] = {}
    for element in _elements(value):
        found.setdefault(to_json(element), element)
    return list(found.values())


@FILTERS.add("flatten")
def flatten(value: Any) -> list[Any] | None:
    """Put the elements of lists inside a list in their place, one level deep."""
    if value is None:
        return None
    return [part for element in _elements(value) for part in (element if is_list(element) else [element])]


@FILTERS.add("chunk")
def chunk(value: Any, size: int) -> list[Any]:
    """Cut a list into lists of `size` elements."""
    if size < 1:
        raise Fault("a chunk has at least one element")
    elements = _elements(value)
    return [elements[start : start + size] for start in range(0, len(elements), size)]


def _entries(value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise Fault(f"it takes a map, not {describe(value)}")
    return cast("Mapping[Any, Any]", value)


@FILTERS.add("keys")
def keys(value: Any) -> list[Any] | None:
    return None if value is None else list(_entries(value))


@FILTERS.add("values")
def values(value: Any) -> list[Any] | None:
    return None if value is None else list(_entries(value).values())


@FILTERS.add("merge")
def merge(value: Any, other: Any) -> Any:
    """Put two maps or two lists together; where both maps have a key, the second wins."""
    if value is None or other is None:
        return other if value is None else value
    if isinstance(value, Mapping):
        return {**value, **_entries(other)}
    return [*_elements(value), *_elements(other)]


@FILTERS.add("abs")
def absolute(value: Any) -> Any:
    if value is None:
        return None
    if not is_number(value):
        raise Fault(f"it takes a number, not {describe(value)}")
    return abs(value)


@FILTERS.add("number")
def number(value: Any, type: str = "") -> Any:
    """Read a number from a text; `type` is INT, LONG, FLOAT or DOUBLE, else the text decides."""
    if value is None:
        return None
    text, kind = to_text(value).strip(), type.upper()
    if len(text) > _LONGEST_NUMBER or kind not in ("", "INT", "LONG", "FLOAT", "DOUBLE"):
        raise Fault("the text is too long for a number" if kind == "" else "a number is INT, LONG, FLOAT or DOUBLE")
    try:
        whole = kind in ("INT", "LONG") or (kind == "" and re.fullmatch(r"[-+]?[0-9]+", text) is not None)
        return check_int(int(text)) if whole else float(text)
    except ValueError:
        raise Fault(f"`{text}` is not a number") from None


@FILTERS.add("date")
def date(
    value: Any,
    format: str | None = None,
    time_zone: str | None = None,
    existing_format: str | None = None,
    locale: str | None = None,
) -> str | None:
    """Write a point in time with a Java pattern, in the given zone or else in its own."""
    if value is None:
        return None
    return dates.write(dates.read(value, time_zone, existing_format), format or "iso", locale)


@FILTERS.add("dateAdd")
def date_add(
    value: Any,
    amount: Any,
    unit: str,
    format: str | None = None,
    time_zone: str | None = None,
    existing_format: str | None = None,
    locale: str | None = None,
) -> Any:
    """Move a point in time; without a format it stays one, so that `date` can follow."""
    if value is None:
        return None
    moved = dates.add(dates.read(value, time_zone, existing_format), amount, unit)
    return moved if format is None else dates.write(moved, format, locale)


@FILTERS.add("timestamp")
def timestamp(value: Any, existing_format: str | None = None, time_zone: str | None = None) -> int | None:
    """Give a point in time as whole seconds since 1970."""
    return None if value is None else int(dates.read(value, time_zone, existing_format).timestamp())


@FILTERS.add("timestampMilli")
def timestamp_milli(value: Any, existing_format: str | None = None, time_zone: str | None = None) -> int | None:
    """Give a point in time as whole milliseconds since 1970."""
    return None if value is None else int(dates.read(value, time_zone, existing_format).timestamp() * 1000)


def from_json(value: Any) -> Any:
    """Read JSON. Numbers that JSON does not have (NaN, Infinity) are refused."""
    if value is None:
        return None
    try:
        return json.loads(to_text(value), parse_constant=_no_constant)
    except ValueError as error:
        raise Fault(f"the text is not JSON: {error}") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")
