"""Replays of what pipelines may be made of: conditions, order, async steps, several outputs and none, effects, breakpoints."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated, Any

import pytest
from tests.support.pipelines import actions, nothing_written, ran, value

from dalsegno import Client, DalSegnoError, Refusal, RequestRefused, RunFailed, pipeline, step


@step
def number(n: int) -> int:
    return n


@step
def is_large(n: int) -> bool:
    return n > 10


@step
def warn(n: int) -> str:
    return f"{n} is large"


@step
def publish(text: Any = None) -> str:
    return f"published {text}"


@pipeline
def conditional(n: int) -> None:
    found = number(n)
    warn(found, run_if=is_large(found))


def test_a_condition_is_evaluated_again_with_other_values() -> None:
    conditional(5)
    replayed = conditional.replay(skip_successful_steps=True, input_overrides={"n": 50})
    assert value(replayed, "warn") == "50 is large"
    back = conditional.replay(skip_successful_steps=True, input_overrides={"n": 5})
    assert back.state == "SUCCESS"
    assert back.steps["warn"].state == "SKIPPED"


@step
def pair_of(n: int) -> tuple[Annotated[int, "low"], Annotated[int, "high"]]:
    return n, n * 10


@step
def nothing(n: int) -> None:
    assert n


@step
async def later(n: int) -> int:
    await asyncio.sleep(0)
    return n + 1


@pipeline
def ordered(n: int) -> None:
    low, high = pair_of(n)
    done = nothing(low)
    _ = later(high)
    publish("it", after=done)


def test_several_outputs_none_and_async_steps_are_kept_and_run_again() -> None:
    first = ordered(3)
    assert value(first, "later") == 31
    kept = ordered.replay(pipeline_run=first, skip_successful_steps=True)
    assert set(actions(kept).values()) == {"REUSE"}
    started = ordered.replay(pipeline_run=first, start="later")
    assert ran(started) == ["later"]
    after = ordered.replay(pipeline_run=first, start="nothing")
    assert ran(after) == ["nothing", "publish"]
    overridden = ordered.replay(
        pipeline_run=first, skip_successful_steps=True, step_input_overrides={"later": {"n": 1}}
    )
    assert value(overridden, "later") == 2


@pytest.mark.parametrize(
    "given", [(1, 2), [1, 2], {"low": 1, "high": 2}], ids=["a tuple", "a list", "a dict of the outputs"]
)
def test_several_outputs_are_given_at_once(given: Any) -> None:
    ordered(3)
    replayed = ordered.replay(outputs={"pair_of": given})
    assert value(replayed, "later") == 3


def test_a_result_with_too_few_outputs_is_refused() -> None:
    ordered(3)
    for wrong in (1, (1, 2, 3), {"low": 1}, {"lo": 1, "high": 2}):
        with nothing_written(), pytest.raises(Refusal, match=r"`pair_of`"):
            ordered.replay(outputs={"pair_of": wrong})


def test_a_step_without_outputs_is_marked_as_done() -> None:
    ordered(3)
    for given in ({}, None):
        replayed = ordered.replay(outputs={"nothing": given}, start="publish")
        assert actions(replayed)["nothing"] == "PIN"


@step
def charge(amount: int) -> str:
    if "FAIL_CHARGE" in os.environ:
        raise ValueError("the bank is closed")
    return f"charged {amount}"


external = charge.with_options(effects="external")


@pipeline
def paying(amount: int) -> None:
    publish(external(number(amount)))


def test_a_step_whose_effects_are_seen_outside_is_asked_for_before_it_runs_again() -> None:
    first = paying(5)
    with nothing_written(), pytest.raises(RequestRefused) as raised:
        paying.replay()
    assert str(raised.value) == (
        "`charge` has effects that are seen outside, and ran already in paying-1; allow it with "
        '`acknowledge=["charge"]`, or keep what it gave with `effects="reuse"`'
    )
    assert actions(paying.replay(effects="reuse"))["charge"] == "PIN"
    assert actions(paying.replay(pipeline_run=first, acknowledge=["charge"]))["charge"] == "RUN"
    assert actions(paying.replay(pipeline_run=first, acknowledge="*"))["charge"] == "RUN"
    assert actions(paying.replay(pipeline_run=first, start="charge"))["charge"] == "RUN"


def test_one_that_failed_runs_again_without_being_asked_for() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIL_CHARGE", "yes")
        with pytest.raises(RunFailed, match="the bank is closed"):
            paying(5)
    replayed = paying.replay(skip_successful_steps=True)
    assert ran(replayed) == ["charge", "publish"]


def test_at_a_breakpoint_inputs_are_changed() -> None:
    waiting = ordered(3, breakpoints="later")
    assert waiting.state == "PAUSED"
    assert waiting.steps["later"].state == "PAUSED"
    ended = Client().resume(waiting.id, task_inputs={"later": {"n": 100}})
    assert ended.state.value == "SUCCESS"
    assert value(waiting.refresh(), "later") == 101


def test_a_run_that_waits_is_resumed_by_itself_with_plain_values() -> None:
    waiting = ordered(3, breakpoints=["later"])
    ended = waiting.resume(step_input_overrides={"later": {"n": 100}})
    assert ended.state == "SUCCESS"
    assert value(ended, "later") == 101


def test_a_run_of_a_closure_goes_on_after_its_breakpoint() -> None:
    @step
    def inner(n: int) -> int:
        return n + 1

    @pipeline
    def local() -> None:
        inner(inner(1))

    waiting = local(breakpoints=["inner_2"])
    assert waiting.resume().state == "SUCCESS"


def test_a_pipeline_called_in_a_pipeline_is_replayed_with_it() -> None:
    @pipeline
    def inside(n: int) -> Any:
        return later(number(n))

    @pipeline
    def outside(n: int) -> None:
        publish(inside(n))

    outside(1)
    replayed = outside.replay(start="later")
    assert ran(replayed) == ["later", "publish"]


def test_a_key_is_no_reason_to_keep_a_replay_back() -> None:
    first = ordered(3, key="monday")
    replayed = ordered.replay()
    assert replayed.id != first.id
    assert ordered(3, key="monday").id == first.id


def test_a_result_that_cannot_be_stored_fails_its_step_with_what_to_do() -> None:
    import threading

    @step
    def lock() -> Any:
        return threading.Lock()

    @pipeline
    def locking() -> None:
        lock()

    with pytest.raises(RunFailed, match=r"`lock`: the output `output` cannot be stored: it is a `lock`"):
        locking()


def test_an_input_that_cannot_be_stored_is_refused_before_anything_runs() -> None:
    import threading

    ordered(3)
    with nothing_written(), pytest.raises(DalSegnoError, match=r"`text` of `publish`.*cannot be stored"):
        ordered.replay(step_input_overrides={"publish": {"text": threading.Lock()}})
