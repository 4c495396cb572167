"""Classes of a user's module, whose objects are kept as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, Flag, IntEnum, StrEnum
from typing import Any, NamedTuple

from pydantic import BaseModel, PrivateAttr


class Colour(Enum):
    RED = "red"
    GREEN = (1, 2)


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class City(StrEnum):
    PARIS = "paris"


class Rights(Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: Any
    y: Any = 0


@dataclass
class Order:
    number: Any
    lines: Any = field(default_factory=list[Any])

    def __post_init__(self) -> None:
        self.made = True


@dataclass(frozen=True, slots=True)
class Frozen:
    name: Any
    of: Any = None


@dataclass
class Rows(list[Any]):
    """A dataclass that is a list too: its fields are not all of it."""

    title: str = ""


class Customer(BaseModel):
    name: str
    age: int | None = None
    extra: Any = None
    _seen: int = PrivateAttr(default=0)


class Loose(BaseModel, extra="allow"):
    name: str


class Text(str):
    __slots__ = ("note",)


class Plain:
    """A class like any other: pickle alone keeps its objects."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is Plain and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Plain({self.value!r})"
