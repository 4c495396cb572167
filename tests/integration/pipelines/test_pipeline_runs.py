"""Running pipelines from Python: where steps run, what they may say and keep, hooks, caches, keys, failures."""

from __future__ import annotations

import io
import logging
import os
import pdb
import threading
from collections.abc import Callable
from traceback import extract_tb
from types import TracebackType
from typing import Annotated, Any

import pytest

from dalsegno import (
    Client,
    ExternalArtifact,
    RunFailed,
    get_step_context,
    load_artifact,
    log_metadata,
    pipeline,
    save_artifact,
    step,
)
from dalsegno.errors import DalSegnoError, Refusal
from dalsegno.model.state import State

TOLD: list[Any] = []


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    TOLD.clear()


def note(error: BaseException) -> None:
    TOLD.append(("failed", type(error).__name__, str(error)))


def cheer() -> None:
    TOLD.append("well")


@step
def one() -> int:
    return 1


@step
def inc(x: int) -> int:
    return x + 1


# where steps run


@step
def where(_after: int = 0) -> tuple[int, int]:
    return os.getpid(), threading.get_ident()


@pipeline
def places() -> Any:
    first = where()
    return [first[0], first[1], where(first[0])[1]]


def test_a_plain_chain_runs_on_the_calling_thread() -> None:
    assert places().result == [os.getpid(), threading.get_ident(), threading.get_ident()]


@step(isolation="process")
def apart() -> int:
    print("from afar")
    get_step_context().log.warning("careful")
    return os.getpid()


@step(timeout=60)
def limited() -> int:
    return os.getpid()


@pipeline
def processes() -> Any:
    return [apart(), limited()]


def test_steps_that_have_to_run_apart_do() -> None:
    run = processes()
    assert os.getpid() not in run.result
    assert run.steps["apart"].logs == ["from afar", "careful"]
    assert [line.line.level for line in Client().logs(run.id, address="apart")] == ["INFO", "WARNING"]


@step(timeout=0.2)
def endless() -> None:
    threading.Event().wait()


@pipeline
def too_long() -> None:
    endless()


def test_a_step_whose_time_is_over_is_ended() -> None:
    with pytest.raises(RunFailed, match=r"longer than its timeout of 0\.2 s"):
        too_long()


BARRIER = threading.Barrier(3, timeout=10)


@step
def together(_n: int) -> int:
    BARRIER.wait()
    return threading.get_ident()


@pipeline
def abreast() -> Any:
    return [together(n) for n in range(3)]


def test_steps_that_stand_side_by_side_run_at_once() -> None:
    assert len(set(abreast().result)) == 3


# what is caught of their output


@step
def loud() -> None:
    print("one")
    print("two", end="")
    logging.getLogger("mine").warning("three")


@pipeline
def shouting() -> None:
    loud()


def test_output_is_shown_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    run = shouting()
    assert sorted(run.steps["loud"].logs) == ["one", "three", "two"]
    assert capsys.readouterr().out == "one\ntwo"


# what a step says of itself


@step
def telling(data: dict[str, int]) -> dict[str, int]:
    context = get_step_context()
    log_metadata({"rows": 3}, shape=(1, 2))
    context.metrics("accuracy", 0.5)
    save_artifact([1, 2], "extra")
    TOLD.append((context.run_name, context.step_name, context.attempt, context.is_replay, context.idempotency_key))
    return data


@pipeline
def told() -> Any:
    return telling({"a": 1})


def test_a_step_logs_metadata_and_saves_values() -> None:
    run = told()
    found = run.steps["telling"]
    assert found.metadata == {"rows": 3, "shape": (1, 2), "accuracy": 0.5}
    assert {name: saved.load() for name, saved in found.artifacts.items()} == {"extra": [1, 2]}
    assert load_artifact(found.artifacts["extra"].id) == [1, 2]
    assert load_artifact(found.output.id) == {"a": 1}


@step
def describing(about: dict[str, Any]) -> tuple[Annotated[int, "rows"], Annotated[str, "model"]]:
    save_artifact([1], "extra")
    log_metadata({"f1": 0.5, "shape": (1, 2)}, **about)
    log_metadata(step_name="a value like any other")
    return 1, "m"


@step
def of_one(about: dict[str, Any]) -> Annotated[str, "model"]:
    log_metadata(metadata={"f1": 0.5}, **about)
    return "m"


@pipeline
def described(about: dict[str, Any]) -> None:
    describing(about)


@pipeline
def one_described(about: dict[str, Any]) -> None:
    of_one(about)


def test_metadata_is_kept_with_the_output_or_the_saved_value_that_is_named() -> None:
    found = described({"artifact_name": "model"}).steps["describing"]
    assert found.outputs["model"].metadata == {"f1": 0.5, "shape": (1, 2)}
    assert found.outputs["rows"].metadata == {}
    assert found.metadata == {"step_name": "a value like any other"}
    saved = described({"artifact_name": "extra", "model_name": None}).steps["describing"].artifacts["extra"]
    assert saved.metadata == {"f1": 0.5, "shape": (1, 2)}
    assert one_described({"infer_artifact": True}).steps["of_one"].output.metadata == {"f1": 0.5}
    replayed = described.replay(skip=["describing"]).steps["describing"]
    assert replayed.artifacts["extra"].metadata == saved.metadata


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"artifact_name": "modle"}, "this step has no output or saved artifact `modle`; did you mean `model`?"),
        ({"infer_artifact": True}, "a step with one output, and this one has `rows`, `model`; name one with `artifact_name`"),
        ({"model_name": "forest"}, "does not take `model_name`: there are no models beside runs; tell it of the output"),
        ({"run_id_name_or_prefix": "x"}, "does not take `run_id_name_or_prefix`: a step tells of itself"),
    ],
)  # fmt: skip
def test_metadata_of_something_else_is_refused_with_what_to_do(about: dict[str, Any], told: str) -> None:
    with pytest.raises(RunFailed) as caught:
        described(about)
    assert told in str(caught.value)


def test_a_replay_has_the_same_idempotency_key_and_knows_that_it_is_one() -> None:
    told()
    told.replay()
    (first, again) = TOLD
    assert first[:4] == ("told-1", "telling", 1, False)
    assert again[:4] == ("told-2", "telling", 2, True)
    assert first[4] == again[4]


@pytest.mark.parametrize("call", [lambda: log_metadata(a=1), lambda: save_artifact(1, "a"), get_step_context])
def test_outside_of_a_step_there_is_nothing_to_tell_it_of(call: Callable[[], Any]) -> None:
    with pytest.raises(DalSegnoError, match="no step runs"):
        call()


@pipeline
def from_elsewhere(id: str) -> Any:
    return [inc(ExternalArtifact(id=id)), inc(ExternalArtifact(value=5))]


def test_a_value_from_elsewhere_is_given_to_a_step() -> None:
    @pipeline
    def makes() -> Any:
        return one()

    made = makes().steps["one"].output.id
    assert made is not None
    assert from_elsewhere(made).result == [2, 6]
    with pytest.raises(Refusal, match="not both"):
        ExternalArtifact(value=1, id=made)


# hooks


TRIES: list[int] = []


@step(retry=2, on_failure=note, on_success=cheer)
def flaky(wanted: int) -> int:
    TRIES.append(1)
    if len(TRIES) < wanted:
        raise RuntimeError(f"try {len(TRIES)}")
    return len(TRIES)


@pipeline(on_failure=note, on_success=cheer)
def hooked(wanted: int) -> Any:
    return flaky(wanted)


def test_hooks_are_called_when_a_step_and_a_run_have_ended_for_good() -> None:
    TRIES.clear()
    assert hooked(3).result == 3
    assert TOLD == ["well", "well"]
    TRIES.clear()
    TOLD.clear()
    with pytest.raises(RunFailed):
        hooked(9)
    assert TOLD == [("failed", "RuntimeError", "try 3")] * 2


def wrong_hook(_error: BaseException) -> None:
    raise KeyError("no alarm")


@step(on_failure=wrong_hook)
def broken() -> None:
    raise ValueError("mine")


@pipeline
def with_wrong_hook() -> None:
    broken()


def test_a_hook_that_raises_is_told_and_changes_nothing() -> None:
    run = with_wrong_hook(raise_on_failure=False)
    assert run.state == "FAILED"
    assert "the hook" in "".join(run.steps["broken"].logs)
    assert "`broken`: ValueError: mine" in "".join(run.steps["broken"].logs)


# caches


@step(cache=True)
def heavy(x: int) -> Annotated[dict[str, int], "made"]:
    TOLD.append(x)
    return {"x": x}


@pipeline
def cached(x: int) -> Any:
    return heavy(inc(x))


def test_a_step_with_a_cache_is_taken_from_an_earlier_run_for_equal_values_alone() -> None:
    first, same, other = cached(1), cached(1), cached(2)
    assert TOLD == [2, 3]
    assert [run.result for run in (first, same, other)] == [{"x": 2}, {"x": 2}, {"x": 3}]
    assert same.steps["heavy"].taken_from == first.steps["heavy"].id
    assert first.steps["heavy"].taken_from is None
    assert same.steps["heavy"].logs == [f"taken from {first.name}, which ran the same code with the same values"]


def test_a_cache_counts_for_the_whole_pipeline_where_the_step_says_nothing() -> None:
    @step
    def noted(x: int) -> int:
        TOLD.append(x)
        return x

    @step(enable_cache=False)
    def always(x: int) -> int:
        TOLD.append(-x)
        return x

    @pipeline(enable_cache=True)
    def both() -> None:
        always(noted(7))

    both()
    both()
    assert TOLD == [7, -7, -7]


# keys


def test_a_key_gives_the_earlier_run() -> None:
    first = told(key="monday")
    assert told(key="monday").id == first.id
    assert told(key="tuesday").id != first.id
    assert len(TOLD) == 2


# failures


@step
def fails(x: int) -> int:
    raise LookupError(f"no {x}")


@pipeline
def failing(x: int) -> None:
    inc(fails(x))


@pipeline
def misspelt() -> None:
    inc(y=3)


@pytest.mark.parametrize(
    ("call", "lines"),
    [
        (lambda: failing("four"), ["<lambda>"]),
        (lambda: failing.replay(pipeline_rum="last"), ["<lambda>"]),
        (lambda: failing.plan(1, 2), ["<lambda>"]),
        (misspelt, ["misspelt"]),
    ],
)
def test_a_call_that_is_refused_has_a_traceback_of_the_users_own_lines(
    call: Callable[[], object], lines: list[str]
) -> None:
    with pytest.raises(DalSegnoError) as caught:
        call()
    assert [frame.name for frame in extract_tb(caught.value.__traceback__)][1:] == lines


def test_a_failed_run_raises_with_the_users_exception_and_the_line_that_replays_it() -> None:
    with pytest.raises(RunFailed) as caught:
        failing(4)
    cause = caught.value.__cause__
    assert isinstance(cause, LookupError)
    trace = cause.__traceback__
    assert trace is not None
    assert trace.tb_frame.f_code.co_name == "fails"
    assert len(extract_tb(caught.value.__traceback__)) == 1, "it shows the call, and no frame of ours"
    assert caught.value.run.state == "FAILED"
    assert str(caught.value).splitlines() == [
        "failing-1 failed: `fails`: LookupError: no 4",
        "  Fix it, then run it again from there:",
        '    failing.replay(pipeline_run="failing-1", skip_successful_steps=True)',
    ]
    assert "inc" not in caught.value.run.steps


@step
def interrupted() -> None:
    raise KeyboardInterrupt


@pipeline
def stopped() -> None:
    inc(one(after=[interrupted()]))


def test_ctrl_c_in_a_step_ends_the_run_cleanly() -> None:
    with pytest.raises(KeyboardInterrupt):
        stopped()
    (run,) = Client().list_pipeline_runs(pipeline="stopped")
    assert run.model.state is State.KILLED


def test_a_debugger_can_be_opened_where_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def post_mortem(trace: TracebackType) -> None:
        opened.append(trace.tb_frame.f_code.co_name)

    monkeypatch.setattr(pdb, "post_mortem", post_mortem)
    with pytest.raises(RunFailed):
        failing(4, post_mortem=True)
    assert opened == ["fails"]


@step
def asks() -> str:
    return input("name? ")


@pipeline
def asking() -> Any:
    return asks()


def test_in_debug_mode_the_terminal_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("ada\n"))
    assert asking(debug=True).result == "ada"


def test_the_plan_of_a_run_runs_nothing() -> None:
    plan = told.plan()
    assert [decision.address for decision in plan.decisions] == ["telling"]
    assert TOLD == []
    assert Client().list_pipeline_runs() == []
