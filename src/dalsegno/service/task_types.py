"""What a task type says of itself."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dalsegno.flows.schema import type_schema
from dalsegno.tasks.registry import canonical, load


def describe(name: str) -> dict[str, Any]:
    """Give a task type's summary, properties and outputs, and the JSON Schema of its tasks."""
    found = load(name)
    output = found.Output
    outputs = output.model_fields if isinstance(output, type) and issubclass(output, BaseModel) else {}
    return {
        "name": canonical(name),
        "summary": inspect.cleandoc(found.__doc__ or ""),
        "kind": found.kind.value,
        "properties": [
            {**_field(key, field), "required": field.is_required(), "default": _default(field)}
            for key, field in found.model_fields.items()
        ],
        "outputs": [_field(key, field) for key, field in outputs.items()],
        "schema": type_schema(canonical(name)),
    }


def _field(name: str, field: FieldInfo) -> dict[str, Any]:
    return {"name": field.alias or name, "type": _type_name(field.annotation), "description": field.description}


def _type_name(annotation: Any) -> str:
    text = (
        annotation.__name__ if isinstance(annotation, type) and not hasattr(annotation, "__args__") else str(annotation)
    )
    text = re.sub(r"\b(?:typing|collections\.abc|pathlib|datetime)\.", "", text)
    text = re.sub(r"Annotated\[(\w+)(?:\[[^\]]*\])?, [^\]]*\]", r"\1", text)
    return text.replace("NoneType", "None")


def _default(field: FieldInfo) -> Any:
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)
