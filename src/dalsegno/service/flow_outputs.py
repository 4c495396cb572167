"""The outputs of a flow, each in the type that the flow says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dalsegno.errors import TaskFailed
from dalsegno.flows.values import STORED, WrongValueError, read_value
from dalsegno.model.flow import FlowOutput, InputType
from dalsegno.model.inputs import INPUT_TYPES
from dalsegno.service.sealing import Sealing


def output_reader(sealing: Sealing) -> Callable[[FlowOutput, Any], Any]:
    """Give what reads the rendered value of an output: in its type, a secret sealed.

    The function raises `TaskFailed` where a value does not fit.
    """

    def read(item: FlowOutput, value: Any) -> Any:
        if not item.typed:
            return value
        if value is None:
            if item.required:
                raise _wrong(item, "has no value, and is required")
            return None
        kind = INPUT_TYPES[item.type]
        try:
            found = read_value(kind, value, is_data=not isinstance(value, str), item_type=INPUT_TYPES[item.item_type])
        except WrongValueError as wrong:
            raise _wrong(item, str(wrong)) from None
        if isinstance(found, Path):
            raise _wrong(item, f"must be the `{STORED}` address of a stored file, not a path")
        return sealing.seal(found) if kind is InputType.SECRET else found

    return read


def _wrong(item: FlowOutput, complaint: str) -> TaskFailed:
    hint = f"mend the `value` of the output, or its `type`, which is {item.type}"
    return TaskFailed(f"the output `{item.id}` {complaint}", code="wrong-output", hint=hint)
