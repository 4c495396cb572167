"""What annotations say: of which type a parameter is, and what a step's outputs are called.

Annotations that are texts are read when they are needed, for what they name may be defined after the step. A name that does
not exist when the program runs (it was imported for the type checker alone) stands for any type.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Annotated, Any, NoReturn, get_args, get_origin

#: where nothing is said
MISSING: Any = inspect.Parameter.empty

OUTPUT = "output"


class Unknown:
    """Stands for what an annotation names and nobody can tell."""

    def __getattr__(self, name: str) -> Unknown:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _: object) -> Unknown:
        return self

    def __or__(self, _: object) -> Unknown:
        return self

    __ror__ = __or__

    def __call__(self, *_: object, **__: object) -> Unknown:
        """Be taken for a type, or for a function that makes something."""
        return self

    def __repr__(self) -> str:
        return "?"


_UNKNOWN = Unknown()


class _Names(dict[str, Any]):
    """The names that an annotation can use."""

    def __missing__(self, name: str) -> Any:
        return getattr(builtins, name, _UNKNOWN)


def names_around(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Give the names that the annotations of a function can use."""
    inner: Any = inspect.unwrap(function)
    inner = getattr(inner, "func", inner)  # of a `functools.partial`
    inner = inner if hasattr(inner, "__code__") else getattr(inner, "__call__", inner)  # noqa: B004
    inner = getattr(inner, "__func__", inner)
    names = _Names(getattr(inner, "__globals__", {}))
    code, cells = getattr(inner, "__code__", None), getattr(inner, "__closure__", None)
    for name, cell in zip(code.co_freevars if code else (), cells or (), strict=False):
        try:
            names[name] = cell.cell_contents
        except ValueError:
            continue  # it is not assigned yet
    return names


def resolved(annotation: Any, names: Mapping[str, Any]) -> Any:
    """Give what an annotation means that may be a text."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, {"__builtins__": {}}, names)  # noqa: S307 - it is the user's own code, which Python evaluates as well
    except Exception:  # noqa: BLE001 - whatever an annotation does, it only says less
        return _UNKNOWN


def is_judged(annotation: Any) -> bool:
    """Whether a value can be held against an annotation."""
    if annotation is MISSING or annotation is Any or annotation is object:
        return False
    if isinstance(annotation, Unknown | str) or type(annotation).__name__ in ("TypeVar", "ForwardRef", "ParamSpec"):
        return False
    if get_origin(annotation) is Annotated:
        return is_judged(get_args(annotation)[0])
    parts = [one for one in get_args(annotation) if not isinstance(one, str | list)]
    return all(one is Any or one is object or one is ... or is_judged(one) for one in parts)


def outputs_of(annotation: Any) -> tuple[tuple[str, ...], bool]:
    """Give the names of a step's outputs by what it returns, and whether they are returned as a tuple."""
    if annotation is None or annotation is NoneType or annotation is NoReturn:
        return (), False
    name = _name_of(annotation)
    if name is not None:
        return (name,), False
    if get_origin(annotation) is Annotated:
        return outputs_of(get_args(annotation)[0])
    parts = get_args(annotation) if get_origin(annotation) is tuple else ()
    if not parts or ... in parts:
        return (OUTPUT,), False
    return tuple([_name_of(part) or f"{OUTPUT}_{number}" for number, part in enumerate(parts)]), True


def _name_of(annotation: Any) -> str | None:
    """Give the name that stands in an `Annotated`: a text, or something that has one as its `name`."""
    if get_origin(annotation) is not Annotated:
        return None
    for said in get_args(annotation)[1:]:
        name = said if isinstance(said, str) else getattr(said, "name", None)
        if isinstance(name, str) and name:
            return name
    return None
