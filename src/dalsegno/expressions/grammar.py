"""Reads tokens into a syntax tree: Jinja's parser, with Kestra's operators.

Operators bind as they do in Kestra, loosest first: `? :`, `or`, `and`, `not`, the tests (`is`, `in`, `contains`), the
comparisons, `+ -`, `* / // %`, `**`, the filter bar, `~`, and then `??`, `???` and `..`. So `a ~ b | upper` writes both in
capitals, and `a ?? b | upper` whichever there is. `x if y else z` is Jinja's and binds loosest of all.

Jinja allows no node types but its own; what it lacks is written with them: `a ?? b` is a filter called `??`, `a..b` one
called `..`, `contains` an operand of a comparison, and a call of a macro the call of a name that no function can have.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser
from jinja2.sandbox import SandboxedEnvironment

from dalsegno.expressions.faults import INVALID, Fault
from dalsegno.expressions.lexer import COALESCE, RANGE, TERNARY, UNDEFINED, Lexer
from dalsegno.expressions.simple import simple_tree

#: expressions inside expressions, brackets included
MAX_DEPTH = 60

_NOT = 18
_LEVELS = {
    "name:or": 10, "name:and": 15,
    "name:is": 20, "name:in": 20, "name:not": 20, "name:contains": 20, "name:isIn": 20,
    "name:equals": 30, "eq": 30, "ne": 30, "lt": 30, "lteq": 30, "gt": 30, "gteq": 30,
    "add": 40, "sub": 40, "mul": 60, "div": 60, "floordiv": 60, "mod": 60, "pow": 70,
    "pipe": 100, "tilde": 110, COALESCE: 120, UNDEFINED: 120, RANGE: 120,
}  # fmt: skip
_ARITHMETIC: dict[str, type[nodes.BinExpr]] = {
    "add": nodes.Add, "sub": nodes.Sub, "mul": nodes.Mul, "div": nodes.Div, "floordiv": nodes.FloorDiv,
    "mod": nodes.Mod, "pow": nodes.Pow, "name:or": nodes.Or, "name:and": nodes.And,
}  # fmt: skip
_COMPARISONS = {
    "name:equals": "eq", "eq": "eq", "ne": "ne", "lt": "lt", "lteq": "lteq", "gt": "gt", "gteq": "gteq",
    "name:in": "in", "name:contains": "contains", "name:isIn": "isin",
}  # fmt: skip
#: what Jinja calls the signs in its messages
_SIGNS = {
    "'end of print statement'": "`}}`", "'end of statement block'": "`%}`", "'end of template'": "the end of the text",
    "end of template": "end of the text",
}  # fmt: skip
_JINJA_WORDS = re.compile("|".join(_SIGNS))
_TAGS = frozenset({"if", "for", "set", "filter", "with", "macro", "block", "autoescape"})
#: stands before the name in a call of a macro, so that it is no function's
MACRO = "macro "


class _Language(SandboxedEnvironment):
    """Jinja's settings. Only the parser asks it: nothing is ever compiled to Python or run by Jinja."""

    def _tokenize(
        self,
        source: str,
        name: str | None,
        filename: str | None = None,
        state: str | None = None,  # noqa: ARG002 - Jinja's signature
    ) -> TokenStream:
        return TokenStream(Lexer(source).tokens(), name, filename)


_LANGUAGE = _Language(cache_size=0)


def parse_tree(source: str) -> nodes.Template:
    """Read a text.

    Raises
    ------
    Fault : it cannot be read; the offset tells where.
    """
    simple = simple_tree(source)
    if simple is not None:
        return simple
    try:
        tree = full_tree(source)
    except TemplateSyntaxError as error:
        message = _JINJA_WORDS.sub(lambda words: _SIGNS[words[0]], error.message or "")
        raise Fault(f"cannot be read: {message}", code=INVALID, offset=error.lineno) from None
    except RecursionError:
        raise Fault("cannot be read: it is nested too deeply", code=INVALID, offset=0) from None
    if "{%" in source:
        _mark_macros(tree)
    return tree


def full_tree(source: str) -> nodes.Template:
    """Read a text by the whole grammar. Raises Jinja's own error where it cannot be read."""
    return _Grammar(_LANGUAGE, source).parse()


def _mark_macros(tree: nodes.Template) -> None:
    """Let calls of macros be known: a macro may be called before the place where it is defined."""
    macros: dict[str, nodes.Macro] = {}
    for macro in tree.find_all(nodes.Macro):
        if macro.name in macros:
            raise Fault(f"there are two macros `{macro.name}`", code=INVALID, offset=macro.lineno)
        macros[macro.name] = macro
    for call in tree.find_all(nodes.Call) if macros else ():
        if isinstance(call.node, nodes.Name) and call.node.name in macros:
            _check_call(call, macros[call.node.name])
            call.node.name = MACRO + call.node.name


def _check_call(call: nodes.Call, macro: nodes.Macro) -> None:
    names = [argument.name for argument in macro.args]
    keywords = call.kwargs
    wrong = [keyword.key for keyword in keywords if keyword.key not in names[len(call.args) :]]
    if len(call.args) > len(names) or wrong:
        listed = f"({', '.join(names)})" if names else "none"
        message = f"the macro `{macro.name}` does not take these arguments; it takes {listed}"
        raise Fault(message, code=INVALID, offset=call.lineno)


class _Grammar(Parser):
    def __init__(self, environment: SandboxedEnvironment, source: str) -> None:
        super().__init__(environment, source)
        self._depth = 0

    def parse(self) -> nodes.Template:
        """Read the whole text. Nothing of Jinja's asks the nodes for their environment, so they are not told it."""
        return nodes.Template(self.subparse(), lineno=1)

    def parse_statement(self) -> nodes.Node | list[nodes.Node]:
        """Read a `{% tag %}`: the few that make sense in a text of a flow."""
        token = self.stream.current
        if token.type == "name" and token.value not in _TAGS:
            self.fail_unknown_tag(token.value, token.lineno)
        if token.type == "name" and token.value == "autoescape":
            self._tag_stack.append("autoescape")
            try:
                return self._autoescape()
            finally:
                self._tag_stack.pop()
        return super().parse_statement()

    def parse_if(self) -> nodes.If:
        """Read `{% if %}`, with `elseif` (or `elif`) and `else`."""
        first = node = nodes.If(lineno=self.stream.expect("name:if").lineno)
        while True:
            node.test = self.parse_expression()
            node.body = self.parse_statements(("name:elseif", "name:elif", "name:else", "name:endif"))
            node.elif_, node.else_ = [], []
            token = next(self.stream)
            if not (token.test("name:elseif") or token.test("name:elif")):
                break
            node = nodes.If(lineno=self.stream.current.lineno)
            first.elif_.append(node)
        if token.test("name:else"):
            first.else_ = self.parse_statements(("name:endif",), drop_needle=True)
        return first

    def parse_macro(self) -> nodes.Macro:
        """Read `{% macro name(a, b='c') %}`. An argument may lack a default wherever it stands."""
        node = nodes.Macro(lineno=next(self.stream).lineno)
        node.name = self.stream.expect("name").value
        node.args, node.defaults = [], []
        self.stream.expect("lparen")
        while not self.stream.current.test("rparen"):
            if node.args:
                self.stream.expect("comma")
            name = self.stream.expect("name")
            node.args.append(nodes.Name(name.value, "param", lineno=name.lineno))
            default = (
                self.parse_expression() if self.stream.skip_if("assign") else nodes.Const(None, lineno=name.lineno)
            )
            node.defaults.append(default)
        self.stream.expect("rparen")
        node.body = self.parse_statements(("name:endmacro",), drop_needle=True)
        return node

    def parse_block(self) -> nodes.Block:
        """Read `{% block name %}`; the name may stand in quotes, and again at the end."""
        node = nodes.Block(lineno=next(self.stream).lineno)
        node.name = self._block_name()
        node.scoped = node.required = False
        node.body = self.parse_statements(("name:endblock",), drop_needle=True)
        if self.stream.current.type in ("name", "string"):
            self._block_name()
        return node

    def _block_name(self) -> str:
        return (self.stream.next_if("string") or self.stream.expect("name")).value

    def _autoescape(self) -> nodes.ScopedEvalContextModifier:
        """Read `{% autoescape false %}` or `{% autoescape 'js' %}`; what is written inside is escaped in that way."""
        node = nodes.ScopedEvalContextModifier(lineno=next(self.stream).lineno)
        active = self.stream.next_if("name")
        strategy = self.stream.next_if("string")
        wanted = "html" if strategy is None else strategy.value
        off = active is not None and active.value.lower() != "true"
        node.options = [nodes.Keyword("autoescape", nodes.Const(None if off else wanted), lineno=node.lineno)]
        node.body = self.parse_statements(("name:endautoescape",), drop_needle=True)
        return node

    def _fail_ut_eof(self, name: str | None, end_token_stack: Any, lineno: int | None) -> NoReturn:
        wanted = [expected.removeprefix("name:") for expected in end_token_stack[-1]] if end_token_stack else []
        hint = f"; {' or '.join(f'`{tag}`' for tag in wanted)} is expected" if wanted else ""
        self.fail(f"{'the text ends too early' if name is None else f'there is no tag `{name}` here'}{hint}", lineno)

    def parse_expression(self, with_condexpr: bool = True) -> nodes.Expr:  # noqa: FBT001, FBT002 - Jinja's signature
        """Read a whole expression; `with_condexpr` allows `x if y else z`, which a loop's own `if` forbids."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self.fail("it is nested too deeply")
        node = self._ternary()
        while with_condexpr and (question := self.stream.next_if("name:if")):
            test = self._ternary()
            otherwise = self.parse_expression() if self.stream.skip_if("name:else") else None
            node = nodes.CondExpr(test, node, otherwise, lineno=question.lineno)
        self._depth -= 1
        return node

    def _ternary(self) -> nodes.Expr:
        test = self._binary(0)
        question = self.stream.next_if(TERNARY)
        if question is None:
            return test
        positive = self.parse_expression()
        self.stream.expect("colon")
        return nodes.CondExpr(test, positive, self.parse_expression(with_condexpr=False), lineno=question.lineno)

    def _binary(self, least: int) -> nodes.Expr:
        """Read operators that bind at least as tightly as `least`; all of them group to the left."""
        left = self._operand()
        while True:
            token = self.stream.current
            kind = f"name:{token.value}" if token.type == "name" else token.type
            level = _LEVELS.get(kind, -1)
            if level < max(least, 0) or (kind == "name:not" and self.stream.look().value != "in"):
                return left
            left = self._operation(kind, left, token.lineno, level + 1)

    def _operation(self, kind: str, left: nodes.Expr, offset: int, level: int) -> nodes.Expr:
        if kind == "pipe":
            return self._filter(left)
        if kind == "name:is":
            return self._test(left)
        next(self.stream)
        if kind == "name:not":
            next(self.stream)
            return nodes.Compare(left, [nodes.Operand("notin", self._binary(level))], lineno=offset)
        right = self._binary(level)
        if kind == "tilde":
            parts = left.nodes if isinstance(left, nodes.Concat) else [left]
            return nodes.Concat([*parts, right], lineno=offset)
        if kind in _COMPARISONS:
            return nodes.Compare(left, [nodes.Operand(_COMPARISONS[kind], right)], lineno=offset)
        if kind in _ARITHMETIC:
            return _ARITHMETIC[kind](left, right, lineno=offset)
        return nodes.Filter(left, kind, [right], [], None, None, lineno=offset)

    def _operand(self) -> nodes.Expr:
        token = self.stream.current
        if token.test("name:not"):
            next(self.stream)
            return nodes.Not(self._deeper(_NOT), lineno=token.lineno)
        if token.type in ("sub", "add"):
            next(self.stream)
            sign = nodes.Neg if token.type == "sub" else nodes.Pos
            return sign(self._deeper(None), lineno=token.lineno)
        return self.parse_postfix(self.parse_primary())

    def _deeper(self, level: int | None) -> nodes.Expr:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self.fail("it is nested too deeply")
        node = self._operand() if level is None else self._binary(level)
        self._depth -= 1
        return node

    def parse_primary(self, with_namespace: bool = False) -> nodes.Expr:  # noqa: ARG002, FBT001, FBT002 - Jinja's
        """Read a name or a literal; `null` is one."""
        token = self.stream.current
        if token.test("name:null"):
            next(self.stream)
            return nodes.Const(None, lineno=token.lineno)
        return super().parse_primary()

    def _filter(self, node: nodes.Expr) -> nodes.Expr:
        next(self.stream)
        name, arguments = self._named_call()
        return nodes.Filter(node, name.value, *arguments, lineno=name.lineno)

    def _test(self, node: nodes.Expr) -> nodes.Expr:
        offset = next(self.stream).lineno
        negated = self.stream.skip_if("name:not")
        name, arguments = self._named_call()
        test = nodes.Test(node, name.value, *arguments, lineno=name.lineno)
        return nodes.Not(test, lineno=offset) if negated else test

    def _named_call(self) -> tuple[Token, tuple[Any, ...]]:
        name = self.stream.expect("name")
        arguments = self.parse_call_args() if self.stream.current.type == "lparen" else ([], [], None, None)
        return name, arguments

    def parse_call_args(self) -> Any:
        """Read arguments; a whole list or map of them (`*x`, `**x`) cannot be checked beforehand, so there is none."""
        offset = self.stream.current.lineno
        positional, named, every, every_named = super().parse_call_args()
        if every is not None or every_named is not None:
            self.fail("`*` and `**` cannot hand over arguments; write them one by one", offset)
        names = [argument.key for argument in named]
        if len(names) != len(set(names)):
            self.fail("an argument is given twice", offset)
        return positional, named, None, None
