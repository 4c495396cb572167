"""ForEachItem: a run for each batch of a file, told from others by its content, and how a replay meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.errors import RequestRefused
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import RunFilter

FILE = "inputs: [{id: file, type: FILE}]"
EACH = """
- id: each
  type: core.flow.ForEachItem
  items: "{{ inputs.file }}"
  batch: {rows: 2}
  namespace: tests
  flowId: batch
  inputs: {rows: "{{ taskrun.items }}", number: "{{ taskrun.iteration }}"}
- {id: after, type: test.Mark, value: "{{ outputs.each_merge.subflowOutputs }}"}
"""
BATCH = """
id: batch
namespace: tests
inputs:
  - {id: rows, type: STRING}
  - {id: number, type: INT}
tasks:
  - {id: load, type: test.Mark, value: "{{ read(inputs.rows) }}"}
  - {id: check, type: test.Mark, fail: "{{ outputs.load.value contains 'bad' }}"}
outputs:
  - {id: text, type: STRING, value: "{{ outputs.load.value }}"}
  - {id: number, type: INT, value: "{{ inputs.number }}"}
"""

Given = Callable[[str], ReplayRequest]


@pytest.fixture
def given(lab: Lab, tmp_path: Path) -> Given:
    """Give a request with a file of rows, of which each letter is one."""
    lab.service.flows.save(BATCH)

    def request(rows: str) -> ReplayRequest:
        path = tmp_path / f"{len(rows)}-{rows[:8]}.txt"
        path.write_text("".join(f"{row}\n" for row in rows.split()))
        return ReplayRequest(inputs={"file": str(path)})

    return request


def merged(lab: Lab, run: Run, address: str = "each_merge") -> list[dict[str, object]]:
    uri = lab.output(run, address, "subflowOutputs")
    with lab.service.artifacts.open(uri) as file:
        return [json.loads(line) for line in file]


def keys(lab: Lab, run: Run) -> list[str]:
    return list(lab.at(run, "each_items").keys or ())


def called(lab: Lab, run: Run) -> list[Run]:
    return lab.store.runs.list(RunFilter(parent=run.id, limit=0))


def test_every_batch_of_a_file_has_a_run_of_its_own(lab: Lab, given: Given) -> None:
    run = lab.run(EACH, given("a b c d e"), rest=FILE)

    assert run.state is State.SUCCESS, run.error
    assert merged(lab, run) == [
        {"text": "a\nb\n", "number": 0}, {"text": "c\nd\n", "number": 1}, {"text": "e\n", "number": 2},
    ]  # fmt: skip
    assert list(lab.states(run)) == [
        "each", "each_split", "each_items", *(f"each_items[{key}].each_run" for key in keys(lab, run)), "each_merge",
        "after",
    ]  # fmt: skip
    assert lab.output(run, "each_items", "numberOfBatches") == 3
    assert lab.output(run, "each_items", "iterations") == {"SUCCESS": 3}
    assert {child.flow for child in called(lab, run)} == {"batch"}


def test_batches_of_one_content_are_told_apart_by_a_number(lab: Lab, given: Given) -> None:
    run = lab.run(EACH, given("a b c d a b"), rest=FILE)

    first, other, again = keys(lab, run)
    assert (again, len(first)) == (f"{first}#2", 12)
    assert other != first
    assert [line["number"] for line in merged(lab, run)] == [0, 1, 2]


def test_a_row_more_runs_its_batch_alone_and_puts_the_outputs_together(lab: Lab, given: Given) -> None:
    before = lab.run(EACH, given("a b c d"), rest=FILE)

    run = lab.replay(before, skip_successful=True, inputs=given("a b c d e").inputs)

    new = keys(lab, run)[-1]
    assert [child.name for child in called(lab, run)] == ["batch-3"]
    ran = [item.address for item in lab.cases.task_runs(run.id) if item.action == "RUN"]
    assert ran == ["each_split", f"each_items[{new}].each_run", "each_merge", "after"]
    assert [line["text"] for line in merged(lab, run)] == ["a\nb\n", "c\nd\n", "e\n"]


def test_rows_in_another_order_of_the_same_batches_run_none_of_them(lab: Lab, given: Given) -> None:
    before = lab.run(EACH, given("a b c d"), rest=FILE)

    run = lab.replay(before, skip_successful=True, inputs=given("c d a b").inputs)

    assert called(lab, run) == []
    assert [line["text"] for line in merged(lab, run)] == ["c\nd\n", "a\nb\n"]


def test_with_changed_a_task_before_that_moved_runs_the_new_batches_alone(lab: Lab, given: Given) -> None:
    flow = "- {id: make, type: test.Mark, file: 'a\n\n  b\n\n  c\n\n  '}\n" + EACH.replace(
        "inputs.file", "outputs.make.uri"
    ).replace("rows: 2", "rows: 1")
    given("")
    before = lab.run(flow)

    run = lab.replay(before, flow.replace("c\n", "d\n"), changed=True, revision="latest")

    assert [line["text"] for line in merged(lab, run)] == ["a\n", "b\n", "d\n"]
    assert len(called(lab, run)) == 1
    assert lab.executed(run) == ["make", "after"]


def test_with_changed_the_same_batches_keep_all_that_follows(lab: Lab, given: Given) -> None:
    before = lab.run(EACH, given("a b c d"), rest=FILE)
    other = given("a b c d  ")

    run = lab.replay(before, changed=True, inputs=other.inputs)

    assert other.inputs != given("a b c d").inputs
    assert called(lab, run) == []
    assert lab.executed(run) == []


def test_what_failed_runs_alone_and_keeps_what_succeeded_in_it(lab: Lab, given: Given) -> None:
    before = lab.run(EACH, given("a b bad d e f"), rest=FILE)
    failed = keys(lab, before)[1]
    lab.service.flows.save(BATCH.replace("contains 'bad'", "contains 'worse'"))

    plan = lab.cases.plan_replay(ReplayRequest(origin=before.id, skip_successful=True))
    run = lab.replay(before, skip_successful=True)

    assert (before.state, lab.states(before).get("each_merge")) == (State.FAILED, None)
    assert lab.output(before, "each_items", "iterations") == {"SUCCESS": 2, "FAILED": 1}
    (broken,) = (child for child in called(lab, before) if child.state is State.FAILED)
    reason = f"failed in the origin; replays {broken.name}: runs `check`, keeps 1"
    assert plan.by_address[f"each_items[{failed}].each_run"].reason == reason
    assert run.state is State.SUCCESS
    (child,) = called(lab, run)
    assert lab.executed(child) == ["check"]
    assert [line["text"] for line in merged(lab, run)] == ["a\nb\n", "bad\nd\n", "e\nf\n"]


@pytest.mark.parametrize("text", ["each[{}].check", "each_items[{}].check", "each_items[{}].each_run.check"])
def test_a_start_in_a_run_replays_that_one_and_keeps_the_others(lab: Lab, given: Given, text: str) -> None:
    before = lab.run(EACH, given("a b c d"), rest=FILE)
    key = keys(lab, before)[0]

    run = lab.replay(before, start=(text.format(key),))

    (child,) = called(lab, run)
    assert lab.executed(child) == ["check"]
    ran = [item.address for item in lab.cases.task_runs(run.id) if item.action == "RUN"]
    assert ran == [f"each_items[{key}].each_run", "each_merge", "after"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("each[{}].chek", "there is no task `chek` in this revision of the flow; did you mean `check`?"),
        ("each[nothing].check", "the loop `each_items` has no item `nothing`"),
        ("each_run[x]", "`each_run[x]` names an item, but `each_run` is not a loop"),
    ],
)
def test_a_start_that_is_not_there_is_refused(lab: Lab, given: Given, text: str, told: str) -> None:
    before = lab.run(EACH, given("a b c d"), rest=FILE)

    with pytest.raises(RequestRefused, match=told.replace("[", r"\[").replace("?", r"\?")):
        lab.begin_replay(before, start=(text.format(keys(lab, before)[0]),))


def test_a_start_at_a_batch_runs_all_of_it_again(lab: Lab, given: Given) -> None:
    before = lab.run(EACH, given("a b c d"), rest=FILE)

    run = lab.replay(before, start=(f"each[{keys(lab, before)[1]}]",))

    (child,) = called(lab, run)
    assert lab.executed(child) == ["load", "check"]


@pytest.mark.parametrize("start", ["each", "each_split"])
def test_a_start_at_what_makes_the_batches_runs_them_all(lab: Lab, given: Given, start: str) -> None:
    before = lab.run(EACH, given("a b c d"), rest=FILE)

    run = lab.replay(before, start=(start,))

    assert [lab.executed(child) for child in called(lab, run)] == [["load", "check"], ["load", "check"]]


def test_an_override_of_the_group_names_the_task_that_has_the_property(lab: Lab, given: Given) -> None:
    before = lab.run(EACH, given("a b c d"), rest=FILE)

    with pytest.raises(RequestRefused, match="`each` gives `items` to `each_split`, which it is made of"):
        lab.begin_replay(before, skip_successful=True, task_inputs={"each": {"items": "x"}})


def test_an_empty_file_has_no_batches(lab: Lab, given: Given) -> None:
    run = lab.run(EACH, given(""), rest=FILE)

    assert (run.state, merged(lab, run), called(lab, run)) == (State.SUCCESS, [], [])
    assert lab.output(run, "each_items", "numberOfBatches") == 0


def test_runs_that_are_not_waited_for_have_no_outputs_to_put_together(lab: Lab, given: Given) -> None:
    run = lab.run(EACH.replace("flowId: batch", "flowId: batch\n  wait: false"), given("a b c"), rest=FILE)

    assert run.state is State.SUCCESS
    assert lab.output(run, "each_merge", "subflowOutputs") is None
    assert [child.state for child in called(lab, run)] == [State.SUCCESS] * 2


def test_failures_that_are_not_transmitted_leave_the_task_as_it_is(lab: Lab, given: Given) -> None:
    flow = EACH.replace("flowId: batch", "flowId: batch\n  transmitFailed: false")

    run = lab.run(flow, given("a b bad"), rest=FILE)

    assert (run.state, lab.at(run, "each").state) == (State.SUCCESS, State.SUCCESS)
    assert merged(lab, run) == [{"text": "a\nb\n", "number": 0}, {}]


def test_in_a_loop_every_item_has_its_own_batches(lab: Lab, given: Given) -> None:
    inner = "".join(f"    {line}\n" for line in EACH.strip().splitlines())
    flow = "- id: outer\n  type: core.flow.ForEach\n  values: [{n: 1}, y]\n  tasks:\n" + inner.replace(
        "outputs.each_merge.", "outputs.each_merge[taskrun.value]."
    )

    run = lab.run(flow, given("a b c"), rest=FILE)

    assert run.state is State.SUCCESS, run.error
    assert [line["text"] for line in merged(lab, run, "outer[y].each_merge")] == ["a\nb\n", "c\n"]
    assert len(called(lab, run)) == 4


def test_what_is_said_of_the_group_holds_for_it(lab: Lab, given: Given) -> None:
    flow = EACH.replace(
        "flowId: batch",
        "flowId: batch\n  allowFailure: true\n  errors: [{id: oops, type: test.Mark}]\n"
        "  finally: [{id: done, type: test.Mark}]",
    ).replace("{{ outputs.each_merge.subflowOutputs }}", "over")

    run = lab.run(flow, given("bad"), rest=FILE)

    assert (run.state, lab.at(run, "each").state) == (State.WARNING, State.WARNING)
    assert lab.executed(run) == ["oops", "done", "after"]


def test_a_flow_that_is_not_there_is_told_with_its_place(lab: Lab) -> None:
    text = f"id: lab\nnamespace: tests\n{FILE}\ntasks:{EACH}"
    lab.service.flows.save(BATCH)

    (typo,) = lab.service.flows.check(text.replace("flowId: batch", "flowId: bach"), file="f.yaml")
    (later,) = lab.service.flows.check(text.replace("namespace: tests\n  flowId: batch", "namespace: q\n  flowId: z"))
    (number,) = lab.service.flows.check(text.replace("flowId: batch", "flowId: batch\n  revision: 3"))

    assert (typo.severity, typo.line, typo.column) == ("warning", 10, 11)
    assert "`tests.bach`, which `each_run` calls, is not in the store; did you mean `tests.batch`?" in typo.message
    assert (later.severity, "save it before this one runs" in later.message) == ("note", True)
    assert number.message == "the flow `tests.batch`, which `each_run` calls, has no revision 3 in the store"
