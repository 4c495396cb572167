"""Use cases about files of namespaces: from folders of this machine, and back to them."""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.files import Content, NamespaceFiles, check_namespace, path_of
from dalsegno.errors import NotFound, Refusal, closest, did_you_mean
from dalsegno.model.clock import Clock
from dalsegno.model.files import NamespaceFile, folder_path, folders_above
from dalsegno.service.views import file_as_json
from dalsegno.store.port import Store
from dalsegno.tasks.globs import chosen

#: bytes of a file that are read at once
_PIECE = 1 << 20
#: files and folders of these names are never put into a namespace with the folder in which they lie
LEFT_OUT = frozenset({".git", "__pycache__"})


@dataclass(frozen=True, slots=True)
class FilesPut:
    """What became of files that were put into a namespace, by path."""

    namespace: str
    new: tuple[NamespaceFile, ...]
    changed: tuple[NamespaceFile, ...]
    unchanged: tuple[NamespaceFile, ...]
    deleted: tuple[NamespaceFile, ...] = ()


class FileCases(NamespaceFiles):
    """Files of namespaces, for people."""

    def __init__(self, store: Store, artifacts: ArtifactStore, clock: Clock) -> None:
        super().__init__(store, artifacts, clock)
        self._blobs = artifacts

    def put_local(
        self,
        source: Path,
        *,
        namespace: str,
        path: str | None = None,
        exclude: Sequence[str] = (),
        delete: bool = False,
    ) -> FilesPut:
        """Put a file of this machine, or all files of a folder, into a namespace: all of them or none.

        Parameters
        ----------
        path : where it is put; a file keeps its name below a path that ends with a slash. By default under its own name.
        exclude : patterns of files of the folder that are left out.
        delete : remove what lies in the same folder of the namespace and not in this one.

        Raises
        ------
        Refusal : there is no such file, it cannot be read, or the namespace or a path cannot be taken.
        """
        check_namespace(namespace)
        local = local_files(source, path, exclude)
        if delete and not source.is_dir():
            raise Refusal("only a folder can be brought to be the same in a namespace", code="bad-argument")
        contents = {name: self._stored(found) for name, found in local.items()}
        return self._put(contents, namespace, same_in=folder_of(source, path) if delete else None)

    def put_archive(self, archive: Path, *, namespace: str, path: str = "", delete: bool = False) -> FilesPut:
        """Put the files of a tar archive into a namespace: all of them or none.

        Parameters
        ----------
        path : the folder of the namespace in which they are put.
        delete : remove what lies in that folder and is not in the archive.

        Raises
        ------
        Refusal : it is no archive, there are no files in it, or a path cannot be taken; nothing was written.
        """
        check_namespace(namespace)
        folder = _folder(path)
        try:
            with tarfile.open(archive) as found:
                names = {path_of(folder + member.name): member for member in found if member.isfile()}
                contents = {name: self._unpacked(found.extractfile(member)) for name, member in names.items()}
        except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
            raise Refusal(f"this is no tar archive that can be read: {error}", code="bad-archive") from error
        if not contents:
            raise Refusal("there are no files in the archive", code="missing-file")
        return self._put(contents, namespace, same_in=folder if delete else None)

    def put_upload(self, upload: Path, path: str, namespace: str) -> tuple[NamespaceFile, bool]:
        """Put a file that its maker gives up at a path; give it, and whether there was none before."""
        check_namespace(namespace)
        known = self.find(path, namespace)
        blob = self._blobs.adopt(upload)
        [file] = self.put({path: Content(blob.digest, blob.size)}, namespace)
        return file, known is None

    def _put(self, contents: Mapping[str, Content], namespace: str, *, same_in: str | None) -> FilesPut:
        """Put files, and remove the others of a folder, if one is named."""
        before = {file.path: file for file in self.list(namespace)}
        gone = [] if same_in is None else [name for name in before if name.startswith(same_in) and name not in contents]
        self.change(namespace, put=contents, delete=gone)
        after = [self.get(name, namespace) for name in contents]
        old = {file.path: before[file.path].digest for file in after if file.path in before}
        return FilesPut(
            namespace,
            new=tuple(file for file in after if file.path not in old),
            changed=tuple(file for file in after if old.get(file.path, file.digest) != file.digest),
            unchanged=tuple(file for file in after if old.get(file.path) == file.digest),
            deleted=tuple(before[name] for name in gone),
        )

    def local(self, file: NamespaceFile) -> Path:
        """Give a local path with the content of a file, read-only."""
        return self._blobs.path(file.digest)

    def scratch(self) -> Path:
        """Give the folder in which what is uploaded should be made."""
        return self._blobs.scratch()

    def under(self, path: str, namespace: str) -> list[NamespaceFile]:
        """Give the file at a path, or all files of a folder.

        Raises
        ------
        NotFound : there is neither; the message names the closest files and folders.
        """
        folder = _folder(path)
        own = None if not folder or path.endswith("/") else self.find(path, namespace)
        found = [own] if own is not None else self.list(namespace, folder)
        if found:
            return found
        if not folder:
            raise NotFound(f"the namespace `{namespace}` has no files", code="unknown-file")
        known = [file.path for file in self.list(namespace)]
        folders = dict.fromkeys(f"{above}/" for name in known for above in folders_above(name))
        near = closest(path, [*known, *folders])
        message = f"the namespace `{namespace}` has no file or folder `{path}`{did_you_mean(near)}"
        raise NotFound(message, code="unknown-file", closest=near)

    def remove(self, path: str, namespace: str, *, recursive: bool = False) -> list[NamespaceFile]:
        """Remove a file, or with `recursive` a folder with all its files; give what was removed."""
        found = self.under(path, namespace)
        is_file = bool(_folder(path)) and [file.path for file in found] == [path_of(path.rstrip("/"))]
        if not recursive and not is_file:
            many = f"{len(found)} files" if len(found) != 1 else "1 file"
            message = (
                f"`{path}` is a folder of `{namespace}` with {many}: add `--recursive` (in Python `recursive=True`)"
            )
            raise Refusal(f"{message} to delete it with them", code="is-folder")
        self.delete([file.path for file in found], namespace)
        return found

    def open(self, file: NamespaceFile) -> BinaryIO:
        """Open the content of a file."""
        return self._blobs.open(file.digest)

    def _unpacked(self, source: IO[bytes] | None) -> Content:
        with self._blobs.writer() as writer:
            while source is not None and (piece := source.read(_PIECE)):
                writer.write(piece)
            blob = writer.finish()
        return Content(blob.digest, blob.size)

    def _stored(self, source: Path) -> Content:
        try:
            blob = self._blobs.put_file(source)
        except OSError as error:
            raise unreadable(source, error) from error
        return Content(blob.digest, blob.size)


def put_as_json(done: FilesPut) -> dict[str, Any]:
    """Give what became of files as JSON data."""
    parts = {name: getattr(done, name) for name in ("new", "changed", "unchanged", "deleted")}
    return {
        "namespace": done.namespace,
        **{name: [file_as_json(file) for file in files] for name, files in parts.items()},
    }


def _folder(path: str) -> str:
    try:
        return folder_path(path)
    except ValueError as error:
        raise Refusal(str(error), code="bad-path") from error


def folder_of(source: Path, path: str | None) -> str:
    """Give the folder of the namespace in which the content of a folder is put."""
    return _folder(source.resolve().name if path is None and source != Path() else path or "")


def local_files(source: Path, path: str | None, exclude: Sequence[str]) -> Mapping[str, Path]:
    """Give the files that are to be put, by their paths in the namespace."""
    if source.is_dir():
        folder = folder_of(source, path)
        inside = {found.relative_to(source).as_posix(): found for found in _walk(source)}
        try:
            wanted = chosen(inside, (), exclude)
        except ValueError as error:
            raise Refusal(str(error), code="bad-pattern") from error
        if not wanted:
            raise Refusal(f"there are no files to put in the folder `{source}`", code="missing-file")
        return {path_of(folder + name): inside[name] for name in sorted(wanted)}
    if not source.is_file():
        near = closest(source.name, [each.name for each in source.parent.iterdir()]) if source.parent.is_dir() else ()
        raise Refusal(f"there is no file `{source}`{did_you_mean(near)}", code="missing-file", closest=near)
    keeps_name = path is None or path.endswith("/") or not path
    return {path_of((path or "") + source.name if keeps_name else path or ""): source}


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise unreadable(Path(str(error.filename)), error)

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        files = (Path(place, name) for name in sorted(names) if name not in LEFT_OUT)
        yield from (path for path in files if path.is_file())


def unreadable(path: Path, error: OSError) -> Refusal:
    return Refusal(f"`{path}` cannot be read: {error.strerror}", code="bad-file", file=str(path))
