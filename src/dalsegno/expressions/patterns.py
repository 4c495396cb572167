"""Java's date patterns, taken apart, written and read.

Numbers are written here, to the letter as Java's `DateTimeFormatter` writes them; only what depends on a language (names
of months and days, eras, zone names) is left to Babel, which is imported when such a thing is first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from dalsegno.expressions.faults import Fault

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_LETTERS = frozenset("GuyDMLdQqYwWEecFaBhKkHmsSAnNVvzOXxZ")
_MOST_LETTERS = 9


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a pattern: `letter` repeated `width` times, or literal `text`; brackets stand for themselves."""

    letter: str = ""
    width: int = 0
    text: str = ""


@lru_cache(maxsize=256)
def split(pattern: str) -> tuple[Part, ...]:
    """Take a pattern apart.

    Raises
    ------
    Fault : a letter means nothing, or a quote is not closed.
    """
    parts: list[Part] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "'":
            text, position = _quoted(pattern, position)
            parts.append(Part(text=text))
            continue
        end = position + 1
        if character.isascii() and character.isalpha():
            while end < len(pattern) and pattern[end] == character:
                end += 1
            parts.append(_field(pattern, character, end - position))
        elif character in "[]":
            parts.append(Part(letter=character))
        elif character in "{}#":
            raise Fault(f"`{character}` has no meaning in the date pattern `{pattern}`; quote it: '{character}'")
        else:
            parts.append(Part(text=character))
        position = end
    return tuple(parts)


def _field(pattern: str, letter: str, width: int) -> Part:
    if letter not in _LETTERS or width > _MOST_LETTERS:
        hint = f"; quote text that is to stand as it is: '{letter * width}'" if letter not in _LETTERS else ""
        raise Fault(f"`{letter * width}` has no meaning in the date pattern `{pattern}`{hint}")
    return Part(letter, width)


def _quoted(pattern: str, start: int) -> tuple[str, int]:
    if pattern.startswith("''", start):
        return "'", start + 2
    found = re.compile(r"'((?:[^']|'')*)'").match(pattern, start)
    if found is None:
        raise Fault(f"a quote is not closed in the date pattern `{pattern}`")
    return found[1].replace("''", "'"), found.end()


def write(moment: datetime, pattern: str, locale: str | None = None) -> str:
    """Write a point in time with a pattern; optional parts in brackets are written."""
    return "".join(_write_part(moment, part, locale) for part in split(pattern))


def _write_part(moment: datetime, part: Part, locale: str | None) -> str:
    if not part.letter:
        return part.text
    if part.letter in "[]":
        return ""
    if part.letter in "yu":
        return f"{moment.year % 100:02}" if part.width == 2 else f"{moment.year:0{part.width}}"
    if part.letter == "S":
        return f"{moment.microsecond:06}000"[: part.width]
    if part.letter in "Xx":
        return write_offset(moment.utcoffset(), part.width, zulu=part.letter == "X")
    if part.letter == "Z" and part.width < 4:
        return write_offset(moment.utcoffset(), 2, zulu=False)
    if part.letter == "V":
        return str(moment.tzinfo)
    number = _NUMBERS.get(part.letter)
    if number is None or (part.letter in "ML" and part.width > 2):
        return _named(moment, part, locale)
    return f"{number(moment):0{part.width}}"


_NUMBERS: dict[str, Callable[[datetime], int]] = {
    "M": lambda moment: moment.month,
    "L": lambda moment: moment.month,
    "d": lambda moment: moment.day,
    "D": lambda moment: moment.timetuple().tm_yday,
    "H": lambda moment: moment.hour,
    "k": lambda moment: moment.hour or 24,
    "K": lambda moment: moment.hour % 12,
    "h": lambda moment: moment.hour % 12 or 12,
    "m": lambda moment: moment.minute,
    "s": lambda moment: moment.second,
    "n": lambda moment: moment.microsecond * 1000,
    "A": lambda moment: _since_midnight(moment) // 1000,
    "N": lambda moment: _since_midnight(moment) * 1000,
}


def _since_midnight(moment: datetime) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond


def write_offset(offset: timedelta | None, width: int, *, zulu: bool) -> str:
    """Write the distance from UTC in one of the widths of `X` and `x`."""
    minutes = round((offset or timedelta()).total_seconds() / 60)
    if zulu and minutes == 0:
        return "Z"
    hours, rest = divmod(abs(minutes), 60)
    colon = ":" if width in (3, 5) else ""
    tail = "" if width == 1 and rest == 0 else f"{colon}{rest:02}"
    return f"{'-' if minutes < 0 else '+'}{hours:02}{tail}"


def _named(moment: datetime, part: Part, locale: str | None) -> str:
    from babel.core import Locale, UnknownLocaleError
    from babel.dates import format_datetime

    try:
        language = Locale.parse((locale or "en").replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise Fault(f"there is no locale `{locale}`; give one such as `en` or `de_DE`") from None
    return format_datetime(moment, part.letter * part.width, tzinfo=moment.tzinfo, locale=language)


@lru_cache(maxsize=256)
def _reader(pattern: str) -> re.Pattern[str]:
    """Make the expression that texts of a pattern match, one group for each field."""
    pieces: list[str] = []
    seen: set[str] = set()
    for part in split(pattern):
        if part.letter in ("[", "]"):
            pieces.append("(?:" if part.letter == "[" else ")?")
        elif part.letter:
            name = "offset" if part.letter in "XxZ" else part.letter
            if name in seen:
                raise Fault(f"`{part.letter}` stands twice in the date pattern `{pattern}`")
            seen.add(name)
            pieces.append(f"(?P<{name}>{_field_expression(part, pattern)})")
        else:
            pieces.append(re.escape(part.text))
    try:
        return re.compile("".join(pieces))
    except re.error:
        raise Fault(f"the brackets of the date pattern `{pattern}` do not match") from None


def _field_expression(part: Part, pattern: str) -> str:
    if part.letter in "yu":
        return {1: "[0-9]{1,9}", 2: "[0-9]{2}"}.get(part.width, f"[0-9]{{{part.width}}}")
    if part.letter == "S":
        return f"[0-9]{{{part.width}}}"
    if part.letter in "XxZ":
        return r"Z|[+-][0-9]{2}(?::?[0-9]{2})?" if part.letter == "X" else r"[+-][0-9]{2}(?::?[0-9]{2})?"
    if part.letter == "M" and part.width == 3:
        return "|".join(_MONTHS)
    if part.letter == "a":
        return "AM|PM"
    if part.letter in "MdHhms" and part.width <= 2:
        return "[0-9]{2}" if part.width == 2 else "[0-9]{1,2}"
    raise Fault(f"`{part.letter * part.width}` cannot be read from a text (pattern `{pattern}`)")


def read(text: str, pattern: str) -> datetime:
    """Read a text that must match the pattern from end to end; without an offset the result has no zone.

    Raises
    ------
    Fault : it does not match, or there is no such day or hour.
    """
    found = _reader(pattern).fullmatch(text)
    if found is None:
        raise Fault(f"`{text}` does not have the form `{pattern}`")
    given = {name: value for name, value in found.groupdict().items() if value is not None}
    try:
        return _assemble(given, two_digits=any(part.letter in "yu" and part.width == 2 for part in split(pattern)))
    except ValueError as error:
        raise Fault(f"`{text}` is no point in time: {error}") from None


def _assemble(given: dict[str, str], *, two_digits: bool) -> datetime:
    def number(letters: str, default: int) -> int:
        return next((int(given[letter]) for letter in letters if letter in given), default)

    year = number("yu", 1970) + (2000 if two_digits else 0)
    month = _MONTHS.index(given["M"]) + 1 if given.get("M", "1") in _MONTHS else number("M", 1)
    hour = number("H", number("h", 0) % 12 + (12 if given.get("a") == "PM" else 0))
    micro = int(given.get("S", "0").ljust(6, "0")[:6])
    return datetime(
        year, month, number("d", 1), hour, number("m", 0), number("s", 0), micro, tzinfo=read_offset(given.get("offset"))
    )  # fmt: skip


def read_offset(text: Any) -> timezone | None:
    """Read a distance from UTC such as `+02:00` or `Z`; `None` where there is none."""
    if not isinstance(text, str) or (found := re.fullmatch(r"Z|([+-])([0-9]{2})(?::?([0-9]{2}))?", text)) is None:
        return None
    if found[1] is None:
        return UTC
    distance = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(distance if found[1] == "+" else -distance)
