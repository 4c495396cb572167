"""What a stored table looks like: its columns with their types, and the first rows. Nothing is loaded for it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import islice
from typing import Any

from dalsegno.model.run import Artifact

#: rows of a file that are shown
_ROWS = 20
_LONGEST = 200
#: what separates the cells of a row, by the end of a file's name
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, slots=True)
class Table:
    """The beginning of a table.

    Parameters
    ----------
    columns : name and type of each; files of text have no types.
    rows : the first rows, each cell as a short text; a missing one is `None`.
    total : how many rows there are, where that is known.
    """

    columns: tuple[tuple[str, str | None], ...]
    rows: tuple[tuple[str | None, ...], ...]
    total: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        columns = [{"name": name, "type": kind} for name, kind in self.columns]
        return {"columns": columns, "rows": [list(row) for row in self.rows], "total": self.total}


def table_of(artifact: Artifact, text: str | None, *, complete: bool) -> Table | None:
    """Give the beginning of a stored table: as its summary has it, or as a file of text begins; `None` for other values."""
    schema = artifact.summary.get("schema")
    if isinstance(schema, dict):
        columns = tuple((str(name), str(kind)) for name, kind in schema.items())
        sample = artifact.summary.get("sample") or ()
        rows = tuple(tuple(row) for row in sample if len(row) == len(columns))
        return Table(columns, rows, artifact.summary.get("rows"))
    separator = _SEPARATORS.get(artifact.name[-4:].lower()) if artifact.kind == "file" else None
    return None if separator is None or text is None else _of_text(text, separator, complete=complete)


def _of_text(text: str, separator: str, *, complete: bool) -> Table | None:
    # the last line may be cut off
    lines = text.splitlines(keepends=True)[: None if complete else -1]
    try:
        first = list(islice(csv.reader(lines, delimiter=separator), _ROWS + 1))
    except csv.Error:
        return None
    if not first:
        return None
    rows = tuple(tuple(cell[:_LONGEST] for cell in row) for row in first[1:])
    return Table(tuple((name[:_LONGEST], None) for name in first[0]), rows)
