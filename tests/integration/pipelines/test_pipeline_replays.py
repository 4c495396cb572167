"""Replays of whole pipelines, as `pipeline.replay` is asked for them."""

from __future__ import annotations

import os
from typing import Annotated, Any

import pytest
from tests.support.pipelines import actions, nothing_written, planned, ran, value

from dalsegno import ORIGIN, Client, Refusal, RequestRefused, RunFailed, pipeline, step


@step
def load_data(rows: int) -> dict[str, list[int]]:
    return {"x": list(range(rows))}


@step
def trainer(training_data: dict[str, list[int]], learning_rate: float = 0.1) -> Annotated[float, "score"]:
    if "FAIL_TRAINER" in os.environ:
        raise ValueError("no luck")
    return sum(training_data["x"]) * learning_rate


@step
def report(score: float) -> str:
    return f"score={score}"


@pipeline
def training_pipeline(rows: int, learning_rate: float = 0.1) -> None:
    report(trainer(load_data(rows), learning_rate=learning_rate))


def failed(rows: int = 4, **arguments: Any) -> Any:
    """Give a run whose trainer failed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIL_TRAINER", "yes")
        return training_pipeline(rows, raise_on_failure=False, **arguments)


# which run


def test_without_a_name_the_latest_run_of_the_pipeline_is_replayed() -> None:
    training_pipeline(2)
    latest = training_pipeline(5)
    replayed = training_pipeline.replay()
    assert replayed.model.origin == latest.id
    assert ran(replayed) == ["load_data", "trainer", "report"]
    assert replayed.parameters == {"rows": 5, "learning_rate": 0.1}
    assert replayed.attempt == 2


@pytest.mark.parametrize("named", ["name", "id", "prefix", "run"])
def test_a_run_is_named_by_name_id_prefix_or_itself(named: str) -> None:
    first, _ = training_pipeline(2), training_pipeline(5)
    which = {"name": first.name, "id": first.id, "prefix": first.id[:-2], "run": first}[named]
    assert training_pipeline.replay(pipeline_run=which).model.origin == first.id


@pytest.mark.parametrize("named", ["object", "name", "full"])
def test_the_latest_run_of_a_pipeline_that_is_named(named: str) -> None:
    latest = training_pipeline(5)
    full = f"{training_pipeline.namespace}.training_pipeline"
    which = {"object": training_pipeline, "name": "training_pipeline", "full": full}[named]
    assert training_pipeline.replay(pipeline=which).model.origin == latest.id


def test_a_named_run_goes_before_a_named_pipeline() -> None:
    first, _ = training_pipeline(2), training_pipeline(5)
    assert training_pipeline.replay(pipeline_run=first.name, pipeline="no_such").model.origin == first.id


def test_last_failed_names_a_run() -> None:
    bad = failed()
    training_pipeline(2)
    assert training_pipeline.replay(pipeline_run="last-failed").model.origin == bad.id


def test_last_means_runs_of_this_pipeline() -> None:
    @pipeline
    def other() -> None:
        report(1.0)

    bad, latest = failed(), training_pipeline(2)
    other()
    assert training_pipeline.replay(pipeline_run="last").model.origin == latest.id
    assert training_pipeline.replay(pipeline_run="last-failed").model.origin == bad.id
    with pytest.raises(Refusal, match="there is no failed run of the pipeline `other`"):
        other.replay(pipeline_run="last-failed")


def test_the_origin_stays_as_it_was() -> None:
    bad = failed()
    before = (Client().run_json(bad.id), actions(bad))
    training_pipeline.replay(skip_successful_steps=True)
    now = Client().get_pipeline_run(bad.id)
    after = Client().run_json(bad.id)
    assert now.state == "FAILED"
    assert actions(now) == before[1]
    assert {**after, "fixed_by": None} == {**before[0], "fixed_by": None}


# skipping


def test_steps_that_are_skipped_keep_their_result() -> None:
    origin = training_pipeline(4)
    replayed = training_pipeline.replay(skip=["load_data"])
    assert actions(replayed) == {"load_data": "REUSE", "trainer": "RUN", "report": "RUN"}
    assert replayed.steps["load_data"].output.id == origin.steps["load_data"].output.id


def test_one_name_is_taken_as_a_name_and_not_as_letters() -> None:
    training_pipeline(4)
    assert ran(training_pipeline.replay(skip="load_data")) == ["trainer", "report"]


def test_with_skip_successful_steps_only_what_failed_runs() -> None:
    failed()
    replayed = training_pipeline.replay(skip_successful_steps=True)
    assert actions(replayed) == {"load_data": "REUSE", "trainer": "RUN", "report": "RUN"}
    assert value(replayed, "report") == "score=0.6000000000000001"


def test_a_skip_below_what_runs_is_refused() -> None:
    training_pipeline(4)
    with nothing_written(), pytest.raises(RequestRefused, match=r"`trainer`.*`load_data`.*runs"):
        training_pipeline.replay(skip=["trainer"])


# parameters


def test_a_parameter_with_a_default_carries_over() -> None:
    training_pipeline(4, learning_rate=0.5)
    assert value(training_pipeline.replay(), "trainer") == 3.0


def test_an_overridden_parameter_is_converted_by_its_annotation() -> None:
    training_pipeline(4)
    replayed = training_pipeline.replay(input_overrides={"learning_rate": "0.5"})
    assert dict(replayed.parameters) == {"rows": 4, "learning_rate": 0.5}
    assert value(replayed, "trainer") == 3.0


def test_what_does_not_read_an_overridden_parameter_is_kept() -> None:
    training_pipeline(4)
    replayed = training_pipeline.replay(skip_successful_steps=True, input_overrides={"learning_rate": 0.5})
    assert actions(replayed) == {"load_data": "REUSE", "trainer": "RUN", "report": "RUN"}
    assert "`learning_rate`" in replayed.steps["trainer"].reason


def test_an_override_that_says_the_same_makes_nothing_run() -> None:
    training_pipeline(4, learning_rate=0.5)
    replayed = training_pipeline.replay(skip_successful_steps=True, input_overrides={"learning_rate": 0.5})
    assert ran(replayed) == []


# steps' inputs


def test_the_input_of_a_step_is_overridden_with_a_value() -> None:
    training_pipeline(4)
    replayed = training_pipeline.replay(step_input_overrides={"trainer": {"training_data": {"x": [100]}}})
    assert value(replayed, "trainer") == 10.0


def test_the_input_of_a_step_is_overridden_with_an_output_of_another_run() -> None:
    training_pipeline(4)
    other = training_pipeline(2)
    data = other.steps["load_data"].output
    replayed = training_pipeline.replay(
        pipeline_run="training_pipeline-1", skip_successful_steps=True,
        step_input_overrides={"trainer": {"training_data": data, "learning_rate": 1}},
    )  # fmt: skip
    assert actions(replayed) == {"load_data": "REUSE", "trainer": "RUN", "report": "RUN"}
    assert value(replayed, "trainer") == 1


def test_an_override_of_a_step_is_converted_as_an_argument_is() -> None:
    training_pipeline(4)
    replayed = training_pipeline.replay(step_input_overrides={"trainer": {"learning_rate": "0.5"}})
    assert value(replayed, "trainer") == 3.0
    with nothing_written(), pytest.raises(Refusal, match=r"`trainer`: `learning_rate` should be a valid number"):
        training_pipeline.replay(step_input_overrides={"trainer": {"learning_rate": "much"}})


def test_defaults_hold_for_all_invocations_of_a_step_that_give_none_of_their_own() -> None:
    @pipeline
    def twice() -> None:
        trainer(load_data(4))
        trainer({"x": [1]})

    twice()
    replayed = twice.replay(
        skip_successful_steps=True,
        step_default_input_overrides={"trainer": {"learning_rate": 2.0}},
        step_input_overrides={"trainer_2": {"learning_rate": 3.0}},
    )
    assert actions(replayed) == {"load_data": "REUSE", "trainer": "RUN", "trainer_2": "RUN"}
    assert [value(replayed, name) for name in ("trainer", "trainer_2")] == [12.0, 3.0]


# what to run


def test_a_start_runs_again_with_all_that_reads_it() -> None:
    training_pipeline(4)
    assert ran(training_pipeline.replay(start="trainer")) == ["trainer", "report"]


def test_only_runs_just_that_step() -> None:
    training_pipeline(4)
    replayed = training_pipeline.replay(only=["trainer"])
    assert actions(replayed) == {"load_data": "REUSE", "trainer": "RUN"}
    assert replayed.plan.by_address["report"].action.value == "LEAVE"


def test_until_stops_after_a_step() -> None:
    training_pipeline(4)
    assert ran(training_pipeline.replay(until=["trainer"])) == ["load_data", "trainer"]


def test_a_replay_of_some_steps_is_not_the_latest_run() -> None:
    origin = training_pipeline(4)
    training_pipeline.replay(only=["trainer"])
    training_pipeline.replay(debug=True)
    trainer.replay(pipeline="training_pipeline")
    assert training_pipeline.replay().model.origin == origin.id


# pins


def test_a_given_result_stands_for_a_step() -> None:
    training_pipeline(4)
    replayed = training_pipeline.replay(outputs={"trainer": 7.5})
    assert actions(replayed) == {"load_data": "RUN", "trainer": "PIN", "report": "RUN"}
    assert value(replayed, "report") == "score=7.5"


def test_the_step_run_of_another_run_stands_for_a_step() -> None:
    training_pipeline(4)
    other = training_pipeline(4, learning_rate=2.0)
    replayed = training_pipeline.replay(pipeline_run="training_pipeline-1", outputs={"trainer": other.steps["trainer"]})
    assert value(replayed, "report") == "score=12.0"


def test_what_a_replayed_step_gave_is_attached_to_the_pipeline() -> None:
    origin = failed()
    result = trainer.replay(pipeline_run=origin, input_overrides={"learning_rate": 5.0})
    replayed = training_pipeline.replay(outputs={"trainer": result}, skip_successful_steps=True)
    assert actions(replayed) == {"load_data": "REUSE", "trainer": "PIN", "report": "RUN"}
    assert value(replayed, "report") == "score=30.0"


def test_a_run_stands_for_its_step_of_that_name() -> None:
    other = training_pipeline(4, learning_rate=2.0)
    first = training_pipeline(4)
    replayed = training_pipeline.replay(pipeline_run=first, outputs={"trainer": other})
    assert value(replayed, "report") == "score=12.0"
    with nothing_written(), pytest.raises(Refusal, match=r"`nope`.*give a value, or one of its step runs"):
        training_pipeline.replay(outputs={"nope": other})


def test_the_old_result_is_kept_whatever_runs_above() -> None:
    training_pipeline(4)
    replayed = training_pipeline.replay(input_overrides={"rows": 10}, outputs={"trainer": ORIGIN})
    assert value(replayed, "trainer") == 0.6000000000000001
    assert value(replayed, "load_data") == {"x": list(range(10))}


# what a replay is


def test_a_replay_of_a_replay_keeps_what_that_kept() -> None:
    first = failed()
    second = training_pipeline.replay(skip_successful_steps=True)
    third = training_pipeline.replay(pipeline_run=second, start="report")
    assert (third.model.origin, third.model.root, third.attempt) == (second.id, first.id, 3)
    assert actions(third) == {"load_data": "REUSE", "trainer": "REUSE", "report": "RUN"}
    assert [run.name for run in third.lineage] == [first.name, second.name, third.name]


def test_labels_and_a_reason_are_kept() -> None:
    training_pipeline(4, labels={"team": "a"}, reason="first")
    replayed = training_pipeline.replay(labels={"try": "2"}, reason="better luck")
    assert replayed.labels["try"] == "2"
    assert replayed.labels["team"] == "a"
    assert replayed.model.reason == "better luck"


def test_a_run_stops_at_a_breakpoint_and_goes_on_when_it_is_resumed() -> None:
    training_pipeline(4)
    waiting = training_pipeline.replay(breakpoints=["trainer"])
    assert waiting.state == "PAUSED"
    assert [wait.address for wait in Client().waits(waiting.id)] == ["trainer"]
    ended = Client().resume(waiting.id)
    assert ended.state.value == "SUCCESS"
    assert value(waiting.refresh(), "report") == "score=0.6000000000000001"


def test_a_plan_tells_what_a_replay_would_do_and_does_nothing() -> None:
    training_pipeline(4)
    with nothing_written():
        plan = training_pipeline.plan_replay(skip=["load_data"], input_overrides={"learning_rate": 0.5})
    assert planned(plan) == {"load_data": "REUSE", "trainer": "RUN", "report": "RUN"}


def test_a_plan_is_read_as_lines() -> None:
    training_pipeline(4)
    text = str(training_pipeline.plan_replay(skip=["load_data"]))
    lines = text.splitlines()
    assert any("load_data" in line and "REUSE" in line for line in lines)
    assert any("trainer" in line and "RUN" in line for line in lines)
    assert lines[0] == "2 RUN, 1 REUSE"


# failures


def test_a_failure_is_raised_with_the_run_the_users_exception_and_the_line_that_replays_it() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIL_TRAINER", "yes")
        with pytest.raises(RunFailed) as raised:
            training_pipeline(4)
    assert isinstance(raised.value.__cause__, ValueError)
    assert raised.value.run.state == "FAILED"
    line = str(raised.value).splitlines()[-1].strip()
    replayed = eval(line)
    assert replayed.state == "SUCCESS"
    assert actions(replayed) == {"load_data": "REUSE", "trainer": "RUN", "report": "RUN"}
    assert replayed.model.origin == raised.value.run.id


def test_a_replay_that_fails_raises_too_or_gives_the_run() -> None:
    training_pipeline(4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIL_TRAINER", "yes")
        with pytest.raises(RunFailed, match="no luck") as raised:
            training_pipeline.replay()
        assert isinstance(raised.value.__cause__, ValueError)
        assert training_pipeline.replay(raise_on_failure=False).state == "FAILED"


def test_a_key_gives_the_earlier_run() -> None:
    first = training_pipeline(4, key="monday")
    assert training_pipeline(4, key="monday").id == first.id
    assert training_pipeline(4, key="tuesday").id != first.id


# debugging


def test_under_a_debugger_steps_run_on_this_thread() -> None:
    import threading

    seen: list[int] = []

    @step
    def look() -> int:
        seen.append(threading.get_ident())
        return 1

    @pipeline
    def looking() -> None:
        look()

    looking(debug=True)
    looking.replay(debug=True)
    assert set(seen) == {threading.get_ident()}
