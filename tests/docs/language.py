"""The tables of the page of flows that are made from the words of the language: every key that is read is in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from tests.docs.tables import BLANK, described, table

from dalsegno.flows import descriptions
from dalsegno.flows.foreign import OF_FLOW, OF_INPUT, OF_TASK, OF_TRIGGER, Foreign
from dalsegno.flows.schema import flow_schema
from dalsegno.flows.triggers import TRIGGER_TYPES
from dalsegno.flows.words import (
    CHECK,
    CONCURRENCY,
    FLOW,
    HANDLERS,
    INPUT,
    INPUT_TYPES_LATER,
    OUTPUT,
    PLUGIN_DEFAULT,
    RETRY_COMMON,
    RETRY_TIMES,
    SLA,
    TASK,
    TASK_HANDLING,
    TRIGGER,
)
from dalsegno.model.inputs import INPUT_TYPES, LIMITS, InputType
from dalsegno.tasks.registry import NOT_SUPPORTED, load, names

Texts = Mapping[str, str]
Schema = Mapping[str, Any]

_TAKES = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`", "object": "map",
    "array": "list",
}  # fmt: skip
_KEYS = ("key", "takes", "meaning")


@cache
def _schema() -> Schema:
    return flow_schema()


def _keys(known: Iterable[str], texts: Texts, schema: Schema) -> str:
    """Give the table of the keys of one kind of map, in the order in which they are described."""
    required = schema.get("required", ())
    rows = [
        (f"`{key}`", _takes(schema["properties"][key]) + (", required" if key in required else ""), text)
        for key, text in described(known, texts).items()
    ]
    return table(_KEYS, rows)


def _takes(schema: Schema) -> str:
    if "enum" in schema:
        names = schema["enum"]
        if names == list(INPUT_TYPES):
            return "a type of inputs"
        *before, last = [f"`{name}`" for name in names]
        return f"{', '.join(before)} or {last}" if before else last
    if "$ref" in schema:
        return "map"
    kinds = schema.get("type", ())
    kinds = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
    if "string" in kinds:
        return "text"
    return " or ".join(_TAKES[kind] for kind in kinds) or "any value"


def _of_flow(key: str) -> Schema:
    """Give the schema of what stands under a key of a flow: of the map itself, or of the entries of a list."""
    found = _schema()["properties"][key]
    return found.get("items", found)


def flow_keys() -> str:
    """Give the keys of a flow."""
    return _keys(FLOW.known, descriptions.OF_FLOW, _schema())


def task_keys() -> str:
    """Give the keys that tasks have whatever their type, and those of groups."""
    of_any = {"id": {"type": "string"}, "type": {"type": "string"}}
    of_group = _schema()["$defs"]["core.flow.Sequential"]["properties"]
    schema = {"properties": {**of_group, **of_any}, "required": ("id", "type")}
    of_groups = {"tasks", *HANDLERS}
    everywhere = {key: text for key, text in descriptions.OF_TASK.items() if key not in of_groups}
    groups = {key: text for key, text in descriptions.OF_TASK.items() if key in of_groups}
    said = "Groups have, beside that:"
    return BLANK.join([_keys(TASK | TASK_HANDLING, everywhere, schema), said, _keys(of_groups, groups, schema)])


def input_keys() -> str:
    """Give the keys of an input that do not depend on its type."""
    texts = {key: text for key, text in descriptions.OF_INPUT.items() if _limit(key) is None}
    return _keys({key for key in INPUT.known if _limit(key) is None}, texts, _schema()["$defs"]["input"])


def _limit(key: str) -> str | None:
    """Give what a key limits values by, under the name that `LIMITS` has for it."""
    name = {"options": "values", "accept": "allowedFileExtensions"}.get(key, key)
    return name if name in LIMITS else None


def input_types() -> str:
    """Give the types of inputs, and the keys that only some of them have."""
    other = {kind: name for name, kind in INPUT_TYPES.items() if name != kind.value}
    rows: list[tuple[str, ...]] = []
    for kind, (takes, gives) in described(
        [kind for kind in InputType if kind is not InputType.PYTHON], descriptions.OF_INPUT_TYPE
    ).items():
        own = ", ".join(f"`{key}`" for key, kinds in LIMITS.items() if kind in kinds)
        also = f" (`{other[kind]}`)" if kind in other else ""
        rows.append((f"`{kind.value}`{also}", takes, gives, own))
    texts = {key: text for key, text in descriptions.OF_INPUT.items() if _limit(key) is not None}
    limits = _keys({key for key in INPUT.known if _limit(key)}, texts, _schema()["$defs"]["input"])
    return BLANK.join([table(("type", "takes", "gives", "keys of its own"), rows), limits])


def retry_keys() -> str:
    """Give the keys of a retry."""
    known = RETRY_COMMON.union({"delayFactor"}, *RETRY_TIMES.values())
    needs = [(f"`{kind}`", ", ".join(f"`{time}`" for time in times)) for kind, times in RETRY_TIMES.items()]
    keys = _keys(known, descriptions.OF_RETRY, _schema()["$defs"]["retry"])
    return BLANK.join([keys, table(("type", "needs"), needs)])


def trigger_keys() -> str:
    """Give the keys of any trigger, then the types with their properties."""
    sections = [table(("key", "meaning"), _named(described(TRIGGER.known, descriptions.OF_TRIGGER), ("id", "type")))]
    for name, texts in described(TRIGGER_TYPES, descriptions.OF_TRIGGER_TYPE).items():
        kind = TRIGGER_TYPES[name]
        rows = _named(described(kind.checks, texts), kind.needed)
        sections += [f"#### {name}", kind.text, table(("property", "meaning"), rows)]
    return BLANK.join(sections)


def _named(texts: Texts, needed: Iterable[str]) -> list[tuple[str, str]]:
    return [(f"`{key}`", f"Required. {text}" if key in needed else text) for key, text in texts.items()]


def conditions() -> str:
    """Give the types of conditions of triggers."""
    rows = [(f"`core.condition.{name}`", text) for name, text in descriptions.OF_CONDITION.items()]
    return table(("type", "holds where"), rows)


def kestra_keys() -> str:
    """Give what of Kestra's language is not read: keys, properties, types."""
    rows = [*_foreign("a flow", OF_FLOW), *_foreign("a task", OF_TASK), *_foreign("an input", OF_INPUT)]
    rows += _foreign("a trigger", OF_TRIGGER)
    advice = {f"type `{name}`": text for name, text in INPUT_TYPES_LATER.items()}
    rows += [("an input", name, "refused", text) for name, text in advice.items()]
    rows += sorted(set(_properties()))
    rows += [
        ("a flow", f"task type `{name.removeprefix('io.kestra.plugin.')}`", "refused", text)
        for name, text in NOT_SUPPORTED.items()
    ]
    return table(("of", "what", "is", "instead"), rows)


def _foreign(of: str, keys: Mapping[str, Foreign]) -> Iterator[tuple[str, ...]]:
    for key, foreign in sorted(keys.items()):
        yield of, f"`{key}`", "taken, with a note" if foreign.harmless else "refused", foreign.advice


def _properties() -> Iterator[tuple[str, ...]]:
    for name in names():
        kind = load(name)
        of = "a script" if name.startswith("scripts.") else f"`{name}`"
        for key, advice in kind.not_supported.items():
            yield of, f"`{key}`", "refused", advice


#: part -> what makes it
PARTS: Mapping[str, Callable[[], str]] = {
    "flow keys": flow_keys,
    "output keys": lambda: _keys(OUTPUT.known, descriptions.OF_OUTPUT, _of_flow("outputs")),
    "plugin default keys": lambda: _keys(
        PLUGIN_DEFAULT.known, descriptions.OF_PLUGIN_DEFAULT, _of_flow("pluginDefaults")
    ),
    "check keys": lambda: _keys(CHECK.known, descriptions.OF_CHECK, _of_flow("checks")),
    "input keys": input_keys,
    "input types": input_types,
    "task keys": task_keys,
    "retry keys": retry_keys,
    "sla keys": lambda: _keys(SLA.known, descriptions.OF_SLA, _of_flow("sla")),
    "concurrency keys": lambda: _keys(CONCURRENCY.known, descriptions.OF_CONCURRENCY, _of_flow("concurrency")),
    "trigger keys": trigger_keys,
    "conditions": conditions,
    "kestra keys": kestra_keys,
}
