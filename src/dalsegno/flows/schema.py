"""The JSON Schema of the flow language, for editors: made from the task types and the words of the language.

It says what an editor can know without the rest of the file: which keys there are, what they take, what they are for. What
needs more than that (names that are read, circles, patterns of dates) is told by `flow validate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from dalsegno.flows.conduct import (
    CHECK_BEHAVIORS,
    CHECK_STYLES,
    CONCURRENCY_BEHAVIORS,
    SLA_BEHAVIORS,
    SLA_TYPES,
)
from dalsegno.flows.descriptions import (
    OF_CHECK,
    OF_CONCURRENCY,
    OF_FLOW,
    OF_INPUT,
    OF_OUTPUT,
    OF_PLUGIN_DEFAULT,
    OF_RETRY,
    OF_SLA,
    OF_TASK,
    OF_TRIGGER,
    OF_TRIGGER_TYPE,
)
from dalsegno.flows.foreign import OF_FLOW as FOREIGN_OF_FLOW
from dalsegno.flows.foreign import OF_INPUT as FOREIGN_OF_INPUT
from dalsegno.flows.foreign import Foreign
from dalsegno.flows.handling import handling_keys
from dalsegno.flows.properties import child_keys, shape, spellings
from dalsegno.flows.triggers import TRIGGER_TYPES
from dalsegno.flows.words import FLOW, INPUT, OUTPUT, RETRY_BEHAVIORS, RETRY_TIMES, TASK, TRIGGER
from dalsegno.model.flow import Effects, Kind
from dalsegno.model.inputs import INPUT_TYPES
from dalsegno.tasks import registry
from dalsegno.tasks.base import TaskType
from dalsegno.tasks.spellings import spellings_of

Schema = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TASKS: Schema = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/task"}}
_FLAG: Schema = {"type": "boolean"}
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_MAP: Schema = {"type": "object"}
_UNUSED: Schema = {"description": "Kestra's; `flow validate` says what becomes of it.", "deprecated": True}
_EXPRESSION: Schema = {"$ref": "#/$defs/expression"}
_EXPRESSION_TEXT: Schema = {"type": "string", "pattern": r"\{[{%#]", "description": "Text with an expression in it."}
_DURATION: Schema = {"type": "string", "description": "ISO 8601, such as `PT10M`."}


def flow_schema() -> Schema:
    """Give the schema (JSON Schema 2020-12)."""
    types = {name: registry.load(name) for name in registry.names()}
    named = {name: _of_type(task_type) for name, task_type in types.items()}
    return {
        "$schema": _DRAFT,
        "title": "A flow of Dal Segno",
        **_map(_flow_keys(), ("id", "namespace", "tasks")),
        "$defs": {
            "expression": _EXPRESSION_TEXT,
            "retry": _retry(),
            "input": _input(),
            "trigger": _trigger(),
            "task": _task(named),
            **{name: schema for name, (schema, _) in named.items()},
            **{name: schema for _, inner in named.values() for name, schema in inner.items()},
        },
    }


def type_schema(name: str) -> Schema:
    """Give the schema of the tasks of one type; what stands in the tasks that it holds is left to their own."""
    own, inner = _of_type(registry.load(name))
    task = {"type": "object", "required": ["id", "type"]}
    common = {"expression": _EXPRESSION_TEXT, "retry": _retry(), "input": _input(), "task": task}
    return {"$schema": _DRAFT, "title": name, **own, "required": ["id", "type"], "$defs": {**common, **inner}}


def _map(keys: Mapping[str, Schema], required: Iterable[str] = (), *, texts: Mapping[str, str] | None = None) -> Schema:
    """Give the schema of a map with these keys and no others; `texts` say what each is for."""
    described = {key: _described(schema, (texts or {}).get(key)) for key, schema in keys.items()}
    return {"type": "object", "properties": described, "required": list(required), "additionalProperties": False}


def _list(item: Schema) -> Schema:
    return {"type": ["array", "null"], "items": item}


def _described(schema: Schema, text: str | None) -> Schema:
    return {**schema, "description": text} if text else schema


def _harmless(keys: Mapping[str, Foreign]) -> dict[str, Schema]:
    return {
        key: {"description": f"Kestra's; it changes nothing here: {foreign.advice}.", "deprecated": True}
        for key, foreign in keys.items()
        if foreign.harmless
    }


def _flow_keys() -> dict[str, Schema]:
    default = _map(
        {"type": {"type": "string"}, "values": _MAP, "forced": _FLAG}, ("type", "values"), texts=OF_PLUGIN_DEFAULT
    )
    output = _map(
        {
            **dict.fromkeys((key for key in OF_OUTPUT if key in OUTPUT.known), _TEXT),
            "value": {},
            "required": _FLAG,
            "type": {"enum": list(INPUT_TYPES)},
            "itemType": {"enum": list(INPUT_TYPES)},
        },
        ("id", "value"),
        texts=OF_OUTPUT,
    )
    check = _map(
        {
            "condition": {},
            "when": {},
            "message": _TEXT,
            "style": {"enum": list(CHECK_STYLES)},
            "behavior": {"enum": list(CHECK_BEHAVIORS)},
        },
        ("message",),
        texts=OF_CHECK,
    )
    sla = {
        "id": {"type": "string"},
        "type": {"enum": list(SLA_TYPES)},
        "duration": _DURATION,
        "assert": _TEXT,
        "behavior": {"enum": list(SLA_BEHAVIORS)},
        "labels": {"type": ["object", "array"]},
    }
    concurrency = {"limit": {"type": "integer", "minimum": 1}, "behavior": {"enum": list(CONCURRENCY_BEHAVIORS)}}
    found: dict[str, Schema] = {
        "id": {"type": ["string", "number"]},
        "namespace": {"type": ["string", "number"]},
        "revision": {},
        "description": {"type": ["string", "null"]},
        "labels": {"type": ["object", "array", "null"]},
        "inputs": _list({"$ref": "#/$defs/input"}),
        "variables": {"type": ["object", "null"]},
        "tasks": _TASKS,
        "errors": _TASKS,
        "finally": _TASKS,
        "afterExecution": _TASKS,
        "outputs": _list(output),
        "disabled": _FLAG,
        "retry": {"$ref": "#/$defs/retry"},
        "timeout": _DURATION,
        "pluginDefaults": _list(default),
        "taskDefaults": _list(default),
        "triggers": _list({"$ref": "#/$defs/trigger"}),
        "concurrency": _map(concurrency, ("limit",), texts=OF_CONCURRENCY),
        "sla": _list(_map(sla, ("id", "type", "behavior"), texts=OF_SLA)),
        "checks": _list(check),
    }
    keys = {key: _described(found[key], OF_FLOW.get(key)) for key in sorted(FLOW.known, key=list(found).index)}
    return keys | _harmless(FOREIGN_OF_FLOW)


def _retry() -> Schema:
    times = dict.fromkeys(("interval", "minInterval", "maxInterval", "maxDuration"), _DURATION)
    whole: Schema = {"type": "integer", "minimum": 1}
    keys: dict[str, Schema] = {
        "type": {"enum": list(RETRY_TIMES)},
        **times,
        "delayFactor": {"type": "number", "exclusiveMinimum": 0},
        "maxAttempts": whole,
        "maxAttempt": whole,
        "warningOnRetry": _FLAG,
        "behavior": {"enum": list(RETRY_BEHAVIORS)},
    }
    return _map(keys, ("type",), texts=OF_RETRY)


def _input() -> Schema:
    special: dict[str, Schema] = {
        "type": {"enum": list(INPUT_TYPES)},
        "itemType": {"enum": list(INPUT_TYPES)},
        "required": _FLAG,
        "allowCustomValue": _FLAG,
        "autoSelectFirst": _FLAG,
        "values": {"type": "array", "items": _TEXT, "minItems": 1},
        "options": {"type": "array", "items": _TEXT, "minItems": 1},
        "allowedFileExtensions": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "dependsOn": _map({"inputs": {"type": "array", "items": _TEXT}, "condition": _TEXT}, ("inputs",)),
        "defaults": {},
        "prefill": {},
    }
    keys = {key: _described(special.get(key, _TEXT), OF_INPUT.get(key)) for key in OF_INPUT if key in INPUT.known}
    return {
        **_map(keys | _harmless(FOREIGN_OF_INPUT), ("type",)),
        "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
    }


def _trigger() -> Schema:
    cases: list[Schema] = []
    for name, kind in TRIGGER_TYPES.items():
        keys: dict[str, Schema] = {key: {} for key in (*kind.checks, *sorted(TRIGGER.known), *TRIGGER.later)}
        texts = {**OF_TRIGGER, **OF_TRIGGER_TYPE.get(name, {})}
        cases.append(_case(spellings_of(name), _map(keys, kind.needed, texts=texts)))
    names = [name for known in TRIGGER_TYPES for name in spellings_of(known)]
    return {
        "type": "object",
        "properties": {"id": {"type": "string"}, "type": {"enum": names}},
        "required": ["id", "type"],
        "allOf": cases,
    }


def _case(names: list[str], then: Schema) -> Schema:
    """Give what holds of a map whose `type` is one of some names."""
    return {"if": {"properties": {"type": {"enum": names}}, "required": ["type"]}, "then": then}


def _task(named: Mapping[str, Any]) -> Schema:
    names = {name: spellings_of(name) for name in named}
    return {
        "type": "object",
        "required": ["id", "type"],
        "properties": {
            "id": {"type": ["string", "number"], "description": OF_TASK["id"]},
            "type": {"enum": [name for known in names.values() for name in known], "description": OF_TASK["type"]},
        },
        "allOf": [_case(known, {"$ref": f"#/$defs/{name}"}) for name, known in names.items()],
    }


def _of_type(task_type: type[TaskType]) -> tuple[Schema, dict[str, Schema]]:
    """Give the schema of the tasks of a type, and what it refers to."""
    own = task_type.model_json_schema(by_alias=True)
    prefix = f"{task_type.__module__}.{task_type.__qualname__}"
    inner = {f"{prefix}.{name}": _loose(schema, prefix) for name, schema in own.pop("$defs", {}).items()}
    keys = _common(task_type)
    for field, info in task_type.model_fields.items():
        written, *others = spellings(field, info)
        schema = own.get("properties", {}).get(written) or own.get("properties", {}).get(info.alias or field, {})
        if written in task_type.input_properties:
            loose: Schema = {"type": "array", "items": {"$ref": "#/$defs/input"}, "description": info.description or ""}
        else:
            loose = _loose(_or_text(schema) if _reads_text(info) else schema, prefix)
        keys |= dict.fromkeys((written, *others), loose)
    schema: Schema = {
        "type": "object",
        "description": " ".join((task_type.__doc__ or "").split()),
        "properties": keys,
        "additionalProperties": shape(task_type).open,
    }
    # nothing is required: `pluginDefaults` may give what a task lacks
    return schema, inner


def _reads_text(info: FieldInfo) -> bool:
    """Whether a property looks at what is given before its type does: lists and maps may then be written as texts."""
    return any(isinstance(each, BeforeValidator) for each in info.metadata)


def _or_text(schema: Schema) -> Schema:
    listed = any(part.get("type") in ("array", "object") for part in (schema, *schema.get("anyOf", ())))
    if not listed or not all(part.get("type") != "string" for part in schema.get("anyOf", ())):
        return schema
    about = {key: schema[key] for key in ("description", "default") if key in schema}
    shape_alone = {key: value for key, value in schema.items() if key not in about}
    return {"anyOf": [*shape_alone.get("anyOf", [shape_alone]), {"type": "string"}], **about}


def _common(task_type: type[TaskType]) -> dict[str, Schema]:
    """Give the keys that a task has whatever its type's own properties are, and those that hold its tasks."""
    known: dict[str, Schema] = {
        "id": {},
        "type": {},
        "description": {"type": ["string", "null"]},
        "retry": {"$ref": "#/$defs/retry"},
        "timeout": _DURATION,
        "runIf": {"type": ["string", "boolean", "number"]},
        "allowFailure": _FLAG,
        "allowWarning": _FLAG,
        "disabled": _FLAG,
        "effects": {"enum": [effect.value for effect in Effects]},
    }
    keys = {key: known.get(key, _UNUSED) for key in sorted(TASK | handling_keys(task_type))}
    dag = {
        "type": "array",
        "minItems": 1,
        "items": _map({"task": {"$ref": "#/$defs/task"}, "dependsOn": {"type": "array"}}),
    }
    for key in sorted(child_keys(task_type)):
        if key == task_type.branch_map:
            keys[key] = {"type": "object", "additionalProperties": {"type": "array", "items": {"$ref": "#/$defs/task"}}}
        elif key == "tasks" and task_type.kind is Kind.DAG:
            keys[key] = dag
        else:
            keys[key] = {"type": ["array", "null"], "items": {"$ref": "#/$defs/task"}}
    return {key: _described(schema, OF_TASK.get(key)) for key, schema in keys.items()}


def _loose(schema: Any, prefix: str) -> Any:
    """Give a schema of values that may be written as expressions, and of texts that may be written as numbers."""
    if not isinstance(schema, Mapping):
        return schema
    found = dict(cast("Mapping[str, Any]", schema))
    found.pop("default", None)
    found.pop("title", None)
    for key in ("properties", "$defs"):
        if key in found:
            found[key] = {name: _loose(inner, prefix) for name, inner in found[key].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), Mapping):
            found[key] = _loose(found[key], prefix)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        if key in found:
            found[key] = [_loose(inner, prefix) for inner in found[key]]
    if "$ref" in found:
        found["$ref"] = f"#/$defs/{prefix}.{found['$ref'].rpartition('/')[2]}"
    return _with_expression(found)


def _with_expression(schema: Schema) -> Schema:
    text = {key: schema.pop(key) for key in ("description",) if key in schema}
    if schema.get("type") == "string" and "enum" not in schema and "pattern" not in schema and "format" not in schema:
        return {**_TEXT, **text}
    if not schema:
        return text
    return {"anyOf": [schema, _EXPRESSION], **text}
