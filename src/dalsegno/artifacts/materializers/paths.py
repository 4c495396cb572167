"""Files and folders that are values: what they hold is kept, while a `Path` is kept as a path and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from dalsegno.artifacts.materializers.errors import CannotKeep
from dalsegno.errors import Refusal


class _Held:
    """Something on disk that is kept with its content."""

    def __init__(self, path: str | os.PathLike[str], *, name: str | None = None) -> None:
        self._path = Path(path).absolute()
        self._name = name or self._path.name
        if self._name != Path(self._name).name:
            raise Refusal(f"`{name}` is no name of a file: it must not hold a `/`", code="bad-file-name")

    @property
    def path(self) -> Path:
        """Where it lies. What was loaded lies in a copy of its own, which is there as long as the process."""
        return self._path

    @property
    def name(self) -> str:
        """What it is called, also where it is loaded."""
        return self._name

    def __fspath__(self) -> str:
        return str(self._path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._path)!r})"


class File(_Held):
    """A file whose content is kept: `return File("model.onnx")`.

    Parameters
    ----------
    path : the file, there when the step ends. It stays where it is and as it is.
    name : what it is called where it is loaded; by default as it is called now.

    It can be given to whatever takes a path: `open(file)`, `pandas.read_csv(file)`.
    """

    def check(self) -> None:
        """Say what is wrong if there is no such file."""
        if not self._path.is_file():
            found = "a folder, whose content `Folder` keeps" if self._path.is_dir() else "not there"
            raise CannotKeep(f"the file {self._path}, which is {found}", "write the file before the step ends")


class Folder(_Held):
    """A folder whose files are kept, with its folders: `return Folder("checkpoints")`.

    Parameters
    ----------
    path : the folder, there when the step ends. It stays where it is and as it is.
    name : what it is called where it is loaded; by default as it is called now.
    """

    def check(self) -> None:
        """Say what is wrong if there is no such folder."""
        if not self._path.is_dir():
            found = "a file, whose content `File` keeps" if self._path.is_file() else "not there"
            raise CannotKeep(f"the folder {self._path}, which is {found}", "write the folder before the step ends")
