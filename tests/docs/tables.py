"""Tables of pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

BLANK = "\n\n"

_Key = TypeVar("_Key", bound=str)
_Text = TypeVar("_Text")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def described(known: Iterable[_Key], texts: Mapping[_Key, _Text]) -> dict[_Key, _Text]:
    """Give what is known with what is said about it, in the order of the texts.

    Raises
    ------
    LookupError : something is not described, or something is described that is not there.
    """
    names = set(known)
    missing, gone = sorted(names - texts.keys()), sorted(texts.keys() - names)
    if missing or gone:
        raise LookupError(f"without a description: {missing}; described and not there: {gone}")
    return dict(texts)
