"""Regular expressions as Java has them, with a limit on the time that they take.

A pattern comes from whoever writes flows, and some patterns take years on a text of forty letters. The library `regex` counts
the time while it searches; Python's own does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from dalsegno.expressions.faults import Fault
from dalsegno.expressions.limits import ELEMENT, MAX_SECONDS, check_size, too_slow

#: what Java means by these: letters and digits of ASCII alone
_CLASSES = {
    "d": "[0-9]", "D": "[^0-9]", "w": "[A-Za-z0-9_]", "W": "[^A-Za-z0-9_]", "s": "[ \\t\\n\\x0b\\f\\r]",
    "S": "[^ \\t\\n\\x0b\\f\\r]", "h": "[ \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000]",
}  # fmt: skip
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")
_CLASS = re.compile(r"\\Q.*?(?:\\E|\Z)|\\(.)", re.DOTALL)
_REFERENCE = re.compile(r"\\(.)|\$(?:\{(\w+)\}|(\d+))|([\\$])", re.DOTALL)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    import regex

    try:
        return regex.compile(_CLASS.sub(_translated, pattern), regex.V1)
    except (regex.error, ValueError, OverflowError) as error:
        raise Fault(f"the regular expression `{pattern}` cannot be read: {error}") from None


def _translated(found: re.Match[str]) -> str:
    if found[1] is None:
        return re.escape(found[0][2:].removesuffix("\\E"))
    return _CLASSES.get(found[1], found[0])


def find(pattern: str, text: str) -> Any:
    """Give the first match, or `None`.

    Raises
    ------
    Fault : the pattern cannot be read, or takes too long.
    """
    return next(_matches(pattern, text), None)


def _matches(pattern: str, text: str) -> Iterator[Any]:
    try:
        yield from _compiled(pattern).finditer(text, timeout=MAX_SECONDS)
    except TimeoutError:
        raise too_slow(f"the regular expression `{pattern}` takes longer than {MAX_SECONDS:g} s on this text") from None


def replace(pattern: str, replacement: str, text: str) -> str:
    """Replace every match. `$1` and `${name}` in the replacement stand for groups, a backslash for the sign after it."""
    pieces: list[str] = []
    size = position = 0
    for match in _matches(pattern, text):
        pieces += [text[position : match.start()], _expanded(replacement, match)]
        position = match.end()
        size += len(pieces[-1]) + len(pieces[-2])
        check_size(size)
    return "".join([*pieces, text[position:]])


def _expanded(replacement: str, match: Any) -> str:
    def group(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[1]
        if found[4] is not None:
            raise Fault(
                f"`{found[4]}` at the end of the replacement `{replacement}` means nothing; write `\\{found[4]}`"
            )
        return _group(match, found[2] or found[3], replacement)

    return _REFERENCE.sub(group, replacement) if "$" in replacement or "\\" in replacement else replacement


def _group(match: Any, name: str, replacement: str) -> str:
    """Give the text of a group; of `$12` the first digits that name one, as Java does."""
    rest = ""
    while name.isdigit() and len(name) > 1 and int(name) > match.re.groups:
        name, rest = name[:-1], name[-1] + rest
    try:
        return (match[int(name) if name.isdigit() else name] or "") + rest
    except IndexError:
        raise Fault(f"the replacement `{replacement}` names the group `{name}`, which there is not") from None


def split(pattern: str, text: str, limit: int) -> list[str]:
    """Cut a text at every match, as Java does: at most `limit` parts; with 0 empty parts at the end are left out."""
    if not _SPECIAL.search(pattern):
        return _split_literally(pattern, text, limit)
    parts: list[str] = []
    position = 0
    for match in _matches(pattern, text):
        if 0 < limit == len(parts) + 1:
            break
        if match.end() == 0:
            continue
        parts.append(text[position : match.start()])
        position = match.end()
    return _ended([*parts, text[position:]], limit) if parts else [text]


def _split_literally(delimiter: str, text: str, limit: int) -> list[str]:
    if delimiter:
        parts = text.split(delimiter, limit - 1 if limit > 0 else -1)
        return _ended(parts, limit) if len(parts) > 1 else parts
    if not text:
        return [text]
    check_size(ELEMENT * len(text))
    first = len(text) if limit <= 0 else limit - 1
    rest = text[first:] if limit > 0 else ""
    return [*text[:first], *([rest] if rest or limit < 0 else [])]


def _ended(parts: list[str], limit: int) -> list[str]:
    while limit == 0 and parts and not parts[-1]:
        parts.pop()
    return parts
