"""Whole columns of dates: patterns whose parts have fixed places, taken apart by place and parsed by Arrow.

Only what is sure to mean the same as for the strict parser is taken: every length of text belongs to one layout of the
pattern, and Arrow accepts the text as a time. Everything else is left to the parser.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from dalsegno.expressions import javadate
from dalsegno.expressions.javadate_nodes import Literal, Node, Number, Offset, Optional
from dalsegno.tasks.serdes.arrow_compute import pc

_ORDER = ("Year", "MonthOfYear", "DayOfMonth", "HourOfDay", "MinuteOfHour", "SecondOfMinute", "NanoOfSecond")
_JOIN = ("", "-", "-", " ", ":", ":", ".")
_YEAR_ONE_S = -62_135_596_800


class UnfitError(ValueError):
    """The column is not one that can be taken whole."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to write the pattern: where each field stands, the text between them, whether an offset ends it."""

    length: int = 0
    places: tuple[tuple[str, int, int], ...] = ()
    literals: tuple[tuple[int, str], ...] = ()
    century: bool = False
    #: how long the offset at the end is
    offset: int = 0

    @property
    def usable(self) -> bool:
        """Whether it is a date with a time that has no gap, and no two fields of one kind."""
        names = [name for name, _, _ in self.places]
        return len(set(names)) == len(names) >= 3 and set(names) == set(_ORDER[: len(names)]) and bool(self.literals)

    @property
    def iso(self) -> bool:
        """Whether Arrow reads it as it stands, but for the letter between date and time."""
        stands = [(name, start, end) for name, start, end in self.places if name != "NanoOfSecond"]
        wanted = [(name, *place) for name, place in zip(_ORDER, _ISO_PLACES, strict=False)][: len(stands)]
        fitting = all(text in _ISO_TEXT.get(at, ()) for at, text in self.literals)
        return not self.century and stands == wanted and fitting


_ISO_PLACES = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))
_ISO_TEXT = {4: ("-",), 7: ("-",), 10: (" ", "T"), 13: (":",), 16: (":",), 19: (".",)}


@cache
def layouts(pattern: str) -> dict[int, Layout] | None:
    """Give the layouts of a pattern by the length of the text; `None` if it has parts without a fixed place."""
    found = _expand(javadate.compile(pattern).nodes, [Layout()])
    if found is None:
        return None
    usable = [layout for layout in found if layout.usable]
    lengths = [layout.length for layout in found]
    return {layout.length: layout for layout in usable} if usable and len(set(lengths)) == len(lengths) else None


def _expand(nodes: tuple[Node, ...], starts: list[Layout]) -> list[Layout] | None:
    """Add pieces to the layouts so far; an optional section at the end doubles them."""
    done: list[Layout] = list(starts)
    optional_seen = False
    for node in nodes:
        if isinstance(node, Optional):
            inner = _expand(tuple(node.nodes), done)
            if inner is None or len(inner) > 16:
                return None
            optional_seen, done = True, done + inner
            continue
        grown = [_with(layout, node) for layout in done]
        if optional_seen or [] in grown:
            return None
        done = [layout for several in grown for layout in several]
    return done


def _with(layout: Layout, node: Node) -> list[Layout]:
    """Add one piece; none if it has no fixed place."""
    at = layout.length
    if layout.offset:
        return []
    if isinstance(node, Literal) and node.value.isascii() and not any(letter.isdigit() for letter in node.value):
        return [replace(layout, length=at + len(node.value), literals=(*layout.literals, (at, node.value)))]
    if isinstance(node, Number):
        width = _width(node)
        name = "Year" if node.field == "YearOfEra" else node.field
        if width and name in _ORDER:
            places = (*layout.places, (name, at, at + width))
            return [replace(layout, length=at + width, places=places, century=layout.century or bool(node.base))]
    if isinstance(node, Offset) and node == Offset("Z", colon=True):
        return [replace(layout, length=at + width, offset=width) for width in (1, 6)]
    return []


def _width(node: Number) -> int:
    if node.field in ("YearOfEra", "Year"):
        return 2 if node.base else 4 if node.least == 4 else 0
    return node.least if node.fixed and (node.scale in range(7) if node.scale else node.least == 2) else 0


def parse_column(texts: Any, pattern: str, unit: str, zone: str) -> Any:
    """Give a column of strings as timestamps in UTC without a zone, of unit `ms` or `us`.

    Parameters
    ----------
    zone : the name of the zone in which texts without an offset are taken.

    Raises
    ------
    UnfitError, pa.ArrowInvalid : it has to be read value by value.
    """
    known = layouts(pattern)
    if known is None:
        raise UnfitError(pattern)
    lengths = pc.binary_length(texts)
    present = [length for length in pc.unique(lengths).to_pylist() if length is not None]
    if len(present) == 1 and not texts.null_count:
        return _parse_layout(texts, known.get(present[0]), unit, zone)
    found = pa.nulls(len(texts), pa.timestamp(unit))
    for length in present:
        here = pc.fill_null(pc.equal(lengths, length), fill_value=False)
        part = _parse_layout(texts.filter(here), known.get(length), unit, zone)
        found = pc.replace_with_mask(found, here, part)
    return found


def _parse_layout(texts: Any, layout: Layout | None, unit: str, zone: str) -> Any:
    if layout is None:
        raise UnfitError("a text of another length")
    plain = _as_iso(texts, layout)
    digits = next((end - start for name, start, end in layout.places if name == "NanoOfSecond"), 0)
    fine = "us" if digits > 3 else unit
    kind = pa.timestamp(fine, "UTC") if layout.offset else pa.timestamp(fine)
    found = pc.cast(plain, kind)
    if not layout.offset and zone not in ("UTC", "Z"):
        found = _in_zone(found, zone)
    numbers = pc.cast(found, pa.int64())
    scale = 1_000_000 if fine == "us" else 1_000
    if len(numbers) and pc.min(numbers).as_py() < (_YEAR_ONE_S + 86_400) * scale:
        raise UnfitError("before the year 1")
    if fine != unit:
        numbers = _floor_thousandths(numbers)
    return pc.cast(numbers, pa.timestamp(unit))


def _in_zone(clocks: Any, zone: str) -> Any:
    """Give the moments at which clocks in a zone show these times; the clocks of far years are read one by one."""
    limit = _arrow_knows_until(zone)
    late = None if limit is None else pc.greater_equal(clocks, pa.scalar(limit, clocks.type))
    if late is None or not pc.any(late).as_py():
        return pc.assume_timezone(clocks, zone, ambiguous="earliest", nonexistent="raise")
    usual = pc.if_else(late, pa.scalar(None, clocks.type), clocks)
    found = pc.assume_timezone(usual, zone, ambiguous="earliest", nonexistent="raise")
    far = clocks.filter(late).dictionary_encode()
    moments = [clock.replace(tzinfo=ZoneInfo(zone)) for clock in far.dictionary.to_pylist()]
    return pc.replace_with_mask(found, late, pa.array(moments, found.type).take(far.indices))


@cache
def _arrow_knows_until(zone: str) -> datetime | None:
    """Give the time from which Arrow may read clocks in a zone wrongly; `None` if it never does.

    Arrow knows the changes that the time zone files list, mostly up to 2037, and not the rule that holds for ever
    after. How many they list depends on how they were built, so it is compared with `zoneinfo` month by month.
    """
    if zone.startswith(("+", "-")):
        return None
    rules = ZoneInfo(zone)
    months = [(year, month) for year in range(1970, 2101) for month in range(1, 13)]
    clocks = [datetime(year, month, 15, 9) for year, month in months]  # noqa: DTZ001 - clocks on the wall
    kind = pa.timestamp("s")
    moments = pc.assume_timezone(pa.array(clocks, kind), zone, ambiguous="earliest", nonexistent="earliest")
    known = datetime.min  # noqa: DTZ901 - a wall clock, too
    for clock, moment in zip(clocks, pc.cast(moments, kind).to_pylist(), strict=True):
        if clock - moment != rules.utcoffset(clock):
            return known
        known = clock
    return None


def _floor_thousandths(numbers: Any) -> Any:
    towards_zero = pc.divide(numbers, 1_000)
    below = pc.less(numbers, pc.multiply(towards_zero, 1_000))
    return pc.subtract(towards_zero, pc.cast(below, pa.int64()))


def _as_iso(texts: Any, layout: Layout) -> Any:
    if layout.iso:
        # Arrow takes both a blank and a `T` there, and checks the others itself
        _check_literals(texts, [pair for pair in layout.literals if pair[0] == 10])
        return texts
    _check_literals(texts, layout.literals)
    places = {name: (start, end) for name, start, end in layout.places}
    pieces: list[Any] = []
    for name, join in zip(_ORDER, _JOIN, strict=True):
        if name not in places:
            break
        start, end = places[name]
        join = "20" if name == "Year" and layout.century else join  # noqa: PLW2901
        pieces += [join, pc.utf8_slice_codeunits(texts, start, end)]
    if layout.offset:
        pieces.append(pc.utf8_slice_codeunits(texts, layout.length - layout.offset, layout.length))
    return pc.binary_join_element_wise(*pieces, "")


def _check_literals(texts: Any, literals: Any) -> None:
    for at, text in literals:
        same = pc.equal(pc.utf8_slice_codeunits(texts, at, at + len(text)), text)
        if pc.all(same).as_py() is False:
            raise UnfitError(f"not {text!r} at {at}")
