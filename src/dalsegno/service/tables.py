"""What a stored table looks like: its columns with their types, and the first rows. Nothing is loaded for it."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from dalsegno.model.run import Artifact

#: characters of a cell that are shown
LONGEST = 200
#: what separates the cells of a row, by the end of a file's name
_SEPARATORS = {".csv": ",", ".tsv": "\t"}

Cells = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The beginning of a table.

    Parameters
    ----------
    columns : name and type of each; files of text have no types.
    rows : the first rows, each cell as a short text; a missing one is `None`.
    total : how many rows there are, where that is known.
    nulls : how many cells of each column are missing in all rows, where the file says so.
    """

    columns: tuple[tuple[str, str | None], ...]
    rows: tuple[Cells, ...]
    total: int | None = None
    nulls: tuple[int | None, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        nulls = self.nulls or (None,) * len(self.columns)
        columns = [
            {"name": name, "type": kind, "nulls": missing}
            for (name, kind), missing in zip(self.columns, nulls, strict=True)
        ]
        return {"columns": columns, "rows": [list(row) for row in self.rows], "total": self.total}


def summed_up(artifact: Artifact) -> Table | None:
    """Give the beginning of a stored table as its summary has it; `None` for what is no table."""
    schema = artifact.summary.get("schema")
    if not isinstance(schema, dict):
        return None
    columns = tuple((str(name), str(kind)) for name, kind in schema.items())
    sample = artifact.summary.get("sample") or ()
    rows = tuple(tuple(row) for row in sample if len(row) == len(columns))
    return Table(columns, rows, artifact.summary.get("rows"))


def with_rows(known: Table, read: Table) -> Table:
    """Give a table of which the summary knows the names and types, with the rows that were read of its content.

    What is kept beside the columns, such as an index, comes behind them.
    """
    width = len(known.columns)
    if len(read.columns) < width:
        return known
    rows = tuple(row[:width] for row in read.rows)
    return replace(known, rows=rows) if len(rows) >= len(known.rows) else known


def separator_of(artifact: Artifact) -> str | None:
    """Give what separates the cells of a file of text; `None` where it is no such file."""
    return _SEPARATORS.get(artifact.name[-4:].lower()) if artifact.kind == "file" else None


def table_of_text(text: str, separator: str, rows: int, *, complete: bool) -> Table | None:
    """Give the beginning of a table that is written as text, of which the last line may be cut off."""
    lines = text.splitlines(keepends=True)[: None if complete else -1]
    try:
        first = list(islice(csv.reader(lines, delimiter=separator), None if complete else rows + 1))
    except csv.Error:
        return None
    if not first:
        return None
    total = len(first) - 1 if complete else None
    shown = tuple(tuple(cell[:LONGEST] for cell in row) for row in first[1 : rows + 1])
    return Table(tuple((name[:LONGEST], None) for name in first[0]), shown, total)
