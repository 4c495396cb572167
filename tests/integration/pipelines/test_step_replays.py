"""Replays of a single step, as `step.replay` is asked for them."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import pytest
from tests.support.pipelines import nothing_written, ran, value
from tests.support.projects import Project

from dalsegno import Client, Refusal, RunFailed, pipeline, step, unmapped
from dalsegno.errors import Ambiguous, NotFound


@step
def load(city: str) -> list[int]:
    return [len(city), 2]


@step
def split(numbers: list[int], factor: int = 1) -> tuple[Annotated[int, "low"], Annotated[int, "high"]]:
    return min(numbers) * factor, max(numbers) * factor


@step
def join(low: int, high: int) -> Mapping[str, int]:
    if "FAIL_JOIN" in os.environ:
        raise ValueError("no luck")
    return {"low": low, "high": high}


@step
def tell(joined: Mapping[str, int]) -> None:
    assert joined


@pipeline
def cities(city: str, factor: int = 1) -> None:
    low, high = split(load(city), factor=factor)
    tell(join(low, high))


def test_a_step_is_replayed_with_its_inputs_and_parameters() -> None:
    cities("paris", factor=3)
    assert load.replay(pipeline="cities") == [5, 2]
    assert join.replay(pipeline=cities) == {"low": 6, "high": 15}


def test_several_outputs_come_as_a_tuple_and_none_as_none() -> None:
    cities("paris", factor=3)
    assert split.replay(pipeline="cities") == (6, 15)
    assert tell.replay(pipeline="cities") is None


def test_a_parameter_that_the_call_left_to_its_default_is_what_it_was_then(project: Project) -> None:
    text = """
    from dalsegno import pipeline, step

    @step
    def one(n: int = 5) -> int:
        return n

    @pipeline
    def ones():
        one()
    """
    project.write({"ones.py": text})
    with project.imported("ones") as work:
        work.ones()
    project.write({"ones.py": text.replace("n: int = 5", "n: int = 7")})
    with project.imported("ones") as work, pytest.warns(UserWarning, match="is not the code that ran in ones-1"):
        assert work.one.replay(pipeline="ones") == 5


@pytest.mark.parametrize("which", ["step_run_id", "pipeline_run", "pipeline"])
def test_the_first_of_the_three_ways_to_name_it_counts(which: str) -> None:
    first, second, _ = cities("rome"), cities("paris"), cities("montevideo")
    named = {
        "step_run_id": {"step_run_id": first.steps["load"].id, "pipeline_run": second.name, "pipeline": "cities"},
        "pipeline_run": {"pipeline_run": second.name, "pipeline": "cities"},
        "pipeline": {"pipeline": "cities"},
    }
    expected = {"step_run_id": 4, "pipeline_run": 5, "pipeline": 10}
    assert load.replay(**named[which])[0] == expected[which]


def test_a_step_run_is_named_by_itself_its_id_or_a_uuid() -> None:
    run = cities("rome").steps["load"]
    assert load.replay(step_run_id=run.id) == load.replay(step_run_id=UUID(run.id)) == load.replay(step_run_id=run)


def test_inputs_are_overridden_with_values_and_artifacts() -> None:
    run = cities("rome")
    other = cities("montevideo")
    assert split.replay(pipeline_run=run, input_overrides={"numbers": [7, 8]}) == (7, 8)
    assert split.replay(pipeline_run=run, input_overrides={"numbers": other.steps["load"].output}) == (2, 10)
    uuid = UUID(other.steps["load"].output.id)
    assert split.replay(pipeline_run=run, input_overrides={"numbers": uuid, "factor": "2"}) == (4, 20)


def test_an_override_of_another_type_or_name_is_refused() -> None:
    cities("rome")
    with nothing_written(), pytest.raises(Refusal, match="`split`: `factor` should be a valid integer"):
        split.replay(pipeline="cities", input_overrides={"factor": "many"})
    with nothing_written(), pytest.raises(Refusal, match="`split` has no input `number`; did you mean `numbers`"):
        split.replay(pipeline="cities", input_overrides={"number": ["x" * 100_000]})


def test_an_argument_that_nobody_knows_is_refused_with_the_closest() -> None:
    cities("rome")
    with pytest.raises(Refusal, match=r"`load.replay` has no argument `step_run`; did you mean `step_run_id`"):
        load.replay(step_run="x")
    with pytest.raises(Refusal, match=r"`load.replay`: `input_overrides` must be a dict"):
        load.replay(pipeline="cities", input_overrides=3)


def test_which_run_must_be_said() -> None:
    with pytest.raises(Refusal, match="say which run of `load` is meant: step_run_id, pipeline_run or pipeline"):
        load.replay()


def test_what_never_ran_is_told() -> None:
    with pytest.raises(NotFound, match="there is no whole run of the pipeline `cities` yet; run it first"):
        load.replay(pipeline=cities)
    run = cities("rome")
    with pytest.raises(NotFound, match=f"{run.name} has no step `other`"):
        step(name="other")(lambda: 1).replay(pipeline_run=run)
    with pytest.raises(NotFound, match=f"{run.name} has no invocation `laod`; did you mean `load`"):
        load.replay(pipeline_run=run, invocation_id="laod")
    with pytest.raises(NotFound, match="there is no step run nope"):
        load.replay(step_run_id="nope")


def test_a_step_whose_upstream_failed_had_no_inputs() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIL_JOIN", "yes")
        run = cities("rome", raise_on_failure=False)
    with nothing_written(), pytest.raises(Refusal, match=r"`tell`.*`joined`.*input_overrides"):
        tell.replay(pipeline_run=run)
    assert tell.replay(pipeline_run=run, input_overrides={"joined": {"low": 1}}) is None
    assert join.replay(pipeline_run=run) == {"low": 2, "high": 4}


def test_a_failure_raises_with_the_cause_and_advice_that_works() -> None:
    run = cities("rome")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIL_JOIN", "yes")
        with pytest.raises(RunFailed, match="no luck") as raised:
            join.replay(pipeline_run=run)
    assert isinstance(raised.value.__cause__, ValueError)
    line = str(raised.value).splitlines()[-1].strip()
    assert eval(line) == {"low": 2, "high": 4}


def test_one_of_several_invocations_is_named() -> None:
    @pipeline
    def twice() -> None:
        load("rome")
        load("paris")

    twice()
    with pytest.raises(Ambiguous, match=r"`load`, `load_2`; name one with invocation_id"):
        load.replay(pipeline="twice")
    assert load.replay(pipeline="twice", invocation_id="load_2") == [5, 2]


@step
def grow(city: str, by: int) -> int:
    return len(city) + by


@pipeline
def mapped(names: list[str]) -> None:
    grow.map(names, by=unmapped(10))


def test_an_item_of_a_mapped_step_is_replayed() -> None:
    mapped(["rome", "montevideo"])
    assert grow.replay(pipeline="mapped", invocation_id="grow[rome]") == 14
    assert grow.replay(pipeline="mapped", invocation_id="grow[montevideo]", input_overrides={"by": 1}) == 11
    with pytest.raises(NotFound, match=r"`grow\[paris\]`"):
        grow.replay(pipeline="mapped", invocation_id="grow[paris]")


def test_without_an_item_all_items_are_listed_as_they_are_named() -> None:
    mapped(["rome", "montevideo"])
    for named in ({}, {"invocation_id": "grow"}):
        with pytest.raises(Ambiguous, match=r"`grow\[rome\]`, `grow\[montevideo\]`; name one"):
            grow.replay(pipeline="mapped", **named)


def test_the_step_of_a_replay_is_replayed_where_it_really_ran() -> None:
    cities("rome")
    replayed = cities.replay(start="join")
    assert load.replay(pipeline_run=replayed) == [4, 2]


def test_its_run_is_a_replay_in_which_only_this_step_runs() -> None:
    origin = cities("rome")
    split.replay(pipeline="cities")
    alone = Client().list_pipeline_runs(limit=1)[0]
    assert ran(alone) == ["split"]
    assert (alone.model.flow, alone.model.origin, alone.model.root) == ("cities", origin.id, origin.id)
    assert alone.model.attempt == 2
    assert alone.model.request["only"] == ["split"]
    assert alone.model.reason == f"`split` of {origin.name} alone"
    assert alone.state == "SUCCESS"


@step
def look() -> int:
    return threading.get_ident()


@pipeline
def looking() -> None:
    look()


def test_in_debug_mode_it_runs_on_this_thread() -> None:
    looking()
    assert look.replay(pipeline="looking", debug=True) == threading.get_ident()


def test_the_code_of_now_runs_and_other_code_is_warned_of(project: Project) -> None:
    text = """
    from dalsegno import pipeline, step

    @step
    def one(n: int) -> int:
        return n + 1

    @pipeline
    def ones():
        one(1)
    """
    project.write({"ones.py": text})
    with project.imported("ones") as work:
        work.ones()
        assert work.one.replay(pipeline="ones") == 2
    project.write({"ones.py": text.replace("n + 1", "n + 100")})
    with project.imported("ones") as work, pytest.warns(UserWarning, match="`one` is not the code that ran") as warned:
        assert work.one.replay(pipeline="ones") == 101
    assert os.path.basename(warned[0].filename) == os.path.basename(__file__)  # noqa: PTH119


def test_parameters_that_came_and_went_since(project: Project) -> None:
    text = """
    from dalsegno import pipeline, step

    @step
    def one(n: int, gone: int) -> int:
        return n

    @pipeline
    def ones():
        one(1, 2)
    """
    project.write({"ones.py": text})
    with project.imported("ones") as work:
        work.ones()
    project.write({"ones.py": text.replace("gone: int", "more: int").replace("return n", "return n + more")})
    with project.imported("ones") as work:
        with (
            nothing_written(),
            pytest.raises(Refusal, match=r"`one` needs inputs that ones-1 did not give: `more`; give"),
        ):
            work.one.replay(pipeline="ones")
        with pytest.warns(UserWarning, match="is not the code"):
            assert work.one.replay(pipeline="ones", input_overrides={"more": 10}) == 11


def test_an_input_whose_content_is_gone_is_told_before_anything_runs() -> None:
    @step
    def big() -> list[int]:
        return list(range(100_000))

    @step
    def size(numbers: list[int]) -> int:
        return len(numbers)

    @pipeline
    def large() -> None:
        size(big())

    run = large()
    artifact: Any = run.steps["big"].output.artifact
    Client().values.path(artifact.digest).unlink()
    with nothing_written(), pytest.raises(Refusal, match=r"`numbers` of `size` is gone.*replay `big`|input_overrides"):
        size.replay(pipeline="large")


def test_its_result_is_attached_to_a_replay_of_the_pipeline() -> None:
    cities("rome")
    result = join.replay(pipeline="cities", input_overrides={"low": 100})
    replayed = cities.replay(outputs={"join": result})
    assert value(replayed, "join") == {"low": 100, "high": 4}
