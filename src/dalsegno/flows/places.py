"""Finds places in the text of a flow: of a part of an expression, of a property of a task."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dalsegno.flows.document import Node, read, without_mark
from dalsegno.flows.nesting import task_called
from dalsegno.flows.report import Report
from dalsegno.model.flow import Place


class Locator:
    """Finds where inside a value something stands."""

    def __init__(self, text: str) -> None:
        self._text = without_mark(text)

    def inside(self, node: Node, line: int | None, column: int | None) -> Place:
        """Give the place of a line and column of a value's text.

        Escapes and folded lines move what follows them; then the place of the value itself has to do.
        """
        if line is None or node.text is None:
            return node.place
        source = self._text[node.start : node.end]
        if node.style == "|":
            return self._in_block(node, source, line, column)
        quote = 1 if node.style in ("'", '"') else 0
        if line != 1 or source[quote : len(source) - quote] != node.text:
            return node.place
        return Place(node.line, node.column + quote + (column or 1) - 1)

    def _in_block(self, node: Node, source: str, line: int, column: int | None) -> Place:
        lines = source.split("\n")
        if line >= len(lines):
            return node.place
        written = lines[line].rstrip("\r")
        shown = (node.text or "").split("\n")[line - 1]
        return Place(node.line + line, len(written) - len(shown) + (column or 1))

    def name(self, node: Node, path: Sequence[str]) -> Place:
        """Give the place where a value names `path`, such as `outputs.load`; of the value where it cannot be found."""
        first, *rest = (re.escape(part) for part in path)
        steps = "".join(rf"\s*(?:\.\s*{part}(?![\w-])|\[\s*['\"]{part}['\"]\s*\])" for part in rest)
        match = re.compile(rf"(?<![\w.]){first}(?!\w){steps}").search(self._text, node.start, node.end)
        if match is None:
            return node.place
        lines = self._text.count("\n", node.start, match.start())
        before = self._text.rfind("\n", node.start, match.start())
        column = match.start() - before if lines else node.column + match.start() - node.start
        return Place(node.line + lines, column)


def place_of(text: str, path: Sequence[str | int]) -> Place | None:
    """Give where a value of a flow stands, for messages about what came of it later.

    Parameters
    ----------
    path : keys and positions from the top. In a list of things with ids a text names one of them; after `tasks` it
        names the task wherever it stands, so that `("tasks", "load", "uri")` does for a task inside groups as well.

    Returns
    -------
    The place of the key of a map, or of the item of a list; of the last part that exists. `None` if none does.
    """
    root = node = read(text, Report())
    place: Place | None = None
    for number, part in enumerate(path):
        if root is None or node is None:
            break
        inner = _inner(node, part)
        if inner is None and number == 1 and path[0] == "tasks":
            inner = task_called(root, str(part))
        if inner is None:
            break
        place = node.key_place(str(part)) if str(part) in node.keys else inner.place
        node = inner
    return place


def _inner(node: Node, part: str | int) -> Node | None:
    inner = node.inner(part)
    if inner is not None or node.items is None:
        return inner
    for item in node.items:
        name = item.inner("id") or item.inner("name")
        if name is not None and name.text == part:
            return item
    return None
