"""Which of the user's files a process has loaded as modules, and whether they are still the same on disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.machinery import ExtensionFileLoader, ModuleSpec, SourceFileLoader
from types import ModuleType
from typing import Any

from dalsegno.model.libraries import library_folders

_Stamp = tuple[int, int, int]


class LoadedFiles:
    """The user's files that were imported in this process since `watch`, each as it was just before it was read."""

    def __init__(self) -> None:
        self._stamps: dict[str, _Stamp | None] = {}

    def note(self, path: str) -> None:
        """Remember the state of a file that is about to be loaded."""
        self._stamps.setdefault(path, _stamp(path))

    def changed(self) -> bool:
        """Whether any of the files has been edited, replaced or removed since it was loaded."""
        return any(_stamp(path) != stamp for path, stamp in self._stamps.items())


def watch() -> LoadedFiles:
    """Note every module that is loaded from now on, except those of the standard library and of installed packages.

    The loaders themselves are extended, since an editable install may bring a finder of its own, which still uses them.
    No bytecode cache is used for what is noted: a cache cannot tell two versions of one size within one second apart.
    """
    files, libraries = LoadedFiles(), library_folders()
    path_stats, create_module = SourceFileLoader.path_stats, ExtensionFileLoader.create_module

    def noting_path_stats(self: SourceFileLoader, path: str) -> Mapping[str, Any]:
        if path.startswith(libraries):
            return path_stats(self, path)
        files.note(path)
        raise OSError("no bytecode cache is used for a user's module")

    def noting_create_module(self: ExtensionFileLoader, spec: ModuleSpec) -> ModuleType:
        if not self.path.startswith(libraries):
            files.note(self.path)
        return create_module(self, spec)

    SourceFileLoader.path_stats = noting_path_stats
    ExtensionFileLoader.create_module = noting_create_module
    return files


def _stamp(path: str) -> _Stamp | None:
    try:
        found = os.stat(path)  # noqa: PTH116 (one call per module and task; a Path each would double its cost)
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)
