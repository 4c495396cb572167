"""Reads the text of a flow into values that know where they stand.

The parser's events are composed here and not by PyYAML: its C composer recurses without a limit, resolves booleans as
YAML 1.1 does, and lets a later key of the same name win in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import yaml
from yaml import CLoader
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from dalsegno.flows.report import Report
from dalsegno.flows.scalars import plain_value, tagged_value
from dalsegno.flows.syntax import explain, place_at
from dalsegno.model.flow import Place

#: characters of a flow's text
LARGEST = 5_000_000
#: how deep lists and maps may stand in each other
DEEPEST = 100
#: how much aliases may add to what was written, in values (a long text counts as several)
MOST_BY_ALIASES = 100_000


@dataclass(slots=True, eq=False)
class Node:
    """A value, where it was written, and the nodes inside it.

    Parameters
    ----------
    value : plain data; shared with the data of the nodes around it.
    text : what a scalar says before it is read as a number or the like; `None` for lists and maps.
    start, end : the characters of the source that it takes, from 0.
    keys, fields : for a map, its keys and what stands under them.
    items : what is inside a list.
    """

    value: Any
    line: int
    column: int
    start: int
    end: int
    text: str | None = None
    style: str | None = None
    size: int = 1
    keys: dict[str, Node] = field(default_factory=dict[str, "Node"])
    fields: dict[str, Node] | None = None
    items: list[Node] | None = None

    @property
    def place(self) -> Place:
        """Where it starts."""
        return Place(self.line, self.column)

    @property
    def is_template(self) -> bool:
        """Whether it is text with an expression in it."""
        return isinstance(self.value, str) and is_template(self.value)

    @property
    def has_template(self) -> bool:
        """Whether it or something inside it is text with an expression in it."""
        return next(self.templates(), None) is not None

    def templates(self) -> Iterator[Node]:
        """Give all texts with an expression in them, this one or those inside it."""
        if self.fields is not None:
            for key in self.keys.values():
                if key.is_template:
                    yield key
            for child in self.fields.values():
                yield from child.templates()
        elif self.items is not None:
            for child in self.items:
                yield from child.templates()
        elif self.is_template:
            yield self

    def key_place(self, key: str) -> Place:
        """Give the place of a key; of the map itself where the key is not there."""
        return self.keys.get(key, self).place

    def descend(self, path: Sequence[str | int]) -> Node:
        """Give the node at `path`, or the last one on the way that exists."""
        node = self
        for part in path:
            inner = node.inner(part)
            if inner is None:
                break
            node = inner
        return node

    def inner(self, part: str | int) -> Node | None:
        """Give the node under one key or position, if there is one."""
        if self.fields is not None:
            return self.fields.get(str(part))
        if self.items is not None and isinstance(part, int) and 0 <= part < len(self.items):
            return self.items[part]
        return None


def is_template(text: str) -> bool:
    """Tell whether a text has an expression in it."""
    return "{" in text and ("{{" in text or "{%" in text or "{#" in text)


def without_mark(text: str) -> str:
    """Give a text without the byte order mark that some editors put before it."""
    return text.removeprefix("\ufeff")


def read(text: str, report: Report) -> Node | None:
    """Read a YAML text; `None` where it is broken, empty or no map. What is wrong goes to the report."""
    if len(text) > LARGEST:
        message = f"the file has {len(text):,} characters; at most {LARGEST:,} are read: split the flow"
        report.error("file-too-large", message, None)
        return None
    text = without_mark(text)
    try:
        root = _Composer(text, report).compose()
    except _UnusableError as problem:
        report.error(problem.code, problem.message, problem.place)
        return None
    except yaml.YAMLError as error:
        message, place = explain(error, text)
        report.error("yaml-broken", message, place)
        return None
    except UnicodeEncodeError as error:
        place = place_at(text, error.start)
        report.error("yaml-broken", "the text holds half of a surrogate pair: save the file as UTF-8", place)
        return None
    if root is None or root.fields is None:
        message = "the file holds no flow: it must be a YAML map with `id`, `namespace` and `tasks`"
        report.error("no-flow", message, root.place if root else None)
        return None
    return root


def read_plain(text: str) -> Any:
    """Read a YAML text that is data and no flow; any value will do.

    Raises
    ------
    ValueError : it is broken; the message says where.
    """
    report = Report()
    try:
        root = _Composer(without_mark(text), report).compose()
    except _UnusableError as problem:
        raise ValueError(f"{problem.message} (line {problem.place.line})") from None
    except yaml.YAMLError as error:
        message, place = explain(error, text)
        raise ValueError(message if place is None else f"{message} (line {place.line})") from None
    for problem in report.problems():
        raise ValueError(f"{problem.message} (line {problem.line})")
    return None if root is None else root.value


class _UnusableError(Exception):
    """The document cannot be composed any further."""

    def __init__(self, code: str, message: str, place: Place) -> None:
        super().__init__(message)
        self.code, self.message, self.place = code, message, place


class _Composer:
    """Composes one document from the parser's events."""

    def __init__(self, text: str, report: Report) -> None:
        self._parser = CLoader(text)
        self._report = report
        self._anchors: dict[str, Node | None] = {}
        self._by_aliases = 0

    def compose(self) -> Node | None:
        root: Node | None = None
        while (event := self._next()) is not None:
            if isinstance(event, NodeEvent):
                root = self._node(event, 0)
            elif isinstance(event, DocumentStartEvent) and root is not None:
                raise _UnusableError(
                    "several-documents", "a file holds one flow: remove what follows `---`", _place(event)
                )
        return root

    def _next(self) -> Event | None:
        return self._parser.get_event()

    def _node(self, event: Event, depth: int) -> Node:
        if depth > DEEPEST:
            raise _UnusableError(
                "too-deep", f"lists and maps stand more than {DEEPEST} deep in each other", _place(event)
            )
        if isinstance(event, AliasEvent):
            return self._alias(event)
        anchor = cast("str | None", cast("NodeEvent", event).anchor)
        if anchor is not None:
            self._anchors[anchor] = None
        if isinstance(event, ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, SequenceStartEvent):
            node = self._sequence(event, depth)
        else:
            node = self._mapping(cast("MappingStartEvent", event), depth)
        if anchor is not None:
            self._anchors[anchor] = node
        return node

    def _alias(self, event: AliasEvent) -> Node:
        name = cast("str", event.anchor)
        if name not in self._anchors:
            raise _UnusableError(
                "yaml-broken", f"there is no anchor `&{name}` before the alias `*{name}`", _place(event)
            )
        node = self._anchors[name]
        if node is None:
            raise _UnusableError("yaml-broken", f"the alias `*{name}` stands inside what it repeats", _place(event))
        self._by_aliases += node.size
        if self._by_aliases > MOST_BY_ALIASES:
            message = f"aliases repeat more than {MOST_BY_ALIASES:,} values: write them out or make them fewer"
            raise _UnusableError("too-many-aliases", message, _place(event))
        return node

    def _scalar(self, event: ScalarEvent) -> Node:
        text = cast("str", event.value)
        node = _start(event, text)
        node.text, node.style, node.size = text, cast("str | None", event.style), 1 + len(text) // 64
        if event.tag is not None:
            try:
                node.value = tagged_value(cast("str", event.tag), text)
            except ValueError as error:
                self._report.error("yaml-tag", str(error), _place(event))
        elif event.implicit[0]:
            node.value = plain_value(text)
        return node

    def _sequence(self, event: SequenceStartEvent, depth: int) -> Node:
        node = _start(event, [])
        node.items = []
        self._no_tag(event, "seq")
        while not isinstance(inner := self._next(), SequenceEndEvent):
            child = self._node(cast("Event", inner), depth + 1)
            node.items.append(child)
            node.value.append(child.value)
            node.size += child.size
        node.end = inner.end_mark.index
        return node

    def _mapping(self, event: MappingStartEvent, depth: int) -> Node:
        node = _start(event, {})
        node.fields = {}
        self._no_tag(event, "map")
        while not isinstance(inner := self._next(), MappingEndEvent):
            key = self._node(cast("Event", inner), depth + 1)
            child = self._node(cast("Event", self._next()), depth + 1)
            self._add_field(node, key, child)
        node.end = inner.end_mark.index
        return node

    def _add_field(self, node: Node, key: Node, child: Node) -> None:
        if key.text is None:
            message = 'a key must be a plain text; an expression needs quotes around it, as in `"{{ ... }}"`'
            self._report.error("yaml-broken", message, key.place)
            return
        name, fields = key.text, cast("dict[str, Node]", node.fields)
        if name == "<<" and not key.style:
            self._report.error(
                "not-supported", "YAML's merge key `<<` is not supported: write the values out", key.place
            )
        elif name in fields:
            first = node.keys[name].line
            self._report.error("duplicate-key", f"`{name}` stands here twice, first in line {first}", key.place)
        else:
            node.keys[name], fields[name], node.value[name] = key, child, child.value
            node.size += child.size + 1

    def _no_tag(self, event: SequenceStartEvent | MappingStartEvent, own: str) -> None:
        tag = cast("str | None", event.tag)
        if tag is not None and tag not in ("!", f"tag:yaml.org,2002:{own}"):
            self._report.error("yaml-tag", f"the YAML tag `{tag}` is not supported: leave it out", _place(event))


def _start(event: Event, value: Any) -> Node:
    mark, end = event.start_mark, event.end_mark
    return Node(value, mark.line + 1, mark.column + 1, mark.index, end.index)


def _place(event: Event) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)
