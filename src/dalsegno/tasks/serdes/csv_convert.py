"""The work of `CsvToIon`: the header by the reference reader, the rows by the fast one as far as it goes."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import TaskContext
from dalsegno.tasks.serdes.blocks import cut_blocks, side_by_side
from dalsegno.tasks.serdes.csv_blocks import cut_at_rows, read_block
from dalsegno.tasks.serdes.csv_rows import BadRow, CsvRows, CsvShape, UndecodableError, charset_of
from dalsegno.tasks.serdes.files import BadRows, FileOutput, OnBadLines, named
from dalsegno.tasks.serdes.ion_text import list_rows, struct_lines, struct_rows

if TYPE_CHECKING:
    from dalsegno.tasks.serdes.csv_to_ion import CsvToIon

_BATCH = 20_000


class CsvConversion:
    """One conversion of one file."""

    def __init__(self, task: CsvToIon, context: TaskContext) -> None:
        self._task = task
        self._context = context
        self._bad = BadRows(context, task.on_bad_lines)
        self._shape = CsvShape(
            separator=task.field_separator,
            quote=task.text_delimiter,
            charset=charset_of(task.charset),
            skip_empty_rows=task.skip_empty_rows,
            extra_after_quote=task.allow_extra_chars_after_closing_quote,
            max_field=task.max_field_size,
            max_row=task.max_buffer_size,
        )
        self._source_name = named(task.from_, ".csv")
        #: names of the columns and which of the fields they are; none without a header
        self._names: list[str] = []
        self._kept: list[int] = []
        self._width = 0
        self._row = 0
        self._written = 0

    def run(self) -> FileOutput:
        """Convert the file and store the result."""
        context = self._context
        path = context.files.new(".ion")
        with context.files.open(self._task.from_) as source, path.open("wb") as out:
            offset, line = self._read_head(source)
            if self._task.header and self._shape.plain and self._width:
                source.seek(offset)
                offset = self._fast(source, out)
                line = _lines_before(source, offset or 0)
            if offset is not None:
                source.seek(offset)
                self._by_rows(CsvRows(source, self._shape, line=line), out)
        self._bad.finish("were left out")
        name = named(self._task.from_, ".ion")
        context.count("records", self._written)
        text = f"wrote {self._written:,} records to {name}"
        context.log.info(text)
        return FileOutput(uri=context.files.store(path, name), size=self._written)

    def _read_head(self, source: BinaryIO) -> tuple[int, int]:
        """Read the header and the rows to leave out; give where the rows begin, in bytes and in lines before them."""
        if self._shape.charset == "utf-8" and source.read(3) != codecs.BOM_UTF8:
            source.seek(0)
        start = source.tell()
        if not self._shape.plain:
            return start, 0
        rows = CsvRows(source, self._shape)
        self._take_head(rows)
        return start + rows.consumed, rows.line

    def _take_head(self, rows: CsvRows) -> None:
        try:
            found = iter(rows)
            if self._task.header:
                self._take_header(next(found, None))
            for _ in range(self._task.skip_rows):
                if next(found, None) is None:
                    break
                self._row += 1
        except UndecodableError as error:
            raise self._undecodable(error) from None

    def _take_header(self, row: list[str] | BadRow | None) -> None:
        if row is None:
            text = f"{self._source_name} is empty: it has not even a header"
            self._context.log.warning(text)
            return
        if isinstance(row, BadRow):
            raise TaskFailed(f"the header of {self._source_name} cannot be read. {row.reason}", hint=_HEADER_HINT)
        self._width = len(row)
        names = dict(enumerate(row))
        if self._task.on_empty_header == "RENAME":
            _name_unnamed(names)
        self._kept = [at for at, name in names.items() if name]
        self._names = [names[at] for at in self._kept]
        twice = sorted({name for name in self._names if self._names.count(name) > 1})
        if twice:
            message = f"the header of {self._source_name} names `{'`, `'.join(twice)}` more than once"
            raise TaskFailed(message, hint="give every column a name of its own", details={"columns": twice})
        if not self._names:
            hint = "set `onEmptyHeader: RENAME`, or `header: false` if the first row is data"
            raise TaskFailed(f"the header of {self._source_name} names no column", hint=hint)

    def _fast(self, source: BinaryIO, out: BinaryIO) -> int | None:
        """Convert block by block; give the offset of the first block that is not plainly formed, `None` at the end."""
        blocks = cut_blocks(source, cut_at_rows(self._shape))
        for offset, rows, text in side_by_side(blocks, self._convert_block, check=self._context.check_cancelled):
            if text is None:
                return offset
            out.write(text)
            self._row += rows
            self._written += rows
        return None

    def _convert_block(self, block: tuple[int, bytes]) -> tuple[int, int, bytes | None]:
        offset, text = block
        table = read_block(text, self._width, self._shape)
        if table is None:
            return offset, 0, None
        kept = table.select([str(at) for at in self._kept]).rename_columns(self._names)
        return offset, table.num_rows, struct_lines(kept)

    def _by_rows(self, rows: CsvRows, out: BinaryIO) -> None:
        """Convert row by row."""
        if not self._shape.plain:
            self._take_head(rows)
        batch: list[Sequence[str | None]] = []
        try:
            for row in rows:
                self._row += 1
                good = self._checked(row, rows.line)
                if good is not None:
                    batch.append(good)
                if len(batch) == _BATCH:
                    self._write(batch, out)
        except UndecodableError as error:
            raise self._undecodable(error) from None
        self._write(batch, out)

    def _write(self, batch: list[Sequence[str | None]], out: BinaryIO) -> None:
        self._context.check_cancelled()
        if batch:
            out.write(struct_rows(self._names, batch) if self._task.header else list_rows(batch))
            self._written += len(batch)
            batch.clear()

    def _checked(self, row: list[str] | BadRow, line: int) -> Sequence[str | None] | None:
        """Give the values of a row; `None` if it is bad and may be left out."""
        if isinstance(row, BadRow):
            return self._refuse(f": {row.reason}", line, {})
        if self._task.header and len(row) != self._width:
            reason = f" (field count mismatch): Expected {self._width}, got {len(row)} fields."
            return self._refuse(reason, line, {"expected": self._width, "found": len(row)})
        fields = [row[at] for at in self._kept] if self._task.header else row
        return [None if value == "\\N" else value for value in fields]

    def _refuse(self, reason: str, line: int, details: dict[str, Any]) -> None:
        text = f"Bad line encountered{reason} It is row {self._row} (line {line}) of {self._source_name}."
        if self._bad.fatal:
            details = {"row": self._row, "line": line, **details, "reason": reason.strip(" :")}
            raise TaskFailed(text, hint=_row_hint(details), details=details)
        self._bad.add(text)

    def _undecodable(self, error: UndecodableError) -> TaskFailed:
        row = self._row + 1
        reason = f"{error} is no text in {self._task.charset}"
        hint = (
            "set `charset` to the one the file is written in, such as `charset: ISO-8859-1` or `charset: windows-1252`; "
            f"the file is text in {self._task.charset} up to that byte"
        )
        message = f"row {row} of {self._source_name} cannot be read: {reason}"
        return TaskFailed(message, hint=hint, details={"row": row, "offset": error.offset, "reason": reason})


def _lines_before(file: BinaryIO, offset: int) -> int:
    """Count the line ends before an offset: LF, CR LF and CR, as the reference reader does."""
    file.seek(0)
    lines = 0
    last = b""
    while offset > 0 and (chunk := file.read(min(offset, 1 << 20))):
        lines += chunk.count(b"\n") + chunk.count(b"\r") - (last + chunk).count(b"\r\n")
        offset -= len(chunk)
        last = chunk[-1:]
    return lines


_HEADER_HINT = "check `fieldSeparator`, `textDelimiter` and `header`"


def _row_hint(details: dict[str, Any]) -> str:
    leave_out = f"set `onBadLines: {OnBadLines.WARN}` to leave such rows out and tell them in the log"
    if details.get("found") == 1:
        return f"check `fieldSeparator`; if the row is empty set `skipEmptyRows: true`; or {leave_out}"
    return f"mend the row, or {leave_out}"


def _name_unnamed(names: dict[int, str]) -> None:
    """Name columns without a name by where they stand: `col_3`, or `col_3_2` where that is taken."""
    taken = set(names.values())
    for at, name in names.items():
        if name:
            continue
        unique, number = f"col_{at}", 1
        while unique in taken:
            number += 1
            unique = f"col_{at}_{number}"
        names[at] = unique
        taken.add(unique)
