"""The folder in which a script works: files go in, and come out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from dalsegno.artifacts.port import parse_uri
from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import TaskContext, to_text

#: what expressions give for the folders, which they cannot know yet
WORK, OUTPUT = "dalsegno-folder://work", "dalsegno-folder://output"
_STORED = re.compile(r"dalsegno://[0-9a-f]{64}/[\w.~%-]*", re.ASCII)


def by_their_names(uris: Sequence[Any]) -> dict[str, Any]:
    """Give a list of stored files as a map, each by its own name.

    Raises
    ------
    ValueError : something in the list is no stored file, or two have one name.
    """
    found: dict[str, Any] = {}
    for uri in uris:
        parts = parse_uri(uri) if isinstance(uri, str) else None
        if parts is None:
            raise ValueError(
                f"a list holds stored files (dalsegno://...), not {uri!r:.80}; write a map of names for texts"
            )
        if parts[1] in found:
            raise ValueError(f"two files of the list are called `{parts[1]}`: write a map of names and files")
        found[parts[1]] = uri
    return found


class Workplace:
    """The working folder of a script, and the folder in which everything is an output.

    Attributes
    ----------
    folder : the working folder.
    outputs : the other one.
    """

    def __init__(self, context: TaskContext) -> None:
        self._context = context
        self.folder = context.workdir()
        self.outputs = context.files.new("-outputs")
        self.outputs.mkdir()
        self._copies: dict[str, str] = {}
        self._own: set[Path] = set()

    def put(self, files: Mapping[str, Any]) -> None:
        """Put files into the working folder: by name, a stored file or a text."""
        for name, content in files.items():
            self._context.check_cancelled()
            target = self._inside(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str) and parse_uri(content):
                # a copy: the script may write to it, and stored files never change
                shutil.copyfile(self._context.files.path(content), target)
            else:
                text = "" if content is None else str(to_text(content))
                target.write_text(self.named(text), encoding="utf-8")

    def add_script(self, suffix: str, text: str) -> str:
        """Put the text of a script into the folder, under a name that no other file has there; give the name."""
        stem = "script"
        while (self.folder / f"{stem}.{suffix}").exists():
            stem = f"_{stem}"
        path = self.folder / f"{stem}.{suffix}"
        path.write_text(self.local(text), encoding="utf-8")
        self._own.add(path)
        return path.name

    def local(self, text: str) -> str:
        """Give a text of the flow as it is here: the URI of a stored file has become the path of a copy of it."""
        return _STORED.sub(lambda match: self._copy(match[0]), self.named(text))

    def store(self, patterns: Iterable[str]) -> dict[str, str]:
        """Store the files that names or patterns ask for, and all that lie among the outputs; give their URIs by name.

        Raises
        ------
        TaskFailed : a file that is named is not there.
        """
        found: dict[str, Path] = {}
        for pattern in patterns:
            self._inside(pattern)
            matches = _matches(self.folder, pattern)
            if not matches:
                self._tell_missing(pattern)
            found |= {name: path for name, path in matches.items() if path not in self._own}
        found |= _matches(self.outputs, "**/*")
        stored: dict[str, str] = {}
        for name, path in sorted(found.items()):
            self._context.check_cancelled()
            stored[name] = self._context.files.store(self._moved(path), path.name)
        return stored

    def leave(self) -> None:
        """Take the scripts of the type's own out of the folder, which others may work in after this."""
        for path in self._own:
            path.unlink(missing_ok=True)

    def named(self, text: str) -> str:
        """Give a text with the folders' paths in the places of their stand-ins."""
        return text.replace(WORK, str(self.folder)).replace(OUTPUT, str(self.outputs))

    def _copy(self, uri: str) -> str:
        if uri not in self._copies:
            path = self._context.files.new(f"-{uri.rpartition('/')[2]}")
            shutil.copyfile(self._context.files.path(uri), path)
            self._copies[uri] = str(path)
        return self._copies[uri]

    def _inside(self, name: str) -> Path:
        path = PurePath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise TaskFailed(
                f"`{name}` does not lie in the working folder of the script",
                code="bad-file-name",
                hint="name files relative to the working folder, without `..`",
            )
        return self.folder / path

    def _tell_missing(self, pattern: str) -> None:
        if any(sign in pattern for sign in "*?["):
            told = f"no file matches `{pattern}` of `outputFiles`"
            self._context.log.warning(told)
            return
        files = (path for path in self.folder.rglob("*") if path.is_file() and path not in self._own)
        made = sorted(path.relative_to(self.folder).as_posix() for path in files)
        raise TaskFailed(
            f"the script did not make the file `{pattern}`",
            code="output-file-missing",
            hint=f"the working folder holds {', '.join(made[:10]) or 'nothing'}; write `{pattern}*` if it need not be there",
        )

    def _moved(self, path: Path) -> Path:
        """Move a file out of its folder, where nobody else needs it there; of a link, take what it points at."""
        target = self._context.files.new()
        if path.is_symlink() or (self._context.shares_workdir and path.is_relative_to(self.folder)):
            shutil.copyfile(path, target)
        else:
            shutil.move(path, target)
        return target


def _matches(folder: Path, pattern: str) -> dict[str, Path]:
    literal = folder / pattern
    # `dist/**` is everything below `dist`, as elsewhere; here `**` alone finds folders
    wanted = f"{pattern}/*" if pattern.endswith("**") else pattern
    paths = [literal] if literal.is_file() else sorted(folder.glob(wanted))
    return {path.relative_to(folder).as_posix(): path for path in paths if path.is_file()}
