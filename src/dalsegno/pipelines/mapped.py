"""Steps that run once for every item: `.map` and `.product`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from dalsegno.pipelines.outputs import Invocation, StepOutput, holds_outputs
from dalsegno.pipelines.places import invalid

if TYPE_CHECKING:
    from dalsegno.pipelines.step import Step

#: several sequences go in lockstep, or each item of one with each of the others
ZIP = "zip"
PRODUCT = "product"

_NO_ORDER = (set, frozenset)
_WHOLE = (str, bytes, bytearray, Mapping)


class Unmapped:
    """A value that every item of a mapped step gets whole."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"unmapped({self.value!r})"


def unmapped(value: Any) -> Any:
    """Say of an argument of `.map` or `.product` that every item gets it whole.

    Parameters
    ----------
    value : a value, an output of a step, or what a mapped step gave, whose items are then gathered in a list.
    """
    return Unmapped(value)


def is_whole(value: Any) -> bool:
    """Whether a value is known only when the run gets there."""
    return type(value) in (StepOutput, Invocation)


def items_of(step: Step[Any], name: str, value: Any) -> Sequence[Any]:
    """Give the items of a sequence that is there.

    Raises
    ------
    PipelineInvalid : it has none, or not in an order that holds.
    """
    what = f"{step.what}: `{name}` is mapped"
    if isinstance(value, _NO_ORDER):
        raise invalid(f"{what}, and a set has no order; pass it sorted, as a list", code="wrong-items")
    if isinstance(value, _WHOLE) or not isinstance(value, Iterable):
        kind = type(cast("object", value)).__qualname__
        message = (
            f"{what}, and `{kind}` is no list; pass a list, or `{name}=unmapped(...)` to give it whole to every item"
        )
        raise invalid(message, code="wrong-items")
    return list(cast("Iterable[Any]", value))


def check_lengths(step: Step[Any], lengths: Mapping[str, int]) -> None:
    """Check that sequences that go in lockstep are of one length."""
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"`{name}` has {length}" for name, length in lengths.items())
        message = f"{step.what}: what is mapped goes in lockstep and must be of one length, but {told}"
        raise invalid(f"{message}; `.product` takes each with each", code="wrong-lengths")


def check_key(step: Step[Any], key: Any, items: Sequence[Any] | None) -> None:
    """Check what items are to be known by.

    Parameters
    ----------
    items : those of the first sequence, where they are there.
    """
    if key is None or (callable(key) and not is_whole(key)):
        return
    if not isinstance(key, str) or not key or ":" in key:
        message = f"{step.what}: `key` must be the name of a field of the items, or a function of an item, not {key!r}"
        raise invalid(message, code="wrong-key")
    for number, item in enumerate(items or ()):
        if not holds_outputs(item) and not _has(item, key):
            message = f"{step.what}: item {number} has no `{key}`, by which `key` says that it is known"
            raise invalid(message, code="wrong-key", name=key, known=_fields(item))


def _has(item: Any, key: str) -> bool:
    return key in item if isinstance(item, Mapping) else hasattr(item, key)


def _fields(item: Any) -> list[str]:
    if isinstance(item, Mapping):
        return [str(name) for name in cast("Mapping[Any, Any]", item)]
    return [name for name in dir(item) if not name.startswith("_")]


def call_each(step: Step[Any], arguments: Mapping[str, Any], mode: str) -> Any:
    """Call a step's function for every item, outside of a pipeline; give lists of what it returns."""
    from itertools import product

    whole = {name: value.value for name, value in arguments.items() if isinstance(value, Unmapped)}
    mapped = {name: items_of(step, name, value) for name, value in arguments.items() if name not in whole}
    check_mapped(step, mapped)
    if mode == ZIP:
        check_lengths(step, {name: len(items) for name, items in mapped.items()})
    combined = zip(*mapped.values(), strict=True) if mode == ZIP else product(*mapped.values())
    function: Callable[..., Any] = step.function
    made = [function(**dict(zip(mapped, values, strict=True)), **whole) for values in combined]
    if not step.signature.returns_tuple:
        return made
    return tuple([[one[number] for one in made] for number in range(len(step.signature.outputs))])


def check_mapped(step: Step[Any], mapped: Iterable[str]) -> None:
    """Check that there is something to map."""
    if not list(mapped):
        message = f"{step.what} is mapped over nothing: no argument is a sequence that is mapped"
        raise invalid(f"{message}; call the step itself, or leave `unmapped` out", code="nothing-mapped")
