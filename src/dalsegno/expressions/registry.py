"""Filters, functions and tests by name, and the check that they are called with arguments they take."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dalsegno.errors import closest, did_you_mean
from dalsegno.expressions.faults import INVALID, Fault

F = TypeVar("F", bound=Callable[..., Any])
#: refuses an argument that is a text, by a fault
Check = Callable[[str], object]

_CAPITAL = re.compile(r"[A-Z]")


def python_name(name: str) -> str:
    """Give `time_zone` for `timeZone`, as the language's names of arguments are written in Python."""
    return _CAPITAL.sub(lambda capital: f"_{capital[0].lower()}", name)


def _language_name(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


@dataclass(frozen=True, slots=True)
class Entry:
    """A filter, function or test. Its first Python parameter (the value or the frame) is not written by callers.

    Parameters
    ----------
    framed : of a filter: it takes the frame before the value.
    literals : for arguments by their Python names, what refuses a text that can be told to be wrong without rendering.
    """

    name: str
    run: Callable[..., Any]
    signature: inspect.Signature
    framed: bool = False
    literals: Mapping[str, Check] = field(default_factory=dict[str, "Check"])
    #: ways of writing arguments that were found to fit: how many have no name, and the names
    _taken: set[tuple[int, tuple[str, ...]]] = field(
        default_factory=set[tuple[int, tuple[str, ...]]], repr=False, compare=False
    )

    def argument(self, position: int) -> str | None:
        """Give the Python name of an argument that is written without its own; `None` where there is none so far on."""
        parameters = list(self.signature.parameters)[self._unwritten :]
        return parameters[position] if position < len(parameters) else None

    @property
    def _unwritten(self) -> int:
        return 2 if self.framed else 1

    def check(self, positional: int, named: Iterable[str], offset: int) -> None:
        """Refuse arguments that it does not take."""
        given = (positional, tuple(named))
        if given in self._taken:
            return
        try:
            self.signature.bind(*[None] * (positional + self._unwritten), **dict.fromkeys(map(python_name, given[1])))
            self._taken.add(given)
        except TypeError:
            message = f"`{self.name}` does not take these arguments; it takes {self.usage()}"
            raise Fault(message, code=INVALID, offset=offset) from None

    def usage(self) -> str:
        """Give the arguments as a person reads them; optional ones in brackets."""
        parameters = list(self.signature.parameters.values())[self._unwritten :]
        return f"({', '.join(_show(parameter) for parameter in parameters)})" if parameters else "none"


def _show(parameter: inspect.Parameter) -> str:
    name = _language_name(parameter.name)
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return f"{name}, ..."
    return name if parameter.default is inspect.Parameter.empty else f"[{name}]"


class Registry:
    """All of one kind, such as all filters."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.entries: dict[str, Entry] = {}

    def add(self, *names: str, framed: bool = False, literals: Mapping[str, Check] | None = None) -> Callable[[F], F]:
        """Register what is decorated under these names."""

        def register(run: F) -> F:
            for name in names:
                self.entries[name] = Entry(name, run, inspect.signature(run), framed, literals or {})
            return run

        return register

    def get(self, name: str, offset: int) -> Entry:
        """Find one.

        Raises
        ------
        Fault : there is none of that name; code `unknown-filter` and the like.
        """
        entry = self.entries.get(name)
        if entry is None:
            near = closest(name, self.entries)
            message = f"there is no {self.kind} `{name}`{did_you_mean(near)}"
            raise Fault(message, code=f"unknown-{self.kind}", offset=offset, closest=near)
        return entry


FILTERS = Registry("filter")
FUNCTIONS = Registry("function")
