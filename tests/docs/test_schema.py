"""The JSON Schema of the flow language: it takes every flow that is taken, and refuses what an editor can see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.docs.pages import ROOT, read_blocks
from tests.kestra.cases import cases

from dalsegno.flows import check
from dalsegno.flows.document import read_plain
from dalsegno.flows.schema import flow_schema
from dalsegno.flows.words import FLOW, INPUT
from dalsegno.tasks import registry

SCHEMA = flow_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
TASK = {"id": "t", "type": "core.log.Log", "message": "x"}


def flows() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.glob("examples/**/*.yaml")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for case in cases():
        if "later" not in case.expected:
            yield f"tests/kestra/{case.name}", case.flow
    for page in sorted(ROOT.glob("docs/*.md")):
        for block in read_blocks(page):
            if block.language == "yaml" and "tasks:" in block.text and not check(block.text):
                yield block.place, block.text


def complaints(flow: Any) -> list[str]:
    return sorted(
        f"{'.'.join(str(part) for part in error.path)}: {error.message}" for error in VALIDATOR.iter_errors(flow)
    )


def flow(**keys: Any) -> dict[str, Any]:
    return {"id": "f", "namespace": "a", "tasks": [TASK], **keys}


def test_it_is_a_schema_of_the_2020_12_draft() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize(("place", "text"), list(flows()), ids=lambda value: value if "\n" not in value else "")
def test_every_flow_of_the_pages_the_examples_and_kestras_cases_fits(place: str, text: str) -> None:
    assert complaints(read_plain(text)) == [], place


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (flow(tsks=[]), "'tsks' was unexpected"),
        (flow(tasks=[{**TASK, "mesage": "x"}]), "'mesage' was unexpected"),
        (flow(tasks=[{**TASK, "type": "core.log.Lgo"}]), "'core.log.Lgo' is not one of"),
        (
            flow(tasks=[{"id": "g", "type": "core.flow.If", "then": [{**TASK, "lvl": 1}]}]),
            "'lvl' was unexpected",
        ),
        (flow(tasks=[{"id": "g", "type": "core.flow.Dag", "tasks": [TASK]}]), "were unexpected"),
        (flow(tasks=[{**TASK, "retry": {"type": "constnt"}}]), "'constnt' is not one of"),
        (flow(inputs=[{"id": "n", "type": "INTEGER"}]), "'INTEGER' is not one of"),
        (flow(inputs=[{"id": "n", "type": "INT", "default": 1}]), "'default' was unexpected"),
        (flow(concurrency={"limit": 0}), "0 is less than the minimum of 1"),
        (flow(checks=[{"when": "x", "message": "m", "behavior": "BLOCK"}]), "'BLOCK' is not one of"),
        (flow(triggers=[{"id": "s", "type": "core.trigger.Schedule"}]), "'cron' is a required property"),
        (flow(disabled="yes"), "'yes' is not of type 'boolean'"),
        ({"id": "f", "tasks": [TASK]}, "'namespace' is a required property"),
    ],
)
def test_a_mistake_is_seen_where_it_stands(wrong: Any, says: str) -> None:
    assert any(says in complaint for complaint in complaints(wrong)), complaints(wrong)


def test_every_key_and_every_task_type_in_every_spelling_is_in_it() -> None:
    assert set(SCHEMA["properties"]) >= FLOW.known
    assert set(SCHEMA["$defs"]["input"]["properties"]) >= INPUT.known
    names = SCHEMA["$defs"]["task"]["properties"]["type"]["enum"]
    assert {*registry.names(), "io.kestra.plugin.core.log.Log", "io.kestra.core.tasks.log.Log"} <= set(names)
    assert all(registry.canonical(name) in registry.names() for name in names)


def test_keys_and_properties_say_what_they_are_for() -> None:
    bare = [key for key, schema in SCHEMA["properties"].items() if not schema.get("description")]
    bare += [
        key for key, schema in SCHEMA["$defs"]["core.log.Log"]["properties"].items() if not schema.get("description")
    ]
    assert bare == []
