"""Loads stored code: serves the modules of a bundle in place of those on disk, and gives the function."""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from pathlib import Path, PurePath
from types import CodeType, ModuleType, TracebackType
from typing import Any, cast

from dalsegno.code.bundle import Bundle, ModuleSource, python_version
from dalsegno.code.objects import innermost
from dalsegno.code.owned import is_users, is_users_file
from dalsegno.code.unloadable import NoEntry, refuse

#: gives stored bytes by their digest
Read = Callable[[str], bytes]


#: what is loaded in this process, the last one last
_loaded: list[LoadedCode] = []


class LoadedCode:
    """Stored code that is loaded in this process, until `unload`.

    While it is, the modules of the bundle are imported from it, and what lies on disk under their names is not seen.
    Usable as a context manager, which gives the function.
    """

    function: Callable[..., Any]

    def __init__(self, bundle: Bundle, read: Read) -> None:
        self._bundle = bundle
        self._finder = _Finder(bundle, read)
        self._aside = _set_aside(bundle)
        self._before = frozenset(sys.modules)
        self._lines = {file: linecache.cache.get(file) for file in bundle.texts}
        sys.meta_path.insert(0, cast("Any", self._finder))
        _loaded.append(self)
        for file, digest in bundle.texts.items():
            _show(file, read(digest).decode("utf-8", "surrogatepass"))

    def __enter__(self) -> Callable[..., Any]:
        return self.function

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unload()

    def unload(self) -> None:
        """Take the code out of the process again, and what was loaded after it; what it stood in place of comes back."""
        while self in _loaded:
            _loaded.pop().take_out()

    def take_out(self) -> None:
        """Take this code alone out of the process, where nothing was loaded after it."""
        sys.meta_path.remove(cast("Any", self._finder))
        for name in list(sys.modules):
            if name not in self._before and is_users(name):
                del sys.modules[name]
        for file, entry in [*self._lines.items(), *((file, None) for file in self._finder.files)]:
            linecache.cache.pop(file, None)
            if entry is not None:
                linecache.cache[file] = entry
        sys.modules.update({name: module for name, module in self._aside.items() if name not in sys.modules})
        importlib.invalidate_caches()


def load(bundle: Bundle, *, read: Read | None = None) -> LoadedCode:
    """Load stored code and give it with its function, which stands under `function`.

    Parameters
    ----------
    read : gives stored bytes by their digest. A bundle that was collected in this process holds them itself.

    Raises
    ------
    TaskFailed : a package is missing (code `missing-package`), the code does not hold its entry (`unknown-function`), or
        it cannot be imported any more (`import-failed`). Nothing of it stays loaded then.
    """
    held = bundle.files()
    loaded = LoadedCode(bundle, lambda digest: held[digest] if digest in held or read is None else read(digest))
    try:
        loaded.function = _function(bundle, held, read)
    except (Exception, SystemExit) as error:
        failure = refuse(bundle, error)
        loaded.unload()
        raise failure from error
    except BaseException:
        loaded.unload()
        raise
    return loaded


def _function(bundle: Bundle, held: Mapping[str, bytes], read: Read | None) -> Callable[..., Any]:
    if bundle.pickled is not None:
        _check_python(bundle)
        data = held[bundle.pickled] if bundle.pickled in held or read is None else read(bundle.pickled)
        return cast("Callable[..., Any]", pickle.loads(data))  # noqa: S301 (running the user's own code is what this is for)
    name, _, qualname = bundle.entry.partition(":")
    found: Any = importlib.import_module(name)
    for part in qualname.split("."):
        if not hasattr(found, part):
            raise NoEntry(found, part)
        found = getattr(found, part)
    return cast("Callable[..., Any]", innermost(found) if bundle.inner else found)


def _check_python(bundle: Bundle) -> None:
    if bundle.python != python_version():
        raise ImportError(
            f"it was pickled by Python {bundle.python}, and compiled code cannot be read by Python {python_version()}; "
            f"define the function in a module, and it can be"
        )


def _set_aside(bundle: Bundle) -> dict[str, ModuleType]:
    """Take modules that the bundle replaces out of `sys.modules`, with all below them."""
    names = [name for name in sys.modules if name in bundle.modules or _package_of(name, bundle) is not None]
    return {name: sys.modules.pop(name) for name in names}


def _package_of(name: str, bundle: Bundle) -> ModuleSource | None:
    """Give the nearest package of the bundle that a module lies in, if any; packages without `__init__` are shared."""
    parent = name.rpartition(".")[0]
    while parent:
        found = bundle.modules.get(parent)
        if found is not None:
            return found if found.file is not None else None
        parent = parent.rpartition(".")[0]
    return None


def _show(file: str, text: str) -> None:
    """Let tracebacks and `inspect` show a text; an entry without a time is never compared with the file."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)


class _Finder:
    """Finds the modules of a bundle, before anything else does."""

    def __init__(self, bundle: Bundle, read: Read) -> None:
        self._bundle = bundle
        self._read = read
        self.files: list[str] = []

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,  # noqa: ARG002 (the protocol of finders)
    ) -> ModuleSpec | None:
        """Give what loads a module of the bundle; `None` for any other."""
        source = self._bundle.modules.get(fullname)
        if source is None:
            return self._compiled(fullname)
        if source.file is None and source.is_package:
            return self._namespace(fullname, path)
        text = source.text if source.text is not None else self._read(source.digest).decode("utf-8", "surrogatepass")
        file = _file_name(fullname, source, text)
        self.files.append(file)
        loader = _Loader(fullname, text, file, source)
        spec = ModuleSpec(fullname, cast("Any", loader), origin=file, is_package=source.is_package)
        spec.has_location = True
        return spec

    def _compiled(self, name: str) -> ModuleSpec | None:
        """Give what loads a module of a package of the bundle that is not written in Python."""
        package = _package_of(name, self._bundle)
        if package is None or package.file is None:
            return None
        spec = PathFinder.find_spec(name, [str(Path(package.file).parent)])
        return spec if spec is not None and isinstance(spec.loader, ExtensionFileLoader) else None

    def _namespace(self, name: str, path: Sequence[str] | None) -> ModuleSpec:
        """Give a package without `__init__`; installed packages may have a part in it."""
        spec = ModuleSpec(name, None, is_package=True)
        found = PathFinder.find_spec(name, path)
        places = list(found.submodule_search_locations or ()) if found is not None else []
        spec.submodule_search_locations = [place for place in places if not is_users_file(f"{place}/")]
        return spec


class _Loader:
    """Loads one module of a bundle, and shows its text."""

    def __init__(self, name: str, text: str, file: str, source: ModuleSource) -> None:
        self.name = name
        self.path = file
        self._text = text
        self._is_package = source.is_package

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002 (the protocol of loaders)
        return None

    def exec_module(self, module: ModuleType) -> None:
        _show(self.path, self._text)
        exec(self.get_code(self.name), vars(module))  # noqa: S102 (running the user's own code is what this is for)

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 (the protocol of loaders)
        return compile(self._text, self.path, "exec", dont_inherit=True)

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 (the protocol of loaders)
        return self._text

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002 (the protocol of loaders)
        return self.path

    def is_package(self, fullname: str) -> bool:  # noqa: ARG002 (the protocol of loaders)
        return self._is_package

    def get_data(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def get_resource_reader(self, fullname: str) -> Any:  # noqa: ARG002 (the protocol of loaders)
        from importlib.readers import FileReader

        return FileReader(cast("Any", self))


def _file_name(name: str, source: ModuleSource, text: str) -> str:
    """Name the file of a module: its own where that still says the same, else one beside it with the text's digest."""
    file = PurePath(source.file) if source.file is not None else PurePath(f"{name}.py")
    try:
        same = importlib.util.decode_source(Path(file).read_bytes()) == text
    except (OSError, SyntaxError, UnicodeDecodeError):
        same = False
    return str(file) if same else str(file.with_name(f"{file.stem}@{source.digest[:8]}{file.suffix}"))
