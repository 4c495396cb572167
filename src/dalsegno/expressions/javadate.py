"""Dates by Java's patterns, read as strictly as Java reads them.

    compile("yyyy-MM-dd HH:mm:ss[.SSS]").parse("2024-05-01 10:11:12").datetime()

`yy` takes exactly two digits, `.SSS` exactly three, and text that is left over is an error. An error says at which index
the text stopped fitting, in Java's words, since people know them and search for them. Names are English.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from dalsegno.expressions.javadate_nodes import (
    Fields,
    Literal,
    Name,
    Node,
    Number,
    Offset,
    OffsetRangeError,
    Optional,
    Zone,
    parse_all,
)
from dalsegno.expressions.javadate_resolve import Parsed, ResolveError, resolve

__all__ = ["DateParseError", "Parsed", "Parser", "PatternError", "check_pattern", "compile"]


class PatternError(ValueError):
    """A pattern that Java would refuse, or that has a letter which is not read here.

    Parameters
    ----------
    index : where in the pattern, if it can be said.
    """

    def __init__(self, pattern: str, reason: str, index: int | None = None) -> None:
        place = f" at index {index}" if index is not None else ""
        super().__init__(f"the date pattern `{pattern}` is wrong{place}: {reason}")
        self.pattern = pattern
        self.reason = reason
        self.index = index


class DateParseError(ValueError):
    """A text that does not fit a pattern. The message is the one Java gives.

    Parameters
    ----------
    index : where the text stopped fitting; `None` where every part fitted and the whole is no date.
    """

    def __init__(self, text: str, problem: str, index: int | None = None) -> None:
        shown = text if len(text) <= 64 else text[:64] + "..."
        super().__init__(f"Text '{shown}' could not be parsed{problem}")
        self.text = text
        self.index = index


@dataclass(frozen=True, slots=True)
class Parser:
    """A pattern, ready to read texts."""

    pattern: str
    nodes: tuple[Node, ...]

    def parse(self, text: str) -> Parsed:
        """Read a text.

        Raises
        ------
        DateParseError : it does not fit, or what fits is no date.
        """
        fields: Fields = {}
        try:
            end = parse_all(self.nodes, text, 0, fields)
            if end < 0:
                raise DateParseError(text, f" at index {~end}", ~end)
            if end < len(text):
                raise DateParseError(text, f", unparsed text found at index {end}", end)
            return resolve(fields)
        except (ResolveError, OffsetRangeError) as error:
            raise DateParseError(text, f": {error}") from None

    def fits(self, text: str) -> bool:
        """Whether the text can be read."""
        try:
            self.parse(text)
        except DateParseError:
            return False
        return True


def check_pattern(pattern: str) -> str | None:
    """Say what is wrong with a pattern, with the index where it can be said; `None` if nothing is."""
    try:
        compile(pattern)
    except PatternError as error:
        return str(error)
    return None


@lru_cache(maxsize=512)
def compile(pattern: str) -> Parser:  # noqa: A001 - `javadate.compile`, as in `re.compile`
    """Make a parser of a pattern.

    Raises
    ------
    PatternError : the pattern is wrong.
    """
    return Parser(pattern, tuple(_Compiler(pattern).run()))


@dataclass(slots=True)
class _Compiler:
    """Reads a pattern from left to right; sections in brackets are kept on a stack."""

    pattern: str
    position: int = 0
    sections: list[list[Node]] = field(default_factory=lambda: [[]])
    #: where in the current section the number stands that gives digits to the fixed numbers after it
    first_number: int | None = None

    def run(self) -> list[Node]:
        while self.position < len(self.pattern):
            letter = self.pattern[self.position]
            if letter.isascii() and letter.isalpha():
                count = self._run_length(letter)
                self._add(self._field(letter, count))
                self.position += count
            elif letter == "'":
                self._quoted()
            else:
                self._sign(letter)
                self.position += 1
        while len(self.sections) > 1:
            self._close()
        return self.sections[0]

    def _run_length(self, letter: str) -> int:
        rest = self.pattern[self.position :]
        return len(rest) - len(rest.lstrip(letter))

    def _quoted(self) -> None:
        start = self.position
        end = self.pattern.find("'", start + 1)
        while end >= 0 and self.pattern[end + 1 : end + 2] == "'":
            end = self.pattern.find("'", end + 2)
        if end < 0:
            reason = f"Pattern ends with an incomplete string literal: {self.pattern}"
            raise PatternError(self.pattern, reason, start)
        text = self.pattern[start + 1 : end].replace("''", "'")
        self._add(Literal(text or "'"))
        self.position = end + 1

    def _sign(self, letter: str) -> None:
        if letter == "[":
            self.sections.append([])
            self.first_number = None
        elif letter == "]":
            if len(self.sections) == 1:
                reason = "Pattern invalid as it contains ] without previous ["
                raise PatternError(self.pattern, reason, self.position)
            self._close()
        elif letter in "{}#":
            raise PatternError(self.pattern, f"Pattern includes reserved character: '{letter}'", self.position)
        else:
            self._add(Literal(letter))

    def _close(self) -> None:
        nodes = self.sections.pop()
        self.first_number = None
        if nodes:
            self.sections[-1].append(Optional(tuple(nodes)))

    def _add(self, node: Node) -> None:
        """Add a piece; numbers that stand side by side share the digits, the first one taking what is left."""
        nodes = self.sections[-1]
        first = self.first_number
        if not isinstance(node, Number):
            self.first_number = None
        elif first is not None and node.fixed:
            leader = nodes[first]
            nodes[first] = leader.before(node.most) if isinstance(leader, Number) else leader
        else:
            self.first_number = len(nodes)
        nodes.append(node)

    def _field(self, letter: str, count: int) -> Node:
        if letter in _UNREAD:
            raise PatternError(self.pattern, _UNREAD[letter], self.position)
        make = _LETTERS.get(letter)
        if make is None:
            raise PatternError(self.pattern, f"Unknown pattern letter: {letter}", self.position)
        node = make(count)
        if node is None:
            raise PatternError(self.pattern, _count_reason(letter), self.position)
        return node


def _count_reason(letter: str) -> str:
    if letter == "S":
        return "Minimum width must be from 0 to 9 inclusive"
    return "Pattern letter count must be 2: V" if letter == "V" else f"Too many pattern letters: {letter}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: letters that Java knows and that are of no use, or too seldom used, for reading dates
_UNREAD = {letter: f"`{letter}` cannot be read here; use year, month and day" for letter in "BcegFOqQvwW"} | {
    "Y": "`Y` is the year of a week; the year of a date is `y` or `u`",
    "L": "`L` is a month that stands alone; write `M`",
    "p": "padding (`p`) cannot be read; write the separators out",
}


def _words(name: str, words: tuple[str, ...], *, first: int = 1, length: int | None = None) -> Name:
    pairs = [(word[:length], number) for number, word in enumerate(words, first)]
    return Name(name, tuple(sorted(pairs, key=lambda pair: -len(pair[0]))))


def _year(name: str, count: int) -> Node:
    if count == 2:
        return Number(name, 2, 2, base=2000)
    return Number(name, count, 19, sign="exceeds" if count >= 4 else "normal")


def _plain(name: str, count: int) -> Node | None:
    if count == 1:
        return Number(name, 1, 19, sign="normal")
    return Number(name, 2, 2) if count == 2 else None


def _month(count: int) -> Node | None:
    if count <= 2:
        return _plain("MonthOfYear", count)
    lengths: dict[int, int | None] = {3: 3, 4: None}
    return _words("MonthOfYear", _MONTHS, length=lengths[count]) if count in lengths else None


def _weekday(count: int) -> Node | None:
    if count <= 3:
        return _words("DayOfWeek", _WEEKDAYS, length=3)
    return _words("DayOfWeek", _WEEKDAYS) if count == 4 else None


def _era(count: int) -> Node | None:
    if count <= 3:
        return _words("Era", ("BC", "AD"), first=0)
    return _words("Era", ("Before Christ", "Anno Domini"), first=0) if count == 4 else None


def _day_of_year(count: int) -> Node | None:
    if count == 1:
        return _plain("DayOfYear", 1)
    return Number("DayOfYear", count, 3) if count <= 3 else None


def _fraction(count: int) -> Node | None:
    return Number("NanoOfSecond", count, count, scale=count) if count <= 9 else None


def _offset(none: str, count: int) -> Node | None:
    forms = {
        1: Offset(none, minutes="optional"),
        2: Offset(none),
        3: Offset(none, colon=True),
        4: Offset(none, seconds=True),
        5: Offset(none, colon=True, seconds=True),
    }
    return forms.get(count)


def _offset_x(count: int) -> Node | None:
    return _offset({1: "+00", 2: "+0000", 3: "+00:00", 4: "+0000"}.get(count, "+00:00"), count)


def _offset_z(count: int) -> Node | None:
    if count <= 3:
        return Offset("+0000")
    return Offset("Z", colon=True, seconds=True) if count == 5 else None


_LETTERS: dict[str, Callable[[int], Node | None]] = {
    "y": lambda count: _year("YearOfEra", count),
    "u": lambda count: _year("Year", count),
    "M": _month,
    "d": lambda count: _plain("DayOfMonth", count),
    "D": _day_of_year,
    "E": _weekday,
    "G": _era,
    "a": lambda count: _words("AmPmOfDay", ("AM", "PM"), first=0) if count == 1 else None,
    "H": lambda count: _plain("HourOfDay", count),
    "k": lambda count: _plain("ClockHourOfDay", count),
    "K": lambda count: _plain("HourOfAmPm", count),
    "h": lambda count: _plain("ClockHourOfAmPm", count),
    "m": lambda count: _plain("MinuteOfHour", count),
    "s": lambda count: _plain("SecondOfMinute", count),
    "S": _fraction,
    "A": lambda count: Number("MilliOfDay", count, 19),
    "n": lambda count: Number("NanoOfSecond", count, 19),
    "N": lambda count: Number("NanoOfDay", count, 19),
    "X": lambda count: _offset("Z", count),
    "x": _offset_x,
    "Z": _offset_z,
    "z": lambda count: Zone(names=True) if count <= 4 else None,
    "V": lambda count: Zone() if count == 2 else None,
}  # fmt: skip
