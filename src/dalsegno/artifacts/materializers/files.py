"""How files and folders are kept: the content of each file is a blob, so that equal files are stored once."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from dalsegno.artifacts.materializers.base import Declined, Materializer, Source, Target
from dalsegno.artifacts.materializers.errors import CannotKeep
from dalsegno.artifacts.materializers.paths import File, Folder
from dalsegno.errors import Refusal

_CHUNK = 8 << 20
_OWNER_RUNS = stat.S_IXUSR


class FileContent(Materializer):
    """`dalsegno.File`."""

    kind = "file"
    inline = False

    def save(self, value: Any, target: Target) -> None:
        """Store the content. The file may be written to meanwhile: what is read is what is kept."""
        if type(value) is not File:
            raise Declined
        value.check()
        target.keep("name", value.name)
        if value.path.stat().st_mode & _OWNER_RUNS:
            target.keep("runs", True)  # noqa: FBT003 - a value that is kept
        with value.path.open("rb") as source, target.open() as file:
            while chunk := source.read(_CHUNK):
                file.write(chunk)

    def load(self, source: Source) -> Any:
        """Make a copy under its name."""
        path = _inside(source.folder(), source.kept("name"))
        _copy(source, path)
        return File(path)

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell name and size."""
        return {"name": value.name, "size": value.path.stat().st_size}


class FolderContent(Materializer):
    """`dalsegno.Folder`."""

    kind = "folder"

    def save(self, value: Any, target: Target) -> None:
        """Store the content of each file."""
        if type(value) is not Folder:
            raise Declined
        value.check()
        target.keep("name", value.name)
        target.keep("entries", dict(_entries(value.path)))

    def load(self, source: Source) -> Any:
        """Make a copy of the folder under its name."""
        folder = _inside(source.folder(), source.kept("name"))
        folder.mkdir()
        for place, entry in source.kept("entries").items():
            path = _inside(folder, place)
            if entry is None:
                path.mkdir()
            elif isinstance(entry, File):
                entry.path.replace(path)
                entry.path.parent.rmdir()
            else:
                _inside(folder, os.path.normpath(path.parent.relative_to(folder) / entry))
                path.symlink_to(entry)
        return Folder(folder)

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell the name, how many files there are, and the first of them."""
        files = [place for place, entry in _entries(value.path) if isinstance(entry, File)]
        return {"name": value.name, "files": len(files), "first": files[:5]}


def _entries(folder: Path) -> Iterator[tuple[str, File | PurePosixPath | None]]:
    """Give what is below a folder, in the order of names: files, links by where they lead, folders as `None`."""
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        if path.is_symlink():
            yield place, _link(folder, path)
        elif path.is_dir():
            yield place, None
        elif path.is_file():
            yield place, File(path)
        else:
            raise CannotKeep(
                f"the folder {folder}, in which {place} is neither file nor folder", "remove it from there"
            )


def _link(folder: Path, path: Path) -> PurePosixPath:
    target = path.readlink()
    inside = Path(os.path.normpath(path.parent / target)).is_relative_to(folder)
    if target.is_absolute() or not inside:
        raise CannotKeep(
            f"the folder {folder}, in which the link {path.relative_to(folder)} leads out of it, to {target}",
            "put the file there in its place",
        )
    return PurePosixPath(target)


def _inside(folder: Path, place: str) -> Path:
    """Give a path below a folder. What is stored may come from elsewhere: it never leads out."""
    if not place or place.startswith("/") or ".." in PurePosixPath(place).parts:
        raise Refusal(f"a stored file is called `{place}`, which would lead out of its folder", code="bad-artifact")
    return folder / place


def _copy(source: Source, path: Path) -> None:
    with source.open() as stored, path.open("xb") as file:
        shutil.copyfileobj(stored, file, _CHUNK)
    if source.kept("runs"):
        path.chmod(path.stat().st_mode | _OWNER_RUNS)
