"""The functions on stored files: `read`, `fileSize`, `fileExists`, `isFileEmpty`, `fileURI`."""

from __future__ import annotations

from typing import Any

from dalsegno.artifacts.port import SCHEME, ArtifactStore, parse_uri
from dalsegno.engine.files import FileLookup
from dalsegno.errors import NotFound, TaskFailed

#: a file of more bytes cannot be read into an expression
LARGEST = 10_000_000


class Reading:
    """Stored files as expressions see them: by their address, or by the path of a file of a namespace."""

    def __init__(self, artifacts: ArtifactStore, lookup: FileLookup) -> None:
        self._artifacts = artifacts
        self._lookup = lookup

    def read(self, path: Any, namespace: Any = None, version: Any = None) -> str:
        """Give the text of a file."""
        size = self.size(path, namespace, version)
        if size > LARGEST:
            message = f"`{path}` has {size:,} bytes; an expression can read {LARGEST:,}"
            raise TaskFailed(message, hint="pass its address to a task that reads files", code="file-too-large")
        with self._artifacts.open(self._digest(path, namespace, version)) as file:
            data = file.read()
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise TaskFailed(f"`{path}` is no text in UTF-8", code="bad-file") from None

    def uri(self, path: Any, namespace: Any = None) -> str:
        """Give the address of a file of a namespace."""
        return self._address(path, namespace, None)

    def size(self, path: Any, namespace: Any = None, version: Any = None) -> int:
        """Give the size of a file in bytes."""
        try:
            return self._artifacts.path(self._digest(path, namespace, version)).stat().st_size
        except NotFound:
            hint = "run the task that made it again: start the replay there"
            raise TaskFailed(f"the stored file `{path}` is gone", hint=hint, code="artifact-missing") from None

    def exists(self, path: Any, namespace: Any = None) -> bool:
        """Tell whether a file is there."""
        if "://" in str(path):
            return self._artifacts.exists(self._digest(path, namespace, None))
        return self._lookup.exists(path, namespace)

    def is_empty(self, path: Any, namespace: Any = None) -> bool:
        """Tell whether a file is there and has no content."""
        return self.size(path, namespace) == 0

    def _digest(self, path: Any, namespace: Any, version: Any) -> str:
        found = parse_uri(self._address(path, namespace, version))
        if found is None:
            hint = "give the `uri` output of a task before it, or an input of type FILE"
            raise TaskFailed(f"`{path}` is no address of a stored file", hint=hint, code="bad-uri")
        return found[0]

    def _address(self, path: Any, namespace: Any, version: Any) -> str:
        text = str(path)
        if text.startswith(f"{SCHEME}://"):
            return text
        if "://" in text:
            message = f"`{text}` is no address of a stored file ({SCHEME}://...)"
            raise TaskFailed(message, hint="files of this machine and of the network are read by tasks", code="bad-uri")
        return self._lookup.uri(path, namespace, version)
