"""The port of the files of namespaces: its writes, which belong to the closed set of `store.port`, and its reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dalsegno.model.files import NamespaceFile


@dataclass(frozen=True, slots=True)
class PutFile:
    """Put a file at a path of a namespace, in place of what is there. Needs no lease. Its blob is in place already.

    When the path was first used stays; `updated` stays too where the content is the same. Refused (`MoveRefused`) where the
    path is a folder, or one of the folders above it is a file.

    Parameters
    ----------
    only_new : refuse (`MoveRefused`) if there is a file with another content.
    """

    file: NamespaceFile
    only_new: bool = False


@dataclass(frozen=True, slots=True)
class DeleteFile:
    """Remove a file of a namespace. Needs no lease. Refused (`NotFound`) if it is not there."""

    namespace: str
    path: str


class FileReads(Protocol):
    """Files of namespaces."""

    def get(self, namespace: str, path: str) -> NamespaceFile | None:
        """Give the file at a path."""
        ...

    def list(self, *, namespace: str | None = None, prefix: str = "") -> list[NamespaceFile]:
        """Give the files of a namespace, or of all, whose path begins with `prefix`: by namespace and path."""
        ...
