"""What a text becomes: the flow, its digests, its stored form."""

# ruff: noqa: E501 - flows in a line

from __future__ import annotations

import gc
import json
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dalsegno.flows import check, load, text_digest
from dalsegno.model.codec import flow_from_json, flow_to_json
from dalsegno.model.digest import digest
from dalsegno.model.flow import Flow, InputType, Key, Kind, Place, Read, Task

DATA = Path(__file__).parent / "data"
HEAD = "id: f\nnamespace: a\n"


def flow(text: str) -> Flow:
    return load(dedent(text)).flow


def one_task(text: str) -> Task:
    [task] = load(f"{HEAD}tasks:\n{indent(dedent(text), '  ')}").flow.tasks
    return task


@pytest.mark.parametrize("name", ["failing", "corrected"])
def test_the_bike_share_flow_loads_without_a_word(name: str) -> None:
    text = (DATA / f"divvy_{name}.yaml").read_text(encoding="utf-8")
    assert check(text) == []
    compiled = load(text).flow
    assert compiled.full_id == "company.team.divvy_tripdata"
    get_zipfile, unzip, convert, to_parquet = compiled.tasks
    assert [task.type for task in (get_zipfile, unzip, convert)] == [
        "core.http.Download",
        "compress.ArchiveDecompress",
        "serdes.csv.CsvToIon",
    ]
    assert get_zipfile.reads == ()
    assert unzip.reads == (Read("get_zipfile", (), ("uri",)),)
    assert convert.reads == (Read("unzip", (), ("files",)),)
    assert to_parquet.reads == (Read("convert", (), ("uri",)),)
    file_id = {"file_id": digest("variable", compiled.variables["file_id"])}
    assert (get_zipfile.variables, convert.variables, unzip.variables) == (file_id, file_id, {})


def test_the_corrected_bike_share_flow_differs_in_type_and_format_alone() -> None:
    old, new = (load((DATA / f"divvy_{name}.yaml").read_text()).flow for name in ("failing", "corrected"))
    assert [task.definition for task in old.tasks[:3]] == [task.definition for task in new.tasks[:3]]
    before, after = old.tasks[3].digests, new.tasks[3].digests
    assert {name for name in before if before[name] != after[name]} == {"type", "datetimeFormat"}


def test_everything_that_a_flow_says_is_kept() -> None:
    compiled = flow("""\
        id: all-of.it
        namespace: a.b-c
        revision: 7
        description: |
          Two
          lines
        disabled: true
        labels: {team: x, size: 5, on: true}
        inputs:
          - {id: s, type: STRING, defaults: hello, description: says, displayName: S}
          - {name: b, type: BOOLEAN, required: false}
          - {id: n, type: INT, defaults: 3}
        variables: {v: {w: [1, null]}}
        tasks:
          - {id: t, type: io.kestra.plugin.core.debug.Return, value: 1, description: returns}
        outputs:
          - {id: o, type: JSON, value: "{{ outputs.t.value }}", description: gives}
    """)
    assert (compiled.id, compiled.namespace, compiled.disabled) == ("all-of.it", "a.b-c", True)
    assert compiled.description == "Two\nlines\n"
    assert compiled.labels == {"team": "x", "size": "5", "on": "true"}
    text, flag, number = compiled.inputs
    assert (text.id, text.type, text.required, text.default, text.description) == (
        "s",
        InputType.STRING,
        True,
        "hello",
        "says",
    )
    assert (flag.id, flag.type, flag.required, flag.has_default) == ("b", InputType.BOOL, False, False)
    assert (number.default, number.has_default) == (3, True)
    assert compiled.variables == {"v": {"w": [1, None]}}
    [task] = compiled.tasks
    assert (task.type, task.properties, task.description) == ("core.debug.Return", {"value": 1}, "returns")
    [output] = compiled.outputs
    assert (output.id, output.type, output.value) == ("o", "JSON", "{{ outputs.t.value }}")


def test_labels_may_be_a_list_of_keys_and_values() -> None:
    text = HEAD + "labels: [{key: a, value: 1}, {key: b, value: x}]\ntasks: [{id: t, type: core.debug.Return}]\n"
    assert load(text).flow.labels == {"a": "1", "b": "x"}


def test_groups_hold_their_tasks_and_every_task_knows_its_place() -> None:
    compiled = flow("""\
        id: f
        namespace: a
        tasks:
          - id: p
            type: core.flow.Parallel
            tasks:
              - id: s
                type: core.flow.Sequential
                tasks:
                  - id: e
                    type: core.flow.ForEach
                    values: [1, 2]
                    tasks:
                      - id: t
                        type: core.debug.Return
    """)
    assert [(task.id, task.kind, task.place) for task in compiled.walk()] == [
        ("p", Kind.PARALLEL, Place(4, 5)),
        ("s", Kind.SEQUENCE, Place(7, 9)),
        ("e", Kind.LOOP, Place(10, 13)),
        ("t", Kind.WORK, Place(14, 17)),
    ]


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("Parallel", 0),
        ("Parallel, concurrent: 3", 3),
        ("Parallel, concurrent: '4'", 4),
        ("ForEach, values: [1]", 1),
        ("ForEach, values: [1], concurrencyLimit: 0", 0),
        ("Dag, concurrent: 2", 2),
        ("Sequential", 0),
    ],
)
def test_how_many_may_run_at_once_is_what_is_written_or_the_default_of_the_type(written: str, limit: int) -> None:
    inner = "{id: t, type: core.debug.Return}"
    inner = f"{{task: {inner}}}" if written.startswith("Dag") else inner
    task = one_task(f"- {{id: g, type: core.flow.{written}, tasks: [{inner}]}}")
    assert task.concurrency == limit


def test_the_names_of_outputs_come_from_the_type() -> None:
    assert one_task("- {id: t, type: core.debug.Return}").outputs == ("value",)
    assert one_task("- {id: t, type: core.log.Log, message: x}").outputs == ()


def test_a_definition_is_the_digest_of_the_type_and_of_each_property() -> None:
    task = one_task("- {id: t, type: io.kestra.plugin.core.debug.Return, value: {a: 1}}")
    digests = {"type": digest("property", "core.debug.Return"), "value": digest("property", {"a": 1})}
    assert task.digests == digests
    assert task.definition == digest("definition", digests)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ("- {id: t, type: io.kestra.plugin.core.debug.Return, value: 1}", True),
        ("# a comment\n- id: t\n  type: core.debug.Return\n  value: 0x1", True),
        ("- {id: t, type: core.debug.Return, value: 1, description: more}", True),
        ("- {id: t, type: core.debug.Return, value: '1'}", False),
        ("- {id: t, type: core.debug.Return, format: 1}", False),
    ],
)
def test_a_definition_changes_with_what_the_task_does_and_not_with_how_it_is_written(change: str, same: bool) -> None:
    before = one_task("- {id: t, type: core.debug.Return, value: 1}").definition
    assert (one_task(change).definition == before) is same


def test_the_digest_of_a_text_leaves_out_the_line_that_tells_the_revision() -> None:
    text = HEAD + "tasks: []\n"
    assert text_digest(text) == text_digest("id: f\nrevision: 12\nnamespace: a\ntasks: []\n")
    assert text_digest(text) == text_digest(text + "revision: 3")
    assert text_digest(text) != text_digest(text + "# a comment\n")
    assert text_digest(text) != text_digest(text + "t:\n  revision: 3\n")
    loadable = HEAD + "tasks: [{id: t, type: core.debug.Return}]\n"
    assert load(loadable).digest == text_digest(loadable)


_NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
_TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
_EXPRESSIONS = st.sampled_from(
    [
        "{{ outputs.a.value }}", "{{ outputs }}", "{{ outputs.loop_child[taskrun.value].value }}", "{{ inputs.x }}",
        "{{ vars.v }} {{ now() }}", "{{ render(vars.v) }}", "{{ outputs.loop_child['k'] }}", "{{ nonsense",
    ]
)  # fmt: skip
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS
    | _EXPRESSIONS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def _documents(draw: st.DrawFn) -> dict[str, Any]:
    ids = iter([*draw(st.lists(_NAMES, min_size=1, max_size=6, unique=True))])

    def tasks(depth: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for name in ids:
            group = (
                draw(st.sampled_from(["Sequential", "Parallel", "ForEach"]))
                if depth < 3 and draw(st.booleans())
                else ""
            )
            task: dict[str, Any] = {"id": name, "type": f"core.flow.{group}" if group else "core.debug.Return"}
            if not group:
                task["value"] = draw(_VALUES)
            else:
                task["tasks"] = [
                    {"id": f"{name}_child", "type": "core.debug.Return", "value": draw(_VALUES)},
                    *tasks(depth + 1),
                ]
            if group == "ForEach":
                task["values"] = draw(st.lists(_TEXTS | st.integers(), max_size=3) | _EXPRESSIONS)
            found.append(task)
            if draw(st.booleans()):
                break
        return found

    return {
        "id": draw(_NAMES),
        "namespace": "a.b",
        "description": draw(_TEXTS),
        "inputs": [{"id": "x", "type": "JSON", "defaults": [draw(_VALUES)]}, {"id": "y", "type": "FILE", "required": False}],
        "variables": {"v": draw(_VALUES), "w": draw(_VALUES)},
        "labels": draw(st.dictionaries(_NAMES, _TEXTS, max_size=2)),
        "tasks": tasks(0) or [{"id": "a", "type": "core.debug.Return"}],
        "outputs": [{"id": "o", "value": draw(_VALUES)}],
    }  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(_documents())
def test_a_compiled_flow_survives_being_stored(document: dict[str, Any]) -> None:
    compiled = load(yaml.safe_dump(document, allow_unicode=True)).flow
    assert flow_from_json(json.loads(json.dumps(flow_to_json(compiled)))) == compiled


def test_the_stored_form_keeps_every_kind_of_reading() -> None:
    compiled = flow("""\
        id: f
        namespace: a
        tasks:
          - id: e
            type: core.flow.ForEach
            values: [k]
            concurrencyLimit: 2
            tasks:
              - {id: t, type: core.debug.Return, value: "{{ now() }}"}
              - {id: u, type: core.debug.Return, value: "{{ outputs.t[taskrun.value] ~ outputs.t[now()] ~ outputs.t.k.value ~ outputs }}"}
    """)
    reads = {(Key.OWN,), (Key.ANY,), ("k",), ()}
    assert {read.keys for task in compiled.walk() for read in task.reads} == reads
    assert flow_from_json(json.loads(json.dumps(flow_to_json(compiled)))) == compiled


def test_ten_thousand_tasks_compile_without_effort_growing_faster_than_they_do() -> None:
    lines = [
        f"  - {{id: t{number}, type: core.debug.Return, value: '{{{{ outputs.t0.value }}}}'}}"
        for number in range(10_000)
    ]
    lines[0] = "  - {id: t0, type: core.debug.Return}"
    compiled = load("\n".join([HEAD + "tasks:", *lines])).flow
    assert len(compiled.tasks) == 10_000
    assert compiled.tasks[-1].reads == (Read("t0", (), ("value",)),)


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize(
    "text", ["id: f\nnamespace: a\ntasks: [{id: t, type: core.log.Log, message: x}]\n", "id: [", "a: 1"]
)
def test_compiling_leaves_the_garbage_collector_as_it_was(text: str, on: bool) -> None:
    was_on = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        check(text)
        assert gc.isenabled() is on
    finally:
        (gc.enable if was_on else gc.disable)()


def test_the_garbage_collector_does_not_go_through_a_large_flow_again_and_again() -> None:
    tasks = "".join(f"  - {{id: t{n}, type: core.log.Log, message: '{{{{ vars.a }}}} {n}'}}\n" for n in range(3000))
    seen: list[int] = []

    def watch(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            seen.append(info["generation"])

    gc.callbacks.append(watch)
    try:
        load(f"id: f\nnamespace: a\nvariables: {{a: 1}}\ntasks:\n{tasks}")
    finally:
        gc.callbacks.remove(watch)
    assert len(seen) <= 3
