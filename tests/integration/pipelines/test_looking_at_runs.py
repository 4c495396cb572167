"""What Python users see of runs: names, values, comparisons, and errors that name what there is."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from tests.support.pipelines import nothing_written

from dalsegno import Client, Refusal, load_artifact, pipeline, step, unmapped
from dalsegno.errors import NotFound


@step
def load(n: int) -> list[int]:
    return list(range(n))


@step
def scale(number: int, by: int) -> int:
    return number * by


@step
def total(numbers: list[int]) -> int:
    print("adding up")
    return sum(numbers)


@pipeline
def looked_at(n: int, by: int = 1) -> None:
    total(scale.map(load(n), by=unmapped(by)))


@step
def small_array() -> Any:
    import numpy as np

    return np.zeros((3, 4))


@pipeline
def of_a_small_array() -> None:
    small_array()


def test_a_small_array_has_a_summary_and_is_named_by_its_id() -> None:
    found = of_a_small_array().steps["small_array"].output
    assert found.summary == {
        "type": "numpy.ndarray", "shape": [3, 4], "dtype": "float64", "size": 96, "first": ["0.0", "0.0", "0.0"],
    }  # fmt: skip
    assert load_artifact(found.id).shape == (3, 4)


def test_steps_are_named_as_they_were_called() -> None:
    run = looked_at(2)
    assert list(run.steps) == ["load", "scale[0]", "scale[1]", "total"]
    assert [step.name for step in run.steps.values()] == list(run.steps)
    assert run.steps["scale[1]"].address == "scale[1].scale_item"
    assert repr(run.steps) == (
        "<Steps of looked_at-1: load: SUCCESS, scale[0]: SUCCESS, scale[1]: SUCCESS, total: SUCCESS>"
    )
    assert repr(run) == "<PipelineRun looked_at-1: SUCCESS>"


def test_a_name_that_is_not_there_is_told_with_the_closest() -> None:
    run = looked_at(2)
    with pytest.raises(NotFound, match="looked_at-1 has no step `totl`; did you mean `total`"):
        run.steps["totl"]
    with pytest.raises(NotFound, match="`total` of looked_at-1 has no output `score`; there is `output`"):
        run.steps["total"].outputs["score"]
    with pytest.raises(NotFound, match="there is no run `looked_at-9`; did you mean `looked_at-1`"):
        Client().get_pipeline_run("looked_at-9")
    with pytest.raises(Refusal, match="there is no state `SUCESS`; did you mean `SUCCESS`"):
        Client().list_pipeline_runs(status="SUCESS")
    with pytest.raises(NotFound, match="there is no step run nope"):
        Client().get_run_step("nope")


def test_values_logs_and_step_runs_are_found_by_the_client() -> None:
    run = looked_at(3)
    client = Client()
    again = client.get_pipeline_run(run.name)
    assert again.steps["total"].output.load() == 3
    assert again.steps["total"].logs == ["adding up"]
    assert (again.steps["total"].attempt, again.steps["total"].action) == (1, "RUN")
    assert client.get_run_step(run.steps["load"].id).output.load() == [0, 1, 2]
    assert [one.name for one in client.list_pipeline_runs(pipeline="looked_at", status="success")] == [run.name]


def test_two_runs_are_compared_in_words() -> None:
    first = looked_at(2)
    second = looked_at.replay(input_overrides={"by": 5})
    lines = str(first.compare(second)).splitlines()
    assert lines[0].startswith("looked_at-2 differs from looked_at-1 in 2 of 4 tasks")
    assert "  input by: 1 → 5" in lines
    assert "  total output: 1 → 5" in lines


def test_a_step_that_was_replayed_alone_is_no_pipeline() -> None:
    looked_at(2)
    total.replay(pipeline="looked_at")
    client = Client()
    assert [flow.id for flow in client.list_pipelines()] == ["looked_at"]
    assert client.list_pipeline_runs(limit=1)[0].name == "looked_at-2"


def test_a_step_that_was_replayed_alone_is_replayed_again_by_itself_and_by_the_client() -> None:
    looked_at(3)
    total.replay(pipeline="looked_at")
    assert total.replay(pipeline_run="looked_at-2") == 3
    again = Client().replay_pipeline_run("looked_at-2", {"step_input_overrides": {"total": {"numbers": [5]}}})
    assert again.steps["total"].output.load() == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": {"a": 1}}, r"`labels` must be a dict of texts"),
        ({"key": 3}, r"`key` must be a text, not 3"),
        ({"debug": "yes"}, r"`debug` must be True or False, not 'yes'"),
        ({"breakpoints": ["totl"]}, r"there is no task `totl`.*did you mean `total`"),
        ({"outputs": {"totl": 1}}, r"there is no task `totl`.*did you mean `total`"),
        ({"step_input_overrides": {"load": {"m": 1}}}, r"`load` has no input `m`"),
        ({"step_input_overrides": {"laod": {"n": "x" * 100_000}}}, r"there is no task `laod`.*did you mean `load`"),
        ({"outputs": {"totl": "x" * 100_000}}, r"there is no task `totl`.*did you mean `total`"),
        ({"step_input_overrides": {"load": 1}}, r"`step_input_overrides` must be a dict of dicts"),
    ],
)
def test_a_wrong_option_of_a_run_is_refused_before_anything_is_written(options: dict[str, Any], message: str) -> None:
    with nothing_written(), pytest.raises(Refusal, match=message):
        looked_at(2, **options)


def test_a_plan_of_a_run_stores_nothing() -> None:
    with nothing_written():
        assert str(looked_at.plan(2, outputs={"load": [0] * 100_000})).startswith("2 RUN, 1 PIN")


def test_an_override_of_all_items_holds_for_a_first_run() -> None:
    assert looked_at(2, step_input_overrides={"scale": {"by": 7}}).steps["total"].output.load() == 7


def test_a_value_that_cannot_be_stored_is_refused_by_name() -> None:
    looked_at(2)
    with nothing_written(), pytest.raises(Refusal, match=r"the result of `total` cannot be stored: it is a `lock`"):
        looked_at.replay(outputs={"total": threading.Lock()})
