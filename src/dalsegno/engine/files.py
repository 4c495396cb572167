"""Files of namespaces, as tasks, expressions and people read and write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dalsegno.artifacts.port import ArtifactStore, parse_uri, uri_of
from dalsegno.errors import MoveRefused, NotFound, Refusal, TaskFailed, closest, did_you_mean
from dalsegno.model.clock import Clock
from dalsegno.model.digest import digest
from dalsegno.model.files import (
    NamespaceFile,
    Selection,
    content_used,
    file_path,
    is_presence,
    looked_up,
    presence_used,
    selection_used,
)
from dalsegno.store.port import DeleteFile, PutFile, Store
from dalsegno.tasks.globs import chosen
from dalsegno.tasks.kv_values import check_name

#: what stands for the content of a file that is not there
_NOTHING = ""
Conflict = Literal["OVERWRITE", "ERROR", "SKIP"]


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be put at a path: a blob that is in place, and its size."""

    digest: str
    size: int


class NamespaceFiles:
    """Reads and writes files of namespaces. Every write is a transaction of its own, seen by all at once."""

    def __init__(self, store: Store, artifacts: ArtifactStore, clock: Clock) -> None:
        self._store = store
        self._artifacts = artifacts
        self._clock = clock

    def find(self, path: str, namespace: str) -> NamespaceFile | None:
        """Give the file at a path."""
        return self._store.files.get(namespace, path_of(path))

    def get(self, path: str, namespace: str) -> NamespaceFile:
        """Give the file at a path. Raises `NotFound` with the closest paths."""
        found = self.find(path, namespace)
        if found is None:
            raise self.missing(path, namespace)
        return found

    def list(self, namespace: str | None = None, prefix: str = "") -> list[NamespaceFile]:
        """Give the files of a namespace, or of all, whose path begins with `prefix`."""
        return self._store.files.list(namespace=namespace, prefix=prefix)

    def chosen(self, selection: Selection) -> list[NamespaceFile]:
        """Give the files that patterns choose, by path.

        Raises
        ------
        Refusal : a pattern cannot be read.
        """
        files = {file.path: file for file in self.list(selection.namespace)}
        try:
            return [files[path] for path in chosen(files, selection.include, selection.exclude)]
        except ValueError as error:
            raise Refusal(str(error), code="bad-pattern") from error

    def put(self, files: Mapping[str, Content], namespace: str, *, overwrite: bool = True) -> list[NamespaceFile]:
        """Put files at paths of a namespace, all of them or none, and give them as they are there now.

        Parameters
        ----------
        overwrite : replace what has another content; if not, nothing is put where there is such a file.

        Raises
        ------
        Refusal : a path or the namespace cannot be taken, or is a file and a folder at once, or there is another file.
        """
        self.change(namespace, put=files, overwrite=overwrite)
        return [self.get(path, namespace) for path in files]

    def change(
        self, namespace: str, *, put: Mapping[str, Content], delete: Iterable[str] = (), overwrite: bool = True
    ) -> None:
        """Put some files and remove others, all at once; see `put`."""
        check_namespace(namespace)
        at = self._clock.now()
        gone = [DeleteFile(namespace, path_of(path)) for path in delete]
        files = [
            NamespaceFile(namespace, path_of(path), content.digest, content.size, at, at)
            for path, content in put.items()
        ]
        try:
            self._store.commit(None, [*gone, *(PutFile(file, only_new=not overwrite) for file in files)])
        except MoveRefused as error:
            raise Refusal(f"{error.message}; nothing was written", code="file-taken") from error

    def delete(self, paths: Sequence[str], namespace: str) -> None:
        """Remove files, all of them or none. Raises `NotFound` with the closest paths where one is not there."""
        for path in paths:
            self.get(path, namespace)
        self.change(namespace, put={}, delete=paths)

    def missing(self, path: str, namespace: str) -> NotFound:
        """Say that there is no file at a path, with the closest ones that are there."""
        near = closest(path, [file.path for file in self.list(namespace)])
        message = f"the namespace `{namespace}` has no file `{path}`{did_you_mean(near)}"
        return NotFound(message, code="unknown-file", closest=near)

    def now(self, used: str) -> str | None:
        """Give the digest of what a task looked up, as it is now; `None` for what is no look at files of a namespace."""
        wanted = looked_up(used)
        if wanted is None:
            return None
        if isinstance(wanted, Selection):
            return selection_digest(self.chosen(wanted))
        namespace, path = wanted
        found = self._store.files.get(namespace, path)
        return presence_digest(found) if is_presence(used) else content_digest(found)


def content_digest(file: NamespaceFile | None) -> str:
    """Give what stands for the content of a file among the values that a task used."""
    return _NOTHING if file is None else file.digest


def presence_digest(file: NamespaceFile | None) -> str:
    """Give what stands there for whether there is a file."""
    return digest("value", file is not None)


def selection_digest(files: Sequence[NamespaceFile]) -> str:
    """Give what stands there for files with their paths and contents."""
    return digest("value", [[file.path, file.digest] for file in files])


def path_of(text: str) -> str:
    """Give a path in its one form. Raises `Refusal` if it cannot be the path of a file."""
    try:
        return file_path(text)
    except ValueError as error:
        raise Refusal(str(error), code="bad-path") from error


def check_namespace(name: str) -> None:
    """Refuse what cannot be a namespace."""
    try:
        check_name("namespace", name)
    except ValueError as error:
        raise Refusal(str(error), code="bad-path") from error


class RunFiles:
    """The files of namespaces as one attempt uses them: `tasks.base.TaskNamespaceFiles`.

    Parameters
    ----------
    namespace : the flow's.
    used : takes the digests of what the attempt looks up.
    """

    def __init__(self, all: NamespaceFiles, artifacts: ArtifactStore, namespace: str, used: dict[str, str]) -> None:
        self._all = all
        self._artifacts = artifacts
        self._namespace = namespace
        self._used = used

    def chosen(
        self, include: Sequence[str] = (), exclude: Sequence[str] = (), *, namespace: str | None = None
    ) -> dict[str, str]:
        """Give the URIs of the files that patterns choose, by path."""
        selection = Selection(namespace or self._namespace, tuple(include), tuple(exclude))
        files = self._all.chosen(selection)
        self._used[selection_used(selection)] = selection_digest(files)
        return _uris(files)

    def put(
        self, files: Mapping[str, str], *, namespace: str | None = None, conflict: Conflict = "OVERWRITE"
    ) -> dict[str, str]:
        """Put stored files at paths, and give the URIs of those that are there now by path."""
        where = namespace or self._namespace
        contents = {path_of(path): self._content(uri) for path, uri in files.items()}
        if conflict == "SKIP":
            contents = {path: content for path, content in contents.items() if self._all.find(path, where) is None}
        return _uris(self._all.put(contents, where, overwrite=conflict != "ERROR"))

    def delete(self, include: Sequence[str], *, namespace: str | None = None) -> dict[str, str]:
        """Remove the files that patterns choose, and give the URIs of what they held by path."""
        where = namespace or self._namespace
        files = self._all.chosen(Selection(where, tuple(include)))
        self._all.delete([file.path for file in files], where)
        return _uris(files)

    def _content(self, uri: str) -> Content:
        found = parse_uri(uri)
        if found is None:
            hint = "give the `uri` output of a task before it, or an input of type FILE"
            raise TaskFailed(f"`{uri[:100]}` is not a stored file (dalsegno://...)", hint=hint, code="bad-uri")
        try:
            return Content(found[0], self._artifacts.path(found[0]).stat().st_size)
        except NotFound as error:
            hint = "run the task that made it again: start the replay there"
            message = f"the stored file `{uri}` is gone from the artifact store"
            raise TaskFailed(message, hint=hint, code="artifact-missing") from error


def _uris(files: Iterable[NamespaceFile]) -> dict[str, str]:
    return {file.path: uri_of(file.digest, file.name) for file in files}


class FileLookup:
    """Files of namespaces as expressions look them up: what they find counts among the values that a task used."""

    def __init__(self, all: NamespaceFiles, namespace: str, used: dict[str, str] | None) -> None:
        self._all = all
        self._namespace = namespace
        self._used = used

    def uri(self, path: Any, namespace: Any, version: Any) -> str:
        """Give the URI of a file."""
        if version is not None:
            hint = "leave `version` out: there is the newest content alone"
            raise TaskFailed("files of namespaces have no versions here", hint=hint, code="not-supported")
        where = self._namespace if namespace is None else str(namespace)
        found = self._all.find(str(path), where)
        if self._used is not None:
            self._used[content_used(where, path_of(str(path)))] = content_digest(found)
        if found is None:
            raise self._missing(str(path), where)
        return uri_of(found.digest, found.name)

    def exists(self, path: Any, namespace: Any) -> bool:
        """Tell whether a file is there."""
        where = self._namespace if namespace is None else str(namespace)
        found = self._all.find(str(path), where)
        if self._used is not None:
            self._used[presence_used(where, path_of(str(path)))] = presence_digest(found)
        return found is not None

    def _missing(self, path: str, namespace: str) -> TaskFailed:
        missing = self._all.missing(path, namespace)
        hint = f"put it there with `dalsegno files put`; `dalsegno files list -n {namespace}` shows what there is"
        return TaskFailed(missing.message, hint=hint, code=missing.code, closest=missing.closest)
