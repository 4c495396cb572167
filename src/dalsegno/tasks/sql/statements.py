"""The parameters in a statement: `:name`, wherever it stands outside texts, names, comments and casts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dalsegno.errors import TaskFailed, closest, did_you_mean

_PIECE = re.compile(
    r"""(?P<skipped>
        [eE]'(?:\\.|''|[^'\\])*' | '(?:''|[^'])*' | "(?:""|[^"])*" | `[^`]*`
        | --[^\n]* | /\*.*?\*/ | (?P<tag>\$\w*\$).*?(?P=tag) | ::
    ) | (?<![\w\])]):(?P<name>[A-Za-z_]\w*) | (?P<percent>%) | (?P<word>[A-Za-z_]\w*)""",
    re.VERBOSE | re.DOTALL,
)
_READS = ("select", "values", "table", "with")
_WRITES = frozenset({"insert", "update", "delete", "merge", "into"})


def with_parameters(
    sql: str, parameters: Mapping[str, Any], write: Callable[[str], str], *, percent: str = "%"
) -> tuple[str, dict[str, Any]]:
    """Give a statement with its parameters as a driver writes them, and those that it uses.

    Parameters
    ----------
    write : gives the driver's form of a parameter's name.
    percent : the driver's form of a percent sign.

    Raises
    ------
    TaskFailed : a parameter is not given, or one that is given is not used.
    """
    used: dict[str, Any] = {}

    def replace(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0].replace("%", percent)
        if name not in parameters:
            near = closest(name, parameters)
            message = f"the statement reads the parameter `:{name}`, which is not given{did_you_mean(near)}"
            raise TaskFailed(message, code="unknown-parameter", hint=f"add `{name}` to `parameters`")
        used[name] = parameters[name]
        return write(name)

    text = _PIECE.sub(replace, sql)
    unused = [name for name in parameters if name not in used]
    if unused:
        listed = ", ".join(f"`{name}`" for name in unused)
        message = f"the statement does not read the parameters {listed}"
        raise TaskFailed(
            message, code="unknown-parameter", hint="write them as `:name` in the statement, or remove them"
        )
    return text, used


def only_reads(sql: str) -> bool:
    """Whether a statement surely does nothing but read, so that a cursor can be declared for it."""
    words = list(_words(sql))
    return bool(words) and words[0] in _READS and _WRITES.isdisjoint(words) and ";" not in sql.strip().rstrip(";")


def _words(sql: str) -> Iterator[str]:
    for match in _PIECE.finditer(sql):
        if match["word"]:
            yield match["word"].lower()
