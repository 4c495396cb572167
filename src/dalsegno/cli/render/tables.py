"""Tables as Dal Segno draws them: no boxes, a quiet heading, values that are never read as markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.table import Table
from rich.text import Text

from dalsegno.cli.render.lines import clean


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Parameters
    ----------
    fixed : it is never broken, and the others make room for it.
    """

    title: str = ""
    align: Literal["left", "right"] = "left"
    fixed: bool = False
    widest: int | None = None
    style: str = ""


def cell(value: object, style: str = "") -> Text:
    """Make a cell; what it says is text, whatever brackets it holds."""
    return Text(clean("" if value is None else str(value)), style=style)


def table(columns: Sequence[Column], *, indent: int = 0) -> Table:
    """Make an empty table with these columns."""
    titled = any(column.title for column in columns)
    made = Table(box=None, show_header=titled, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    if indent:
        made.add_column(width=indent - 2)
    for column in columns:
        made.add_column(
            column.title.upper(), justify=column.align, no_wrap=column.fixed, max_width=column.widest, style=column.style,
            overflow="fold",
        )  # fmt: skip
    return made


def add_row(made: Table, *cells: Text | str | None, indent: bool = False) -> None:
    """Add a row; texts become cells."""
    row = [each if isinstance(each, Text) else cell(each) for each in cells]
    made.add_row(*([Text("")] if indent else []), *row)
