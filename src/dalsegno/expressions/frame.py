"""What an expression sees while it is rendered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dalsegno.expressions.limits import Meter

#: stands for a text that is put aside, by its number; private characters that no text of a flow has
KEPT = re.compile("\ue000([0-9]{1,6})\ue001")


@dataclass(frozen=True)
class Scope:
    """What texts are rendered with: all that comes from outside.

    Parameters
    ----------
    variables : `outputs`, `inputs`, `vars` and so on. Maps may be lazy: only what is read is looked up.
    now : the time.
    functions : functions that do I/O, by name; only those that the language knows by name can be called.
    """

    variables: Mapping[str, Any]
    now: Callable[[], datetime]
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict[str, Callable[..., Any]])


class Frame:
    """One text being rendered: the scope, the names that the text itself has set, and the meter.

    Parameters
    ----------
    render : renders another text, natively where it is a single expression, within the same meter.
    kept : texts from `{% raw %}` that a recursive `render()` has put aside; `None` outside of one.
    """

    __slots__ = ("functions", "kept", "local", "meter", "render", "scope", "variables")

    def __init__(
        self,
        scope: Scope,
        render: Callable[[str, Frame], Any],
        *,
        meter: Meter | None = None,
        kept: list[str] | None = None,
    ) -> None:
        self.scope = scope
        self.variables = scope.variables
        self.functions = scope.functions
        self.render = render
        self.meter = meter or Meter()
        self.kept = kept
        self.local: dict[str, Any] = {}

    def keep(self, text: str) -> str:
        """Put a text aside and give the mark that stands for it; outside of a recursive `render()` give the text."""
        if self.kept is None:
            return text
        self.kept.append(text)
        return f"\ue000{len(self.kept) - 1}\ue001"

    def inner(self) -> Frame:
        """Give the frame of a loop's turn or a block: what it sets is gone when it ends."""
        frame = Frame(self.scope, self.render, meter=self.meter, kept=self.kept)
        frame.local = dict(self.local)
        return frame

    def fresh(self, kept: list[str] | None) -> Frame:
        """Give the frame of another text, which sees the variables alone."""
        return Frame(self.scope, self.render, meter=self.meter, kept=kept)
