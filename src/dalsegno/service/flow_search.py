"""Text in the sources of flows, with its lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dalsegno.store.listing import FlowSummary

#: characters of a line that are shown
_WIDEST = 200
#: lines of one flow at the most
_MOST = 100


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line in which a text was found; `line` and `column` count from 1."""

    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class FoundFlow:
    """A flow in whose latest text something was found. `count` tells how many lines there are, also those left out."""

    namespace: str
    id: str
    revision: int
    count: int
    lines: tuple[FoundLine, ...]

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {
            "namespace": self.namespace,
            "id": self.id,
            "revision": self.revision,
            "count": self.count,
            "lines": [{"line": each.line, "column": each.column, "text": each.text} for each in self.lines],
        }


def found_in(flow: FlowSummary, source: str, text: str) -> FoundFlow:
    """Look for a text in a source, in capitals or not."""
    wanted = text.casefold()
    places = ((number, line, line.casefold().find(wanted)) for number, line in enumerate(source.splitlines(), start=1))
    lines = [FoundLine(number, at + 1, line.rstrip()[:_WIDEST]) for number, line, at in places if at >= 0]
    return FoundFlow(flow.namespace, flow.id, flow.revision, len(lines), tuple(lines[:_MOST]))
