"""The artifact store of a server, with what was read or written lately kept in the local one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import BinaryIO, Self

from blake3 import blake3

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.port import Blob, BlobWriter, StoredBlob
from dalsegno.client.http.connection import Connection
from dalsegno.errors import NotFound, Refusal

#: up to so many bytes are uploaded without asking whether they are there
_SMALL = 64 * 1024
#: so many digests are asked for at once
_MANY = 10_000


class HttpBlobs:
    """Blobs of a server.

    What is stored is in place there before it is named. Blobs never change, so that the local store is as good to read from.
    """

    def __init__(self, connection: Connection, local: LocalArtifacts) -> None:
        self._connection = connection
        self._local = local
        #: what is known to be in place there
        self._there: set[str] = set()

    @property
    def address(self) -> str:
        """Where the server listens, and what it lets in, for worker processes of this one."""
        return self._connection.address

    def writer(self) -> BlobWriter:
        """Begin a blob."""
        return _Uploading(self, self._local.writer())

    def put_bytes(self, data: bytes) -> Blob:
        """Store bytes."""
        digest = blake3(data).hexdigest()
        if digest in self._there:
            return Blob(digest, len(data))
        return self.uploaded(self._local.put_bytes(data))

    def put_file(self, path: Path) -> Blob:
        """Store the content of a file."""
        return self.uploaded(self._local.put_file(path))

    def adopt(self, path: Path) -> Blob:
        """Store a file that its maker gives up."""
        return self.uploaded(self._local.adopt(path))

    def upload_lacking(self, contents: Iterable[tuple[str, bytes]]) -> None:
        """Upload, of bytes by their digest, what the server lacks."""
        waiting = dict(contents)
        for digest in self.lacking(waiting):
            self._upload(self._local.put_bytes(waiting[digest]))

    def lacking(self, digests: Iterable[str]) -> list[str]:
        """Give those of the digests whose content the server lacks."""
        asked = [digest for digest in digests if digest not in self._there]
        found: list[str] = []
        for first in range(0, len(asked), _MANY):
            some = asked[first : first + _MANY]
            found += self._connection.post("blobs/lacking", {"digests": some})["lacking"]
        self._there.update(set(asked) - set(found))
        return found

    def uploaded(self, blob: Blob) -> Blob:
        """Upload a blob of the local store, unless the server has it."""
        if blob.digest not in self._there and (blob.size <= _SMALL or self.lacking([blob.digest])):
            self._upload(blob)
        return blob

    def _upload(self, blob: Blob) -> None:
        with self._local.open(blob.digest) as file:
            self._connection.upload(f"blobs/{blob.digest}", file)
        self._there.add(blob.digest)

    def open(self, digest: str) -> BinaryIO:
        """Open a blob for reading."""
        return self.path(digest).open("rb")

    def path(self, digest: str) -> Path:
        """Give a local path with the content."""
        with suppress(NotFound):
            return self._local.path(digest)
        with self._local.writer() as writer:
            for chunk in self._connection.download(f"blobs/{digest}"):
                writer.write(chunk)
            if writer.digest() != digest:
                message = f"what {self._connection.url} gave for {digest[:12]} is something else: it is damaged there"
                raise Refusal(message, code="other-digest")
            writer.finish()
        self._there.add(digest)
        return self._local.path(digest)

    def exists(self, digest: str) -> bool:
        """Whether the server has the blob."""
        return digest in self._there or not self.lacking([digest])

    def intact(self, digest: str) -> bool:
        """Whether the server has the blob; its content is looked at when it is read."""
        return self.exists(digest)

    def blobs(self) -> Iterator[StoredBlob]:
        """Nobody sweeps from afar."""
        raise Refusal("what a server has stored is listed by itself", code="not-remote")

    def delete(self, digest: str, *, stored_before: float) -> bool:  # noqa: ARG002 - as the port has it
        """Nobody sweeps from afar."""
        raise Refusal("what a server has stored is removed by itself", code="not-remote")

    def storing(self) -> AbstractContextManager[None]:
        """Tell a failure of the disk of this machine in the words of the store."""
        return self._local.storing()

    def scratch(self) -> Path:
        """Give the folder in which files should be made that will be adopted."""
        return self._local.scratch()

    def cache(self) -> Path:
        """Give the folder for what can be made again."""
        return self._local.cache()


class _Uploading:
    """A blob that is written here and uploaded when it is whole."""

    def __init__(self, store: HttpBlobs, writer: BlobWriter) -> None:
        self._store = store
        self._writer = writer

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
        """Put the blob in place, here and there."""
        return self._store.uploaded(self._writer.finish())


def open_remote(address: str) -> HttpBlobs:
    """Open the artifact store of a server by what `HttpBlobs.address` gave in another process of this machine."""
    from dalsegno.settings import read_settings

    url, _, token = address.partition("#")
    return HttpBlobs(Connection(url, token or None), LocalArtifacts(read_settings().artifacts_folder))
