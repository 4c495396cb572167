"""The task types on files of namespaces, which are kept apart from any run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from dalsegno.artifacts.port import parse_uri
from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import TaskContext, TaskOutput, TaskType, Text, from_json_text
from dalsegno.tasks.globs import chosen, matcher
from dalsegno.tasks.scripts.namespace_files import Patterns

_NAMESPACE = "Where they are kept. Default: the namespace of the flow."


class UploadFiles(TaskType):
    """Put files into a namespace, where other tasks, runs and flows find them; give them as stored files.

    They are put there at once, all of them or none. A file whose content is there already is no change, so a replay need not be
    asked about it.
    """

    code: ClassVar[frozenset[str]] = frozenset({"namespace", "files", "filesMap", "destination"})

    namespace: Text | None = Field(default=None, description=_NAMESPACE)
    files: Annotated[list[Text] | dict[str, Text], BeforeValidator(from_json_text)] = Field(
        default=[],
        description="Patterns of files in the folder that a WorkingDirectory shares, or stored files, which keep their names; "
        "or a map like `filesMap`.",
    )
    files_map: Annotated[dict[str, Text], BeforeValidator(from_json_text)] = Field(
        default={}, alias="filesMap", description="Stored files by the path that each gets."
    )
    destination: Text = Field(default="/", description="The folder in which they are put.")
    conflict: Literal["OVERWRITE", "ERROR", "SKIP"] = Field(
        default="OVERWRITE",
        description="What becomes of a file that is there already with another content: it is replaced, the task fails, or the "
        "file stays as it is.",
    )

    class Output(TaskOutput):
        files: dict[str, str] = Field(
            description="The files that were put, as stored files, by their paths (`/a/b.txt`)."
        )

    @model_validator(mode="after")
    def _something(self) -> UploadFiles:
        if not self.files and not self.files_map:
            raise ValueError("needs `files` or `filesMap`")
        return self

    def run(self, context: TaskContext) -> Output:
        """Put the files."""
        context.check_cancelled()
        named = {**(self.files if isinstance(self.files, dict) else {}), **self.files_map}
        found = [] if isinstance(self.files, dict) else self.files
        wanted = {**dict(self._found(found, context)), **named}
        folder = self.destination.strip("/")
        paths = {f"{folder}/{path.lstrip('/')}" if folder else path: uri for path, uri in wanted.items()}
        put = context.namespace_files.put(paths, namespace=self.namespace, conflict=self.conflict)
        context.count("uploaded", len(put))
        return self.Output(files=_by_path(put))

    def _found(self, entries: list[str], context: TaskContext) -> Iterator[tuple[str, str]]:
        """Give stored files by the paths that they get: those that are named, and those of the working folder."""
        patterns: list[str] = []
        for entry in entries:
            uri = parse_uri(entry)
            if uri is not None:
                yield uri[1], entry
            else:
                patterns.append(entry)
        if not patterns:
            return
        folder = context.workdir()
        names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
        matches = _chosen(names, patterns, folder)
        if not matches:
            own = "" if context.shares_workdir else "; files of other tasks are there only in a WorkingDirectory"
            told = f"no file of the working folder matches {', '.join(f'`{pattern}`' for pattern in patterns)}{own}"
            context.log.warning(told)
        for name in matches:
            context.check_cancelled()
            copy = context.files.new()
            shutil.copyfile(folder / name, copy)
            yield name, context.files.store(copy, name.rpartition("/")[2])


class DownloadFiles(TaskType):
    """Give files of a namespace as stored files, for other tasks.

    A replay with `--changed` runs it where one of them has another content since, or where there are others.
    """

    namespace: Text | None = Field(default=None, description=_NAMESPACE)
    files: Patterns = Field(
        min_length=1, description="The path of a file, or a pattern such as `**.csv`; or a list of them."
    )
    destination: Text = Field(default="", description="Changes nothing here: a stored file has a name and no folder.")

    class Output(TaskOutput):
        files: dict[str, str] = Field(description="The stored files by their paths (`/a/b.txt`).")

    def run(self, context: TaskContext) -> Output:
        """Look the files up."""
        context.check_cancelled()
        found = context.namespace_files.chosen(self.files, namespace=self.namespace)
        context.count("downloaded", len(found))
        return self.Output(files=_by_path(found))


class DeleteFiles(TaskType):
    """Remove files of a namespace. Those that are not there are no error."""

    code: ClassVar[frozenset[str]] = frozenset({"namespace", "files"})

    namespace: Text | None = Field(default=None, description=_NAMESPACE)
    files: Patterns = Field(
        min_length=1, description="The path of a file, or a pattern such as `**.csv`; or a list of them."
    )
    delete_parent_folder: bool = Field(
        default=False,
        alias="deleteParentFolder",
        description="Changes nothing here: a folder is there as long as there is a file in it.",
    )

    class Output(TaskOutput):
        files: dict[str, str] = Field(description="What was removed, as stored files by their paths (`/a/b.txt`).")

    def run(self, context: TaskContext) -> Output:
        """Remove the files."""
        context.check_cancelled()
        gone = context.namespace_files.delete(self.files, namespace=self.namespace)
        context.count("deleted", len(gone))
        return self.Output(files=_by_path(gone))


def _by_path(files: Mapping[str, str]) -> dict[str, str]:
    """Give files by their paths as Kestra writes them, with a slash before."""
    return {f"/{path}": uri for path, uri in files.items()}


def _chosen(names: list[str], patterns: list[str], folder: Path) -> list[str]:
    """Give the files of a folder that patterns choose; one with a syntax before it is matched with the whole path."""
    whole = folder.as_posix().lstrip("/")
    try:
        return [
            name
            for name in names
            if any(
                matcher(pattern)(f"{whole}/{name}")
                if pattern.startswith(("glob:", "regex:"))
                else bool(chosen([name], [pattern], deep=False))
                for pattern in patterns
            )
        ]
    except ValueError as error:
        raise TaskFailed(str(error), code="bad-pattern") from error
