"""Files of namespaces: kept by path in a namespace, apart from any run. Their content lies in the artifact store."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

#: characters of a path at the most
LONGEST_PATH = 1_000

#: what a task looked up in the files of namespaces stands among the values that it used; all of that begins so
LOOKED_UP = "file"
_CONTENT, _PRESENCE, _SELECTION = "file.", "fileExists.", "files."
#: stands between the patterns that let files in and those that leave them out
_EXCEPT = "--"


@dataclass(frozen=True, slots=True)
class NamespaceFile:
    """A file of a namespace. Times are seconds since 1970, UTC.

    Parameters
    ----------
    path : where it lies in its namespace, such as `scripts/main.py`, as `file_path` gives it.
    digest : of its content.
    created : when there first was a file at the path; `updated` when its content changed last.
    """

    namespace: str
    path: str
    digest: str
    size: int
    created: float
    updated: float

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


def file_path(text: str) -> str:
    """Give a path in a namespace in its one form: without a slash at its beginning, without `.` and empty parts.

    Raises
    ------
    ValueError : it cannot be the path of a file; the message says why.
    """
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if not parts:
        raise ValueError(f"`{text}` names no file: a path is written like `scripts/main.py`")
    if ".." in parts:
        raise ValueError(f"`{text}` leaves its namespace: a path has no `..`")
    if text.endswith("/"):
        raise ValueError(f"`{text}` names a folder: add the name of the file")
    if any(not sign.isprintable() for sign in text):
        raise ValueError(f"`{text!r:.80}` has a sign in it that no path can have")
    path = "/".join(parts)
    if len(path) > LONGEST_PATH:
        raise ValueError(f"`{path[:40]}...` is {len(path):,} characters long; a path has at most {LONGEST_PATH:,}")
    return path


def folder_path(text: str) -> str:
    """Give a folder of a namespace as the beginning of the paths in it: `scripts/`, or nothing for all of it.

    Raises
    ------
    ValueError : it leaves the namespace.
    """
    if all(part in ("", ".") for part in text.split("/")):
        return ""
    return f"{file_path(text.rstrip('/'))}/"


def folders_above(path: str) -> list[str]:
    """Give the folders in which a path lies, the outermost first: `a` and `a/b` for `a/b/c.txt`."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


@dataclass(frozen=True, slots=True)
class Selection:
    """Files of a namespace that patterns choose. Without `include` all are chosen, but for those that `exclude` names."""

    namespace: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


def content_used(namespace: str, path: str) -> str:
    """Name the content of a file as a value that a task used."""
    return f"{_CONTENT}{namespace}/{path}"


def presence_used(namespace: str, path: str) -> str:
    """Name as a value that a task used whether a file is there."""
    return f"{_PRESENCE}{namespace}/{path}"


def selection_used(selection: Selection) -> str:
    """Name all files that patterns choose, with their contents, as a value that a task used."""
    excluded = (_EXCEPT, *selection.exclude) if selection.exclude else ()
    return _SELECTION + shlex.join([selection.namespace, *selection.include, *excluded])


def looked_up(used: str) -> tuple[str, str] | Selection | None:
    """Give what a value names that a task used: the namespace and path of a file, or files that patterns choose.

    `None` where it names nothing of the kind.
    """
    if used.startswith(_SELECTION):
        namespace, *patterns = shlex.split(used.removeprefix(_SELECTION))
        return _selection(namespace, patterns)
    for prefix in (_CONTENT, _PRESENCE):
        if used.startswith(prefix):
            namespace, _, path = used.removeprefix(prefix).partition("/")
            return namespace, path
    return None


def is_presence(used: str) -> bool:
    """Whether what a task used is no more than whether a file is there."""
    return used.startswith(_PRESENCE)


def differs(used: str) -> str:
    """Say that a value which a task used is another now."""
    wanted = looked_up(used)
    if wanted is None:
        return f"`{used}` differs"
    if isinstance(wanted, Selection):
        named = ", ".join(f"`{pattern}`" for pattern in wanted.include)
        return (
            f"the files {named} of `{wanted.namespace}` differ"
            if named
            else f"the files of `{wanted.namespace}` differ"
        )
    namespace, path = wanted
    came_or_went = is_presence(used)
    return f"the file `{path}` of `{namespace}` {'came or went' if came_or_went else 'differs'}"


def _selection(namespace: str, patterns: Sequence[str]) -> Selection:
    at = patterns.index(_EXCEPT) if _EXCEPT in patterns else len(patterns)
    return Selection(namespace, tuple(patterns[:at]), tuple(patterns[at + 1 :]))
