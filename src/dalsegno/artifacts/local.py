"""Blobs in a folder of this machine.

    <folder>/blobs/ab/cdef...    a blob, named by its digest; read-only, never changed
    <folder>/tmp/<process>/      files being made; swept when their process is gone
    <folder>/cache/              what can be made again, such as environments of scripts

A blob is written in `tmp`, hashed on the way, and renamed into place, so that whoever sees it sees all of it.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal, Self
from uuid import uuid4

from blake3 import blake3

from dalsegno.artifacts.large import LARGE, write_and_hash
from dalsegno.artifacts.port import Blob, BlobWriter, StoredBlob
from dalsegno.artifacts.scratch import Scratch
from dalsegno.errors import NotFound, StoreUnavailable

#: `normal`: a power cut may lose the last moment. `full`: what was put in place is on the disk
Durability = Literal["normal", "full"]

_CHUNK = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the limit on the size of a file is reached (`ulimit -f`)",
}
_READ_ONLY = 0o444


class LocalArtifacts:
    """The artifact store in a local folder. Safe for many threads and many processes at once."""

    def __init__(self, folder: Path, durability: Durability = "normal") -> None:
        self._folder = folder
        self._blobs = folder / "blobs"
        self._durable = durability == "full"
        self._scratch = Scratch(folder / "tmp")

    @property
    def address(self) -> str:
        """The folder."""
        return str(self._folder.absolute())

    def writer(self) -> BlobWriter:
        """Begin a blob."""
        return _LocalWriter(self)

    def put_bytes(self, data: bytes) -> Blob:
        """Store bytes."""
        digest = blake3(data).hexdigest()
        with self.storing():
            if self._stored_anew(Blob(digest, len(data))):
                return Blob(digest, len(data))
        with self.writer() as writer:
            writer.write(data)
            return writer.finish()

    def put_file(self, path: Path) -> Blob:
        """Store the content of a file. It is copied: a link would change with the file."""
        with path.open("rb") as source, self.writer() as writer:
            while chunk := source.read(_CHUNK):
                writer.write(chunk)
            return writer.finish()

    def adopt(self, path: Path) -> Blob:
        """Store a file that its maker gives up."""
        if not self._can_move(path):
            blob = self.put_file(path)
            path.unlink()
            return blob
        with self.storing():
            blob = Blob(_digest_of(path), path.stat().st_size)
            path.chmod(_READ_ONLY)
            return self.place(path, blob)

    def _can_move(self, path: Path) -> bool:
        """Whether the file has no other name under which it could be changed, and lies on the same file system."""
        facts = path.lstat()
        return not path.is_symlink() and facts.st_nlink == 1 and facts.st_dev == self.scratch().stat().st_dev

    def open(self, digest: str) -> BinaryIO:
        """Open a blob for reading."""
        try:
            return self._place_of(digest).open("rb")
        except FileNotFoundError:
            raise _missing(digest) from None

    def path(self, digest: str) -> Path:
        """Give the path of a blob, read-only."""
        path = self._place_of(digest)
        if not path.is_file():
            raise _missing(digest)
        return path

    def exists(self, digest: str) -> bool:
        """Whether the blob is in place."""
        return _DIGEST.match(digest) is not None and self._place_of(digest).is_file()

    def intact(self, digest: str) -> bool:
        """Whether the blob is in place and its content is what the digest says."""
        return _DIGEST.match(digest) is not None and _holds(self._place_of(digest), digest)

    def blobs(self) -> Iterator[StoredBlob]:
        """List all blobs."""
        for path in sorted(self._blobs.glob("[0-9a-f][0-9a-f]/*")):
            digest = path.parent.name + path.name
            if _DIGEST.match(digest):
                with suppress(FileNotFoundError):
                    facts = path.stat()
                    yield StoredBlob(digest, facts.st_size, facts.st_mtime)

    def delete(self, digest: str, *, stored_before: float) -> bool:
        """Remove a blob, unless it was stored since.

        It is moved away first and looked at again: somebody may have stored it between the look and the move.
        """
        path = self._place_of(digest)
        away = self.scratch() / uuid4().hex
        with self.storing():
            try:
                if path.stat().st_mtime >= stored_before:
                    return False
                path.replace(away)
            except FileNotFoundError:
                return False
            if away.stat().st_mtime >= stored_before:
                away.replace(path)
                return False
            away.unlink()
            return True

    def scratch(self) -> Path:
        """Give the folder in which files should be made that will be adopted."""
        with self.storing():
            return self._scratch.path()

    def cache(self) -> Path:
        """Give the folder for what can be made again."""
        folder = self._folder / "cache"
        with self.storing():
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def place(self, made: Path, blob: Blob) -> Blob:
        """Rename a whole, read-only file into place; drop it where its content is stored already."""
        if self._stored_anew(blob):
            made.unlink()
            return blob
        os.utime(made)
        if self._durable:
            _sync(made)
        target = self._place_of(blob.digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        made.replace(target)
        if self._durable:
            _sync(target.parent)
            _sync(self._blobs)
        return blob

    def _stored_anew(self, blob: Blob) -> bool:
        """Whether the blob is in place with its content (a power cut or a bad disk can leave a file with another one); it
        counts as stored now, so that nobody removes it for being old.
        """
        target = self._place_of(blob.digest)
        try:
            if target.stat().st_size != blob.size or not _holds(target, blob.digest):
                return False
            os.utime(target)
            if self._durable:
                # another process may have put it in place a moment ago, at another durability
                for path in (target, target.parent, self._blobs):
                    _sync(path)
        except (FileNotFoundError, PermissionError):
            # gone, or another user's, who alone may touch it: then it is stored once more
            return False
        return True

    def _place_of(self, digest: str) -> Path:
        if not _DIGEST.match(digest):
            raise _missing(digest)
        return self._blobs / digest[:2] / digest[2:]

    @contextmanager
    def storing(self) -> Generator[None]:
        """Tell a failure of the disk in the words of the store."""
        try:
            yield
        except OSError as error:
            raise _unwritable(self._folder, error) from error


class _LocalWriter:
    """A blob being written: bytes go to a temporary file and into the hash."""

    def __init__(self, store: LocalArtifacts) -> None:
        self._store = store
        self._hasher = blake3(max_threads=blake3.AUTO)
        self._size = 0
        self._done = False
        self._path = store.scratch() / uuid4().hex
        with store.storing():
            self._file = self._path.open("xb", buffering=_CHUNK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if not self._done:
            self._discard()

    def write(self, data: bytes | memoryview) -> int:
        """Add bytes."""
        with self._store.storing():
            if len(data) >= LARGE:
                write_and_hash(self._file, self._hasher, memoryview(data))
            else:
                self._file.write(data)
                self._hasher.update(data)
        self._size += len(data)
        return len(data)

    def digest(self) -> str:
        """Give the digest of what was written so far."""
        return self._hasher.hexdigest()

    def finish(self) -> Blob:
        """Put the blob in place under its digest."""
        try:
            with self._store.storing():
                self._file.close()
                self._path.chmod(_READ_ONLY)
                blob = self._store.place(self._path, Blob(self._hasher.hexdigest(), self._size))
        except StoreUnavailable:
            self._discard()
            raise
        self._done = True
        return blob

    def _discard(self) -> None:
        self._done = True
        # closing writes the rest of the buffer, which a full disk refuses once more; the file is closed all the same
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


def _digest_of(path: Path) -> str:
    hasher = blake3(max_threads=blake3.AUTO)
    hasher.update_mmap(path)
    return hasher.hexdigest()


def _holds(path: Path, digest: str) -> bool:
    """Whether a file is there, can be read, and has the content of this digest."""
    try:
        return _digest_of(path) == digest
    except OSError:
        return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _missing(digest: str) -> NotFound:
    return NotFound(
        f"the artifact {digest[:12]} is not in the artifact store any more; run the task that made it again",
        code="artifact-missing",
    )


def _unwritable(folder: Path, error: OSError) -> StoreUnavailable:
    full = _FULL.get(error.errno or 0)
    if full:
        return StoreUnavailable(
            f"{full}: the artifact could not be written to {folder}{_free(folder)}; nothing of it was kept. "
            "Free some space there, or set DALSEGNO_HOME to a larger disk, and replay",
            code="disk-full",
        )
    return StoreUnavailable(
        f"the artifact store at {folder} cannot be written: {error.strerror or error}; check the folder's permissions",
        code="artifacts-unwritable",
    )


def _free(folder: Path) -> str:
    try:
        return f" ({shutil.disk_usage(folder).free / 1e6:.0f} MB free)"
    except OSError:
        return ""
