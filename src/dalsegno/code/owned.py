"""Which modules are the user's own, and where one stands that is not loaded; nothing is imported to find out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import ModuleSpec
from pathlib import PurePath
from types import ModuleType
from typing import Any

from dalsegno.code.names import Imported
from dalsegno.code.sources import module_text
from dalsegno.model.libraries import library_folders

_OURS = "dalsegno"
_INSTALLED = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the user's own; `text` is `None` for what is not written in Python."""

    name: str
    text: str | None
    file: str | None
    is_package: bool


@lru_cache(maxsize=4096)
def is_users_file(file: str) -> bool:
    """Whether a file lies outside of the folders of libraries."""
    return not file.startswith(library_folders()) and not _INSTALLED.intersection(PurePath(file).parts)


def is_ours(name: str | None) -> bool:
    """Whether a module of this name is Dal Segno's."""
    return name is not None and name.partition(".")[0] == _OURS


def is_users(name: str | None) -> bool:
    """Whether a loaded module of this name is the user's own. One that was made by hand or typed in is."""
    if name is None or is_ours(name) or name == "builtins":
        return False
    module = sys.modules.get(name)
    if module is None:
        return name.partition(".")[0] not in sys.stdlib_module_names
    places = _places(module)
    if places:
        return any(is_users_file(place) for place in places)
    spec = getattr(module, "__spec__", None)
    return getattr(spec, "origin", None) not in ("built-in", "frozen") or name == "__main__"


def _places(module: ModuleType) -> list[str]:
    file = getattr(module, "__file__", None)
    return [file] if isinstance(file, str) else [str(folder) for folder in getattr(module, "__path__", ())]


def plain_name(name: str) -> str:
    """Give a module's name as it is when it is imported: a script that is run is `__main__` to itself."""
    module = sys.modules.get("__main__")
    if name != "__main__" or module is None:
        return name
    spec, file = getattr(module, "__spec__", None), getattr(module, "__file__", None)
    if spec is not None:
        return str(spec.name).removesuffix(".__main__")
    return PurePath(file).stem if isinstance(file, str) else name


class Finder:
    """Finds the user's modules by name, each once."""

    def __init__(self) -> None:
        self._found: dict[str, Module | None] = {}
        self._specs: dict[str, ModuleSpec | None] = {}

    def find(self, name: str) -> Module | None:
        """Give the user's module of a name; `None` for a library and for what there is not."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> Module | None:
        if not name or name.partition(".")[0] in (_OURS, "__main__"):
            return None
        loaded = sys.modules.get(name)
        if isinstance(loaded, ModuleType):
            return _of_loaded(name, loaded) if is_users(name) else None
        spec = self._spec(name)
        if spec is None:
            return None
        places = [spec.origin] if spec.has_location and spec.origin else list(spec.submodule_search_locations or ())
        if not any(is_users_file(place) for place in places):
            return None
        file = spec.origin if spec.has_location else None
        return Module(name, _text_of(spec), file, spec.submodule_search_locations is not None)

    def _spec(self, name: str) -> ModuleSpec | None:
        if name not in self._specs:
            parent = name.rpartition(".")[0]
            self._specs[name] = _look(name, self._folders(parent) if parent else None)
        return self._specs[name]

    def _folders(self, name: str) -> Sequence[str] | None:
        """Give the folders of a package; none for what is no package."""
        module = sys.modules.get(name)
        if module is not None:
            return list(getattr(module, "__path__", ()))
        spec = self._spec(name)
        return list(spec.submodule_search_locations or ()) if spec is not None else []


def absolute_name(source: Imported, package: str | None) -> str | None:
    """Give the whole name of the module that an import statement names; `None` where it leads nowhere."""
    if not source.level:
        return source.module
    parts = (package or "").split(".")
    if not package or source.level > len(parts):
        return None
    return ".".join([*parts[: len(parts) - source.level + 1], *([source.module] if source.module else [])])


def package_of(module: Module) -> str:
    """Give the package that relative imports of a module start from."""
    return module.name if module.is_package else module.name.rpartition(".")[0]


def _of_loaded(name: str, module: ModuleType) -> Module:
    file = getattr(module, "__file__", None)
    return Module(name, module_text(module), file if isinstance(file, str) else None, hasattr(module, "__path__"))


def _look(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        find: Any = getattr(finder, "find_spec", None)
        try:
            spec = find(name, path) if find is not None and (path is None or path) else None
        except (ImportError, AttributeError, ValueError, TypeError):
            spec = None
        if spec is not None:
            return spec
    return None


def _text_of(spec: ModuleSpec) -> str | None:
    loader: Any = spec.loader
    try:
        return loader.get_source(spec.name) if loader is not None else None
    except (ImportError, OSError, AttributeError, SyntaxError, UnicodeDecodeError):
        return None
