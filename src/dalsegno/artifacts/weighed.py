"""An artifact store that gives the digests of what it is asked to keep, and keeps nothing.

A request is planned with the forms of the values that it gives before any of them is stored: a refused one leaves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Self

from blake3 import blake3

from dalsegno.artifacts.port import ArtifactStore, Blob, BlobWriter, StoredBlob


class Weighed:
    """Reads from another store, and writes nothing to it.

    Attributes
    ----------
    lacks : whether anything was to be kept that the other store has not got.
    """

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self.lacks = False

    def took(self, digest: str, size: int) -> Blob:
        """Note that something was to be kept."""
        self.lacks = self.lacks or not self._store.exists(digest)
        return Blob(digest, size)

    @property
    def address(self) -> str:
        """What opens the other store in another process."""
        return self._store.address

    def writer(self) -> BlobWriter:
        """Begin a blob."""
        return _Weighing(self)

    def put_bytes(self, data: bytes) -> Blob:
        """Weigh bytes."""
        return self.took(blake3(data).hexdigest(), len(data))

    def put_file(self, path: Path) -> Blob:
        """Weigh the content of a file."""
        hasher = blake3()
        hasher.update_mmap(path)
        return self.took(hasher.hexdigest(), path.stat().st_size)

    def adopt(self, path: Path) -> Blob:
        """Weigh a file that its maker gives up."""
        blob = self.put_file(path)
        path.unlink()
        return blob

    def open(self, digest: str) -> BinaryIO:
        """Open a blob of the other store."""
        return self._store.open(digest)

    def path(self, digest: str) -> Path:
        """Give a local path with the content of a blob of the other store."""
        return self._store.path(digest)

    def exists(self, digest: str) -> bool:
        """Whether the other store has the blob."""
        return self._store.exists(digest)

    def intact(self, digest: str) -> bool:
        """Whether the other store has the blob with its content."""
        return self._store.intact(digest)

    def blobs(self) -> Iterator[StoredBlob]:
        """List the blobs of the other store."""
        return self._store.blobs()

    def delete(self, digest: str, *, stored_before: float) -> bool:  # noqa: ARG002 - as the port has it
        """Remove nothing."""
        return False

    def storing(self) -> AbstractContextManager[None]:
        """Tell a failure of the disk in the words of the store."""
        return self._store.storing()

    def scratch(self) -> Path:
        """Give the folder in which files should be made."""
        return self._store.scratch()

    def cache(self) -> Path:
        """Give the folder for what can be made again."""
        return self._store.cache()


class _Weighing:
    """A blob of which nothing but the digest is kept."""

    def __init__(self, store: Weighed) -> None:
        self._store = store
        self._hasher = blake3(max_threads=blake3.AUTO)
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing has to be thrown away."""

    def write(self, data: bytes | memoryview) -> int:
        """Add bytes."""
        self._hasher.update(data)
        self._size += len(data)
        return len(data)

    def digest(self) -> str:
        """Give the digest of what was written so far."""
        return self._hasher.hexdigest()

    def finish(self) -> Blob:
        """Give the digest."""
        return self._store.took(self._hasher.hexdigest(), self._size)
