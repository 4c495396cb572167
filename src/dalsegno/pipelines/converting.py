"""Holds values against annotations, and converts those that are meant to be another type.

A value that fits as it is stays as it is, and costs nothing; pydantic is asked, and imported, for the others.
"""

from __future__ import annotations

import types
from collections.abc import AsyncIterable, Callable, Generator, Iterable, Iterator
from functools import lru_cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from dalsegno.pipelines.annotations import is_judged

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_MOST_TOLD = 3
_LONGEST_SHOWN = 60
#: the modules whose classes say in brackets what their parts are
_OF_PYTHON = frozenset({"builtins", "collections", "collections.abc"})
#: what pydantic would give as something else that is read only once
_LAZY = frozenset({Iterable, Iterator, Generator, AsyncIterable, Callable})


class Unfit(Exception):
    """A value is not of the type that is asked for.

    Parameters
    ----------
    faults : what is wrong, each with what leads to it from the value.
    """

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__(*faults)
        self.faults = faults

    def told(self, name: str) -> str:
        """Say what is wrong with what was given as `name`."""
        told = [f"`{name}{place}` {fault}" for place, fault in self.faults[:_MOST_TOLD]]
        more = len(self.faults) - len(told)
        return "; ".join([*told, *([f"and {more} more"] if more else [])])


def convert(value: Any, annotation: Any) -> Any:
    """Give a value as the type that an annotation names.

    Raises
    ------
    Unfit : it is none and cannot be made one.
    """
    if fits(value, annotation) or not is_judged(annotation):
        return value
    if annotation is float and type(value) is int:
        return float(value)
    adapter = _adapter(annotation)
    return _as_instance(value, annotation) if adapter is None else _adapted(value, adapter, annotation)


def fits(value: Any, annotation: Any) -> bool:
    """Whether a value is exactly of a type. What is not may fit all the same."""
    if type(value) is annotation or annotation is Any or annotation is object:
        return True
    if value is None:
        return annotation is None or (_is_union(annotation) and type(None) in get_args(annotation))
    origin = get_origin(annotation)
    if origin is None:
        return False
    if origin is Annotated:
        inner, *said = get_args(annotation)
        return all(isinstance(one, str) for one in said) and fits(value, inner)
    if _is_union(annotation):
        return any(fits(value, one) for one in get_args(annotation))
    if origin is Literal:
        return any(value == one and type(value) is type(one) for one in get_args(annotation))
    return type(value) is origin and _parts_fit(value, get_args(annotation))


def allows(value: Any, annotation: Any) -> bool:
    """Whether a value is of a type as it is, or of one that derives from it. What is not may be made one all the same."""
    if type(value) is annotation or not is_judged(annotation):
        return True
    if is_typeddict(annotation):
        return isinstance(value, dict) and _fields_allowed(cast("dict[str, Any]", value), annotation)
    origin = get_origin(annotation)
    if origin is None:
        return _is_instance(value, getattr(annotation, "__supertype__", annotation))
    if origin is Annotated:
        inner, *said = get_args(annotation)
        return not any(map(_limits, said)) and allows(value, inner)
    if _is_union(annotation):
        return any(allows(value, one) for one in get_args(annotation))
    if origin is Literal:
        return fits(value, annotation)
    if origin.__module__ not in _OF_PYTHON:
        return _is_instance(value, origin)  # what a class of a library says of its parts is its own affair
    return _is_instance(value, origin) and _parts_allowed(value, get_args(annotation))


def _fields_allowed(value: dict[str, Any], annotation: Any) -> bool:
    """Whether a dict has what a `TypedDict` names; it may have more."""
    try:
        known = get_type_hints(annotation, include_extras=True)
    except Exception:  # noqa: BLE001 - whatever an annotation does, it only says less
        return True
    return all(
        allows(value[name], _unmarked(wanted))
        if name in value
        else name not in annotation.__required_keys__ or get_origin(wanted) is NotRequired
        for name, wanted in known.items()
    )


def _unmarked(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) in (Required, NotRequired) else annotation


def _limits(said: Any) -> bool:
    """Whether what stands in an `Annotated` is for pydantic: it may limit the values."""
    return type(said).__module__.partition(".")[0] in ("pydantic", "annotated_types")


def _is_instance(value: Any, cls: Any) -> bool:
    if cls is None:
        return value is None
    try:
        return isinstance(value, cls)
    except TypeError:  # it is nothing that can be asked for
        return False


def _parts_allowed(value: Any, wanted: tuple[Any, ...]) -> bool:
    if isinstance(value, dict) and len(wanted) == 2:
        return _all_allowed(value, wanted[0]) and _all_allowed(cast("dict[Any, Any]", value).values(), wanted[1])
    if isinstance(value, tuple) and not (len(wanted) == 2 and wanted[1] is ...):
        items = cast("tuple[Any, ...]", value)
        return len(items) == len(wanted) and all(map(allows, items, wanted))
    if isinstance(value, list | set | frozenset | tuple):
        return _all_allowed(cast("Iterable[Any]", value), wanted[0])
    return True


def _all_allowed(values: Iterable[Any], wanted: Any) -> bool:
    kinds = set(map(type, values))
    return kinds <= {wanted} or all(allows(value, wanted) for value in values)


def _is_union(annotation: Any) -> bool:
    return isinstance(annotation, types.UnionType) or get_origin(annotation) is Union


def _parts_fit(value: Any, wanted: tuple[Any, ...]) -> bool:
    kind = type(value)
    if kind in (list, set, frozenset):
        return all(fits(item, wanted[0]) for item in value)
    if kind is dict:
        return all(fits(key, wanted[0]) and fits(item, wanted[1]) for key, item in value.items())
    if kind is tuple:
        if len(wanted) == 2 and wanted[1] is ...:
            return all(fits(item, wanted[0]) for item in value)
        return len(value) == len(wanted) and all(map(fits, value, wanted))
    # what a class of a library says of its parts is its own affair
    return kind.__module__ not in ("builtins", "collections")


def _as_instance(value: Any, annotation: Any) -> Any:
    """Hold a value against a class that pydantic knows nothing of."""
    wanted = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    cls = wanted if _is_union(wanted) else get_origin(wanted) or wanted
    try:
        fitting = isinstance(value, cls)
    except TypeError:
        return value  # it is nothing that can be asked for
    if not fitting:
        raise Unfit(("", f"should be {_article(getattr(cls, '__qualname__', str(cls)))}, not {_shown(value)}"))
    return value


def _article(name: str) -> str:
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} `{name}`"


def _adapted(value: Any, adapter: TypeAdapter[Any], annotation: Any) -> Any:
    from pydantic import PydanticUserError, ValidationError

    try:
        return adapter.validate_python(value)
    except PydanticUserError:  # a class of which a part is not defined yet
        return _as_instance(value, annotation)
    except ValidationError as error:
        faults = [_fault(cast("dict[str, Any]", one)) for one in error.errors(include_url=False, include_context=False)]
        raise Unfit(*faults) from None


def _fault(problem: dict[str, Any]) -> tuple[str, str]:
    message = str(problem["msg"])
    place = "".join(f"[{part!r}]" for part in problem["loc"])
    wanted = message.removeprefix("Input ") if message.startswith("Input should") else f"is wrong: {message}"
    return place, f"{wanted}, not {_shown(problem['input'])}"


def _shown(value: Any) -> str:
    from reprlib import repr as short

    text = " ".join(short(value).split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def _adapter(annotation: Any) -> TypeAdapter[Any] | None:
    """Give what converts to a type; `None` where nothing does."""
    if get_origin(annotation) in _LAZY or annotation in _LAZY:
        return None
    try:
        return _known_adapter(annotation)
    except TypeError:  # an annotation that has no hash
        return _made_adapter(annotation)


def _made_adapter(annotation: Any) -> TypeAdapter[Any] | None:
    from pydantic import ConfigDict, PydanticUserError, TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError
    from pydantic_core import SchemaError

    for config in (None, ConfigDict(arbitrary_types_allowed=True)):
        try:
            return TypeAdapter(annotation, config=config)
        except PydanticSchemaGenerationError:
            continue
        except (PydanticUserError, SchemaError, TypeError, AttributeError, NameError):
            return None
    return None


_known_adapter = lru_cache(maxsize=1024)(_made_adapter)
