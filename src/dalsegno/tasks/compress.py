"""Archives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ByteSize, Field

from dalsegno.tasks.archives import Entry, Limits, decompressed, duplicate, reading, tar_entries, zip_entries
from dalsegno.tasks.base import TaskContext, TaskOutput, TaskType, Text
from dalsegno.tasks.scratch_files import CHUNK, writing

_ELSEWHERE = {
    "algorithm": ("AR", "ARJ", "CPIO", "DUMP"),
    "compression": ("BROTLI", "DEFLATE", "DEFLATE64", "LZ4BLOCK", "LZ4FRAME", "SNAPPY", "SNAPPYFRAME", "Z", "ZSTD"),
}


def _known(what: str, *names: str) -> BeforeValidator:
    """Take a name in any case; tell apart what Kestra reads and is not read here."""

    def check(value: Any) -> Any:
        name = value.upper() if isinstance(value, str) else value
        if name in _ELSEWHERE[what]:
            raise ValueError(
                f"the {what} {name} is not supported here, only {', '.join(names)}; "
                "unpack the file with a `scripts.shell.Commands` task instead"
            )
        return name

    return BeforeValidator(check)


class ArchiveDecompress(TaskType):
    """Unpack an archive and store its files."""

    algorithm: Annotated[Literal["ZIP", "JAR", "TAR"], _known("algorithm", "ZIP", "JAR", "TAR")] = Field(
        description="The kind of archive."
    )
    source: Text = Field(alias="from", description="The URI of the archive.")
    compression: Annotated[
        Literal["GZIP", "BZIP2", "XZ", "LZMA"] | None, _known("compression", "GZIP", "BZIP2", "XZ", "LZMA")
    ] = Field(default=None, description="What the whole archive is compressed with, such as GZIP for a `.tar.gz`.")
    max_size: ByteSize = Field(
        default=ByteSize(10 << 30), alias="maxSize", description="The most that it may unpack to, such as `20 GiB`."
    )
    max_ratio: float = Field(
        default=200,
        gt=0,
        alias="maxRatio",
        description="How many times its own size it may unpack to; it counts above 100 MiB.",
    )
    max_files: int = Field(default=100_000, ge=0, alias="maxFiles", description="The most files that it may hold.")

    class Output(TaskOutput):
        files: dict[str, str]

    def run(self, context: TaskContext) -> Output:
        """Unpack the archive."""
        context.check_cancelled()
        archive = context.files.path(self.source)
        limits = Limits(archive.stat().st_size, int(self.max_size), self.max_ratio, self.max_files)
        with reading():
            unpacked = self._unpack(archive, limits, context)
        context.count("size", limits.unpacked)
        context.count("count", len(unpacked))
        # stored only now: of an archive that is refused at its last entry nothing is kept
        return self.Output(files={name: context.files.store(path, _plain(name)) for name, path in unpacked.items()})

    def _unpack(self, archive: Path, limits: Limits, context: TaskContext) -> dict[str, Path]:
        unpacked: dict[str, Path] = {}
        try:
            for entry in self._entries(archive, limits, context):
                if entry.name in unpacked:
                    raise duplicate(entry.name)
                limits.add_entry()
                limits.check(limits.unpacked + entry.size)
                unpacked[entry.name] = _extract(entry, limits, context)
        except BaseException:
            for path in unpacked.values():
                path.unlink(missing_ok=True)
            raise
        return unpacked

    def _entries(self, archive: Path, limits: Limits, context: TaskContext) -> Iterator[Entry]:
        opened = decompressed(self.compression)
        if self.algorithm == "TAR":
            return tar_entries(archive, opened, limits)
        if self.compression is None:
            return zip_entries(archive, limits)
        # the table of a ZIP stands at its end, so that it is read from a file that can be gone back in
        whole = _extract(Entry(archive.name, 0, lambda: opened(archive)), replace(limits), context)
        return zip_entries(whole, limits)


def _extract(entry: Entry, limits: Limits, context: TaskContext) -> Path:
    path = context.files.new()
    with entry.open() as source, writing(path) as file:
        while chunk := source.read(CHUNK):
            context.check_cancelled()
            limits.add_bytes(len(chunk))
            file.write(chunk)
    return path


def _plain(name: str) -> str:
    """Give the name under which an entry is stored: its last part, with `_` for blanks."""
    return PurePosixPath(name.replace("\\", "/")).name.replace(" ", "_")
