"""The pieces a date pattern is made of, each parsing one stretch of text the way Java's formatter does when strict.

A piece gets the text, a position and the fields found so far, and gives the position after it, or `~position` where it
failed: the same convention as Java's, so that the index of an error is the same too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol
from zoneinfo import available_timezones

#: the fields found so far, by Java's name of the field; `ZoneId` holds a text, all others numbers
Fields = dict[str, int | str]


class Node(Protocol):
    """One piece of a pattern."""

    def parse(self, text: str, position: int, fields: Fields) -> int:
        """Give the position after the piece, or `~position` of the failure."""
        ...


def _put(fields: Fields, name: str, value: int | str, *, start: int, end: int) -> int:
    """Note a field; a second, different value for the same field is a failure where it begins."""
    old = fields.get(name)
    fields[name] = value
    return ~start if old is not None and old != value else end


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that must stand there."""

    value: str

    def parse(self, text: str, position: int, fields: Fields) -> int:
        """Match the text exactly."""
        del fields
        return position + len(self.value) if text.startswith(self.value, position) else ~position


@dataclass(frozen=True, slots=True)
class Number:
    """A number of `least` to `most` digits.

    Parameters
    ----------
    sign : `never`, `normal` (a minus is taken) or `exceeds` (a plus is needed beyond `least` digits).
    following : how many digits belong to the numbers that follow without a separator.
    scale : digits of a fraction of a second; the value becomes nanoseconds.
    base : what a two-digit year is counted from.
    """

    field: str
    least: int
    most: int
    sign: str = "never"
    following: int = 0
    scale: int = 0
    base: int = 0

    @property
    def fixed(self) -> bool:
        """Whether it takes one number of digits and no sign."""
        return self.least == self.most and self.sign == "never"

    def before(self, width: int) -> Number:
        """Leave `width` digits more to the numbers that follow."""
        return replace(self, following=self.following + width)

    def parse(self, text: str, position: int, fields: Fields) -> int:
        """Take as many digits as allowed, less those that belong to the numbers that follow."""
        if position == len(text):
            return ~position
        start = position
        mark = text[position] if text[position] in "+-" else ""
        if mark:
            if self.sign == "never" or (mark == "+" and self.sign == "normal"):
                return ~position
            start += 1
        end = self._end(text, start)
        if end < 0:
            return ~start
        value = int(text[start:end])
        if self._sign_is_wrong(mark, value, digits=end - start):
            return ~(start - len(mark))
        return _put(fields, self.field, self._value(value, mark), start=start, end=end)

    def _end(self, text: str, start: int) -> int:
        if start + self.least > len(text):
            return -1
        most = self.most + self.following
        end = start
        while end < len(text) and end - start < most and "0" <= text[end] <= "9":
            end += 1
        if end - start < self.least:
            return -1
        if self.following:
            end = start + min(end - start, max(self.least, end - start - self.following))
        return end

    def _sign_is_wrong(self, mark: str, value: int, *, digits: int) -> bool:
        if mark == "-":
            return value == 0
        return self.sign == "exceeds" and (digits > self.least) != (mark == "+")

    def _value(self, value: int, mark: str) -> int:
        if self.scale:
            return value * 10 ** (9 - self.scale)
        return self.base + value if self.base else -value if mark == "-" else value


@dataclass(frozen=True, slots=True)
class Name:
    """One of several words, case and all; longer words are tried first."""

    field: str
    words: tuple[tuple[str, int], ...]

    def parse(self, text: str, position: int, fields: Fields) -> int:
        """Match one of the words."""
        for word, value in self.words:
            if text.startswith(word, position):
                return _put(fields, self.field, value, start=position, end=position + len(word))
        return ~position


@dataclass(frozen=True, slots=True)
class Offset:
    """An offset from UTC, such as `+02:00`; `none` is the text for no offset.

    Parameters
    ----------
    minutes : `none`, `optional` or `required`; `seconds` are optional where they are taken at all.
    """

    none: str
    minutes: str = "required"
    colon: bool = False
    seconds: bool = False

    def parse(self, text: str, position: int, fields: Fields) -> int:
        """Match `none` or a sign with hours, minutes and seconds as the pattern says."""
        if text.startswith(self.none, position):
            return _put(fields, "OffsetSeconds", 0, start=position, end=position + len(self.none))
        if text[position : position + 1] not in ("+", "-"):
            return ~position
        parts = [0, 0, 0]
        end = _two_digits(text, position + 1, parts, 0)
        if end < 0:
            return ~position
        if self.minutes != "none":
            after = self._part(text, end, parts, 1)
            if after < 0 and self.minutes == "required":
                return ~position
            end = max(end, after)
            if self.seconds and after > 0:
                end = max(end, self._part(text, end, parts, 2))
        if parts[0] > 23 or parts[1] > 59 or parts[2] > 59:
            raise OffsetRangeError("Value out of range: Hour[0-23], Minute[0-59], Second[0-59]")
        seconds = parts[0] * 3600 + parts[1] * 60 + parts[2]
        sign = -1 if text[position] == "-" else 1
        return _put(fields, "OffsetSeconds", sign * seconds, start=position, end=end)

    def _part(self, text: str, position: int, parts: list[int], index: int) -> int:
        if self.colon:
            if text[position : position + 1] != ":":
                return -1
            position += 1
        return _two_digits(text, position, parts, index)


class OffsetRangeError(ValueError):
    """An offset whose digits are no time of day."""


def _two_digits(text: str, position: int, parts: list[int], index: int) -> int:
    digits = text[position : position + 2]
    if len(digits) != 2 or not (digits.isascii() and digits.isdigit()):
        return -1
    parts[index] = int(digits)
    return position + 2


#: the short names of zones that Java reads in English and that name one place
ZONE_NAMES = {
    "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "MST": "America/Denver", "MDT": "America/Denver",
    "CST": "America/Chicago", "CDT": "America/Chicago", "EST": "America/New_York", "EDT": "America/New_York",
    "CET": "Europe/Paris", "CEST": "Europe/Paris", "GMT": "GMT", "UTC": "UTC",
}  # fmt: skip


@cache
def _zone_ids() -> frozenset[str]:
    return frozenset(available_timezones())


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by its id (`Europe/Paris`, `UTC`, `Z`, an offset) or, where `names`, by its short English name."""

    names: bool = False

    def parse(self, text: str, position: int, fields: Fields) -> int:
        """Match the longest zone that stands there."""
        offset = Offset("Z", colon=True, minutes="optional", seconds=True)
        if text[position : position + 1] in ("+", "-", "Z"):
            return offset.parse(text, position, fields)
        if self.names:
            for name in sorted(ZONE_NAMES, key=len, reverse=True):
                if text.startswith(name, position) and not text[position + len(name) :][:1].isalpha():
                    return _put(fields, "ZoneId", ZONE_NAMES[name], start=position, end=position + len(name))
        end = position
        while end < len(text) and (text[end].isalnum() or text[end] in "/_+-"):
            end += 1
        known = _zone_ids()
        while end > position:
            if text[position:end] in known:
                return _put(fields, "ZoneId", text[position:end], start=position, end=end)
            end -= 1
        return ~position


@dataclass(frozen=True, slots=True)
class Optional:
    """A section in brackets: taken whole, or not at all."""

    nodes: Sequence[Node]

    def parse(self, text: str, position: int, fields: Fields) -> int:
        """Take the section if all of it fits, else leave position and fields as they were."""
        trial = dict(fields)
        end = parse_all(self.nodes, text, position, trial)
        if end < 0:
            return position
        fields.update(trial)
        return end


def parse_all(nodes: Sequence[Node], text: str, position: int, fields: Fields) -> int:
    """Parse pieces one after the other; the first failure ends it."""
    for node in nodes:
        position = node.parse(text, position, fields)
        if position < 0:
            return position
    return position
