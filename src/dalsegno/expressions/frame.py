"""What an expression sees while it is rendered."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from dalsegno.expressions.faults import Fault
from dalsegno.expressions.limits import Meter

#: stands for a text that is put aside, by its number; private characters that no text of a flow has
KEPT = re.compile("\ue000([0-9]{1,6})\ue001")


_NOTHING: Any = object()


def _no_random(_count: int) -> bytes:
    raise Fault("there is no chance here: what is random can only be had in a task")


@dataclass(frozen=True)
class Scope:
    """What texts are rendered with: all that comes from outside.

    Parameters
    ----------
    variables : `outputs`, `inputs`, `vars` and so on. Maps may be lazy: only what is read is looked up.
    now : the time.
    functions : functions that do I/O, by name; only those that the language knows by name can be called.
    random : gives so many random bytes.
    """

    variables: Mapping[str, Any]
    now: Callable[[], datetime]
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict[str, Callable[..., Any]])
    random: Callable[[int], bytes] = _no_random


class Parts(Protocol):
    """What a text defines for itself, by name: macros and blocks."""

    @property
    def macros(self) -> Mapping[str, Callable[[Frame, list[Any], dict[str, Any]], str]]:
        """Each takes a frame, arguments by place and arguments by name."""
        ...

    @property
    def blocks(self) -> Mapping[str, Callable[[Frame], str]]:
        """Each writes itself."""
        ...


class Frame:
    """One text being rendered: the scope, the names that the text itself has set, and the meter.

    Names that are set live in scopes, one inside the other. `assign` changes a name where it is known, however far out;
    a name that is new, or declared, is gone when the scope ends.

    Parameters
    ----------
    render : renders another text, natively where it is a single expression, within the same meter.
    parts : what the text defines.
    kept : texts from `{% raw %}` that a recursive `render()` has put aside; `None` outside of one.
    """

    __slots__ = ("_saved", "escape", "functions", "kept", "local", "meter", "parts", "render", "scope", "variables")

    def __init__(
        self,
        scope: Scope,
        render: Callable[[str, Frame], Any],
        *,
        parts: Parts | None = None,
        meter: Meter | None = None,
        kept: list[str] | None = None,
    ) -> None:
        self.scope = scope
        self.variables = scope.variables
        self.functions = scope.functions
        self.render = render
        self.parts = parts
        self.meter = meter or Meter()
        self.kept = kept
        self.local: dict[str, Any] = {}
        #: how what is written is escaped, inside of `{% autoescape %}`
        self.escape: str | None = None
        self._saved: list[dict[str, Any]] = []

    def keep(self, text: str) -> str:
        """Put a text aside and give the mark that stands for it; outside of a recursive `render()` give the text."""
        if self.kept is None:
            return text
        self.kept.append(text)
        return f"\ue000{len(self.kept) - 1}\ue001"

    def provide(self, name: str) -> Callable[..., Any]:
        """Give a function that comes from outside."""
        function = self.functions.get(name)
        if function is None:
            raise Fault(f"the function `{name}` is not available here", code="unknown-function")
        return function

    @contextmanager
    def inner(self) -> Generator[None]:
        """Open the scope of a loop or a block."""
        self._saved.append({})
        try:
            yield
        finally:
            for name, before in self._saved.pop().items():
                if before is _NOTHING:
                    del self.local[name]
                else:
                    self.local[name] = before

    def declare(self, name: str, value: Any) -> None:
        """Set a name in this scope, whatever it was further out."""
        if self._saved and name not in self._saved[-1]:
            self._saved[-1][name] = self.local.get(name, _NOTHING)
        self.local[name] = value

    def assign(self, name: str, value: Any) -> None:
        """Set a name where it is known, else in this scope."""
        if name in self.local:
            self.local[name] = value
        else:
            self.declare(name, value)

    def fresh(self, kept: list[str] | None) -> Frame:
        """Give the frame of another text, which sees the variables alone."""
        return Frame(self.scope, self.render, meter=self.meter, kept=kept)

    def of_macro(self, arguments: dict[str, Any]) -> Frame:
        """Give the frame of a macro, which sees its arguments alone."""
        frame = Frame(self.scope, self.render, parts=self.parts, meter=self.meter, kept=self.kept)
        frame.variables = arguments
        frame.escape = self.escape
        return frame
