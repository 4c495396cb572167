"""Reading Ion in batches: tables of strings where the file is as our own, rows where it is not.

Three readers, each taking what the one before does not: pyarrow for lines of structs of strings, Python's JSON for lines
that are JSON (with Ion's meaning of numbers), amazon.ion for everything, binary Ion too. A file is read by the fastest that
fits; once amazon.ion has begun it reads to the end, since only it knows where a value ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.json as arrow_json
from amazon.ion import simpleion
from amazon.ion.exceptions import IonException
from amazon.ion.simple_types import IonPyNull, IonPySymbol
from amazon.ion.symbols import SymbolToken

from dalsegno.errors import TaskFailed

_BATCH = 10_000
_BINARY = b"\xe0\x01\x00\xea"


def is_binary(file: BinaryIO) -> bool:
    """Whether the file is binary Ion."""
    found = file.read(4) == _BINARY
    file.seek(0)
    return found


def cut_at_lines(text: bytes) -> int:
    """Give how many bytes at the start are whole lines."""
    return text.rfind(b"\n") + 1


def string_columns(file: BinaryIO) -> list[str] | None:
    """Give the names of the columns if the first line is a struct of strings; the file is left at its start."""
    line = file.readline(1 << 20)
    file.seek(0)
    try:
        row = json.loads(line)
    except ValueError:
        return None
    if not isinstance(row, dict) or not all(value is None or isinstance(value, str) for value in row.values()):
        return None
    return list(cast("dict[str, Any]", row))


def read_strings(text: bytes, names: list[str]) -> Any:
    """Give lines of structs as an Arrow table of strings; `None` unless every value is a string or null."""
    options = arrow_json.ParseOptions(
        explicit_schema=pa.schema([(name, pa.string()) for name in names]), unexpected_field_behavior="error"
    )
    reading = arrow_json.ReadOptions(use_threads=False, block_size=len(text) + 1)
    try:
        table = arrow_json.read_json(pa.BufferReader(text), read_options=reading, parse_options=options)
        table.validate(full=True)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    return table.combine_chunks()


def read_json_lines(text: bytes) -> list[Any] | None:
    """Give the values of lines that are JSON, with Ion's meaning of numbers; `None` if a line is not."""
    if b"\\ud" in text or b"\\uD" in text:
        return None
    try:
        lines = text.decode().split("\n")
        return [_DECODER.decode(line) for line in lines if not line.isspace() and line]
    except ValueError:
        return None


def _number(text: str) -> float | Decimal:
    return float(text) if "e" in text or "E" in text else Decimal(text)


def _no_constant(text: str) -> None:
    raise ValueError(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands twice")
    return found


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_constant, object_pairs_hook=_unique)


def read_values(file: BinaryIO, *, rows_before: int = 0) -> Iterator[list[Any]]:
    """Give all values from here on in batches, by amazon.ion.

    Raises
    ------
    TaskFailed : the file is no Ion.
    """
    row = rows_before
    values = _plain_values(file)
    while True:
        batch: list[Any] = []
        try:
            batch.extend(islice(values, _BATCH))
        except (IonException, ValueError, UnicodeDecodeError) as error:
            message = f"the file is no Ion: after row {row + len(batch)} comes something else ({error})"
            raise TaskFailed(message, hint="give `from` a file of Ion, such as the output of CsvToIon") from None
        if not batch:
            return
        row += len(batch)
        yield batch


def read_value(text: bytes) -> Any:
    """Give the one value of a text. Raises what amazon.ion raises where it is none."""
    model = simpleion.IonPyValueModel.MAY_BE_BARE
    return _plain(cast("Any", simpleion).loads(text, value_model=model))


def _plain_values(file: BinaryIO) -> Iterator[Any]:
    model = simpleion.IonPyValueModel.MAY_BE_BARE
    values = cast("Iterator[Any]", simpleion.load(file, single_value=False, parse_eagerly=False, value_model=model))
    for value in values:
        yield _plain(value)


def _plain(value: Any) -> Any:
    """Give Python's own form of an Ion value: `None` for nulls of all types, text for symbols."""
    if value is None or isinstance(value, IonPyNull):
        return None
    if isinstance(value, IonPySymbol | SymbolToken):
        return value.text
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list):
        return [_plain(part) for part in cast("list[Any]", value)]
    return value
