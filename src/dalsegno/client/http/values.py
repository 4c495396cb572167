"""The artifact store of a server: what is read is fetched and kept in a folder of this process, what is stored is uploaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO, Self
from weakref import finalize

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.port import Blob, BlobWriter, StoredBlob
from dalsegno.client.http.connection import Connection
from dalsegno.errors import NotFound, Refusal


class HttpValues:
    """Blobs by digest (`artifacts.port.ArtifactStore`) of a server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kept: LocalArtifacts | None = None

    @property
    def _local(self) -> LocalArtifacts:
        """What was fetched and what is uploaded, in a folder that goes with this process."""
        if self._kept is None:
            folder = Path(mkdtemp(prefix="dalsegno-values-"))
            self._kept = LocalArtifacts(folder)
            finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return self._kept

    @property
    def address(self) -> str:
        """What opens it in another process of this machine: what is not fetched yet is not there."""
        return self._local.address

    def writer(self) -> BlobWriter:
        """Begin a blob."""
        return _Uploading(self._local.writer(), self)

    def put_bytes(self, data: bytes) -> Blob:
        """Store bytes."""
        return self.uploaded(self._local.put_bytes(data))

    def put_file(self, path: Path) -> Blob:
        """Store the content of a file."""
        return self.uploaded(self._local.put_file(path))

    def adopt(self, path: Path) -> Blob:
        """Store a file that its maker gives up."""
        return self.uploaded(self._local.adopt(path))

    def uploaded(self, blob: Blob) -> Blob:
        """Upload a blob that the server has not got."""
        if not self._is_there(blob.digest):
            with self._local.open(blob.digest) as content:
                self._connection.upload(f"blobs/{blob.digest}", content)
        return blob

    def open(self, digest: str) -> BinaryIO:
        """Open a blob for reading. Raises `NotFound` (code `artifact-missing`)."""
        self._fetch(digest)
        return self._local.open(digest)

    def path(self, digest: str) -> Path:
        """Give a local path with the content, read-only. Raises `NotFound` (code `artifact-missing`)."""
        self._fetch(digest)
        return self._local.path(digest)

    def exists(self, digest: str) -> bool:
        """Whether the blob is in place."""
        return self._local.exists(digest) or self._is_there(digest)

    def intact(self, digest: str) -> bool:
        """Whether the content is what the digest says: all of it is fetched and read."""
        try:
            self._fetch(digest)
        except NotFound:
            return False
        return self._local.intact(digest)

    def blobs(self) -> Iterator[StoredBlob]:
        """Refused: what a server keeps is its own affair."""
        raise Refusal("the blobs of a server are not listed from outside: use `purge`", code="not-over-http")

    def delete(self, digest: str, *, stored_before: float) -> bool:
        """Refused: what a server keeps is its own affair."""
        message = f"{digest[:12]}, stored before {stored_before:.0f}, is not removed from outside: use `purge`"
        raise Refusal(message, code="not-over-http")

    def scratch(self) -> Path:
        """Give the folder in which files should be made that will be adopted."""
        return self._local.scratch()

    def cache(self) -> Path:
        """Give the folder of this machine for what can be made again."""
        return self._local.cache()

    def _is_there(self, digest: str) -> bool:
        return self._connection.there(f"blobs/{digest}")

    def _fetch(self, digest: str) -> None:
        if self._local.exists(digest):
            return
        with self._connection.open(f"blobs/{digest}") as content, self._local.writer() as writer:
            while piece := content.read(1 << 20):
                writer.write(piece)
            found = writer.finish()
        if found.digest != digest:
            message = f"what the server gave for {digest[:12]} has another digest, {found.digest[:12]}: it is damaged"
            raise Refusal(f"{message} there, or was on its way here", code="artifact-damaged")


class _Uploading:
    """A blob that is written here and uploaded when it is finished."""

    def __init__(self, writer: BlobWriter, values: HttpValues) -> None:
        self._writer = writer
        self._values = values

    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._writer.__exit__(*error)

    def write(self, data: bytes | memoryview) -> int:
        """Add bytes."""
        return self._writer.write(data)

    def digest(self) -> str:
        """Give the digest of what was written so far."""
        return self._writer.digest()

    def finish(self) -> Blob:
        """Put the blob in place under its digest, here and on the server."""
        return self._values.uploaded(self._writer.finish())
