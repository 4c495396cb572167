"""Turns the syntax tree of an expression into Python closures.

Nothing is translated to Python source and nothing of Jinja's runtime takes part, so an expression can do what stands
here and no more: look up keys and indexes, apply the operators, and call what the registries hold. A kind of node that
is not listed is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from jinja2 import nodes

from dalsegno.errors import DalSegnoError, closest, did_you_mean
from dalsegno.expressions.faults import INVALID, UNKNOWN_NAME, Fault, MissingVariable
from dalsegno.expressions.frame import Frame
from dalsegno.expressions.grammar import MACRO
from dalsegno.expressions.operators import COMPARISONS, calculate, join_texts, keep, negate, span, truth
from dalsegno.expressions.registry import FILTERS, FUNCTIONS, Entry, python_name
from dalsegno.expressions.tests import TESTS
from dalsegno.expressions.values import is_list, lookup, to_text

Evaluate = Callable[[Frame], Any]
Call = Callable[[Frame], tuple[list[Any], dict[str, Any]]]


def compile_expression(node: nodes.Node | None) -> Evaluate:
    """Make the function that evaluates an expression in a frame.

    Raises
    ------
    Fault : it uses a filter, function or test that there is not, or wrong arguments, or something Jinja's parser lets
        through but the language does not have.
    """
    make = _MAKERS.get(type(node)) if node else None
    if make is None:
        raise Fault("this has no meaning in an expression", code=INVALID, offset=node.lineno if node else None)
    return make(node)


def placed(offset: int, run: Evaluate) -> Evaluate:
    """Let faults, and whatever else goes wrong inside, know the place."""

    def evaluate(frame: Frame) -> Any:
        try:
            return run(frame)
        except Fault as fault:
            if fault.offset is None:
                fault.offset = offset
            raise

    return evaluate


def _constant(node: nodes.Const) -> Evaluate:
    value = node.value
    return lambda _frame: value


def _name(node: nodes.Name) -> Evaluate:
    name, offset = node.name, node.lineno

    def evaluate(frame: Frame) -> Any:
        if name in frame.local:
            return frame.local[name]
        try:
            return frame.variables[name]
        except KeyError:
            raise MissingVariable(name, frame.variables, offset) from None

    return evaluate


def path_text(node: nodes.Node) -> str | None:
    """Write a path as it is read aloud in messages: `outputs.convert`; `None` for anything that is no path."""
    if isinstance(node, nodes.Name):
        return node.name
    if not isinstance(node, nodes.Getattr | nodes.Getitem):
        return None
    base = path_text(node.node)
    if base is None:
        return None
    if isinstance(node, nodes.Getattr):
        return f"{base}.{node.attr}"
    return f"{base}[{node.arg.value!r}]" if isinstance(node.arg, nodes.Const) else f"{base}[...]"


def _getattr(node: nodes.Getattr) -> Evaluate:
    base, key, where, offset = compile_expression(node.node), node.attr, path_text(node.node), node.lineno + 1

    def evaluate(frame: Frame) -> Any:
        container = base(frame)
        if type(container) is dict and key in container:
            return container[key]
        return lookup(container, key, where, offset)

    return evaluate


def _getitem(node: nodes.Getitem) -> Evaluate:
    if isinstance(node.arg, nodes.Slice):
        return _slice(node, node.arg)
    base, key, where = compile_expression(node.node), compile_expression(node.arg), path_text(node.node)
    offset = node.lineno + 1
    return lambda frame: lookup(base(frame), key(frame), where, offset)


def _slice(node: nodes.Getitem, part: nodes.Slice) -> Evaluate:
    base = compile_expression(node.node)
    bounds = [compile_expression(bound or nodes.Const(None)) for bound in (part.start, part.stop, part.step)]

    def evaluate(frame: Frame) -> Any:
        container = base(frame)
        cut = slice(*[bound(frame) for bound in bounds])
        if not (isinstance(container, str) or is_list(container)):
            raise Fault("only a text or a list can be cut")
        if not all(bound is None or type(bound) is int for bound in (cut.start, cut.stop, cut.step)) or cut.step == 0:
            raise Fault("a text or a list is cut at whole numbers, with steps other than 0")
        return frame.meter.spend(container[cut])

    return placed(node.lineno, evaluate)


def _list(node: nodes.List | nodes.Tuple) -> Evaluate:
    items = [compile_expression(item) for item in node.items]
    return placed(node.lineno, lambda frame: frame.meter.spend([item(frame) for item in items]))


def _dict(node: nodes.Dict) -> Evaluate:
    pairs = [(compile_expression(pair.key), compile_expression(pair.value)) for pair in node.items]

    def evaluate(frame: Frame) -> Any:
        made: dict[Any, Any] = {}
        for key, value in pairs:
            name = key(frame)
            if not isinstance(name, str | int):
                raise Fault("a key of a map must be a text or a whole number")
            made[name] = value(frame)
        return frame.meter.spend(made)

    return placed(node.lineno, evaluate)


def _binary(node: nodes.BinExpr) -> Evaluate:
    left, right, sign = compile_expression(node.left), compile_expression(node.right), node.operator
    return placed(node.lineno, lambda frame: frame.meter.spend(calculate(sign, left(frame), right(frame))))


def _sign(node: nodes.UnaryExpr) -> Evaluate:
    operand, change = compile_expression(node.node), negate if isinstance(node, nodes.Neg) else keep
    return placed(node.lineno, lambda frame: change(operand(frame)))


def condition(node: nodes.Node, where: str) -> Callable[[Frame], bool]:
    """Make the function that tells whether a condition holds; `where` names what asks, for the error."""
    evaluate = compile_expression(node)

    def holds(frame: Frame) -> bool:
        value = evaluate(frame)
        return value if isinstance(value, bool) else truth(value, where)

    return holds


def _and(node: nodes.And) -> Evaluate:
    left, right = condition(node.left, "`and`"), condition(node.right, "`and`")
    return placed(node.lineno, lambda frame: left(frame) and right(frame))


def _or(node: nodes.Or) -> Evaluate:
    left, right = condition(node.left, "`or`"), condition(node.right, "`or`")
    return placed(node.lineno, lambda frame: left(frame) or right(frame))


def _not(node: nodes.Not) -> Evaluate:
    holds = condition(node.node, "`not`")
    return placed(node.lineno, lambda frame: not holds(frame))


def _compare(node: nodes.Compare) -> Evaluate:
    left, right = compile_expression(node.expr), compile_expression(node.ops[0].expr)
    compare = COMPARISONS[node.ops[0].op]
    return placed(node.lineno, lambda frame: compare(left(frame), right(frame)))


def _concat(node: nodes.Concat) -> Evaluate:
    parts = [compile_expression(part) for part in node.nodes]
    return placed(node.lineno, lambda frame: frame.meter.spend(join_texts([part(frame) for part in parts])))


def _condition(node: nodes.CondExpr) -> Evaluate:
    test, positive = compile_expression(node.test), compile_expression(node.expr1)
    negative = compile_expression(node.expr2 or nodes.Const(None))

    def evaluate(frame: Frame) -> Any:
        value = test(frame)
        return positive(frame) if value is not None and truth(value, "`? :`") else negative(frame)

    return placed(node.lineno, evaluate)


def tolerant(evaluate: Evaluate) -> Callable[[Frame], tuple[bool, Any]]:
    """Make a function that tells whether the value is defined, and gives it."""

    def attempt(frame: Frame) -> tuple[bool, Any]:
        try:
            return True, evaluate(frame)
        except Fault as fault:
            if fault.code != UNKNOWN_NAME:
                raise
            return False, None

    return attempt


def _coalesce(node: nodes.Filter) -> Evaluate:
    left, right = tolerant(compile_expression(node.node)), compile_expression(node.args[0])

    def evaluate(frame: Frame) -> Any:
        _, value = left(frame)
        return right(frame) if value is None else value

    return evaluate


def _undefined(node: nodes.Filter) -> Evaluate:
    left, right = tolerant(compile_expression(node.node)), compile_expression(node.args[0])

    def evaluate(frame: Frame) -> Any:
        known, value = left(frame)
        return value if known else right(frame)

    return evaluate


def _range(node: nodes.Filter) -> Evaluate:
    start, end = compile_expression(node.node), compile_expression(node.args[0])
    return placed(node.lineno, lambda frame: span(start(frame), end(frame)))


def _arguments(node: nodes.Filter | nodes.Test | nodes.Call) -> Call:
    """Make the function that evaluates the arguments of a call."""
    positional = [compile_expression(argument) for argument in node.args]
    named = [(python_name(name), compile_expression(argument)) for name, argument in _named(node)]
    if not positional and not named:
        return lambda _frame: ([], {})
    return lambda frame: ([one(frame) for one in positional], {name: one(frame) for name, one in named})


def _named(node: nodes.Filter | nodes.Test | nodes.Call) -> list[tuple[str, nodes.Expr]]:
    """Give the named arguments of a call. (Jinja declares them as something else for filters.)"""
    keywords = cast("list[nodes.Keyword]", node.kwargs)
    return [(keyword.key, keyword.value) for keyword in keywords]


def _check(entry: Entry, node: nodes.Filter | nodes.Test | nodes.Call, offset: int) -> None:
    entry.check(len(node.args), [name for name, _ in _named(node)], offset)


def _with_frame(entry: Entry) -> Callable[..., Any]:
    """Give what runs a filter: with the frame, and then the value."""
    run = entry.run
    if entry.framed:
        return run

    def without(_frame: Frame, *positional: Any, **named: Any) -> Any:
        return run(*positional, **named)

    return without


def guarded(what: str, offset: int, run: Evaluate) -> Evaluate:
    """Measure what a filter or function gives, and let no bare Python error out of it."""

    def evaluate(frame: Frame) -> Any:
        try:
            return frame.meter.spend(run(frame))
        except (Fault, DalSegnoError, RecursionError):
            raise
        except Exception as error:
            raise Fault(f"{what} failed: {error or type(error).__name__}") from error

    return placed(offset, evaluate)


def filter_on(node: nodes.Filter, value: Evaluate) -> Evaluate:
    """Make the function that applies a filter to what `value` gives."""
    entry = FILTERS.get(node.name, node.lineno)
    _check(entry, node, node.lineno)
    arguments, run = _arguments(node), _with_frame(entry)
    if node.name == "default":
        attempt = tolerant(value)
        value = lambda frame: attempt(frame)[1]  # noqa: E731 - the filter sees null where there was nothing

    def evaluate(frame: Frame) -> Any:
        subject = value(frame)
        positional, named = arguments(frame)
        return run(frame, subject, *positional, **named)

    return guarded(f"the filter `{node.name}`", node.lineno, evaluate)


def _filter(node: nodes.Filter) -> Evaluate:
    special = _SPECIAL.get(node.name)
    return special(node) if special else filter_on(node, compile_expression(node.node))


def _test(node: nodes.Test) -> Evaluate:
    entry = TESTS.get(node.name, node.lineno)
    _check(entry, node, node.lineno)
    value, arguments, run = compile_expression(node.node), _arguments(node), entry.run
    if node.name in ("defined", "undefined"):
        attempt, wanted = tolerant(value), node.name == "defined"
        return lambda frame: (attempt(frame)[1] is not None) is wanted

    def evaluate(frame: Frame) -> Any:
        subject = value(frame)
        positional, named = arguments(frame)
        return run(subject, *positional, **named)

    return guarded(f"the test `{node.name}`", node.lineno, evaluate)


def _call(node: nodes.Call) -> Evaluate:
    if not isinstance(node.node, nodes.Name):
        raise Fault("only functions can be called, by their names", code=INVALID, offset=node.lineno)
    name, offset = node.node.name, node.node.lineno
    if name.startswith(MACRO):
        return _macro(name.removeprefix(MACRO), node)
    arguments, entry = _arguments(node), FUNCTIONS.get(name, offset)
    _check(entry, node, offset)
    run = entry.run

    def evaluate(frame: Frame) -> Any:
        positional, named = arguments(frame)
        return run(frame, *positional, **named)

    return guarded(f"the function `{name}`", offset, evaluate)


def _macro(name: str, node: nodes.Call) -> Evaluate:
    positional = [compile_expression(argument) for argument in node.args]
    named = [(key, compile_expression(argument)) for key, argument in _named(node)]

    def evaluate(frame: Frame) -> Any:
        if frame.parts is None:
            raise Fault(f"the macro `{name}` is not known here")
        frame.meter.turn()
        given = {key: one(frame) for key, one in named}
        return frame.meter.spend(frame.parts.macros[name](frame, [one(frame) for one in positional], given))

    return placed(node.lineno, evaluate)


@FUNCTIONS.add("block")
def block(frame: Frame, name: Any) -> str:
    """Write a block of this text once more."""
    blocks = frame.parts.blocks if frame.parts else {}
    wanted = to_text(name)
    if wanted not in blocks:
        near = closest(wanted, blocks)
        raise Fault(f"there is no block `{wanted}` in this text{did_you_mean(near)}", closest=near)
    frame.meter.turn()
    return blocks[wanted](frame)


_SPECIAL: Mapping[str, Callable[[nodes.Filter], Evaluate]] = {"??": _coalesce, "???": _undefined, "..": _range}

_MAKERS: Mapping[type[nodes.Node], Callable[[Any], Evaluate]] = {
    nodes.Const: _constant, nodes.Name: _name, nodes.Getattr: _getattr, nodes.Getitem: _getitem,
    nodes.List: _list, nodes.Tuple: _list, nodes.Dict: _dict, nodes.Concat: _concat, nodes.Compare: _compare,
    nodes.CondExpr: _condition, nodes.Filter: _filter, nodes.Test: _test, nodes.Call: _call,
    nodes.And: _and, nodes.Or: _or, nodes.Not: _not, nodes.Neg: _sign, nodes.Pos: _sign,
    nodes.Add: _binary, nodes.Sub: _binary, nodes.Mul: _binary, nodes.Div: _binary, nodes.FloorDiv: _binary,
    nodes.Mod: _binary, nodes.Pow: _binary,
}  # fmt: skip
