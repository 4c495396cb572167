"""Dataclasses of which a large run has tens of thousands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Class = TypeVar("_Class", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def light(cls: _Class) -> _Class:
    """Make a dataclass whose objects are never changed, which the type checker alone sees to.

    A dataclass that is frozen when the program runs takes ten times as long to make: most of what the plan of a replay cost.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
