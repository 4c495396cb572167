"""Texts with expressions: parsed once, rendered often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Any, cast

from jinja2 import nodes

from dalsegno.errors import DalSegnoError, ExpressionFailed, Refusal, TaskFailed

# the modules that register filters and functions
from dalsegno.expressions import filters, forms, functions, ids, loops, numbers, provided, texts, times
from dalsegno.expressions.compiler import compile_expression
from dalsegno.expressions.faults import Fault, excerpt_at, failed
from dalsegno.expressions.frame import Frame, Scope
from dalsegno.expressions.grammar import parse_tree
from dalsegno.expressions.literals import has_checks, wrong_literals
from dalsegno.expressions.references import References, find_references
from dalsegno.expressions.registry import FILTERS, FUNCTIONS
from dalsegno.expressions.simple import simple_parts
from dalsegno.expressions.statements import Defined, Write, compile_body, compile_joined, compile_single, written
from dalsegno.expressions.values import to_text

#: what there is is what these have registered
BUILT_IN = (filters, forms, functions, ids, loops, numbers, provided, texts, times)

#: longer texts are parsed again each time rather than kept
_LONGEST_CACHED = 50_000
#: what a text without tags defines
_NOTHING = Defined(nodes.Template([]))


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be known of a text without rendering it.

    Parameters
    ----------
    references : what it reads.
    wrong : what is wrong whatever it reads: patterns of dates, time zones and units of time that stand literally.
    """

    references: References
    wrong: tuple[ExpressionFailed, ...]


class Template:
    """A text with expressions.

    Parameters
    ----------
    source : the text as it was written.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        try:
            self._compile()
        except Fault as fault:
            raise failed(fault, source) from None
        except RecursionError:
            raise failed(Fault("it is nested too deeply", code="expression-invalid"), source) from None

    def _compile(self) -> None:
        self._plain = None if "{" in self.source else self.source
        parts = _parts_of(self.source)
        if parts is None:
            self._compile_tree()
            return
        self._tree: nodes.Template | None = None
        self._facts: Facts | None = _joined([part for _, part in parts if isinstance(part, Template)])
        self.static = self.single = False
        self._parts = _NOTHING
        self._value = None
        self._write = compile_joined([part if isinstance(part, str) else part.moved(start) for start, part in parts])

    def _compile_tree(self) -> None:
        tree = parse_tree(self.source) if "{" in self.source else nodes.Template([nodes.Output([])])
        pieces = [piece for part in tree.body for piece in (part.nodes if isinstance(part, nodes.Output) else [part])]
        self._tree = tree
        self._facts = None
        #: there is no expression in it
        self.static = all(isinstance(piece, nodes.TemplateData) for piece in pieces)
        #: it is exactly one `{{ ... }}`, so that it has a value and not only a text
        self.single = not self.static and len(pieces) == 1 and isinstance(tree.body[0], nodes.Output)
        self._parts = Defined(tree) if "{%" in self.source else _NOTHING
        self._value = compile_expression(pieces[0]) if self.single else None
        only = cast("nodes.Expr", pieces[0]) if pieces else None
        self._write = compile_single(only, self._value) if only and self._value else compile_body(tree.body)

    def moved(self, start: int) -> Write:
        """Give what writes this text where it is a part of another one, from the offset `start` on."""
        write = self._write

        def run(frame: Frame, out: list[str]) -> None:
            try:
                write(frame, out)
            except Fault as fault:
                fault.offset = start + (fault.offset or 0)
                raise

        return run

    @property
    def references(self) -> References:
        """What the text reads."""
        return self.facts.references

    @property
    def facts(self) -> Facts:
        """What can be known of the text without rendering it."""
        facts, tree = self._facts, self._tree
        if facts is None and tree is not None:
            found = find_references(tree)
            checked = has_checks(found.filters, found.functions)
            wrong = [failed(fault, self.source) for fault in wrong_literals(tree)] if checked else ()
            self._facts = facts = Facts(found, tuple(wrong))
            # it is large, and nobody needs it any more
            self._tree = None
        # where the tree is gone, another thread has been faster
        return facts or cast("Facts", self._facts)

    def render(self, scope: Scope) -> str:
        """Give the text with every expression replaced by its value.

        Raises
        ------
        ExpressionFailed : an expression cannot be rendered; the message names it and its place.
        """
        if self._plain is not None:
            return self._plain
        return self._guard(self._text, Frame(scope, _render_inner, parts=self._parts))

    def evaluate(self, scope: Scope) -> Any:
        """Give the value where the text is a single expression, else the text; a point in time comes as ISO text.

        Raises
        ------
        ExpressionFailed : an expression cannot be rendered; the message names it and its place.
        """
        if self._plain is not None:
            return self._plain
        return self._guard(self._outside, Frame(scope, _render_inner, parts=self._parts))

    def _text(self, frame: Frame) -> str:
        return written(self._write, frame)

    def inside(self, frame: Frame) -> Any:
        """Give the value or text for use inside another expression."""
        frame.parts = self._parts
        return self._value(frame) if self._value else self._text(frame)

    def _outside(self, frame: Frame) -> Any:
        value = self.inside(frame)
        return to_text(value) if isinstance(value, date | time) else value

    def _guard(self, run: Callable[[Frame], Any], frame: Frame) -> Any:
        """Run, and let nothing out but errors that tell the expression."""
        try:
            return run(frame)
        except Fault as fault:
            raise failed(fault, self.source) from fault.__cause__
        except (TaskFailed, Refusal) as error:
            ended = error.message if error.message.endswith("?") else f"{error.message.rstrip('.')}."
            message = f"{ended} In `{excerpt_at(self.source, None)}`."
            raise ExpressionFailed(
                message, code=error.code, closest=error.closest, hint=getattr(error, "hint", None)
            ) from error
        except DalSegnoError:
            raise
        except RecursionError:
            raise failed(Fault("it is nested too deeply"), self.source) from None
        except Exception as error:
            raise failed(Fault(f"it failed: {error or type(error).__name__}"), self.source) from error


@lru_cache(maxsize=4096)
def _part(text: str) -> Template:
    return Template(text)


def _parts_of(source: str) -> list[tuple[int, str | Template]] | None:
    """Give the data and the expressions that a text is put together from, each with its offset.

    `None` where it is no such text. An error in an expression is told by reading the whole, which knows its place.
    """
    if source.count("{{") == 1 and source.startswith("{{") and source.endswith("}}"):
        return None
    parts = simple_parts(source)
    if not parts or (len(parts) == 1 and "{{" not in source):
        return None
    try:
        return [(start, _part(text) if text.startswith("{{") else text) for start, text in parts]
    except ExpressionFailed:
        return None


def _joined(parts: list[Template]) -> Facts:
    """Give what can be known of a text from its expressions: names and filters without arguments."""
    found = [part.references for part in parts]
    names = dict.fromkeys(name for each in found for name in each.names)
    filters = frozenset(name for each in found for name in each.filters)
    return Facts(References(names=tuple(names), filters=filters), ())


def _render_inner(text: str, frame: Frame) -> Any:
    """Render a text inside a rendering: a fault in it tells both texts."""
    try:
        return parse(text).inside(frame.fresh(frame.kept))
    except Fault as fault:
        message, near = fault.explain()
        inner = f"{message.rstrip('.')} (in `{excerpt_at(text, fault.offset)}`, which is rendered here)"
        raise Fault(inner, code=fault.code, closest=near) from fault.__cause__
    except ExpressionFailed as error:
        message = f"{error.message.rstrip('.')} (this text is rendered here)"
        raise Fault(message, code=error.code, closest=error.closest) from error


@lru_cache(maxsize=4096)
def _parse_cached(text: str) -> Template:
    return Template(text)


def parse(text: str) -> Template:
    """Read a text; the same text is read once.

    Raises
    ------
    ExpressionFailed : it cannot be read, or uses a filter, function or test that there is not. `line` and `column` are
        those within the text, `code` is `expression-invalid`, `unknown-filter`, `unknown-function` or `unknown-test`.
    """
    return _parse_cached(text) if len(text) <= _LONGEST_CACHED else Template(text)


def render_value(value: Any, scope: Scope) -> Any:
    """Render all texts in a value, keys of maps too; everything else stays as it is."""
    if isinstance(value, str):
        return parse(value).evaluate(scope)
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        return {_render_key(key, scope): render_value(item, scope) for key, item in entries.items()}
    if isinstance(value, list | tuple):
        return [render_value(item, scope) for item in cast("list[Any]", value)]
    return value


def _render_key(key: Any, scope: Scope) -> Any:
    return parse(key).render(scope) if isinstance(key, str) else key


def known_functions() -> list[str]:
    """Give the names of all functions."""
    return sorted(FUNCTIONS.entries)


def known_filters() -> list[str]:
    """Give the names of all filters."""
    return sorted(FILTERS.entries)
