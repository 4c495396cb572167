"""Collects the user's code that a function needs, so that it can be stored and run later as it was."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any

from dalsegno.code.bundle import Bundle, ModuleSource, content_digest, module_source, python_version
from dalsegno.code.digesting import read
from dalsegno.code.names import Imported
from dalsegno.code.objects import innermost
from dalsegno.code.owned import Finder, Module, absolute_name, is_users, is_users_file, package_of, plain_name
from dalsegno.code.sources import parse
from dalsegno.errors import Refusal

_MOST_SOURCE = 16 * 1024 * 1024
_MOST_PICKLED = 64 * 1024 * 1024


def collect(function: Callable[..., Any], *, options: Mapping[str, Any] | None = None) -> Bundle:
    """Collect what a function needs of the user's own code, to run as it is now.

    The function's module and every module of the user's that it imports, directly or not, are taken whole, those that are
    imported inside of functions too. A function that cannot be imported (of a script that is run, a notebook, a REPL; a
    lambda, a closure) is pickled by value, with the globals that it uses; its script is never run again. Installed
    packages are not taken, and neither are data files beside modules: a path that is made from `__file__` leads to the
    file that lies there when the code runs.

    Parameters
    ----------
    function : what `digest_of` takes.
    options : what was chosen for the function; counts in the digest.

    Raises
    ------
    Refusal : the function cannot be stored (code `code-not-storable`), or its code is too large (`code-too-large`).
    """
    code, graph = read(function, options)
    found = _importable(function)
    pickled = None if found is not None else _pickled(function)
    entry, inner = found or (_told_name(function), False)
    modules, changed = _modules(name for name in (entry.partition(":")[0] if found else "", *graph.modules))
    code = replace(code, uncertain=tuple(dict.fromkeys([*code.uncertain, *changed])))
    texts = (
        {} if found is not None else {file: text.encode("utf-8", "surrogatepass") for file, text in graph.texts.items()}
    )
    contents = [*texts.values(), *([pickled] if pickled is not None else [])]
    return Bundle(
        entry,
        code,
        modules,
        inner,
        content_digest(pickled) if pickled is not None else None,
        {file: content_digest(text) for file, text in texts.items()},
        python_version() if pickled is not None else None,
        {content_digest(one): one for one in contents},
    )


def _importable(function: Any) -> tuple[str, bool] | None:
    """Give the name under which a function can be imported, and whether it stands inside of what is found there."""
    inner = innermost(function)
    name, qualname = getattr(inner, "__module__", None), getattr(inner, "__qualname__", None)
    module = sys.modules.get(name) if isinstance(name, str) and name != "__main__" else None
    if module is None or not isinstance(name, str) or not _has_text(name):
        return None
    if isinstance(qualname, str):
        there = _at(module, qualname)
        if there is function:
            return f"{name}:{qualname}", False
        if isinstance(function, FunctionType) and there is not None and innermost(there) is function:
            return f"{name}:{qualname}", True
    for bound, value in vars(module).items():
        if value is function:
            return f"{name}:{bound}", False
    return None


def _has_text(name: str) -> bool:
    module = Finder().find(name)
    return not is_users(name) or (module is not None and module.text is not None)


def _at(holder: Any, qualname: str) -> Any:
    for name in qualname.split("."):
        holder = getattr(holder, name, None)
    return holder


def _told_name(function: Any) -> str:
    inner = innermost(function)
    module = str(getattr(inner, "__module__", None) or "__main__")
    return f"{plain_name(module)}:{getattr(inner, '__qualname__', type(inner).__qualname__)}"


def _pickled(function: Any) -> bytes:
    import cloudpickle

    try:
        data: bytes = cloudpickle.dumps(function)
    except Exception as error:
        message = f"the code of `{_told_name(function)}` cannot be stored: {error}"
        hint = "make what it uses inside of the function, or pass it as an argument"
        raise Refusal(f"{message}; {hint}", code="code-not-storable") from error
    if len(data) > _MOST_PICKLED:
        size = f"{len(data) / 1024 / 1024:,.0f} MB"
        message = (
            f"the code of `{_told_name(function)}` takes {size} to store, with the values of the names that it uses"
        )
        raise Refusal(f"{message}; pass large values as arguments", code="code-too-large")
    return data


def _modules(names: Iterable[str]) -> tuple[Mapping[str, ModuleSource], list[str]]:
    """Give the user's modules of these names, and all that they import; and say which are not what was loaded."""
    finder = Finder()
    changed: list[str] = []
    found: dict[str, ModuleSource] = {}
    waiting, size = [*dict.fromkeys(names)], 0
    while waiting:
        name = waiting.pop()
        module = finder.find(name) if name not in found else None
        if module is None or module.text is None:
            continue
        found[name] = module_source(module.text, is_package=module.is_package, file=module.file)
        if not module.current:
            changed.append(
                f"`{module.file}` has changed since it was loaded: what is stored of `{name}` is not what runs"
            )
        size += len(module.text)
        if size > _MOST_SOURCE:
            message = f"the user's modules that are imported are larger than {_MOST_SOURCE // 1024 // 1024} MB"
            raise Refusal(f"{message}; the last was `{name}` ({module.file})", code="code-too-large")
        parts = name.split(".")
        waiting += [".".join(parts[:length]) for length in range(1, len(parts))]
        waiting += _imported(module, finder)
    return dict(sorted(found.items())), changed


def _imported(module: Module, finder: Finder) -> Iterator[str]:
    source = parse(module.text or "")
    for one in source.imports if source is not None else ():
        yield from _named(one, module)
    if source is not None and source.imports_by_text:
        yield from _below(module.name.partition(".")[0], finder)


def _named(one: Imported, module: Module) -> Iterator[str]:
    name = absolute_name(one, package_of(module))
    if name:
        yield name
        if one.name and one.name != "*":
            yield f"{name}.{one.name}"


def _below(name: str, finder: Finder) -> Iterator[str]:
    """Give the modules of a package, any of which may be imported by a name that is made when the code runs."""
    module = finder.find(name)
    if module is None or not module.is_package or module.file is None or not is_users_file(module.file):
        return
    for one in pkgutil.iter_modules([str(Path(module.file).parent)], f"{name}."):
        yield one.name
        if one.ispkg:
            yield from _below(one.name, finder)
