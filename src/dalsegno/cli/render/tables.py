"""Tables as Dal Segno draws them: no boxes, a quiet heading, values that are never read as markup.

Where a table is wider than the terminal, names stay whole: one that is too long for its column runs on to the right, and what
stands behind it follows in the next line. Texts are broken between words, and stand below their row where a word of theirs is
too long for the column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rich.text import Text

from dalsegno.cli.render.folding import columns as columns_of
from dalsegno.cli.render.folding import fold
from dalsegno.cli.render.lines import clean

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

_GAP = 2
#: a text is given so many columns before the names beside it get more
_TEXT = 24
#: and a name so many, whatever there is
_NAME = 12


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Parameters
    ----------
    fixed : it is never broken, and the others make room for it.
    name : it holds names, which are broken only where they fit in no line of the terminal.
    as_is : its title is shown as it is written.
    """

    title: str = ""
    align: Literal["left", "right"] = "left"
    fixed: bool = False
    name: bool = False
    widest: int | None = None
    style: str = ""
    as_is: bool = False

    @property
    def shown_title(self) -> str:
        """The title as it is shown."""
        return self.title if self.as_is else self.title.upper()


@dataclass(slots=True)
class Table:
    """A table; rich draws it as wide as there is room."""

    columns: Sequence[Column]
    indent: int = 0
    rows: list[list[Text]] = field(default_factory=list[list[Text]])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from _Drawn(self, options.max_width).lines()


class _Drawn:
    """A table at one width."""

    def __init__(self, table: Table, width: int) -> None:
        self._table = table
        self._width = max(width, 2 * _NAME)
        self._columns = table.columns
        self._widths = _widths(table, self._width - table.indent)
        starts = [table.indent]
        for each in self._widths[:-1]:
            starts.append(starts[-1] + each + _GAP)
        self._starts = starts

    def lines(self) -> Iterator[Text]:
        if any(column.title for column in self._columns):
            titles = [Text(column.shown_title, style="dim") for column in self._columns]
            yield from self._row(titles, heading=True)
        for row in self._table.rows:
            yield from self._row(row)

    def _row(self, row: Sequence[Text], *, heading: bool = False) -> Iterator[Text]:
        """Give the lines of a row: a new one begins behind each name that is too long for its column."""
        begun: list[tuple[int, Text]] = []
        below: list[Text] = []
        for at, cell in enumerate(row):
            column, width = self._columns[at], self._widths[at]
            too_long = columns_of(cell.plain) > width
            if column.name and too_long and not heading:
                yield from self._with_name(begun, at, cell)
                begun = []
            elif too_long and not column.fixed and not heading and _longest_word(cell.plain) > width:
                below.append(cell)
            else:
                begun.append((at, cell))
        if any(cell.plain for _, cell in begun):
            yield from self._side_by_side(begun, None)
        for cell in below:
            yield from self._below(cell)

    def _with_name(self, before: Sequence[tuple[int, Text]], at: int, cell: Text) -> Iterator[Text]:
        """Give the lines of a name that is too long for its column, with what stands before it."""
        room, name = self._width - self._starts[at], cell.plain.lstrip()
        if columns_of(name) <= room:
            # it stands less far in, if need be
            depth = min(len(cell.plain) - len(name), room - columns_of(name))
            yield from self._side_by_side([*before, (at, Text(" " * depth + name, style=cell.style))], room)
        elif columns_of(name) <= self._width:
            yield from self._side_by_side(before, None) if before else ()
            yield Text.assemble(" " * (self._width - columns_of(name)), (name, cell.style or self._columns[at].style))
        else:
            yield from self._side_by_side([*before, (at, cell)], room)

    def _below(self, cell: Text) -> Iterator[Text]:
        first = next((at for at, column in enumerate(self._columns) if column.name), 0)
        indent = " " * (self._starts[first] + _GAP)
        for part in fold(cell.plain, self._width - len(indent)):
            yield Text.assemble(indent, (part, cell.style))

    def _side_by_side(self, cells: Sequence[tuple[int, Text]], last_width: int | None) -> Iterator[Text]:
        """Give the lines of cells that stand beside each other; the last may have another width than its column."""
        folded: list[tuple[int, int, Text, list[str]]] = []
        for number, (at, cell) in enumerate(cells):
            width = last_width if last_width is not None and number == len(cells) - 1 else self._widths[at]
            parts = [cell.plain] if self._columns[at].fixed else fold(cell.plain, width)
            folded.append((at, width, cell, parts))
        for number in range(max(len(parts) for *_, parts in folded)):
            line = Text()
            for at, width, cell, parts in folded:
                part = parts[number] if number < len(parts) else ""
                line.append(" " * (self._starts[at] - columns_of(line.plain)))
                fill = " " * max(width - columns_of(part), 0) if self._columns[at].align == "right" else ""
                line.append(fill)
                line.append(part, style=cell.style or self._columns[at].style)
            line.rstrip()
            yield line


def _longest_word(text: str) -> int:
    return max(map(columns_of, text.split()), default=0)


def _widths(table: Table, width: int) -> list[int]:
    """Give the width of each column."""
    columns = table.columns
    natural = [_natural(table, at) for at in range(len(columns))]
    over = sum(natural) + _GAP * (len(columns) - 1) - width
    if over <= 0:
        return natural
    rest = width - _GAP * (len(columns) - 1)
    rest -= sum(wide for wide, column in zip(natural, columns, strict=True) if column.fixed)
    names = [at for at, column in enumerate(columns) if column.name and not column.fixed]
    texts = [at for at, column in enumerate(columns) if not column.name and not column.fixed]
    widths = list(natural)
    for number, at in enumerate(names):
        others = [min(natural[text], _TEXT) for text in texts]
        others += [min(natural[name], _NAME) for name in names[number + 1 :]]
        room = max(rest - sum(others), _NAME)
        fitting = (columns_of(row[at].plain) for row in table.rows if columns_of(row[at].plain) <= room)
        widths[at] = max(fitting, default=min(natural[at], _NAME))
        widths[at] = max(widths[at], columns_of(columns[at].title))
        rest -= widths[at]
    for at, share in zip(texts, _shared(max(rest, 0), [natural[at] for at in texts]), strict=True):
        widths[at] = share
    return widths


def _natural(table: Table, at: int) -> int:
    column = table.columns[at]
    wide = max((columns_of(row[at].plain) for row in table.rows), default=0)
    wide = max(wide, columns_of(column.title))
    return wide if column.widest is None else min(wide, column.widest)


def _shared(room: int, wanted: Sequence[int]) -> list[int]:
    """Share out columns: who wants least gets all that it wants first."""
    given = [0] * len(wanted)
    left = len(wanted)
    for at in sorted(range(len(wanted)), key=lambda each: wanted[each]):
        given[at] = max(min(wanted[at], room // left), 1)
        room -= given[at]
        left -= 1
    return given


def cell(value: object, style: str = "") -> Text:
    """Make a cell; what it says is text, whatever brackets it holds."""
    return Text(clean("" if value is None else str(value)), style=style)


def table(columns: Sequence[Column], *, indent: int = 0) -> Table:
    """Make an empty table with these columns."""
    return Table(columns, indent)


def add_row(made: Table, *cells: Text | str | None) -> None:
    """Add a row; texts become cells."""
    made.rows.append([each if isinstance(each, Text) else cell(each) for each in cells])
