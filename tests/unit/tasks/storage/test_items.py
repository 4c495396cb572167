from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.task_context import FolderContext

from dalsegno.errors import Cancelled, DalSegnoError
from dalsegno.tasks.storage.items import DeduplicateItems, FilterItems

ROWS = '{"id":"1","price":5}\n\n{"id":"2","price":null}\n{"id":"1","price":15}\n'


@pytest.fixture
def context(tmp_path: Path) -> FolderContext:
    return FolderContext(tmp_path)


def filtered(context: FolderContext, rows: str, condition: str, **rest: Any) -> tuple[str, int, int]:
    properties = {"from": context.add_file(rows, "a.ion"), "filterCondition": condition, **rest}
    made = FilterItems.model_validate(properties).run(context)
    return context.read_file(made.uri).decode(), made.processed_items_total, made.dropped_items_total


def deduplicated(context: FolderContext, rows: str, expr: str) -> tuple[str, int, int, int]:
    made = DeduplicateItems.model_validate({"from": context.add_file(rows, "a.ion"), "expr": expr}).run(context)
    counts = made.num_keys, made.processed_items_total, made.dropped_items_total
    return context.read_file(made.uri).decode(), *counts


def test_rows_for_which_the_condition_holds_stay_as_they_are(context: FolderContext) -> None:
    found = filtered(context, '{"n": 1,  "s": "a"}\n{"n":2,"s":"b"}\n', "{{ n == 1 }}")
    assert found == ('{"n": 1,  "s": "a"}\n', 2, 1)
    assert context.metrics == {"records": 1}


def test_rows_for_which_it_holds_can_be_left_out(context: FolderContext) -> None:
    found = filtered(context, '{"n":1}\n{"n":2}\n', "{{ n == 1 }}", filterType="exclude")
    assert found == ('{"n":2}\n', 2, 1)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("{{ price }}", [True, None, True]),
        ("{{ price - 5 }}", [False, None, True]),
        ("{{ id }}", [True, True, True]),
        ("false", [False, False, False]),
        (" ", [False, False, False]),
        ("{{ '-0' }}", [False, False, False]),
        ("{{ id == '2' ? 'yes' : '' }}", [False, True, False]),
    ],
)
def test_what_is_empty_false_or_nought_does_not_hold(
    context: FolderContext, condition: str, holds: list[bool | None]
) -> None:
    rows = [json.loads(line) for line in ROWS.splitlines() if line]
    kept, _, _ = filtered(context, ROWS, condition, errorOrNullBehavior="EXCLUDE")
    assert [json.loads(line) for line in kept.splitlines()] == [
        row for row, held in zip(rows, holds, strict=True) if held
    ]


@pytest.mark.parametrize(("behaviour", "kept"), [("INCLUDE", 2), ("exclude", 1)])
@pytest.mark.parametrize(
    "condition", ["{{ price }}", "{{ price.cents.x > 'a' ? true : 1 / 0 }}{{ nothing_like_this }}"]
)
def test_rows_for_which_it_gives_null_or_cannot_be_had_are_treated_as_is_said(
    context: FolderContext, behaviour: str, kept: int, condition: str
) -> None:
    rows = '{"price":1}\n{"price":null}\n' if condition == "{{ price }}" else '{"price":1}\n{"price":2}\n'
    found, _, _ = filtered(context, rows, condition, errorOrNullBehavior=behaviour)
    expected = kept if condition == "{{ price }}" else {"INCLUDE": 2, "exclude": 0}[behaviour]
    assert len(found.splitlines()) == expected


def test_a_condition_that_cannot_be_had_fails_and_names_the_row(context: FolderContext) -> None:
    with pytest.raises(DalSegnoError, match=r"row 2: .*`prise`"):
        filtered(context, '\n{"price":1}\n', "{{ prise > 1 }}")
    with pytest.raises(DalSegnoError, match="row 3: the condition gives null"):
        filtered(context, ROWS, "{{ price }}")
    assert len(context.stored) == 2


def test_rows_may_be_ion_that_is_no_json(context: FolderContext) -> None:
    found = filtered(context, "{n:1,at:2024-05-01T,s:'x'}\n{n:2,at:2024-05-02T,s:'y'}\n", "{{ n == 2 and s == 'y' }}")
    assert found == ("{n:2,at:2024-05-02T,s:'y'}\n", 2, 1)


@pytest.mark.parametrize(("rows", "said"), [("[1]\n", "row 1 has no columns"), ("{}\n)\n", "row 2 is no Ion")])
def test_what_is_no_row_fails(context: FolderContext, rows: str, said: str) -> None:
    with pytest.raises(DalSegnoError, match=said):
        filtered(context, rows, "true")


def test_of_rows_with_one_key_the_last_stays_in_its_place(context: FolderContext) -> None:
    rows = '{"k":"a","n":1}\n{"k":"b","n":2}\n{"k":"a","n":3}\n{"k":null,"n":4}\n'
    assert deduplicated(context, rows, "{{ k }}") == (
        '{"k":"b","n":2}\n{"k":"a","n":3}\n{"k":null,"n":4}\n', 3, 4, 1,
    )  # fmt: skip
    assert deduplicated(context, rows, "{{ k }}/{{ n % 2 }}")[1:] == (3, 4, 1)


def test_a_key_that_cannot_be_had_fails_and_names_the_row(context: FolderContext) -> None:
    with pytest.raises(DalSegnoError, match="row 1: "):
        deduplicated(context, '{"k":1}\n', "{{ kk }}")


@pytest.mark.parametrize("name", ["filterType", "errorOrNullBehavior"])
def test_a_word_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        FilterItems.model_validate({"from": "x", "filterCondition": "true", name: "MAYBE"})


def test_large_rows_take_little_memory(context: FolderContext) -> None:
    rows = "".join(f'{{"k":"{number}","text":"{"x" * 1500}"}}\n' for number in range(10_000))
    tracemalloc.start()
    deduplicated_ = DeduplicateItems.model_validate({"from": context.add_file(rows, "a.ion"), "expr": "{{ k }}"})
    del rows
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    deduplicated_.run(context)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < 8 << 20


def test_it_stops_when_it_is_told_to(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        filtered(FolderContext(tmp_path, cancel_after=0), ROWS, "true")
