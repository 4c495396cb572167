"""The functions on stored files: `read`, `fileSize`, `fileExists`, `isFileEmpty`, `fileURI`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dalsegno.artifacts.port import SCHEME, ArtifactStore, parse_uri
from dalsegno.errors import NotFound, TaskFailed

#: a file of more bytes cannot be read into an expression
LARGEST = 10_000_000
#: gives the address of a file of a namespace, at a version if one is asked for; `None` where there is no such file
NamespaceFile = Callable[[str, str, int | None], str | None]


class Reading:
    """Stored files as expressions see them: by their address, or by the path of a file of a namespace."""

    def __init__(self, artifacts: ArtifactStore, namespace: str, namespace_file: NamespaceFile | None) -> None:
        self._artifacts = artifacts
        self._namespace = namespace
        self._namespace_file = namespace_file

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
        try:
            return self._artifacts.exists(self._digest(path, namespace, None))
        except TaskFailed as error:
            if error.code != "unknown-file":
                raise
            return False

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
        if self._namespace_file is None:
            raise TaskFailed(f"`{text}`: there are no files of namespaces here", code="unknown-file")
        where = self._namespace if namespace is None else str(namespace)
        found = self._namespace_file(where, text, None if version is None else int(version))
        if found is None:
            raise TaskFailed(f"the namespace `{where}` has no file `{text}`", code="unknown-file")
        return found
