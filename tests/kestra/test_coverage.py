"""What the code has of groups, handlers, types of inputs and forms of retries: each stands in a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, cast

import pytest
import yaml
from tests.kestra.cases import cases

from dalsegno.flows.words import AFTER, HANDLERS, RETRY_BEHAVIORS, RETRY_COMMON, RETRY_TIMES
from dalsegno.model.flow import Kind
from dalsegno.model.inputs import INPUT_TYPES
from dalsegno.tasks import registry

FLOWS = [cast("Mapping[str, Any]", yaml.safe_load(case.flow)) for case in cases() if "later" not in case.expected]
GROUPS = sorted(name for name in registry.names() if registry.load(name).kind.is_group)
#: they hold no tasks of their flow, and are more than a task that does something
OTHERS = sorted(name for name in registry.names() if registry.load(name).kind in (Kind.PAUSE, Kind.SUBFLOW))


def maps(value: Any) -> Iterator[Mapping[str, Any]]:
    """Give all maps in a value, outermost first."""
    if isinstance(value, dict):
        yield cast("Mapping[str, Any]", value)
    inner = cast("Any", value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
    for item in inner:
        yield from maps(item)


def canonical(entry: Mapping[str, Any]) -> str:
    """Give the type of a task; of the flow itself, `flow`; of anything else, nothing."""
    if "namespace" in entry and "tasks" in entry:
        return "flow"
    written = entry.get("type")
    return registry.canonical(written) if isinstance(written, str) and "." in written else ""


ENTRIES = [(canonical(entry), entry) for flow in FLOWS for entry in maps(flow)]


@pytest.mark.parametrize("name", [*GROUPS, *OTHERS])
def test_every_group_stands_in_a_case(name: str) -> None:
    assert any(found == name for found, _ in ENTRIES)


@pytest.mark.parametrize(
    ("name", "handler"), [*product(["flow"], (*HANDLERS, AFTER)), *product(GROUPS, HANDLERS)], ids=str
)
def test_every_handler_stands_in_a_case(name: str, handler: str) -> None:
    assert any(found == name and entry.get(handler) for found, entry in ENTRIES)


@pytest.mark.parametrize("written", sorted(INPUT_TYPES))
def test_every_type_of_an_input_stands_in_a_case(written: str) -> None:
    assert any(item["type"] == written for flow in FLOWS for item in flow.get("inputs") or ())


def retries() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for found, entry in ENTRIES:
        if isinstance(entry.get("retry"), dict):
            yield "flow" if found == "flow" else "group" if found in GROUPS else "task", entry["retry"]


@pytest.mark.parametrize(("kind", "owner"), list(product(RETRY_TIMES, ("task", "group", "flow"))), ids=str)
def test_every_form_of_a_retry_stands_in_a_case(kind: str, owner: str) -> None:
    assert any(given["type"] == kind for of, given in retries() if of == owner)


@pytest.mark.parametrize(
    "key", sorted({*RETRY_COMMON, "delayFactor", *(key for keys in RETRY_TIMES.values() for key in keys)})
)
def test_every_key_of_a_retry_stands_in_a_case(key: str) -> None:
    assert any(key in given for _, given in retries())


@pytest.mark.parametrize("behavior", RETRY_BEHAVIORS)
def test_every_behavior_of_a_retry_stands_in_a_case(behavior: str) -> None:
    assert any(given.get("behavior") == behavior for _, given in retries())
