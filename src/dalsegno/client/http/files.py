"""Files of namespaces, over HTTP."""

from __future__ import annotations

import builtins
import tarfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO
from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.engine.files import check_namespace
from dalsegno.errors import Refusal
from dalsegno.model.files import NamespaceFile
from dalsegno.service.namespace_files import FilesPut, folder_of, local_files, unreadable
from dalsegno.wire.reading import file_from_json


class HttpFiles:
    """The use cases of files of namespaces, as `service.files` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_local(
        self,
        source: Path,
        *,
        namespace: str,
        path: str | None = None,
        exclude: Sequence[str] = (),
        delete: bool = False,
    ) -> FilesPut:
        """Put a file of this machine, or all files of a folder, into a namespace: all of them or none."""
        check_namespace(namespace)
        local = local_files(source, path, exclude)
        if delete and not source.is_dir():
            raise Refusal("only a folder can be brought to be the same in a namespace", code="bad-argument")
        folder = folder_of(source, path) if source.is_dir() else ""
        with TemporaryFile() as archive:
            with tarfile.open(fileobj=archive, mode="w") as packed:
                for name, found in local.items():
                    _pack(packed, found, name.removeprefix(folder))
            archive.seek(0)
            done = self._connection.send(_path(namespace), archive, "application/x-tar", path=folder, delete=delete)
        parts = {
            part: tuple(file_from_json(each) for each in done[part])
            for part in ("new", "changed", "unchanged", "deleted")
        }
        return FilesPut(namespace, **parts)

    def list(self, namespace: str | None = None, prefix: str = "") -> list[NamespaceFile]:
        """Give the files of a namespace, or of all, whose path begins with `prefix`."""
        return self._listed("files" if namespace is None else _path(namespace), prefix=prefix)

    def under(self, path: str, namespace: str) -> builtins.list[NamespaceFile]:
        """Give the file at a path, or all files of a folder."""
        return self._listed(_path(namespace), under=path)

    def get(self, path: str, namespace: str) -> NamespaceFile:
        """Give the file at a path."""
        return next(file for file in self.under(path, namespace))

    def open(self, file: NamespaceFile) -> BinaryIO:
        """Open the content of a file."""
        return self._connection.open(_path(file.namespace, file.path))

    def remove(self, path: str, namespace: str, *, recursive: bool = False) -> builtins.list[NamespaceFile]:
        """Remove a file, or with `recursive` a folder with all its files."""
        gone = self._connection.delete(_path(namespace, path), recursive=recursive)
        return [file_from_json(each) for each in gone["deleted"]]

    def _listed(self, path: str, **query: Any) -> builtins.list[NamespaceFile]:
        return [file_from_json(each) for each in self._connection.pages(path, "files", **query)]


def _pack(packed: tarfile.TarFile, source: Path, name: str) -> None:
    try:
        with source.open("rb") as content:
            member = tarfile.TarInfo(name)
            member.size = source.stat().st_size
            packed.addfile(member, content)
    except OSError as error:
        raise unreadable(source, error) from error


def _path(namespace: str, path: str | None = None) -> str:
    files = f"namespaces/{quote(namespace, safe='')}/files"
    return files if path is None else f"{files}/{quote(path)}"
