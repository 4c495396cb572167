"""Reading the entries of an archive that may have been made to do harm.

Nothing is ever written under a name from the archive, so a bad name could do nothing here. It is refused all the same:
whoever reads the names next would be hit, and an archive with such a name is not what its maker says it is.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from dalsegno.errors import TaskFailed
from dalsegno.tasks.scratch_files import CHUNK

#: below this many bytes an archive is no bomb, however well it is packed
HARMLESS = 100 << 20

#: how the standard readers say that the bytes make no sense, besides their own errors
_NONSENSE = (EOFError, ValueError, OverflowError, RuntimeError, struct.error)
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, *_NONSENSE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive: its name as written there, its size as declared, and how to open it."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]


@dataclass
class Limits:
    """What an archive may unpack to, counted as it is read."""

    archive: int
    size: int
    ratio: float
    files: int
    unpacked: int = 0
    count: int = 0

    def add_entry(self) -> None:
        """Count one more file."""
        self.count += 1
        if self.count > self.files:
            raise _bomb(f"it holds more than {self.files} files", "maxFiles")

    def add_bytes(self, amount: int) -> None:
        """Count unpacked bytes."""
        self.unpacked += amount
        self.check(self.unpacked)

    def check(self, unpacked: int) -> None:
        """Refuse an archive that would unpack to as much as this."""
        if unpacked > self.size:
            raise _bomb(f"it unpacks to more than {self.size} bytes", "maxSize")
        if unpacked > HARMLESS and unpacked > self.ratio * self.archive:
            raise _bomb(f"{self.archive} bytes unpack to more than {self.ratio:g} times as many", "maxRatio")


def zip_entries(path: Path, limits: Limits) -> Iterator[Entry]:
    """Give the files of a ZIP archive."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        limits.check(sum(info.file_size for info in entries))
        for info in entries:
            # `filename` has lost what stands behind a NUL
            check_name(info.orig_filename)
            _check_zip_entry(info)
            if not info.is_dir():
                yield Entry(info.filename, info.file_size, lambda info=info: archive.open(info))


def _check_zip_entry(info: zipfile.ZipInfo) -> None:
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(info.filename, "is no plain file but a link or a device")
    if info.flag_bits & 0x1:
        raise TaskFailed(
            f"`{info.filename}` in the archive is encrypted",
            code="archive-encrypted",
            hint="unpack it with a `scripts.shell.Commands` task, which can give the password to a tool",
        )


def tar_entries(path: Path, opened: Callable[[Path], IO[bytes]], limits: Limits) -> Iterator[Entry]:
    """Give the files of a TAR archive, in one pass, so that a compressed one is read once."""
    with opened(path) as source, tarfile.open(fileobj=source, mode="r|", tarinfo=_StrictInfo) as archive:
        for info in archive:
            check_name(info.name)
            if info.isdir():
                continue
            if not info.isreg():
                raise _refused(info.name, "is no plain file but a link or a device")
            yield Entry(info.name, info.size, lambda info=info: cast("IO[bytes]", archive.extractfile(info)))
        _read_to_the_end(source, limits)


def _read_to_the_end(source: IO[bytes], limits: Limits) -> None:
    """Read what stands behind the last file: only the end of a compressed stream tells whether it was whole."""
    behind = 0
    while chunk := source.read(CHUNK):
        behind += len(chunk)
        limits.check(limits.unpacked + behind)


class _StrictInfo(tarfile.TarInfo):
    """Headers of an archive that must end with its mark: the standard reader takes a missing one for the end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _StrictInfo:
        info = cast("_StrictInfo", super().frombuf(buf, encoding, errors))
        # long names and extended headers are read into memory whole
        if info.size < 0 or (info.type not in _WITH_CONTENT and info.size > CHUNK):
            raise _broken(tarfile.HeaderError(f"the header of {info.name!r} claims {info.size} bytes"))
        return info

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> _StrictInfo:
        try:
            return cast("_StrictInfo", super().fromtarfile(tarfile))
        except _BAD_HEADERS as error:
            raise _broken(error) from error


_WITH_CONTENT = (*tarfile.REGULAR_TYPES, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE)
_BAD_HEADERS = tuple(
    getattr(tarfile, name) for name in ("EmptyHeaderError", "TruncatedHeaderError", "InvalidHeaderError")
)


def check_name(name: str) -> None:
    """Refuse the name of an entry that points out of the archive."""
    parts = re.split(r"[/\\]", name)
    if not name:
        raise _refused(name, "has no name")
    if ".." in parts:
        raise _refused(name, "points out of the archive")
    if parts[0] == "" or re.match(r"[A-Za-z]:[/\\]", name):
        raise _refused(name, "is absolute")
    if "\0" in name:
        raise _refused(name, "has a name with a NUL in it")


def decompressed(compression: str | None) -> Callable[[Path], IO[bytes]]:
    """Give what opens a file through a compression."""
    openers: dict[str | None, Callable[[Path], object]] = {
        None: lambda path: path.open("rb"),
        "GZIP": gzip.open,
        "BZIP2": bz2.open,
        "XZ": lzma.open,
        "LZMA": lzma.open,
    }
    return cast("Callable[[Path], IO[bytes]]", openers[compression])


@contextmanager
def reading() -> Generator[None]:
    """Tell a broken archive in words."""
    try:
        yield
    except NotImplementedError as error:
        raise TaskFailed(
            f"the archive is packed in a way that is not supported: {error}",
            code="archive-unsupported",
            hint="unpack it with a `scripts.shell.Commands` task",
        ) from error
    except _BROKEN as error:
        raise _broken(error) from error
    except OSError as error:
        # bz2 gives no number, a place before the beginning gives EINVAL; a real failure of the disk has another
        if error.errno not in (None, errno.EINVAL):
            raise
        raise _broken(error) from error


def duplicate(name: str) -> TaskFailed:
    """Tell of a name that stands in the archive twice."""
    return _refused(name, "stands in it twice, and only one of the two could be kept")


def _refused(name: str, why: str) -> TaskFailed:
    return TaskFailed(
        f"the archive is refused: the entry {name!r} {why}",
        code="archive-refused",
        hint="nothing of it was kept; ask whoever made it for one with plain files below one folder",
        details={"entry": name},
    )


def _broken(error: BaseException) -> TaskFailed:
    return TaskFailed(
        f"the archive is broken or cut off: {error or type(error).__name__}",
        code="archive-broken",
        hint="check that `algorithm` and `compression` fit the file, and replay the task that made or fetched it",
    )


def _bomb(what: str, name: str) -> TaskFailed:
    return TaskFailed(
        f"the archive is refused: {what}",
        code="archive-too-large",
        hint=f"nothing of it was kept; raise `{name}` if the archive is meant to be this large",
    )
