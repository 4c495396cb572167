"""What a step's function gave, held against its return annotation, and taken apart into the outputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast, get_args, get_origin
from weakref import WeakKeyDictionary

from dalsegno.artifacts.materializers.errors import named
from dalsegno.errors import TaskFailed
from dalsegno.pipelines.annotations import MISSING, names_around, outputs_of, resolved
from dalsegno.pipelines.converting import Unfit, allows, convert

_CODE = "wrong-outputs"


@dataclass(frozen=True, slots=True)
class Returned:
    """What a function says that it returns.

    Parameters
    ----------
    names : of its outputs.
    together : whether it returns them as a tuple, also where it is one alone.
    types : the annotation of each.
    """

    names: tuple[str, ...]
    together: bool
    types: tuple[Any, ...]


_known: WeakKeyDictionary[Callable[..., Any], Returned] = WeakKeyDictionary()


def outputs_from(function: Callable[..., Any], names: tuple[str, ...], result: Any, step: str) -> dict[str, Any]:
    """Give the outputs of a step by name, each as the type that the annotation names.

    Parameters
    ----------
    names : of the outputs, as the graph has them.
    step : what the step is called, for messages.

    Raises
    ------
    TaskFailed : there are more or fewer, or one is not of its type (code `wrong-outputs`).
    """
    said = _said_by(function)
    if said.names != names:
        # the graph was made with another annotation: what is known is how many there are
        said = Returned(names, len(names) > 1, (MISSING,) * len(names))
    if not names:
        if result is not None and said.types:
            raise _wrong(
                f"`{step}` declares no output (`-> None`) and returned a `{named(type(result))}`",
                "say in the annotation what it returns, or return nothing",
            )
        return {}
    values = _values(said, result, step) if said.together else (result,)
    return {
        name: value if type(value) is wanted or wanted is MISSING else _as(value, wanted, name, step)
        for name, value, wanted in zip(names, values, said.types, strict=True)
    }


def _said_by(function: Callable[..., Any]) -> Returned:
    try:
        found = _known.get(function)
        if found is None:
            found = _known[function] = _read(function)
    except TypeError:  # it has no hash, or nothing can refer to it weakly
        return _read(function)
    return found


def _read(function: Callable[..., Any]) -> Returned:
    try:
        annotation = inspect.signature(function).return_annotation
    except (TypeError, ValueError):
        annotation = MISSING
    annotation = resolved(annotation, names_around(function))
    names, together = outputs_of(annotation)
    if not names:
        return Returned((), together, (None,))
    while together and get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return Returned(names, together, get_args(annotation) if together else (annotation,))


def _values(said: Returned, result: Any, step: str) -> Sequence[Any]:
    names = said.names
    what = f"{len(names)} outputs" if len(names) > 1 else "a tuple of one output"
    declares = f"`{step}` declares {what} ({', '.join(f'`{name}`' for name in names)})"
    hint = "return a tuple with one value for each" if len(names) > 1 else "return `(value,)`"
    if not isinstance(result, tuple | list):
        raise _wrong(f"{declares} and returned a `{named(type(result))}`", hint)
    found = cast("Sequence[Any]", result)
    if len(found) != len(names):
        raise _wrong(f"{declares} and returned {len(found)}", hint)
    return found


def _as(value: Any, wanted: Any, name: str, step: str) -> Any:
    if allows(value, wanted):
        return value
    try:
        return convert(value, wanted)
    except Unfit as error:
        raise _wrong(
            f"`{step}` returned for its output `{name}` a `{named(type(value))}`, and its annotation says "
            f"`{_shown(wanted)}`: {error.told(name)}",
            "return what the annotation says, or mend the annotation",
        ) from None


def _shown(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        return _shown(get_args(annotation)[0])
    return named(annotation) if type(annotation) is type else inspect.formatannotation(annotation)


def _wrong(message: str, hint: str) -> TaskFailed:
    return TaskFailed(message, hint=hint, code=_CODE)
