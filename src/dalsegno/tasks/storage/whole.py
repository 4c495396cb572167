"""The task types that take stored files as they are: Size, Concat, Reverse, Split."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from pydantic import BeforeValidator, ByteSize, Field, field_validator, model_validator

from dalsegno.tasks.base import TaskContext, TaskOutput, TaskType, Text, from_json_text
from dalsegno.tasks.storage.pieces import CHUNK, Parts, chunks, lines, stem_and_suffix

_FROM = "The URI of the file."


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Size(TaskType):
    """Tell how large a stored file is."""

    uri: Text = Field(description=_FROM)

    class Output(TaskOutput):
        size: int = Field(description="Its size in bytes.")

    def run(self, context: TaskContext) -> Output:
        """Look at the file."""
        context.check_cancelled()
        return self.Output(size=context.files.path(self.uri).stat().st_size)


class FileMade(TaskOutput):
    """A file that was made."""

    uri: str = Field(description="The URI of the new file.")


class Concat(TaskType):
    """Put stored files one behind the other into a new one."""

    files: Annotated[list[Text], BeforeValidator(from_json_text)] = Field(
        description="The URIs of the files, in order: a list, or its JSON text."
    )
    separator: Text = Field(default="", description="What is written behind each file.")
    extension: Text = Field(default=".tmp", description="How the name of the new file ends.")

    Output = FileMade

    def run(self, context: TaskContext) -> FileMade:
        """Copy the files."""
        path = context.files.new(self.extension)
        with path.open("wb") as out:
            for uri in self.files:
                with context.files.open(uri) as file:
                    for piece in chunks(file, context):
                        out.write(piece)
                out.write(self.separator.encode())
        return FileMade(uri=context.files.store(path, f"concat{self.extension}"))


class Reverse(TaskType):
    """Make a new file of the lines of a stored one, the last line first."""

    source: Text = Field(alias="from", description=_FROM)
    separator: Text = Field(default="\n", description="What is written behind each line.")
    charset: Text = Field(default="UTF-8", description="How the text of the file is encoded.")

    Output = FileMade

    @field_validator("charset")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            codecs.lookup(name)
        except LookupError:
            raise ValueError(f"there is no encoding `{name}`; most files are UTF-8") from None
        return name

    def run(self, context: TaskContext) -> FileMade:
        """Write the lines."""
        stem, suffix = stem_and_suffix(self.source, default=".tmp")
        plain = _holds_ascii(self.charset)
        source = context.files.path(self.source) if plain else self._recoded(context)
        charset = self.charset if plain else "UTF-8"
        path = context.files.new(suffix)
        behind = self.separator.encode(charset)
        with source.open("rb") as file, path.open("wb") as out:
            for line in _backwards(file, context):
                out.write(line + behind)
        if not plain:
            path = _recode(path, context.files.new(suffix), "UTF-8", self.charset, context)
        return FileMade(uri=context.files.store(path, f"{stem}{suffix}"))

    def _recoded(self, context: TaskContext) -> Path:
        return _recode(context.files.path(self.source), context.files.new(), self.charset, "UTF-8", context)


def _holds_ascii(charset: str) -> bool:
    """Whether a line ends at the byte of a newline and nowhere else."""
    text = bytes(range(128))
    try:
        return text.decode(charset) == text.decode("ascii") and "".join(map(chr, text)).encode(charset) == text
    except UnicodeError:
        return False


def _recode(source: Path, target: Path, old: str, new: str, context: TaskContext) -> Path:
    with source.open(encoding=old, newline="") as file, target.open("w", encoding=new, newline="") as out:
        while text := file.read(CHUNK):
            context.check_cancelled()
            out.write(text)
    return target


def _backwards(file: BinaryIO, context: TaskContext) -> Iterator[bytes]:
    """Give the lines of a file from its end, without what ends them."""
    left = file.seek(0, os.SEEK_END)
    rest: list[bytes] = []
    first = True
    while left:
        context.check_cancelled()
        size = min(CHUNK, left)
        left -= size
        file.seek(left)
        found = file.read(size).split(b"\n")
        if first and found[-1] == b"":
            # what ends the last line begins none
            found.pop()
        first = False
        rest.append(found.pop())
        while found:
            yield b"".join(reversed(rest)).removesuffix(b"\r")
            rest = [found.pop()]
    if rest:
        yield b"".join(reversed(rest)).removesuffix(b"\r")


class Split(TaskType):
    """Split a stored file at its lines: into parts of so many rows or bytes, into so many parts, or by what a line says."""

    source: Text = Field(alias="from", description=_FROM)
    rows: int | None = Field(default=None, ge=1, description="How many rows a part has.")
    size: Annotated[ByteSize | None, BeforeValidator(_as_text)] = Field(
        default=None,
        alias="bytes",
        description="When a part is full, such as `10MB`: the row with which it reaches that is its last.",
    )
    partitions: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="How many parts there are; the rows go round. Empty ones are left out.",
    )
    regex_pattern: Text | None = Field(
        default=None,
        alias="regexPattern",
        description="A part for each value of the first group of this pattern; rows in which it is not found are left out.",
    )
    separator: Text = Field(default="\n", description="What is written behind each row.")

    class Output(TaskOutput):
        uris: list[str] = Field(description="The URIs of the parts, in order.")

    @field_validator("size", mode="before")
    @classmethod
    def _binary(cls, value: Any) -> Any:
        """Read `10MB` as Kestra does, with 1,024 to the step."""
        return re.sub(r"([KMGT])B$", r"\1iB", value.strip(), flags=re.IGNORECASE) if isinstance(value, str) else value

    @field_validator("regex_pattern")
    @classmethod
    def _pattern(cls, value: str | None) -> str | None:
        try:
            groups = re.compile(value or "()").groups
        except re.error as error:
            raise ValueError(f"`{value}` is no pattern: {error}") from None
        if not groups:
            raise ValueError(f"`{value}` has no group: put what tells the parts apart in brackets")
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Split:
        given = [name for name, value in self._ways().items() if value is not None]
        if len(given) != 1:
            told = f"`{'` and `'.join(given)}` are given" if given else "none is given"
            raise ValueError(f"give one of `rows`, `bytes`, `partitions` and `regexPattern`; {told}")
        return self

    def _ways(self) -> dict[str, Any]:
        return {
            "rows": self.rows, "bytes": self.size, "partitions": self.partitions, "regexPattern": self.regex_pattern,
        }  # fmt: skip

    def run(self, context: TaskContext) -> Output:
        """Write the parts."""
        stem, suffix = stem_and_suffix(self.source, default=".tmp")
        behind, part_of = self.separator.encode(), self._part_of()
        with Parts(context, suffix) as parts, context.files.open(self.source) as file:
            for line in lines(file, context):
                row = line + behind
                name = part_of(row)
                if name is not None:
                    parts.write(name, row)
            return self.Output(uris=parts.store(stem))

    def _part_of(self) -> Callable[[bytes], str | None]:
        """Give the function that names the part which a row goes to."""
        if self.regex_pattern is not None:
            pattern = re.compile(self.regex_pattern)
            return lambda row: _group(pattern, row)
        if self.partitions is not None:
            numbers = _round(self.partitions)
            return lambda _: next(numbers)
        return _Full(self.rows, self.size).part_of


def _group(pattern: re.Pattern[str], row: bytes) -> str | None:
    found = pattern.search(row.decode("utf-8", "replace"))
    return None if found is None else found[1] or ""


def _round(count: int) -> Iterator[str]:
    while True:
        yield from (str(number) for number in range(count))


class _Full:
    """Begins a part where the one before is full."""

    def __init__(self, rows: int | None, size: int | None) -> None:
        self._most_rows = rows
        self._most = size
        self._part = self._rows = self._size = 0

    def part_of(self, row: bytes) -> str:
        """Give the part that a row goes to."""
        full = self._rows >= self._most_rows if self._most_rows is not None else self._size >= (self._most or 1)
        if self._rows and full:
            self._part += 1
            self._rows = self._size = 0
        self._rows += 1
        self._size += len(row)
        return str(self._part)
