"""Which installed packages the user's code has imported in this process, and their versions."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import PurePosixPath
from types import ModuleType

from dalsegno.model.libraries import library_folders


class ImportedPackages:
    """The packages of which modules were imported since this was made; what was loaded before is not the user's."""

    def __init__(self) -> None:
        #: read only once something was imported: most runs import nothing
        self._before = tuple(sys.modules)
        self._known: set[str] = set()
        self._modules = len(self._before)
        self._versions: dict[str, str] = {}

    def versions(self) -> Mapping[str, str]:
        """Give the versions by the name of the package."""
        if len(sys.modules) != self._modules:
            self._known = self._known or _top_level(self._before)
            self._modules = len(sys.modules)
            new = _top_level(sys.modules) - self._known
            self._known |= new
            self._versions.update(_versions_of(name for name in new if name not in sys.stdlib_module_names))
        return self._versions


def _top_level(modules: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def _versions_of(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(names):
        # the index of all packages is made only where something of theirs was imported
        if not any(place.startswith(library_folders()) for place in _places(sys.modules.get(name))):
            continue
        found = _index().get(name, ())
        for package in found if len(found) < 2 else filter(_is_loaded, found):
            yield package.name, package.version


def _places(module: ModuleType | None) -> list[str]:
    file = getattr(module, "__file__", None)
    return [file] if isinstance(file, str) else [str(folder) for folder in getattr(module, "__path__", ())]


def _is_loaded(package: Distribution) -> bool:
    """Whether a module was imported from one of several packages that share a name, as those of a vendor do."""
    loaded = {place for module in list(sys.modules.values()) for place in _places(module)}
    return any(str(package.locate_file(path)) in loaded for path in _paths(package))


@cache
def _index() -> Mapping[str, list[Distribution]]:
    """Give the installed packages by the modules that they bring."""
    found: dict[str, list[Distribution]] = {}
    for package in distributions():
        names = {PurePosixPath(path).parts[0] for path in _paths(package)}
        for name in {name.partition(".")[0] for name in names if name.isidentifier() or name.endswith((".py", ".so"))}:
            found.setdefault(name, []).append(package)
    return found


def _paths(package: Distribution) -> Iterator[str]:
    """Give the files of a package that may be modules; a name with a comma is in quotes, and no module has one."""
    for line in (package.read_text("RECORD") or "").splitlines():
        path = line.partition(",")[0]
        if path.endswith((".py", ".so")) and not path.startswith(("../", '"', "/")):
            yield path
