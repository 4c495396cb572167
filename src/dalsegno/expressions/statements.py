"""Turns the statements of a text (`if`, `for`, `set`, `macro` ...) and what is between them into closures that write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from jinja2 import nodes

from dalsegno.expressions.compiler import Evaluate, compile_expression, condition, filter_on, placed
from dalsegno.expressions.escaping import check_strategy, escape
from dalsegno.expressions.faults import INVALID, Fault, describe
from dalsegno.expressions.frame import Frame
from dalsegno.expressions.grammar import MACRO
from dalsegno.expressions.lexer import RawText
from dalsegno.expressions.values import is_list, to_text

Write = Callable[[Frame, list[str]], None]


def compile_body(body: list[nodes.Node]) -> Write:
    """Make the function that writes a part of a text, piece by piece."""
    writers = [_compile(node) for node in body]
    if len(writers) == 1:
        return writers[0]

    def write(frame: Frame, out: list[str]) -> None:
        for one in writers:
            one(frame, out)

    return write


def written(write: Write, frame: Frame) -> str:
    """Give the whole text that `write` writes."""
    out: list[str] = []
    write(frame, out)
    return "".join(out)


def _compile(node: nodes.Node) -> Write:
    make = _MAKERS.get(type(node))
    if make is None:
        raise Fault("this has no meaning in an expression", code=INVALID, offset=node.lineno)
    return make(node)


def _output(node: nodes.Output) -> Write:
    return compile_body_of([_piece(child) for child in node.nodes])


def compile_body_of(pieces: list[Callable[[Frame], str]]) -> Write:
    """Make the function that writes these pieces one after the other, each counted."""

    def write(frame: Frame, out: list[str]) -> None:
        spend = frame.meter.spend
        out.extend([spend(piece(frame)) for piece in pieces])

    return write


def compile_single(node: nodes.Expr, evaluate: Evaluate) -> Write:
    """Make the function that writes a text of one expression, from the function that evaluates it."""
    return compile_body_of([_expression(node, evaluate)])


def _expression(node: nodes.Expr, evaluate: Evaluate) -> Callable[[Frame], str]:
    if _is_safe(node):
        return placed(node.lineno, lambda frame: to_text(evaluate(frame)))
    return placed(node.lineno, lambda frame: _escaped(to_text(evaluate(frame)), frame.escape))


def compile_joined(parts: list[str | Write]) -> Write:
    """Make the function that writes data and other texts one after the other."""

    def write(frame: Frame, out: list[str]) -> None:
        for part in parts:
            if isinstance(part, str):
                out.append(frame.meter.spend(part))
            else:
                part(frame, out)

    return write


def _piece(node: nodes.Expr) -> Callable[[Frame], str]:
    if not isinstance(node, nodes.TemplateData):
        return _expression(node, compile_expression(node))
    data = str(node.data)
    return (lambda frame: frame.keep(data)) if isinstance(node.data, RawText) else lambda _frame: data


def _escaped(text: str, strategy: str | None) -> str:
    return text if strategy is None else escape(text, strategy)


def _is_safe(node: nodes.Expr) -> bool:
    """Whether what an expression gives is written as it is, even inside of `{% autoescape %}`."""
    if isinstance(node, nodes.Filter):
        return node.name in ("escape", "raw")
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
        return node.node.name == "block" or node.node.name.startswith(MACRO)
    return isinstance(node, nodes.Const)


def _if(node: nodes.If) -> Write:
    branches = [(_condition(one), compile_body(one.body)) for one in (node, *node.elif_)]
    otherwise = compile_body(node.else_)

    def write(frame: Frame, out: list[str]) -> None:
        for test, body in branches:
            if test(frame):
                body(frame, out)
                return
        otherwise(frame, out)

    return write


def _condition(node: nodes.If) -> Evaluate:
    return placed(node.test.lineno, condition(node.test, "`if`"))


def _for(node: nodes.For) -> Write:
    if node.recursive:
        raise Fault("a loop cannot be recursive", code=INVALID, offset=node.lineno)
    declare, values = _target(node.target, Frame.declare), _loop_values(node)
    test = compile_expression(node.test) if node.test else None
    body, otherwise = compile_body(node.body), compile_body(node.else_)

    def chosen(frame: Frame, value: Any) -> bool:
        declare(frame, value)
        return test is None or bool(test(frame))

    def write(frame: Frame, out: list[str]) -> None:
        found = values(frame)
        if found is None:
            return
        with frame.inner():
            turns = found if test is None else [value for value in found if chosen(frame, value)]
            for index, value in enumerate(turns):
                frame.meter.turn()
                declare(frame, value)
                frame.declare("loop", _loop(index, len(turns)))
                body(frame, out)
        if not turns:
            otherwise(frame, out)

    return write


def _loop(index: int, length: int) -> dict[str, Any]:
    """Make the `loop` of one turn; Kestra counts from 0."""
    return {
        "index": index,
        "length": length,
        "first": index == 0,
        "last": index == length - 1,
        "revindex": length - 1 - index,
    }


def _loop_values(node: nodes.For) -> Evaluate:
    """Make the function that gives what a loop goes through: a map as entries with `key` and `value`, or as pairs."""
    evaluate, pairs = compile_expression(node.iter), isinstance(node.target, nodes.Tuple)

    def values(frame: Frame) -> Any:
        collection: Any = evaluate(frame)
        if isinstance(collection, Mapping):
            frame.meter.loop(len(collection))
            items: list[tuple[Any, Any]] = list(collection.items())
            return items if pairs else [{"key": key, "value": value} for key, value in items]
        if collection is None:
            return None
        if not is_list(collection):
            raise Fault(f"a loop goes through a list or a map, not {describe(collection)}")
        frame.meter.loop(len(collection))
        return list(collection)

    return placed(node.iter.lineno, values)


def _target(node: nodes.Node, put: Callable[[Frame, str, Any], None]) -> Callable[[Frame, Any], None]:
    """Make the function that sets the names on the left of `=` or `in`."""
    if isinstance(node, nodes.Name):
        name = node.name
        return lambda frame, value: put(frame, name, value)
    if not isinstance(node, nodes.Tuple):
        raise Fault("only names can be set", code=INVALID, offset=node.lineno)
    targets = [_target(item, put) for item in node.items]

    def assign(frame: Frame, value: Any) -> None:
        if not is_list(value) or len(value) != len(targets):
            raise Fault(f"{len(targets)} names cannot be set from {describe(value)}", offset=node.lineno)
        for target, part in zip(targets, value, strict=True):
            target(frame, part)

    return assign


def _set(node: nodes.Assign) -> Write:
    assign, value = _target(node.target, Frame.assign), compile_expression(node.node)
    return lambda frame, _out: assign(frame, value(frame))


def _set_block(node: nodes.AssignBlock) -> Write:
    assign, value = _target(node.target, Frame.assign), _block_text(node.body, node.filter)
    return lambda frame, _out: assign(frame, value(frame))


def _filter_block(node: nodes.FilterBlock) -> Write:
    value = _block_text(node.body, node.filter)
    return compile_body_of([placed(node.lineno, lambda frame: to_text(value(frame)))])


def _block_text(body: list[nodes.Node], filters: nodes.Filter | None) -> Evaluate:
    return _filtered(filters, placed(0, _scoped(compile_body(body))))


def _scoped(write: Write) -> Callable[[Frame], str]:
    """Make the function that gives what a body writes, in a scope of its own."""

    def text(frame: Frame) -> str:
        with frame.inner():
            return frame.meter.spend(written(write, frame))

    return text


def _filtered(node: nodes.Filter | None, text: Evaluate) -> Evaluate:
    if node is None:
        return text
    inner = node.node
    return filter_on(node, _filtered(inner if isinstance(inner, nodes.Filter) else None, text))


def _with(node: nodes.With) -> Write:
    pairs = [
        (_target(target, Frame.declare), compile_expression(value))
        for target, value in zip(node.targets, node.values, strict=True)
    ]
    body = compile_body(node.body)

    def write(frame: Frame, out: list[str]) -> None:
        given = [(declare, value(frame)) for declare, value in pairs]
        with frame.inner():
            for declare, value in given:
                declare(frame, value)
            body(frame, out)

    return write


def _block(node: nodes.Block) -> Write:
    text = _scoped(compile_body(node.body))
    return lambda frame, out: out.append(text(frame))


def _autoescape(node: nodes.ScopedEvalContextModifier) -> Write:
    strategy: str | None = cast("nodes.Const", node.options[0].value).value
    if strategy is not None:
        check_strategy(strategy, node.lineno)
    body = compile_body(node.body)

    def write(frame: Frame, out: list[str]) -> None:
        before, frame.escape = frame.escape, strategy
        try:
            body(frame, out)
        finally:
            frame.escape = before

    return write


class Defined:
    """What a text defines for itself: its macros and its blocks."""

    def __init__(self, tree: nodes.Template) -> None:
        self.macros = {macro.name: _macro(macro) for macro in tree.find_all(nodes.Macro)}
        self.blocks = {block.name: _scoped(compile_body(block.body)) for block in tree.find_all(nodes.Block)}


def _macro(node: nodes.Macro) -> Callable[[Frame, list[Any], dict[str, Any]], str]:
    names = [argument.name for argument in node.args]
    defaults = [compile_expression(default) for default in node.defaults]
    body = compile_body(node.body)

    def call(frame: Frame, positional: list[Any], named: dict[str, Any]) -> str:
        given = {**dict(zip(names, positional, strict=False)), **named}
        inner = frame.of_macro(given)
        for name, default in zip(names, defaults, strict=True):
            if name not in given:
                given[name] = default(inner)
        return written(body, inner)

    return call


def _nothing(_node: nodes.Macro) -> Write:
    return lambda _frame, _out: None


_MAKERS: Mapping[type[nodes.Node], Callable[[Any], Write]] = {
    nodes.Output: _output, nodes.If: _if, nodes.For: _for, nodes.Assign: _set, nodes.AssignBlock: _set_block,
    nodes.FilterBlock: _filter_block, nodes.With: _with, nodes.Macro: _nothing, nodes.Block: _block,
    nodes.ScopedEvalContextModifier: _autoescape,
}  # fmt: skip
