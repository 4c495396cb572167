"""Patterns of paths, as Kestra takes them: Java's globs and regular expressions.

A path is matched as it stands in its folder, with a slash before it. `*` and `?` stay within one folder, `**` does not;
`[a-z]`, `[!a-z]`, `{one,two}` and a backslash before a sign are as elsewhere. A pattern that begins with a letter, a digit or
`_` matches at any depth, one with a slash at its beginning from the top. `regex:` before it makes it a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from dalsegno.expressions.faults import Fault
from dalsegno.expressions.regexes import find

_GLOB, _REGEX = "glob:", "regex:"
_SIGNS = re.compile(
    r"(?P<all>\*\*)|(?P<some>\*)|(?P<one>\?)|(?P<set>\[(?P<not>[!^])?(?P<of>\]?[^\]/]*)\])|(?P<open>\{)|(?P<close>\})"
    r"|(?P<comma>,)|\\(?P<sign>.)|(?P<other>.)",
    re.DOTALL,
)

#: where in the expression; it is not the one that was written
_POSITION = re.compile(r" at position \d+")

Matches = Callable[[str], bool]


def chosen(
    paths: Iterable[str], include: Iterable[str], exclude: Iterable[str] = (), *, deep: bool = True
) -> list[str]:
    """Give the paths that patterns choose; without `include` all but those that `exclude` names.

    Parameters
    ----------
    deep : whether a pattern that begins with a letter matches at any depth, rather than from the top.

    Raises
    ------
    ValueError : a pattern cannot be read.
    """
    wanted = [matcher(pattern, deep=deep) for pattern in include]
    unwanted = [matcher(pattern, deep=deep) for pattern in exclude]
    return [
        path
        for path in paths
        if (not wanted or any(fits(path) for fits in wanted)) and not any(fits(path) for fits in unwanted)
    ]


def checked(patterns: list[str]) -> list[str]:
    """Give patterns as they are. Raises `ValueError` where one cannot be read."""
    for pattern in patterns:
        matcher(pattern)
    return patterns


@lru_cache(maxsize=256)
def matcher(pattern: str, *, deep: bool = True) -> Matches:
    """Give the function that tells whether a path matches a pattern.

    Raises
    ------
    ValueError : the pattern cannot be read.
    """
    if pattern.startswith(_REGEX):
        text = pattern.removeprefix(_REGEX)
    else:
        text = _translated(_from_the_top(pattern.removeprefix(_GLOB), deep=deep), pattern)
    whole = rf"\A(?s:{text})\Z"

    def fits(path: str) -> bool:
        try:
            return find(whole, f"/{path}") is not None
        except Fault as fault:
            raise ValueError(_POSITION.sub("", fault.message.replace(whole, pattern))) from None

    fits("")
    return fits


def _from_the_top(glob: str, *, deep: bool) -> str:
    if not glob:
        raise ValueError("an empty pattern matches nothing: write a path, or `**` for all files")
    if glob.startswith(("/", "**")):
        return glob
    return f"**/{glob}" if deep and (glob[0].isalnum() or glob[0] == "_") else f"/{glob}"


def _translated(glob: str, pattern: str) -> str:
    """Give a glob as a regular expression."""
    parts: list[str] = []
    depth = 0
    for found in _SIGNS.finditer(glob):
        kind = found.lastgroup
        if found["set"]:
            inside = found["of"].replace("\\", "\\\\").replace("[", "\\[").replace("&&", "&\\&")
            parts.append(f"(?!/)[{'^' if found['not'] else ''}{inside}]")
        elif kind == "open":
            if depth:
                raise ValueError(f"the pattern `{pattern}` has braces within braces")
            depth = 1
            parts.append("(?:")
        elif kind == "close" and depth:
            depth = 0
            parts.append(")")
        elif kind == "comma" and depth:
            parts.append("|")
        else:
            parts.append(_SIMPLE.get(kind or "") or re.escape(found["sign"] or found[0]))
    if depth:
        raise ValueError(f"the pattern `{pattern}` has an open brace that is not closed")
    return "".join(parts)


_SIMPLE = {"all": ".*", "some": "[^/]*", "one": "[^/]"}
