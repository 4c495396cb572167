"""The filters on texts. Null goes in, null comes out, unless a filter says otherwise."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import quote_plus, unquote_plus

from dalsegno.errors import closest, did_you_mean
from dalsegno.expressions import escaping, regexes
from dalsegno.expressions.faults import Fault, describe
from dalsegno.expressions.limits import check_size
from dalsegno.expressions.registry import FILTERS
from dalsegno.expressions.values import is_list, to_text

_WORD = re.compile(r"\S+")
_LINE_ENDS = ("\r\n", "\n\r", "\n", "\r")
_QUOTES = {"single": ("'", "\\'"), "double": ('"', '\\"'), "shell": ("'", "'\\''")}


def _text_filter(*names: str) -> Callable[[Callable[[str], str]], Callable[[str], str]]:
    """Register a filter from text to text."""

    def register(change: Callable[[str], str]) -> Callable[[str], str]:
        def apply(value: Any) -> str | None:
            return None if value is None else change(to_text(value))

        FILTERS.add(*names)(apply)
        return change

    return register


def _hex(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _url_encoded(text: str) -> str:
    """Write a text as Java does: `*` stays, `~` does not."""
    return quote_plus(text, safe="*").replace("~", "%7E")


_text_filter("upper")(str.upper)
_text_filter("lower")(str.lower)
_text_filter("trim")(str.strip)
_text_filter("string")(str)
_text_filter("urlencode")(_url_encoded)
_text_filter("urldecode")(unquote_plus)
_text_filter("base64encode")(lambda text: base64.b64encode(text.encode()).decode())
_text_filter("base64decode")(lambda text: base64.b64decode(text, validate=True).decode())
for _name in ("md5", "sha1", "sha256", "sha512"):
    _text_filter(_name)(_hex(_name))


@_text_filter("capitalize")
def capitalize(text: str) -> str:
    """Make the first letter large that is no blank."""
    return _WORD.sub(lambda word: word[0][0].title() + word[0][1:], text, count=1)


@_text_filter("title")
def title(text: str) -> str:
    """Make the first letter of each word large; only blanks end a word."""
    return _WORD.sub(lambda word: word[0][0].title() + word[0][1:], text)


@_text_filter("slugify")
def slugify(text: str) -> str:
    """Make a name for URLs and files: blanks become dashes, accents and other signs go."""
    dashed = re.sub(r"[ \t\n\x0b\f\r]", "-", text)
    plain = re.sub(r"[^A-Za-z0-9_-]", "", unicodedata.normalize("NFD", dashed)).replace("_", "-")
    return re.sub("-+", "-", plain).strip("-").lower()


@FILTERS.add("abbreviate")
def abbreviate(value: Any, length: Any) -> str | None:
    """Shorten a text to so many characters, three dots included."""
    if value is None:
        return None
    text = to_text(value)
    if not isinstance(length, int) or length < 0:
        raise Fault("a length is a whole number, 0 or more")
    if len(text) < length or len(text) <= 3:
        return text
    return text[:length] if length <= 3 else f"{text[: length - 3]}..."


@FILTERS.add("escape")
def escape(value: Any, strategy: str = "html") -> str | None:
    return None if value is None else escaping.escape(to_text(value), strategy)


@FILTERS.add("raw")
def raw(value: Any) -> Any:
    """Give the value as it is, even inside of `{% autoescape %}`."""
    return value


def _deep(value: Any, change: Callable[[str], str]) -> Any:
    """Change a text, or all texts in a list or map; numbers in them become texts."""
    if isinstance(value, Mapping):
        return {key: _deep(item, change) for key, item in cast("Mapping[Any, Any]", value).items()}
    if is_list(value):
        return [_deep(item, change) for item in value]
    return change(to_text(value))


@FILTERS.add("escapeChar")
def escape_char(value: Any, type: Any) -> Any:
    """Escape quotes: `single`, `double`, or for a `shell`."""
    if value is None:
        return None
    name = str(type).lower()
    if name not in _QUOTES:
        near = closest(name, _QUOTES)
        raise Fault(f"the type is `single`, `double` or `shell`, not `{type}`{did_you_mean(near)}", closest=near)
    old, new = _QUOTES[name]
    return _deep(value, lambda text: text.replace(old, new))


def _indented(value: Any, amount: Any, prefix: Any, *, first: bool) -> str | None:
    if value is None:
        return None
    text = to_text(value)
    if not isinstance(amount, int) or amount < 0:
        raise Fault("an amount is a whole number, 0 or more")
    end = next((end for end in _LINE_ENDS if end in text), "\n")
    wide = len(to_text(prefix)) * amount
    check_size(wide)
    lines = f"{end}{text}" if first and text else text
    check_size(len(lines) + lines.count(end) * wide)
    return lines.replace(end, end + to_text(prefix) * amount)


@FILTERS.add("indent")
def indent(value: Any, amount: Any, prefix: Any = " ") -> str | None:
    """Indent all lines but the first."""
    return _indented(value, amount, prefix, first=False)


@FILTERS.add("nindent")
def nindent(value: Any, amount: Any, prefix: Any = " ") -> str | None:
    """Begin a new line, and indent all lines."""
    return _indented(value, amount, prefix, first=True)


@FILTERS.add("split")
def split(value: Any, delimiter: Any, limit: Any = 0) -> list[str] | None:
    """Cut a text at each match of a regular expression into at most `limit` parts.

    With a limit of 0 empty parts at the end are left out, with one below 0 they are not.
    """
    if value is None:
        return None
    if not isinstance(limit, int):
        raise Fault(f"a limit is a whole number, not {describe(limit)}")
    return regexes.split(to_text(delimiter), to_text(value), limit)


@FILTERS.add("replace")
def replace(value: Any, replace_pairs: Any, regexp: Any = False) -> Any:  # noqa: FBT002 - as it is written in flows
    """Replace texts: `replace({'a': 'b'})`, with `regexp=true` matches of regular expressions; also `replace('a', 'b')`."""
    if value is None:
        return None
    if not isinstance(replace_pairs, Mapping):
        return _deep(value, lambda text: _replaced(text, to_text(replace_pairs), to_text(regexp)))
    pairs = [(to_text(old), to_text(new)) for old, new in cast("Mapping[Any, Any]", replace_pairs).items()]
    one = _replaced_matches if regexp is True else _replaced

    def change(text: str) -> str:
        for old, new in pairs:
            text = one(text, old, new)
        return text

    return _deep(value, change)


def _replaced(text: str, old: str, new: str) -> str:
    check_size(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def _replaced_matches(text: str, old: str, new: str) -> str:
    return regexes.replace(old, new, text)


@FILTERS.add("regexMatch")
def regex_match(value: Any, regex: Any) -> bool:
    """Tell whether a regular expression is found anywhere in the text."""
    return value is not None and regexes.find(to_text(regex), to_text(value)) is not None


@FILTERS.add("regexReplace")
def regex_replace(value: Any, regex: Any, replacement: Any) -> str | None:
    """Replace every match; `$1` stands for the first group."""
    return None if value is None else regexes.replace(to_text(regex), to_text(replacement), to_text(value))


@FILTERS.add("regexExtract")
def regex_extract(value: Any, regex: Any, group: Any = 0) -> str | None:
    """Give the first match, or one group of it; null where there is none."""
    found = None if value is None else regexes.find(to_text(regex), to_text(value))
    if found is None:
        return None
    try:
        return found[group]
    except IndexError:
        raise Fault(f"the regular expression `{regex}` has no group `{group}`") from None


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
