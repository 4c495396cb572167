"""The task types that take stored files as they are: Size, Concat, Reverse, Split."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

from pydantic import BeforeValidator, Field, field_validator

from dalsegno.tasks.base import TaskContext, TaskOutput, TaskType, Text, from_json_text
from dalsegno.tasks.storage.cutting import Cutting
from dalsegno.tasks.storage.pieces import CHUNK, Parts, chunks, lines, stem_and_suffix

_FROM = "The URI of the file."


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


class _Stored(TaskType):
    """Takes a stored file."""

    source: Text = Field(alias="from", description=_FROM)


class Split(Cutting, _Stored):
    """Split a stored file at its lines: into parts of so many rows or bytes, into so many parts, or by what a line says."""

    class Output(TaskOutput):
        uris: list[str] = Field(description="The URIs of the parts, in order.")

    def run(self, context: TaskContext) -> Output:
        """Write the parts."""
        stem, suffix = stem_and_suffix(self.source, default=".tmp")
        behind, part_of = self.separator.encode(), self.part_of()
        with Parts(context, suffix) as parts, context.files.open(self.source) as file:
            for line in lines(file, context):
                row = line + behind
                name = part_of(row)
                if name is not None:
                    parts.write(name, row)
            return self.Output(uris=parts.store(self.name_of(stem, suffix)))

    def name_of(self, stem: str, suffix: str) -> Callable[[int], str]:
        """Give the function that names the part of a number, counted from 1."""
        return lambda number: f"{stem}-{number}{suffix}"
