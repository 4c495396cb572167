"""Secret values: sealed where they are kept, masked where they are shown.

A sealed value stands as `{"$secret": text}` in what is stored. Equal values are sealed alike under one key, so that a
digest over the sealed form tells whether a value has changed and can be worked out by nobody who lacks the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

SEALED = "$secret"
#: what is shown in the place of a secret
MASK = "******"


class SecretText(str):
    """A secret that was opened, with the form in which it is kept."""

    __slots__ = ("sealed",)

    sealed: Mapping[str, Any]

    def __new__(cls, text: str, sealed: Mapping[str, Any]) -> Self:
        made = super().__new__(cls, text)
        made.sealed = sealed
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (SecretText, (str(self), dict(self.sealed)))


def is_sealed(value: Any) -> bool:
    """Tell whether a value is sealed."""
    return isinstance(value, Mapping) and len(cast("Mapping[str, Any]", value)) == 1 and SEALED in value


def as_counted(value: Any) -> Any:
    """Give a value as digests count it: secrets in the form in which they are kept."""
    if isinstance(value, SecretText):
        return dict(value.sealed)
    if isinstance(value, dict):
        return {name: as_counted(item) for name, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [as_counted(item) for item in cast("list[Any]", value)]
    return value


def as_masked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give values as they are shown: a mask in the place of each that is sealed."""
    return {name: MASK if is_sealed(value) else value for name, value in values.items()}


def mask_sealed(value: Any) -> Any:
    """Give a value with a mask in the place of everything in it that is sealed."""
    if is_sealed(value):
        return MASK
    if isinstance(value, Mapping):
        return {name: mask_sealed(item) for name, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [mask_sealed(item) for item in cast("list[Any]", value)]
    return value
