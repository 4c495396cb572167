"""The port of the artifact store, and how a file is named in outputs: `dalsegno://<digest>/<name>`.

The URI of a file holds the digest of its content, so that equal URIs mean equal bytes, wherever they were
made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self
from urllib.parse import quote, unquote

SCHEME = "dalsegno"
_URI = re.compile(rf"{SCHEME}://(?P<digest>[0-9a-f]{{64}})/(?P<name>[^/\s]*)\Z")


@dataclass(frozen=True, slots=True)
class Blob:
    """Stored bytes: the digest (BLAKE3, 64 hex digits) and the size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob in a list: its digest, its size in bytes, and when it was last stored (seconds since 1970)."""

    digest: str
    size: int
    stored: float


def uri_of(digest: str, name: str) -> str:
    """Give the URI of a stored file."""
    return f"{SCHEME}://{digest}/{quote(name, safe='')}"


def parse_uri(uri: str) -> tuple[str, str] | None:
    """Give digest and name of a stored file's URI; `None` if it is no such URI."""
    match = _URI.match(uri)
    return (match["digest"], unquote(match["name"])) if match else None


class BlobWriter(Protocol):
    """A blob being written. Leaving the `with` block without `finish` throws it away."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...

    def write(self, data: bytes | memoryview) -> int:
        """Add bytes."""
        ...

    def digest(self) -> str:
        """Give the digest of what was written so far."""
        ...

    def finish(self) -> Blob:
        """Put the blob in place under its digest."""
        ...


class ArtifactStore(Protocol):
    """Blobs by digest.

    To store what is stored already makes it new: `stored` is then the time of the last one that did so. Whoever removes
    blobs can leave those alone that somebody has stored a moment ago and has not put on record yet. And it mends: content
    that was damaged where it lay is what it was once it has been stored again.
    """

    @property
    def address(self) -> str:
        """What opens it in another process: the folder."""
        ...

    def writer(self) -> BlobWriter:
        """Begin a blob."""
        ...

    def put_bytes(self, data: bytes) -> Blob:
        """Store bytes."""
        ...

    def put_file(self, path: Path) -> Blob:
        """Store the content of a file. The file itself stays as it is; the store may link rather than copy it."""
        ...

    def adopt(self, path: Path) -> Blob:
        """Store a file that its maker gives up: it may be moved into place and must not be used under its old name."""
        ...

    def open(self, digest: str) -> BinaryIO:
        """Open a blob for reading. Raises `NotFound` (code `artifact-missing`)."""
        ...

    def path(self, digest: str) -> Path:
        """Give a local path with the content, read-only. Raises `NotFound` (code `artifact-missing`)."""
        ...

    def exists(self, digest: str) -> bool:
        """Whether the blob is in place."""
        ...

    def intact(self, digest: str) -> bool:
        """Whether the blob is in place and its content is what the digest says: all of it is read."""
        ...

    def blobs(self) -> Iterator[StoredBlob]:
        """List all blobs, in any order; what comes or goes meanwhile may be missing."""
        ...

    def delete(self, digest: str, *, stored_before: float) -> bool:
        """Remove a blob, unless it was stored at `stored_before` or later; tell whether it was removed by this call.

        Whoever has it open reads on.
        """
        ...

    def storing(self) -> AbstractContextManager[None]:
        """Tell a failure of the disk, while a file is made that will be adopted, in the words of the store
        (`StoreUnavailable`).
        """
        ...

    def scratch(self) -> Path:
        """Give the folder in which files should be made that will be adopted (same file system)."""
        ...

    def cache(self) -> Path:
        """Give the folder of this machine for what can be made again; nothing in it is swept, anybody may empty it."""
        ...
