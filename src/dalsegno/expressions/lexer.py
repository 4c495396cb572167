"""Cuts a text into the tokens of the `{{ }}` language.

Jinja's own lexer knows neither `?` nor columns, hence this one. Its tokens are Jinja's, with one difference that the whole
package rests on: a token's `lineno` is its *offset* in the text. Jinja hands the number through to every node and error
untouched, so every message can name line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import TOKEN_EOF, Token, operators

from dalsegno.expressions.limits import MAX_INT_BITS

COALESCE = "??"
UNDEFINED = "???"
TERNARY = "?"
RANGE = ".."

_OPERATORS = {**operators, UNDEFINED: UNDEFINED, COALESCE: COALESCE, TERNARY: TERNARY, RANGE: RANGE}

_OPEN = re.compile(r"\{([{%#])([-+]?)")
_RAW = re.compile(r"\{%[-+]?\s*(raw|verbatim)\s*(-?)[+]?%\}")
_SPACE = re.compile(r"\s+")
_FLOAT = re.compile(r"[0-9]+(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)")
_INTEGER = re.compile(r"[0-9]+(?:[lL](?!\w))?")
_NAME = re.compile(r"[^\W\d]\w*")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\#]|\\.|#(?!\{))*+\"", re.DOTALL)
#: what a token can be, by how it begins; anything else is an operator
_DIGITS, _QUOTES = frozenset("0123456789"), frozenset("'\"")
_INDEX, _WORD, _TEXT = (("integer", _INTEGER),), (("name", _NAME),), (("string", _STRING),)
_NUMBER = (("float", _FLOAT), *_INDEX)
#: what stands in a text in double quotes before an expression (`"a #{b} c"`), between two of them, and after the last
_PART = re.compile(r"(?:[^\"\\#]|\\.|#(?!\{))*+", re.DOTALL)
_END = {kind: re.compile(rf"([-+]?){end}") for kind, end in (("variable", "}}"), ("block", "%}"))}
_OPERATOR = re.compile("|".join(re.escape(sign) for sign in sorted(_OPERATORS, key=len, reverse=True)))
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)

_CLOSING = {"{": "}", "(": ")", "[": "]"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_MOST_DIGITS = len(str(2**MAX_INT_BITS))


class RawText(str):
    """Text that stood in `{% raw %}`: it is never rendered, not even by the second pass of `render()`."""

    __slots__ = ()


class Lexer:
    """One pass over one text. `offset` moves on with every token."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.offset = 0
        self.trim = False

    def tokens(self) -> Iterator[Token]:
        """Give all tokens, up to and including the end of the text."""
        yield from self._parts()
        yield Token(len(self.source), TOKEN_EOF, "")

    def _parts(self) -> Iterator[Token]:
        while self.offset < len(self.source):
            opening = _OPEN.search(self.source, self.offset)
            if opening is None:
                yield from self._data(len(self.source), trim_end=False)
                return
            yield from self._data(opening.start(), trim_end=opening[2] == "-")
            if opening[1] == "#":
                self._skip_comment(opening)
            elif raw := _RAW.match(self.source, opening.start()):
                yield from self._raw(raw)
            else:
                yield from self._code(opening)

    def _data(self, end: int, *, trim_end: bool, raw: bool = False) -> Iterator[Token]:
        text = self.source[self.offset : end]
        text = text.lstrip() if self.trim else text
        text = text.rstrip() if trim_end else text
        if text:
            yield Token(self.offset, "data", RawText(text) if raw else text)
        self.offset = end
        self.trim = False

    def _skip_comment(self, opening: re.Match[str]) -> None:
        end = self.source.find("#}", opening.end())
        if end < 0:
            raise self._error("a comment is not closed: `#}` is missing", opening.start())
        self.trim = self.source[end - 1] == "-"
        self.offset = end + 2

    def _raw(self, opening: re.Match[str]) -> Iterator[Token]:
        closing = re.compile(rf"\{{%([-+]?)\s*end{opening[1]}\s*(-?)[+]?%\}}").search(self.source, opening.end())
        if closing is None:
            raise self._error(f"`{opening[1]}` is not closed: `{{% end{opening[1]} %}}` is missing", opening.start())
        self.offset = opening.end()
        self.trim = opening[2] == "-"
        yield from self._data(closing.start(), trim_end=closing[1] == "-", raw=True)
        self.offset = closing.end()
        self.trim = closing[2] == "-"

    def _code(self, opening: re.Match[str]) -> Iterator[Token]:
        kind, end = ("variable", "}}") if opening[1] == "{" else ("block", "%}")
        self.offset = opening.end()
        yield Token(opening.start(), f"{kind}_begin", opening[0])
        brackets: list[str] = []
        after_dot = False
        while True:
            self._skip_space()
            if not brackets and (closing := _END[kind].match(self.source, self.offset)):
                yield Token(self.offset, f"{kind}_end", closing[0])
                self.offset = closing.end()
                self.trim = closing[1] == "-"
                return
            if self.offset >= len(self.source):
                raise self._error(f"`{opening[0]}` is not closed: `{end}` is missing", opening.start())
            if self.source[self.offset] == '"' and not _STRING.match(self.source, self.offset):
                yield from self._interpolated()
                after_dot = False
                continue
            token = self._token(after_dot=after_dot)
            self._balance(brackets, token)
            after_dot = token.type == "dot"
            yield token

    def _interpolated(self) -> Iterator[Token]:
        """Read a text with expressions in it, `"a #{b} c"`, as what it stands for: `("a " ~ (b) ~ " c")`."""
        start = self.offset
        yield Token(start, "lparen", "(")
        self.offset += 1
        while True:
            part = _PART.match(self.source, self.offset)
            end = self.offset if part is None else part.end()
            yield Token(self.offset, "string", _ESCAPE.sub(_unescape, self.source[self.offset : end]))
            self.offset = end + 1
            if self.source.startswith('"', end):
                yield Token(end, "rparen", ")")
                return
            if not self.source.startswith("#{", end):
                raise self._error('a text is not closed: " is missing', start)
            self.offset = end + 2
            yield Token(end, "tilde", "~")
            yield Token(end, "lparen", "(")
            yield from self._inside(end)
            yield Token(self.offset, "rparen", ")")
            yield Token(self.offset, "tilde", "~")
            self.offset += 1

    def _inside(self, opening: int) -> Iterator[Token]:
        """Read the expression of `#{...}`, up to the brace that closes it."""
        brackets: list[str] = []
        while True:
            self._skip_space()
            if self.offset >= len(self.source):
                raise self._error("`#{` is not closed: `}` is missing", opening)
            if not brackets and self.source[self.offset] == "}":
                return
            if self.source[self.offset] == '"' and not _STRING.match(self.source, self.offset):
                yield from self._interpolated()
                continue
            token = self._token(after_dot=False)
            self._balance(brackets, token)
            yield token

    def _skip_space(self) -> None:
        space = _SPACE.match(self.source, self.offset)
        if space is not None:
            self.offset = space.end()

    def _token(self, *, after_dot: bool) -> Token:
        """Read one token. After a dot `0.1` is two indexes, not a number."""
        start = self.offset
        first = self.source[start]
        kinds = (_INDEX if after_dot else _NUMBER) if first in _DIGITS else _TEXT if first in _QUOTES else _WORD
        for kind, pattern in kinds:
            found = pattern.match(self.source, start)
            if found is not None:
                self.offset = found.end()
                return Token(start, kind, self._value(kind, found[0], start))
        found = _OPERATOR.match(self.source, start)
        if found is None:
            raise self._error(self._unreadable(self.source[start]), start)
        self.offset = found.end()
        return Token(start, _OPERATORS[found[0]], found[0])

    def _value(self, kind: str, text: str, start: int) -> str:
        """Give the value of a token. Jinja declares it as text but carries numbers in it too."""
        if kind == "string":
            return _ESCAPE.sub(_unescape, text[1:-1])
        if kind == "integer":
            if len(text) > _MOST_DIGITS:
                raise self._error("a number is too long", start)
            return int(text.rstrip("lL"))  # pyright: ignore[reportReturnType]
        if kind == "float":
            return float(text)  # pyright: ignore[reportReturnType]
        if not text.isidentifier():
            raise self._error(f"`{text}` is not a name", start)
        return text

    def _balance(self, brackets: list[str], token: Token) -> None:
        if token.type in ("lbrace", "lparen", "lbracket"):
            brackets.append(_CLOSING[token.value])
        elif token.type in ("rbrace", "rparen", "rbracket"):
            if not brackets:
                raise self._error(f"`{token.value}` closes nothing", token.lineno)
            expected = brackets.pop()
            if expected != token.value:
                raise self._error(f"`{token.value}` where `{expected}` is expected", token.lineno)

    def _unreadable(self, character: str) -> str:
        if character in "'\"":
            return f"a text is not closed: {character} is missing"
        return f"`{character}` has no meaning in an expression"

    def _error(self, message: str, offset: int) -> TemplateSyntaxError:
        return TemplateSyntaxError(message, offset)


def _unescape(found: re.Match[str]) -> str:
    if found[1]:
        character = chr(int(found[1], 16))
        return found[0] if "\ud800" <= character <= "\udfff" else character
    return _ESCAPES.get(found[2], found[0])
