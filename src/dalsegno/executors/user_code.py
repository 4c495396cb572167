"""Finds a user's function by name, checks the arguments against its signature, calls it.

Used inside worker processes. Everything that goes wrong comes out as `TaskFailed`, told in the user's own terms.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from dalsegno.errors import TaskFailed, closest, did_you_mean
from dalsegno.executors.user_errors import Terminated, describe

_NAME_HINT = "name it as `module:function`, such as `my_package.steps:train`"


def find(function: str, path: Sequence[str]) -> Callable[..., Any]:
    """Import a function named `module:qualname`.

    Parameters
    ----------
    path : the folders in which the user's modules are looked for first; they stand on `sys.path` already.

    Raises
    ------
    TaskFailed : the name is none, the module or the function is missing, or the import failed.
    """
    module_name, colon, qualname = function.partition(":")
    parts = [*module_name.split("."), *qualname.split(".")]
    if not colon or not all(part.isidentifier() for part in parts):
        raise TaskFailed(f"`{function}` does not name a function", code="bad-function-name", hint=_NAME_HINT)
    target: Any = _import(module_name, function, path)
    for name in qualname.split("."):
        if not hasattr(target, name):
            raise _no_function(function, target, name)
        target = getattr(target, name)
    if not callable(target):
        kind = type(target).__qualname__
        message = f"`{function}` is no function but a value of type `{kind}`"
        raise TaskFailed(message, code="unknown-function", hint=_NAME_HINT)
    return target


def check_arguments(function: str, target: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Check that a function can be called with these arguments, by name.

    Raises
    ------
    TaskFailed : an argument is unknown (code `unknown-argument`) or missing (code `missing-argument`).
    """
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        return  # some functions written in C tell no signature: the call itself will say
    parameters = signature.parameters.values()
    by_name = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    names = [p.name for p in by_name]
    hint = f"its signature is `{function.rpartition(':')[2]}{signature}`"
    unknown = [] if takes_any else [name for name in arguments if name not in names]
    if unknown:
        near = closest(unknown[0], [name for name in names if name not in arguments])
        message = f"`{function}` has no argument {_listed(unknown)}{did_you_mean(near)}"
        raise TaskFailed(message, code="unknown-argument", hint=hint, closest=near)
    missing = [p.name for p in by_name if p.default is p.empty and p.name not in arguments]
    if missing:
        message = f"`{function}` needs the argument {_listed(missing)}, which is not given"
        raise TaskFailed(message, code="missing-argument", hint=hint)
    if any(p.kind is p.POSITIONAL_ONLY and p.default is p.empty for p in parameters):
        message = f"`{function}` has arguments that can only be given by position"
        raise TaskFailed(message, code="missing-argument", hint=f"{hint}; write it without `/`")


def call(function: str, target: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Call a function; one that is `async` is run to its end.

    Raises
    ------
    TaskFailed : the function raised something.
    """
    try:
        result = target(**arguments)
        return _run_to_end(result) if inspect.iscoroutine(result) else result
    except Terminated:
        raise
    except BaseException as error:  # noqa: BLE001 (a user's sys.exit() must not end the worker without a word)
        raise describe(error, f"`{function}` failed") from None


def _run_to_end(coroutine: Any) -> Any:
    import asyncio

    return asyncio.run(coroutine)


def _import(name: str, function: str, path: Sequence[str]) -> ModuleType:
    if name not in sys.modules:
        # a module that was written a moment ago may be missing from the cached listing of its folder
        importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except Terminated:
        raise
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name != missing and not name.startswith(f"{missing}."):
            raise describe(error, f"the import of `{name}` failed", code="import-failed") from None
        raise _no_module(function, missing, path) from None
    except BaseException as error:  # noqa: BLE001 (importing a user's module runs the user's code)
        raise describe(error, f"the import of `{name}` failed", code="import-failed") from None


def _no_module(function: str, missing: str, path: Sequence[str]) -> TaskFailed:
    parent = missing.rpartition(".")[0]
    package_path: Iterable[str] | None = getattr(sys.modules.get(parent), "__path__", None)
    looked = list(package_path) if package_path is not None else list(path)
    near = closest(missing, _module_names(looked, f"{parent}." if package_path is not None else ""))
    if not near and package_path is None:
        near = closest(missing, _module_names(sys.path, ""), limit=1)
    places = " and ".join([*(f"`{folder}`" for folder in looked), *_installed(package_path)])
    message = f"`{function}`: there is no module `{missing}` in {places}{did_you_mean(near)}"
    hint = "modules are looked for in the folder in which the run was started, then among the installed packages"
    return TaskFailed(message, code="unknown-module", hint=hint, closest=near)


def _installed(package_path: Iterable[str] | None) -> list[str]:
    return [] if package_path is not None else [f"the packages of `{sys.prefix}`"]


def _module_names(folders: list[str], prefix: str) -> list[str]:
    return [f"{prefix}{module.name}" for module in pkgutil.iter_modules(folders)]


def _no_function(function: str, holder: Any, name: str) -> TaskFailed:
    names = [known for known, value in vars(holder).items() if callable(value) and not known.startswith("__")]
    near = closest(name, names)
    where = f"`{holder.__name__}`"
    if isinstance(holder, ModuleType):
        where += f" ({holder.__file__})"
    message = f"`{function}`: there is no `{name}` in {where}{did_you_mean(near)}"
    return TaskFailed(message, code="unknown-function", hint=_NAME_HINT, closest=near)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
