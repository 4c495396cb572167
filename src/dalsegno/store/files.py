"""Files of namespaces: their rows, how they are written, how they are read."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from dalsegno.errors import MoveRefused, NotFound
from dalsegno.model.files import NamespaceFile, folders_above
from dalsegno.store import statements as sql

if TYPE_CHECKING:
    from dalsegno.store.files_port import DeleteFile, PutFile
    from dalsegno.store.uses import Fetch
    from dalsegno.store.writes import Step, Transaction


def put_file(write: PutFile) -> Step:
    """Give the step that puts a file in place."""
    file = write.file
    row: dict[str, Any] = {name: getattr(file, name) for name in sql.FILE}

    def step(transaction: Transaction) -> None:
        _refuse_folders(transaction, file)
        if not transaction.change(sql.ADD_FILE if write.only_new else sql.PUT_FILE, row):
            raise MoveRefused(
                f"the namespace `{file.namespace}` has a file `{file.path}` already, with another content"
            )

    return step


def _refuse_folders(transaction: Transaction, file: NamespaceFile) -> None:
    """Refuse a path of which a part would be a file and a folder at once."""
    where = {"namespace": file.namespace}
    inside = transaction.fetch(sql.FILE_IN_FOLDER, {**where, **_begins(f"{file.path}/")})
    if inside:
        raise MoveRefused(f"`{file.path}` is a folder of the namespace `{file.namespace}`: it holds `{inside[0][0]}`")
    for folder in folders_above(file.path):
        if transaction.fetch(sql.GET_FILE, {**where, "path": folder}):
            message = f"`{file.path}` cannot lie in `{folder}`, which is a file of the namespace `{file.namespace}`"
            raise MoveRefused(message)


def delete_file(write: DeleteFile) -> Step:
    """Give the step that removes a file."""

    def step(transaction: Transaction) -> None:
        if not transaction.change(sql.DELETE_FILE, {"namespace": write.namespace, "path": write.path}):
            message = f"the namespace `{write.namespace}` has no file `{write.path}`"
            raise NotFound(message, code="unknown-file")

    return step


class Files:
    """Files of namespaces."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def get(self, namespace: str, path: str) -> NamespaceFile | None:
        found = self._fetch(sql.GET_FILE, {"namespace": namespace, "path": path})
        return next((NamespaceFile(*row) for row in found), None)

    def list(self, *, namespace: str | None = None, prefix: str = "") -> builtins.list[NamespaceFile]:
        begins = _begins(prefix)
        if namespace is None:
            found = self._fetch(sql.FILES, begins)
        else:
            found = self._fetch(sql.FILES_OF_NAMESPACE, {**begins, "namespace": namespace})
        return [NamespaceFile(*row) for row in found]


def _begins(prefix: str) -> dict[str, str]:
    return {"prefix": prefix, "end": prefix + sql.LAST_CHARACTER}
