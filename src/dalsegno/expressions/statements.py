"""Turns the statements of a text (`if`, `for`, `set`, `filter`, `with`) and what is between them into closures that write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import nodes

from dalsegno.expressions.compiler import Evaluate, compile_expression, filter_on, placed
from dalsegno.expressions.faults import INVALID, Fault, describe
from dalsegno.expressions.frame import Frame
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
        out.extend(spend(piece(frame)) for piece in pieces)

    return write


def _piece(node: nodes.Expr) -> Callable[[Frame], str]:
    if not isinstance(node, nodes.TemplateData):
        evaluate = compile_expression(node)
        return placed(node.lineno, lambda frame: to_text(evaluate(frame)))
    data = str(node.data)
    return (lambda frame: frame.keep(data)) if isinstance(node.data, RawText) else lambda _frame: data


def _if(node: nodes.If) -> Write:
    branches = [(compile_expression(one.test), compile_body(one.body)) for one in (node, *node.elif_)]
    otherwise = compile_body(node.else_)

    def write(frame: Frame, out: list[str]) -> None:
        for test, body in branches:
            if test(frame):
                body(frame, out)
                return
        otherwise(frame, out)

    return write


def _for(node: nodes.For) -> Write:
    if node.recursive:
        raise Fault("a loop cannot be recursive", code=INVALID, offset=node.lineno)
    assign, values = _target(node.target), _loop_values(node)
    test = compile_expression(node.test) if node.test else None
    body, otherwise = compile_body(node.body), compile_body(node.else_)

    def write(frame: Frame, out: list[str]) -> None:
        turns: list[Frame] = []
        for value in values(frame):
            turn = frame.inner()
            assign(turn, value)
            if test is None or test(turn):
                turns.append(turn)
        for index, turn in enumerate(turns):
            turn.local["loop"] = _loop(index, len(turns))
            body(turn, out)
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
        if not is_list(collection):
            raise Fault(f"a loop goes through a list or a map, not {describe(collection)}")
        frame.meter.loop(len(collection))
        return list(collection)

    return placed(node.iter.lineno, values)


def _target(node: nodes.Node) -> Callable[[Frame, Any], None]:
    """Make the function that sets the names on the left of `=` or `in`."""
    if isinstance(node, nodes.Name):
        name = node.name

        def assign(frame: Frame, value: Any) -> None:
            frame.local[name] = value

        return assign
    if not isinstance(node, nodes.Tuple):
        raise Fault("only names can be set", code=INVALID, offset=node.lineno)
    return _targets(node)


def _targets(node: nodes.Tuple) -> Callable[[Frame, Any], None]:
    targets = [_target(item) for item in node.items]

    def assign(frame: Frame, value: Any) -> None:
        if not is_list(value) or len(value) != len(targets):
            raise Fault(f"{len(targets)} names cannot be set from {describe(value)}", offset=node.lineno)
        for target, part in zip(targets, value, strict=True):
            target(frame, part)

    return assign


def _set(node: nodes.Assign) -> Write:
    assign, value = _target(node.target), compile_expression(node.node)
    return lambda frame, _out: assign(frame, value(frame))


def _set_block(node: nodes.AssignBlock) -> Write:
    assign, value = _target(node.target), _block_text(node.body, node.filter)
    return lambda frame, _out: assign(frame, value(frame))


def _filter_block(node: nodes.FilterBlock) -> Write:
    value = _block_text(node.body, node.filter)
    return compile_body_of([placed(node.lineno, lambda frame: to_text(value(frame)))])


def _block_text(body: list[nodes.Node], filters: nodes.Filter | None) -> Evaluate:
    write = compile_body(body)
    return _filtered(filters, placed(0, lambda frame: frame.meter.spend(written(write, frame.inner()))))


def _filtered(node: nodes.Filter | None, text: Evaluate) -> Evaluate:
    if node is None:
        return text
    inner = node.node
    return filter_on(node, _filtered(inner if isinstance(inner, nodes.Filter) else None, text))


def _with(node: nodes.With) -> Write:
    pairs = [
        (_target(target), compile_expression(value)) for target, value in zip(node.targets, node.values, strict=True)
    ]
    body = compile_body(node.body)

    def write(frame: Frame, out: list[str]) -> None:
        inner = frame.inner()
        for assign, value in pairs:
            assign(inner, value(frame))
        body(inner, out)

    return write


_MAKERS: Mapping[type[nodes.Node], Callable[[Any], Write]] = {
    nodes.Output: _output, nodes.If: _if, nodes.For: _for, nodes.Assign: _set, nodes.AssignBlock: _set_block,
    nodes.FilterBlock: _filter_block, nodes.With: _with,
}  # fmt: skip
