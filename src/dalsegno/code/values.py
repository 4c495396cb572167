"""Takes a value apart into what is equal for equal values in every process: no addresses, no order of sets.

What pickle would store of a value is what counts, level by level. Functions, classes and modules inside are handed to
whoever follows code.
"""

from __future__ import annotations

import copyreg
import json
import os
import sys
from collections.abc import Callable
from enum import Enum
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, cast

from dalsegno.code.owned import is_users
from dalsegno.model.digest import digest

#: JSON: a text, a number, or a list of tokens
Token = Any
#: gives the token of a function, a class, a module, for those who take apart what holds it; `None` for a value
Follow = Callable[[Any, "Values"], Token | None]
Note = Callable[[str], None]

_DATA = frozenset({type(None), bool, int, float, str})
_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented)})
#: hold nothing that decides what code does
_EMPTY = frozenset({"_thread.lock", "_thread.RLock", "_thread._local", "_contextvars.ContextVar", "_abc._abc_data"})
#: what these store is exactly their content
_EXACT = frozenset({"numpy"})
_MOST_VALUES = 50_000
#: a larger list or map that is nothing but data is hashed at once
_FEW = 100
_DEEPEST = 60


class _CannotTakeApart(Exception):
    """Something that an object of a library holds cannot be taken apart, and so neither can the object."""


class Values:
    """Takes values apart.

    Parameters
    ----------
    follow : gives the token of what is code.
    note : told, as the end of a sentence about the holder, what cannot be judged.
    """

    def __init__(self, follow: Follow, note: Note) -> None:
        self._follow = follow
        self._note = note
        self._open: dict[int, int] = {}
        self._left = _MOST_VALUES
        self._within_library = 0
        self._is_too_large = False
        #: whether something was met that cannot be taken apart
        self.opaque = False

    def token(self, value: Any) -> Token:
        """Give the token of a value."""
        kind = type(value)
        if kind in _ATOMS:
            return [kind.__name__, _text(value)]
        if id(value) in self._open:
            return ["again", self._open[id(value)]]
        self._left -= 1
        if self._left < 0 or len(self._open) > _DEEPEST:
            self._is_too_large = True
            return ["too large"]
        self._open[id(value)] = len(self._open)
        try:
            followed = self._follow(value, self)
            return self._parts(value, kind) if followed is None else followed
        finally:
            del self._open[id(value)]
            self._tell_too_large(kind)

    def _tell_too_large(self, kind: type) -> None:
        if self._is_too_large and not self._open:
            self.opaque, self._is_too_large = True, False
            self._note(f"a value of type `{type_name(kind)}`, which is too large to be judged")

    def _parts(self, value: Any, kind: type) -> Token:
        if kind in (list, dict) and len(value) > _FEW and _is_data(value):
            return ["data", kind.__name__, digest("code", _in_order(value))]
        if kind in (list, tuple):
            return [kind.__name__, [self.token(item) for item in value]]
        if kind in (dict, MappingProxyType):
            return ["dict", [[self.token(key), self.token(item)] for key, item in value.items()]]
        if kind in (set, frozenset):
            tokens = [self.token(item) for item in sorted(value, key=_order)]
            return [kind.__name__, sorted(tokens, key=json.dumps)]
        if issubclass(kind, Enum):
            return ["enum", self.token(kind), value.name]
        return self._object(value, kind)

    def _object(self, value: Any, kind: type) -> Token:
        if is_users(kind.__module__):
            return self._stored(value, kind)
        if issubclass(kind, PurePath):
            return ["path", kind.__name__, str(value)]
        if value is os.environ:
            return ["global", "os.environ"]
        if type_name(kind) in _EMPTY and not self._within_library:
            return ["empty", type_name(kind)]
        self._within_library += 1
        try:
            return self._stored(value, kind)
        except _CannotTakeApart:
            if self._within_library > 1:
                raise
            self.opaque = True
            self._note(f"a value of type `{type_name(kind)}`, which cannot be judged")
            return ["opaque", type_name(kind)]
        finally:
            self._within_library -= 1

    def _stored(self, value: Any, kind: type) -> Token:
        """Give what pickle would store."""
        reducer: Any = copyreg.dispatch_table.get(kind)
        try:
            stored = reducer(value) if reducer is not None else value.__reduce_ex__(4)
        except Exception as error:
            # what a value does when it is to be stored is its own affair
            if not self._within_library:
                self.opaque = True
                self._note(f"a value of type `{type_name(kind)}`, which cannot be judged")
                return ["opaque", self.token(kind)]
            raise _CannotTakeApart from error
        if isinstance(stored, str):
            return ["global", type_name(kind), stored]
        token = ["made", type_name(kind), *(self._made(part) for part in cast("tuple[Any, ...]", stored))]
        self._tell_of_library(kind)
        return token

    def _made(self, part: Any) -> Token:
        # items of a list and pairs of a dictionary are given one by one
        if hasattr(part, "__next__"):
            return [self.token(item) for item in part]
        return self.token(part)

    def _tell_of_library(self, kind: type) -> None:
        root = kind.__module__.partition(".")[0]
        if self._within_library == 1 and root not in sys.stdlib_module_names and root not in _EXACT:
            self._note(f"a value of type `{type_name(kind)}`, which is judged by what pickle stores of it")


def type_name(kind: type) -> str:
    """Give the name of a type with its module, except for built-in ones."""
    module = public_module(kind.__module__)
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def public_module(name: str) -> str:
    """Leave out the private parts of a module's name, between which versions of a library move things about."""
    first, *others = str(name).split(".")
    return ".".join([first, *(part for part in others if not part.startswith("_"))])


def _is_data(value: Any) -> bool:
    """Whether a value is made of what JSON has."""
    kind = type(value)
    if kind is list:
        return all(type(item) in _DATA or _is_data(item) for item in value)
    if kind is dict:
        return all(type(key) is str for key in value) and all(_is_data(item) for item in value.values())
    return kind in _DATA


def _in_order(value: Any) -> Any:
    """Give data in a form that keeps the order of maps."""
    if type(value) is dict:
        return {"keys": list(value), "values": [_in_order(item) for item in value.values()]}
    return [_in_order(item) for item in value] if type(value) is list else value


def _text(value: Any) -> str:
    if type(value) is int:
        return hex(value)  # a decimal text of a huge whole number is refused by Python
    return ascii(value)


def _order(item: Any) -> tuple[str, ...]:
    """Give a key that puts the items of a set in one order in every process, as far as they can be told apart."""
    kind = type(item)
    name = str(getattr(item, "__qualname__", ""))
    if name:
        return kind.__name__, str(getattr(item, "__module__", "")), name
    return kind.__name__, ascii(item) if kind in _ATOMS else "", str(getattr(item, "name", ""))
