"""The reference reader of CSV: row by row, strict, with the number of the row and of the line for every error.

Rows are counted from 1 after the header, as in the data; lines as an editor counts them.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dalsegno.errors import TaskFailed, closest, did_you_mean

_CHUNK = 256 << 10
_END = "\x00\x01end\x01\x00"


@dataclass(frozen=True, slots=True)
class CsvShape:
    """How the file is written."""

    separator: str = ","
    quote: str = '"'
    charset: str = "utf-8"
    skip_empty_rows: bool = False
    extra_after_quote: bool = False
    max_field: int = 16 << 20
    max_row: int = 16 << 20

    @property
    def plain(self) -> bool:
        """Whether the fast reader takes it."""
        marks = self.separator + self.quote
        roomy = self.max_field >= 16 << 20 and self.max_row >= 16 << 20
        return marks.isascii() and self.charset in ("utf-8", "ascii") and not self.extra_after_quote and roomy


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is none; the reason is a whole sentence."""

    reason: str


class CsvRows:
    """The rows of a file from a byte offset on.

    Parameters
    ----------
    file : placed where the first row begins.
    line : the number of the line before the first row.

    Attributes
    ----------
    line : the number of the last line read.
    consumed : how many characters of the text were read so far, as bytes of UTF-8.
    """

    def __init__(self, file: BinaryIO, shape: CsvShape, *, line: int = 0) -> None:
        self._shape = shape
        self._first_line = line
        self._lines = _Lines(file, shape.charset)
        csv.field_size_limit(max(csv.field_size_limit(), shape.max_field + 1, shape.max_row + 1))
        strict = not shape.extra_after_quote
        source = iter(self._lines) if strict else self._with_end()
        self._reader = csv.reader(source, delimiter=shape.separator, quotechar=shape.quote, strict=strict)

    @property
    def line(self) -> int:
        """The number of the last line read."""
        return self._first_line + self._reader.line_num

    @property
    def consumed(self) -> int:
        """How many bytes the text read so far takes in UTF-8."""
        return self._lines.consumed

    def __iter__(self) -> Iterator[list[str] | BadRow]:
        """Give the fields of every row, or what is wrong with it. Raises `UndecodableError`."""
        while True:
            try:
                row = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadRow(_reason(str(error), self._shape))
                continue
            if row and row[-1].endswith(_END):
                if row != [_END]:
                    yield BadRow(_reason("unexpected end of data", self._shape))
                return
            if row or not self._shape.skip_empty_rows:
                yield self._checked(row or [""])

    def _with_end(self) -> Iterator[str]:
        """Add a last line, which ends up inside a quoted field that was never closed."""
        yield from self._lines
        yield _END

    def _checked(self, row: list[str]) -> list[str] | BadRow:
        if sum(map(len, row)) <= min(self._shape.max_field, self._shape.max_row):
            return row
        if max(map(len, row)) > self._shape.max_field:
            return BadRow(f"A field is longer than `maxFieldSize` ({self._shape.max_field} characters).")
        return row if sum(map(len, row)) <= self._shape.max_row else BadRow("The row is longer than `maxBufferSize`.")


def _reason(text: str, shape: CsvShape) -> str:
    if "expected after" in text:
        return (
            f"Text follows a closing {shape.quote} where {shape.separator} or the end of the row should be "
            "(set `allowExtraCharsAfterClosingQuote: true` to take it as part of the field)."
        )
    if "unexpected end" in text:
        return f"A field opened with {shape.quote} is never closed."
    return f"It is no CSV: {text}."


class UndecodableError(ValueError):
    """Bytes that are no text in the charset; `offset` is where in the file, from 0."""

    def __init__(self, offset: int, byte: int) -> None:
        super().__init__(f"byte 0x{byte:02x} at offset {offset}")
        self.offset = offset
        self.byte = byte


class _Lines:
    """The lines of a file, ends and all, decoded strictly; a line ends at LF, CR LF or CR."""

    def __init__(self, file: BinaryIO, charset: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(charset)("strict")
        self._offset = file.tell()
        self.consumed = 0

    def __iter__(self) -> Iterator[str]:
        rest = ""
        for text in self._texts():
            rest += text
            # a `\r` at the end may be half of `\r\n`
            whole = rest.rfind("\n") + 1 or rest.rfind("\r", 0, len(rest) - 1) + 1
            if whole:
                yield from self._split(rest[:whole])
                rest = rest[whole:]
        yield from self._split(rest)

    def _split(self, text: str) -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            self.consumed += len(line) if line.isascii() else len(line.encode())
            yield line

    def _texts(self) -> Iterator[str]:
        final = False
        while not final:
            chunk = self._file.read(_CHUNK)
            final = not chunk
            pending = self._decoder.getstate()[0]
            try:
                yield self._decoder.decode(chunk, final)
            except UnicodeDecodeError as error:
                good = error.object[: error.start].decode(error.encoding, "ignore")
                yield good
                raise UndecodableError(self._offset - len(pending) + error.start, error.object[error.start]) from None
            self._offset += len(chunk)


def charset_of(name: str) -> str:
    """Give Python's name of a charset.

    Raises
    ------
    TaskFailed : there is no such charset.
    """
    try:
        return codecs.lookup(name.strip()).name
    except LookupError:
        near = closest(name, ("UTF-8", "ISO-8859-1", "ISO-8859-15", "windows-1252", "UTF-16", "US-ASCII"))
        raise TaskFailed(f"there is no charset `{name}`{did_you_mean(near)}", closest=near) from None
