"""Writing text Ion. JSON is a subset of text Ion, so a struct a line is what polars writes as JSON lines.

All values that come from CSV are strings or null. Nulls are untyped; strings keep every character.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import polars as pl


def struct_lines(table: Any) -> bytes:
    """Give the rows of an Arrow table as text Ion, one struct a line."""
    frame = pl.DataFrame(pl.from_arrow(table))
    out = io.BytesIO()
    frame.write_ndjson(out)
    return out.getvalue()


def struct_rows(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> bytes:
    """Give rows of strings as text Ion, one struct a line; the same bytes as `struct_lines` gives."""
    columns = zip(*rows, strict=True)
    schema = dict.fromkeys(names, pl.String)
    frame = pl.DataFrame(dict(zip(names, (list(column) for column in columns), strict=True)), schema=schema)
    out = io.BytesIO()
    frame.write_ndjson(out)
    return out.getvalue()


def list_rows(rows: Sequence[Sequence[str | None]]) -> bytes:
    """Give rows of strings as text Ion, one list a line."""
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows]
    return "".join(lines).encode()
