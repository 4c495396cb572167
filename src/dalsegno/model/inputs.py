"""What a flow, or a pause, asks for: inputs with a type and what limits their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written: 1-based line and column of the flow's text."""

    line: int
    column: int


class InputType(StrEnum):
    """The types that a run input can have."""

    STRING = "STRING"
    SELECT = "SELECT"
    MULTISELECT = "MULTISELECT"
    INT = "INT"
    FLOAT = "FLOAT"
    BOOL = "BOOL"
    DATETIME = "DATETIME"
    DATE = "DATE"
    TIME = "TIME"
    DURATION = "DURATION"
    FILE = "FILE"
    JSON = "JSON"
    YAML = "YAML"
    URI = "URI"
    EMAIL = "EMAIL"
    SECRET = "SECRET"  # noqa: S105 - the name of a type
    ARRAY = "ARRAY"
    #: a parameter of a pipeline in Python: its value is in the form in which values of Python are stored
    PYTHON = "PYTHON"


#: the types as a flow may write them
INPUT_TYPES: Mapping[str, InputType] = MappingProxyType(
    {
        **{kind.value: kind for kind in InputType if kind is not InputType.PYTHON},
        "BOOLEAN": InputType.BOOL,
        "ENUM": InputType.SELECT,
    }
)
#: what limits the values of an input, by the types that can have it
LIMITS: Mapping[str, frozenset[InputType]] = MappingProxyType(
    {
        "validator": frozenset({InputType.STRING, InputType.SECRET}),
        "min": frozenset({InputType.INT, InputType.FLOAT, InputType.DURATION}),
        "max": frozenset({InputType.INT, InputType.FLOAT, InputType.DURATION}),
        "after": frozenset({InputType.DATETIME, InputType.DATE, InputType.TIME}),
        "before": frozenset({InputType.DATETIME, InputType.DATE, InputType.TIME}),
        "values": frozenset({InputType.SELECT, InputType.MULTISELECT}),
        "expression": frozenset({InputType.SELECT, InputType.MULTISELECT}),
        "allowCustomValue": frozenset({InputType.SELECT, InputType.MULTISELECT}),
        "autoSelectFirst": frozenset({InputType.SELECT, InputType.MULTISELECT}),
        "allowedFileExtensions": frozenset({InputType.FILE}),
        "itemType": frozenset({InputType.ARRAY, InputType.MULTISELECT}),
    }
)


@dataclass(frozen=True, slots=True)
class DependsOn:
    """When an input is asked for at all.

    Parameters
    ----------
    inputs : the inputs that come before it.
    condition : an expression over them; where it does not hold, the input has no value and needs none.
    """

    inputs: tuple[str, ...] = ()
    condition: Any = None


@dataclass(frozen=True, slots=True)
class Input:
    """A run input that a flow declares.

    Parameters
    ----------
    default : taken where no value is given; `prefill` is the same for an input that may also be left empty.
    limits : what limits its values, by the keys of `LIMITS`, as the flow has them.
    """

    id: str
    type: InputType
    required: bool = True
    default: Any = None
    has_default: bool = False
    description: str | None = None
    place: Place | None = None
    display_name: str | None = None
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    depends_on: DependsOn | None = None

    @property
    def item_type(self) -> InputType:
        """The type of the items of a list."""
        return INPUT_TYPES[self.limits.get("itemType", InputType.STRING)]


def input_of(entry: Mapping[str, Any], place: Place | None = None) -> Input:
    """Give the input that a map declares, in the form that a flow has been checked for."""
    kind = INPUT_TYPES[entry["type"]]
    default = entry.get("defaults")
    if default is None:
        default = entry.get("prefill")
    values = entry.get("values") or entry.get("options")
    if default is None and values and entry.get("autoSelectFirst") is True:
        default = values[:1] if kind is InputType.MULTISELECT else values[0]
    limits = {key: value for key in LIMITS if (value := entry.get(key)) is not None}
    if values:
        limits["values"] = values
    if entry.get("accept") is not None:
        limits["allowedFileExtensions"] = [part.strip() for part in str(entry["accept"]).split(",")]
    return Input(
        id=str(entry["id"] if entry.get("id") is not None else entry["name"]),
        type=kind,
        required=entry.get("required") is not False,
        default=default,
        has_default=default is not None,
        description=entry.get("description"),
        place=place,
        display_name=entry.get("displayName"),
        limits=limits,
        depends_on=_depends_on(entry.get("dependsOn")),
    )


def _depends_on(written: Any) -> DependsOn | None:
    if not written:
        return None
    return DependsOn(tuple(str(name) for name in written.get("inputs") or ()), written.get("condition"))
