"""What the objects of a process are, as far as code is concerned; nothing of theirs is run."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

from dalsegno.code.owned import is_users, is_users_file

#: an attribute of objects that stand for a function: the function itself
FUNCTION = "__dalsegno_function__"
#: an attribute of such objects: a mapping of what was chosen for them
OPTIONS = "__dalsegno_options__"


def stands_for_function(value: Any) -> bool:
    """Whether an object, such as a step, stands for a function."""
    return inspect.getattr_static(value, FUNCTION, None) is not None


def is_function(value: Any) -> bool:
    """Whether a value is a function, or was made around one."""
    return value is not None and (isinstance(value, FunctionType | MethodType | partial) or stands_for_function(value))


def innermost(function: Any) -> Any:
    """Give the function that decorators and steps were put around."""
    for _ in range(100):
        if isinstance(function, type):
            break
        inner = getattr(function, FUNCTION, None) or getattr(function, "__wrapped__", None)
        if inner is None:
            break
        function = inner
    return function


def is_users_function(function: FunctionType) -> bool:
    """Whether a function was written by the user."""
    # `functools.wraps` gives a function another name of its module; the names that it uses stay those of its own
    return _is_users_code(function.__code__, str(function.__globals__.get("__name__")))


@lru_cache(maxsize=4096)
def _is_users_code(code: CodeType, name: str) -> bool:
    if code.co_filename.startswith("<frozen"):
        return False
    return (code.co_filename.startswith("<") or is_users_file(code.co_filename)) and is_users(name)


def closed_over(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Give what a function closes over, by name; `None` for what is not assigned yet."""
    yield from zip(function.__code__.co_freevars, map(_content, function.__closure__ or ()), strict=True)


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def functions_of(cls: type) -> Iterator[FunctionType]:
    """Give the functions that stand in a class itself."""
    for value in vars(cls).values():
        inner = [value.fget, value.fset, value.fdel] if type(value) is property else [getattr(value, "__func__", value)]
        yield from (one for one in inner if isinstance(one, FunctionType))


def belongs_to(function: FunctionType, cls: type) -> bool:
    """Whether a function was written in the statement of a class."""
    return function.__code__.co_qualname.startswith(f"{cls.__qualname__}.")


def code_in(value: Any) -> list[Any]:
    """Give the code that a value is or holds: functions, classes, the user's objects that can be called."""
    return [value] if _is_code(value) else code_held(value)


def code_held(value: Any) -> list[Any]:
    """Give the code that a container holds."""
    if isinstance(value, Mapping):
        return [one for one in [*value, *value.values()] if _is_code(one)]
    return [one for one in value if _is_code(one)] if isinstance(value, list | tuple | set) else []


def _is_code(value: Any) -> bool:
    if is_function(value) or isinstance(value, type):
        return True
    return "__wrapped__" in getattr(value, "__dict__", {}) or (callable(value) and is_users(type(value).__module__))
