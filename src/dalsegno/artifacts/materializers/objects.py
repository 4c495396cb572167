"""Objects of the user's own classes that are kept by their parts: dataclasses, pydantic models, enum members, named tuples.

What is kept is the object's state, as pickle would keep it: its `__init__` is not called when it is made again. The class is
named, and imported when the value is loaded. A class that cannot be imported, one of a script or a notebook, travels along by
cloudpickle; where a class of the same name stands in the process that loads the value, that one is taken.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from enum import Enum, Flag
from importlib import import_module
from typing import Any, NamedTuple, Protocol, cast

from dalsegno.artifacts.materializers.errors import class_missing
from dalsegno.artifacts.materializers.forms import Form
from dalsegno.artifacts.materializers.plain import Decodes, Encodes
from dalsegno.model.digest import TAG

_MODEL = ("pydantic.main", "BaseModel")


class WithCode(Encodes, Protocol):
    """Brings values into their forms, and classes that cannot be imported."""

    def code_of(self, cls: type) -> Form:
        """Give the form of a class with its code."""
        ...


class Kind(NamedTuple):
    """One kind of object: whether a class is of it, what is kept of an object, and how one is made again."""

    fits: Callable[[type], bool]
    state: Callable[[Any], Any]
    make: Callable[[type, Any], Any]


def encode_object(encoder: WithCode, value: Any) -> Form | None:
    """Give the form of an object that is kept by its parts; `None` for any other."""
    cls = type(value)
    for name, kind in KINDS.items():
        if kind.fits(cls):
            form = {TAG: name, **class_form(encoder, cls)}
            form["data"] = encoder.form(kind.state(value))
            return form
    return None


def decode_object(decoder: Decodes, form: Form) -> Any:
    """Make an object again.

    Raises
    ------
    Refusal : its class cannot be imported any more, or is none of this kind any more (code `class-missing`).
    """
    kind = KINDS[form[TAG]]
    cls = class_of(decoder, form)
    if not kind.fits(cls):
        module, _, name = form["class"].partition(":")
        raise class_missing(module, name, f"what has that name now is no {form[TAG]}")
    return kind.make(cls, decoder.value(form["data"]))


def class_form(encoder: WithCode, cls: type) -> dict[str, Form]:
    """Give the name of a class, and its code where another process could not import it."""
    name = {"class": f"{cls.__module__}:{cls.__qualname__}"}
    if importable(cls):
        return name
    return {**name, "code": encoder.code_of(cls)}


def importable(thing: Any) -> bool:
    """Whether another process could import a class or a function by its name."""
    return thing.__module__ != "__main__" and _lookup(thing.__module__, thing.__qualname__) is thing


def class_of(decoder: Decodes, form: Form) -> type:
    """Find the class of an object."""
    module, _, name = form["class"].partition(":")
    found = _lookup(module, name)
    if isinstance(found, type):
        return found
    if "code" in form:
        return decoder.value(form["code"])
    try:
        found = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise class_missing(module, name, str(error)) from error
    return cast("type", found)


def _lookup(module: str, name: str) -> Any:
    """Give what a loaded module holds under a name."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _is_dataclass(cls: type) -> bool:
    return dataclasses.is_dataclass(cls) and cls.__new__ is object.__new__ and _default_state(cls)


def _default_state(cls: type) -> bool:
    """Whether nothing but the attributes belongs to the state of an object: no method for pickle says otherwise."""
    own = {name for base in cls.__mro__[:-1] for name in vars(base)} & {
        "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs__", "__getnewargs_ex__",
    }  # fmt: skip
    made = all(
        getattr(getattr(cls, name), "__module__", None) == "dataclasses"
        for name in own & {"__getstate__", "__setstate__"}
    )
    return made and own <= {"__getstate__", "__setstate__"}


def _attributes(value: Any) -> dict[str, Any]:
    state: Any = object.__getstate__(value)
    in_dict, in_slots = state if isinstance(state, tuple) else (state, None)
    return {**(in_dict or {}), **(in_slots or {})}


def _with_attributes(cls: type, state: dict[str, Any]) -> Any:
    value = object.__new__(cls)
    for name, item in state.items():
        object.__setattr__(value, name, item)
    return value


def _is_model(cls: type) -> bool:
    base = next((base for base in cls.__mro__ if (base.__module__, base.__qualname__) == _MODEL), None)
    return base is not None and cls.__reduce__ is object.__reduce__ and cls.__reduce_ex__ is object.__reduce_ex__


def _state(value: Any) -> Any:
    return value.__getstate__()


def _model(cls: Any, state: dict[str, Any]) -> Any:
    value = cls.__new__(cls)
    value.__setstate__(state)
    return value


def _is_enum(cls: type) -> bool:
    return issubclass(cls, Enum)


def _member(value: Enum) -> Any:
    return value.value if isinstance(value, Flag) else value.name


def _to_member(cls: Any, state: Any) -> Any:
    return cls(state) if issubclass(cls, Flag) else cls[state]


def _is_named_tuple(cls: type) -> bool:
    fields: Any = getattr(cls, "_fields", None)
    return issubclass(cls, tuple) and isinstance(fields, tuple) and cls.__dictoffset__ == 0


KINDS: dict[str, Kind] = {
    "enum": Kind(_is_enum, _member, _to_member),
    "dataclass": Kind(_is_dataclass, _attributes, _with_attributes),
    "pydantic": Kind(_is_model, _state, _model),
    "namedtuple": Kind(_is_named_tuple, list, tuple.__new__),
}
