"""Addresses: the stable name of a task run in any run.

`load` is a task; `each_city[paris].load` the task in one item of a loop; `each_city[paris]` the item itself, which is an
address but no task run. Groups other than loops do not show. In memory an address is its text, for the planner handles
tens of thousands of them; this module is the only one that writes or reads that text.

Keys outside `[A-Za-z0-9_-]+` are JSON strings (`each["a b"].load`); equal items are `a`, `a#2`; long or structured ones
are a digest of 12 digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dalsegno.model.digest import SHORT, digest

#: a scalar item longer than this is named by its digest
LONGEST_KEY = 64

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+(#[0-9]+)?\Z")
_NUMBERED = re.compile(r"#[0-9]+\Z")
#: what of several parts of a key needs no quotes
_PART_OF_KEY = re.compile(r"[^,\"\\\x00-\x1f]+\Z")
_PART = re.compile(r"(?P<id>[A-Za-z0-9][A-Za-z0-9_-]*)(?:\[(?P<key>\"(?:[^\"\\]|\\.)*\"|\*|[^\"\]]*)\])?")


@dataclass(frozen=True, slots=True)
class Address:
    """An address taken apart.

    Parameters
    ----------
    items : the items around it, outermost first, each as (loop id, key); a key `None` in a selector means every item.
    task : the task's id; `None` where the text names an item of the innermost loop itself.
    """

    items: tuple[tuple[str, str | None], ...]
    task: str | None

    def __str__(self) -> str:
        parts = [f"{loop}[{'*' if key is None else show_key(key)}]" for loop, key in self.items]
        return ".".join([*parts, self.task] if self.task else parts)

    @property
    def keys(self) -> tuple[str | None, ...]:
        """The keys alone, outermost first."""
        return tuple(key for _, key in self.items)


def show_key(key: str) -> str:
    """Write a key as it stands between the brackets of an address."""
    return key if _PLAIN_KEY.match(key) else json.dumps(key, ensure_ascii=False)


def item_prefix(loop_address: str, key: str) -> str:
    """Give the address of one item of the loop at `loop_address`."""
    return f"{loop_address}[{show_key(key)}]"


def parse(text: str) -> Address:
    """Read an address or selector.

    Raises
    ------
    ValueError : the text is no address; the message says where it stops making sense.
    """
    items: list[tuple[str, str | None]] = []
    task: str | None = None
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            raise ValueError(f"`{text}` is not an address: cannot read it from character {position + 1}")
        position = match.end()
        if match["key"] is None:
            task = match["id"]
        else:
            items.append((match["id"], _read_key(match["key"])))
        if position == len(text):
            break
        if text[position] != "." or task is not None:
            raise ValueError(f"`{text}` is not an address: `{text[position:]}` cannot follow `{text[:position]}`")
        position += 1
        if position == len(text):
            raise ValueError(f"`{text}` is not an address: it ends with a dot")
    if not items and task is None:
        raise ValueError("an address is empty")
    return Address(tuple(items), task)


def _read_key(text: str) -> str | None:
    if text == "*":
        return None
    return json.loads(text) if text.startswith('"') else text


class Items(list[Any]):
    """Items of a loop of which more is known than their values.

    Parameters
    ----------
    named : for each item what names it; empty where the items name themselves.
    keys : for each item its key, where that is settled.
    reads : for each item the addresses of the task runs that it is made from; empty where none is told from the others.
    """

    def __init__(
        self,
        values: Iterable[Any],
        named: Sequence[Any] = (),
        *,
        keys: Sequence[str] | None = None,
        reads: Sequence[tuple[str, ...]] = (),
    ) -> None:
        super().__init__(values)
        self.named = named
        self.keys = keys
        self.reads = reads


class Parts(dict[str, Any]):
    """What names an item that is made from several lists: by parameter, the value or the key that comes from each."""


def item_keys(values: Sequence[Any]) -> list[str]:
    """Name the items of a loop: one key a value, in order, each unique, none depending on its position.

    Equal values are told apart by a number in the order in which they stand (`a`, `a#2`): which of them is which makes no
    difference, for they are equal. Different values that read the same (`1` and `"1"`) are named by their digests.
    """
    if isinstance(values, Items) and values.keys is not None:
        return list(values.keys)
    named = values.named if isinstance(values, Items) and values.named else values
    bases = [item_key(value) for value in named]
    ambiguous = _ambiguous(named, bases)
    if ambiguous:
        pairs = zip(named, bases, strict=True)
        bases = [digest("item", value)[:SHORT] if base in ambiguous else base for value, base in pairs]
    seen: dict[str, int] = {}
    keys: list[str] = []
    for base in bases:
        count = seen[base] = seen.get(base, 0) + 1
        keys.append(base if count == 1 else f"{base}#{count}")
    return keys


def _ambiguous(values: Sequence[Any], bases: Sequence[str]) -> set[str]:
    """Give the keys that several different values have."""
    if len(set(bases)) == len(bases):
        return set()
    kinds: dict[str, set[str]] = {}
    for value, base in zip(values, bases, strict=True):
        kinds.setdefault(base, set()).add(digest("item", value))
    return {base for base, found in kinds.items() if len(found) > 1}


def item_key(value: Any) -> str:
    """Give the key of one item, before equal ones are told apart."""
    text = _joined(value) if isinstance(value, Parts) else scalar_text(value)
    if text is None or len(text) > LONGEST_KEY or not text or _NUMBERED.search(text):
        return digest("item", value)[:SHORT]
    return text


def _joined(parts: Parts) -> str | None:
    """Give the texts of scalars, joined by commas so that they can be told apart; `None` if one of them is none."""
    texts = [scalar_text(part) for part in parts.values()]
    found = [text for text in texts if text is not None]
    if len(found) < len(texts):
        return None
    return ",".join(text if _PART_OF_KEY.match(text) else json.dumps(text, ensure_ascii=False) for text in found)


def scalar_text(value: Any) -> str | None:
    """Give the text of a scalar (as expressions render it); `None` for anything structured."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return value if isinstance(value, str) else None


def longest_known(text: str, known: Iterable[str]) -> tuple[str, str] | None:
    """Split `address.name` where the longest known address ends (`a.b.c` may be `a.b` + `c` or `a` + `b.c`)."""
    best: str | None = None
    for candidate in known:
        if text.startswith(candidate + ".") and (best is None or len(candidate) > len(best)):
            best = candidate
    return None if best is None else (best, text[len(best) + 1 :])
