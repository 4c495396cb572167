"""The fast reader of CSV: whole blocks by pyarrow, as long as the text is plainly formed.

Plainly formed means: quotes only around whole fields or doubled inside them, the same number of fields in every row, valid
UTF-8. Anything else makes `read_block` give `None`, and the reference reader takes over from the start of that block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.csv as arrow_csv

from dalsegno.tasks.serdes.arrow_compute import pc
from dalsegno.tasks.serdes.csv_rows import CsvShape


def cut_at_rows(shape: CsvShape) -> Callable[[bytes], int]:
    """Give the function that says how many bytes at the start of some text are whole rows."""
    quote = shape.quote.encode()

    def cut(text: bytes) -> int:
        end = text.rfind(b"\n") + 1
        inside = text.count(quote, 0, end) % 2
        while end and inside:
            opened = text.rfind(quote, 0, end)
            before = text.rfind(b"\n", 0, opened) + 1
            inside ^= text.count(quote, before, end) % 2
            end = before
        return end

    return cut


def read_block(text: bytes, columns: int, shape: CsvShape) -> Any:
    """Give the rows of a block as an Arrow table of strings with columns named "0", "1" ..., or `None`."""
    if b"\x00" in text or not _quotes_are_plain(text, shape):
        return None
    bad: list[Any] = []

    def note(row: Any) -> str:
        bad.append(row)
        return "skip"

    names = [str(number) for number in range(columns)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(text),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(text) + 1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=shape.separator,
                quote_char=shape.quote,
                newlines_in_values=True,
                ignore_empty_lines=shape.skip_empty_rows,
                invalid_row_handler=note,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=["\\N"]
            ),
        )
    except pa.ArrowInvalid:
        return None
    return None if bad or (columns > 1 and _has_empty_rows(table)) else table


def _has_empty_rows(table: Any) -> bool:
    """Whether a row has nothing but empty values: an empty line may have been filled up to be one."""
    for name in table.column_names:
        empty = pc.equal(table.column(name), "")
        if not pc.any(empty).as_py():
            return False
        table = table.filter(pc.fill_null(empty, fill_value=False))
    return table.num_rows > 0


def _quotes_are_plain(text: bytes, shape: CsvShape) -> bool:
    """Whether quotes, taken in turn as opening and closing, all stand at the edges of fields or are doubled."""
    mark = ord(shape.quote)
    count = text.count(shape.quote.encode())
    if count == 0:
        return True
    if count % 2:
        return False
    codes = pl.Series(pl.from_arrow(pa.UInt8Array.from_buffers(pa.uint8(), len(text), [None, pa.py_buffer(text)])))
    places = (codes == mark).arg_true()
    opening, closing = places.gather_every(2, 0), places.gather_every(2, 1)
    edges = [ord(shape.separator), 10, 13, mark]
    opening = opening.filter(opening > 0)
    closing = closing.filter(closing < len(text) - 1)
    return bool(codes.gather(opening - 1).is_in(edges).all() and codes.gather(closing + 1).is_in(edges).all())
