from __future__ import annotations

import json
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel
from tests.unit.pipelines import steps_to_trace as steps
from tests.unit.pipelines.conftest import Tracing, bindings

from dalsegno import PipelineInvalid, Retry, pipeline, step
from dalsegno.artifacts.materializers import decode
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.model.codec import flow_from_json, flow_to_json
from dalsegno.model.flow import Effects, InputType, Kind, Read


def test_a_call_of_a_pipeline_becomes_a_flow(traced: Tracing) -> None:
    found = traced(steps.training, "a.csv")
    flow = found.flow
    assert (flow.namespace, flow.id, flow.description) == ("tests.unit.pipelines", "training", "Train a model.")
    assert [(one.id, one.type, one.kind) for one in flow.tasks] == [
        ("load", "python.Invocation", Kind.WORK),
        ("train", "python.Invocation", Kind.WORK),
    ]
    assert flow.depends == {"load": (), "train": ("load",)}
    assert bindings(found, "load") == {"url": {"value": "a.csv"}}
    assert bindings(found, "train") == {"data": {"output": ["load", "output"]}, "rate": {"value": 0.1}}
    load, train = flow.tasks
    assert (load.outputs, train.outputs) == (("output",), ("model",))
    assert (load.reads, train.reads) == ((), (Read("load", (), ("output",)),))
    assert load.description == "Load the data."
    assert (load.raw, train.raw) == (("url",), ("data", "rate"))
    assert load.function == f"{steps.__name__}:load"
    assert found.functions[f"{steps.__name__}:load"] is steps.load.entrypoint
    assert (train.timeout, train.retry and train.retry.max_attempts) == ("PT600S", 3)
    assert found.result == {"$bind": {"output": ["train", "model"]}}
    assert found.entry == f"{steps.__name__}:training"
    assert found.arguments == {"url": "a.csv", "rate": 0.1}


def test_the_parameters_of_a_pipeline_are_its_inputs(traced: Tracing) -> None:
    url, rate = traced(steps.training, "a.csv").flow.inputs
    assert (url.id, url.type, url.required, url.has_default) == ("url", InputType.PYTHON, True, False)
    assert (rate.id, rate.required, rate.has_default, rate.default) == ("rate", False, True, 0.1)


def test_a_traced_flow_is_read_back_as_it_was_stored(traced: Tracing) -> None:
    flow = traced(steps.training, "a.csv").flow
    assert flow_from_json(json.loads(json.dumps(flow_to_json(flow)))) == flow


def test_tracing_runs_no_step(traced: Tracing) -> None:
    ran: list[int] = []

    @step
    def noted() -> None:
        ran.append(1)

    @pipeline
    def once() -> None:
        noted()

    assert [one.id for one in traced(once).flow.tasks] == ["noted"]
    assert not ran


def test_several_calls_are_numbered_and_can_be_named(traced: Tracing) -> None:
    @pipeline
    def several() -> None:
        steps.inc(1)
        steps.inc(2, id="inc_2")
        steps.inc(3)
        steps.inc.with_options(name="raise")(4)
        steps.inc(5, id="last")

    assert [one.id for one in traced(several).flow.tasks] == ["inc", "inc_2", "inc_3", "raise", "last"]


@pytest.mark.parametrize(("name", "code"), [("inc", "duplicate-id"), ("not a name", "bad-id")])
def test_an_id_is_taken_once_and_well_formed(name: str, code: str, traced: Tracing) -> None:
    @pipeline
    def twice() -> None:
        steps.inc(1)
        steps.inc(2, id=name)

    with pytest.raises(PipelineInvalid) as caught:
        traced(twice)
    assert caught.value.code == code


def test_outputs_are_named_by_the_return_annotation(traced: Tracing) -> None:
    @pipeline
    def parts() -> Any:
        first, second = steps.split(steps.load())
        told = steps.tell(first)
        steps.tell(second, after=told)
        return {"parts": [first, second], "n": 1}

    found = traced(parts)
    assert [one.outputs for one in found.flow.tasks] == [("output",), ("train", "output_1"), (), ()]
    assert bindings(found, "tell")["what"] == {"output": ["split", "train"]}
    assert bindings(found, "tell_2")["what"] == {"output": ["split", "output_1"]}
    assert found.flow.depends == {"load": (), "split": ("load",), "tell": ("split",), "tell_2": ("split", "tell")}
    assert found.result["$bind"]["dict"] == [
        ["parts", {"list": [{"output": ["split", "train"]}, {"output": ["split", "output_1"]}]}],
        ["n", {"value": 1}],
    ]


def test_outputs_may_stand_inside_of_lists_tuples_and_maps(traced: Tracing) -> None:
    @pipeline
    def inside() -> None:
        a, b = steps.inc(1), steps.inc(2)
        steps.gather([a, 3, (b, {"x": a, 2: "y"})])

    found = traced(inside)
    expected = {"dict": [["x", {"output": ["inc", "output"]}], [2, {"value": "y"}]]}
    assert bindings(found, "gather")["values"] == {
        "list": [
            {"output": ["inc", "output"]},
            {"value": 3},
            {"tuple": [{"output": ["inc_2", "output"]}, expected]},
        ]
    }
    assert found.flow.depends is not None
    assert found.flow.depends["gather"] == ("inc", "inc_2")


def test_a_step_stands_after_what_is_named_in_after(traced: Tracing) -> None:
    @pipeline
    def ordered() -> None:
        a = steps.inc(1)
        told = steps.tell("x")
        both = steps.split(steps.load())
        steps.inc(2, after=[a, told, both])
        steps.inc.with_options(after="tell", id="own")(3, after="load")

    depends = traced(ordered).flow.depends
    assert depends is not None
    assert depends["inc_2"] == ("inc", "tell", "split")
    assert depends["own"] == ("tell", "load")


def test_steps_run_if_an_output_says_so(traced: Tracing) -> None:
    @pipeline
    def perhaps(told: bool) -> None:
        small = steps.inc(1)
        steps.tell("x", run_if=small)
        steps.tell("y", run_if=told)
        steps.tell("z", run_if=steps.inc(1, id="a-b"))

    no, yes = traced(perhaps, told=False).flow, traced(perhaps, told=True).flow
    tasks = {one.id: one for one in no.tasks}
    assert tasks["tell"].run_if == "{{ outputs.inc.output }}"
    assert tasks["tell"].reads == (Read("inc", (), ("output",)),)
    assert tasks["tell_2"].run_if == "false"
    assert tasks["tell_3"].run_if == "{{ outputs['a-b'].output }}"
    assert no.depends is not None
    assert (no.depends["tell"], no.depends["tell_2"]) == (("inc",), ())
    always = next(one for one in yes.tasks if one.id == "tell_2")
    assert always.run_if is None
    assert always.definition != tasks["tell_2"].definition


def test_options_of_a_call_are_those_of_step_and_pipeline(traced: Tracing) -> None:
    def alarm() -> None: ...

    @step(cache=False, effects="external", on_failure=alarm, isolation="process")
    def own(x: int) -> int:
        return x

    @pipeline(enable_cache=True, retry={"max_retries": 1, "delay": 2, "backoff": 3, "max_delay": 9}, timeout=60)
    def run_options() -> None:
        own(1)
        steps.inc(1)
        steps.load.with_options(retry=0)()

    found = traced(run_options)
    one, two, three = found.flow.tasks
    assert (one.effects, two.effects) == (Effects.EXTERNAL, Effects.NONE)
    assert two.retry is not None
    assert (two.retry.type, two.retry.interval, two.retry.factor, two.retry.max_interval) == ("exponential", 2, 3, 9)
    assert three.retry is None
    assert found.flow.conduct.timeout == "PT60S"
    assert found.flow.retry == two.retry
    assert (found.options["own"].cache, found.options["inc"].cache) == (False, True)
    assert found.options["own"].isolation == "process"
    assert found.options["own"].on_failure is alarm


def test_pipelines_call_pipelines(traced: Tracing) -> None:
    @pipeline
    def outer() -> None:
        first, _ = steps.prepared("a")
        second, _ = steps.prepared(url="b")
        steps.tell([first, second])

    found = traced(outer)
    assert [one.id for one in found.flow.tasks] == ["load", "split", "load_2", "split_2", "tell"]
    assert bindings(found, "load_2") == {"url": {"value": "b"}}
    assert found.flow.depends is not None
    assert found.flow.depends["tell"] == ("split", "split_2")


def test_an_output_is_passed_to_an_inner_pipeline(traced: Tracing) -> None:
    @pipeline
    def outer() -> None:
        steps.training(steps.gather("u"), rate=2)

    found = traced(outer)
    assert bindings(found, "load") == {"url": {"output": ["gather", "output"]}}
    assert bindings(found, "train")["rate"] == {"value": 2.0}


class Color(Enum):
    RED = "red"


class Model(BaseModel):
    depth: int


class Plain: ...


@step
def typed(
    number: int = 0, real: float = 0, names: list[str] | None = None, color: Color = Color.RED, model: Model | None = None,
    array: np.ndarray[Any, Any] | None = None, plain: Plain | None = None, city: steps.City | None = None,
) -> None: ...  # fmt: skip


@pipeline
def one_typed(name: str, value: Any) -> None:
    typed(**{name: value})


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("number", "3", 3),
        ("real", 2, 2.0),
        ("names", ("a", "b"), ["a", "b"]),
        ("color", "red", Color.RED),
        ("model", {"depth": "3"}, Model(depth=3)),
        ("city", {"name": "Paris"}, steps.City("Paris")),
        ("names", None, None),
    ],
)
def test_values_are_converted_by_the_annotation(
    name: str, given: Any, expected: Any, traced: Tracing, store: ArtifactStore
) -> None:
    form = bindings(traced(one_typed, name, given), "typed")[name]["value"]
    value = decode(form, store)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("number", "three", "the step `typed`: `number` should be a valid integer"),
        ("names", [1], "`names[0]` should be a valid string, not 1"),
        ("color", "blue", "should be 'red', not 'blue'"),
        ("array", [1.0], "`array` should be an instance of ndarray, not [1.0]"),
        ("plain", 3, "Plain"),
        ("model", {"depth": "x"}, "['depth']"),
    ],
)
def test_values_of_another_type_are_refused(name: str, given: Any, told: str, traced: Tracing) -> None:
    with pytest.raises(PipelineInvalid) as caught:
        traced(one_typed, name, given)
    assert told in caught.value.message
    assert caught.value.code == "wrong-argument"
    assert caught.value.file is not None
    assert caught.value.file.endswith("test_tracing.py")


def test_values_that_fit_stay_as_they_are(traced: Tracing, store: ArtifactStore) -> None:
    array = np.arange(3)
    form = bindings(traced(one_typed, "array", array), "typed")["array"]["value"]
    assert decode(form, store).tolist() == [0, 1, 2]
    subclass = type("Other", (Plain,), {"__module__": __name__})
    with pytest.raises(PipelineInvalid, match="cannot be stored"):
        trace_generator(traced)
    assert bindings(traced(one_typed, "plain", subclass()), "typed")["plain"]["value"]


def trace_generator(traced: Tracing) -> None:
    @pipeline
    def lazy() -> None:
        steps.gather(one for one in [1, 2])

    traced(lazy)


def test_arguments_of_a_pipeline_are_converted_and_checked(traced: Tracing) -> None:
    assert traced(steps.training, "u", rate="0.5").arguments == {"url": "u", "rate": 0.5}
    with pytest.raises(PipelineInvalid, match="the pipeline `training` was called without `url`, which has no default"):
        traced(steps.training)
    with pytest.raises(PipelineInvalid, match="the pipeline `training` has no parameter `rat`; did you mean `rate`"):
        traced(steps.training, "u", rat=1)
    with pytest.raises(PipelineInvalid, match="the pipeline `training`: `rate` should be a valid number"):
        traced(steps.training, "u", rate="x")
    with pytest.raises(PipelineInvalid, match="3 arguments by position; it takes `url`, `rate`"):
        traced(steps.training, 1, 2, 3)
    with pytest.raises(PipelineInvalid, match="was given `url` twice"):
        traced(steps.training, "u", url="v")
    own = steps.training.with_options(parameters={"url": "own.csv"})
    assert traced(own).arguments == {"url": "own.csv", "rate": 0.1}


def test_equal_calls_have_equal_definitions_and_others_do_not(traced: Tracing) -> None:
    def definitions(*args: Any, **kwargs: Any) -> list[str]:
        return [one.definition for one in traced(steps.training, *args, **kwargs).flow.tasks]

    assert definitions("a.csv") == definitions("a.csv", rate=0.1)
    (load, train), (other_load, other_train) = definitions("a.csv"), definitions("a.csv", rate=0.2)
    assert load == other_load
    assert train != other_train
    assert definitions("b.csv")[0] != load


def test_a_digest_says_which_parameter_differs(traced: Tracing) -> None:
    one, two = (traced(steps.training, "a", rate=rate).flow.tasks[1].digests for rate in (1, 2))
    assert {name for name in one if one[name] != two[name]} == {"rate"}
    assert set(one) == {"type", "code", "data", "rate"}


def test_parameters_may_be_called_like_other_parts_of_a_definition(traced: Tracing) -> None:
    @step
    def odd(type: str, code: int, id: str = "x") -> None: ...

    @pipeline
    def names(kind: str) -> None:
        odd(type=kind, code=2, id="y")

    one, two = traced(names, "a").flow.tasks[0], traced(names, "b").flow.tasks[0]
    assert one.id == "odd"
    assert {name for name in one.digests if one.digests[name] != two.digests[name]} == {"parameter type"}
    assert one.properties["id"] == {"$bind": {"value": "y"}}


def test_the_digest_is_that_of_the_code_and_not_of_the_arguments(traced: Tracing) -> None:
    one, two = traced(steps.training, "a"), traced(steps.training, "b", rate=3)
    assert one.digest == two.digest
    assert traced(steps.training.with_options(retry=1), "a").digest != one.digest
    assert f"{steps.__name__}:train" in one.code.parts


def test_functions_of_one_name_are_told_apart(traced: Tracing) -> None:
    def made(n: int) -> Any:
        @step
        def inner() -> int:
            return n

        return inner

    @pipeline
    def closures() -> None:
        made(1)()
        made(2)()

    found = traced(closures)
    first, second = [str(one.function) for one in found.flow.tasks]
    assert second == f"{first}#2"
    assert [found.functions[name]() for name in (first, second)] == [1, 2]
    one, two = found.flow.tasks
    assert one.digests["code"] != two.digests["code"]


def test_large_values_are_stored_once_and_bound_by_reference(traced: Tracing, store: ArtifactStore) -> None:
    found = traced(one_typed, "array", np.zeros(100_000))
    form = bindings(found, "typed")["array"]["value"]
    assert store.exists(form["digest"])
    assert len(json.dumps(flow_to_json(found.flow))) < 10_000


def test_what_the_pipeline_itself_raises_comes_through(traced: Tracing) -> None:
    @pipeline
    def broken() -> None:
        steps.load()
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        traced(broken)
    assert str(caught.traceback[-1].path).endswith("test_tracing.py")
    assert steps.inc(1) == 2  # nothing is traced any more


def test_namespaces_labels_and_names_are_those_that_were_chosen(traced: Tracing) -> None:
    flow = traced(
        steps.training.with_options(name="nightly", namespace="team.ml", labels={"a": 1}), "u"
    ).flow  # fmt: skip
    assert (flow.namespace, flow.id, flow.labels) == ("team.ml", "nightly", {"a": "1"})
    scope: dict[str, Any] = {"__name__": "script", "steps": steps, "pipeline": pipeline}
    exec("@pipeline\ndef alone(): steps.load()", scope)
    assert traced(scope["alone"]).flow.namespace == "default"


def test_values_that_only_pickle_keeps_can_be_refused(store: ArtifactStore) -> None:
    from dalsegno.pipelines.tracing import trace

    @pipeline
    def lambdas(value: Any) -> None:
        steps.gather(value)

    assert trace(lambdas, (Decimal(1),), {}, store=store, allow_unsafe=False)
    with pytest.raises(PipelineInvalid) as caught:
        trace(lambdas, (lambda: 1,), {}, store=store, allow_unsafe=False)
    assert caught.value.code == "unsafe-artifact"


def test_a_retry_is_what_the_engine_knows() -> None:
    assert Retry(0).conduct() is None
    made = Retry(3, delay=2).conduct()
    assert made is not None
    assert (made.type, made.interval, made.max_attempts) == ("constant", 2, 4)


def test_parameters_that_were_chosen_beforehand_are_bound(traced: Tracing) -> None:
    own = steps.gather.with_options(parameters={"more": 2})

    @pipeline
    def chosen() -> None:
        own(1)
        own(1, more=3)
        own.map([1, 2])

    found = traced(chosen)
    assert [bindings(found, one)["more"] for one in ("gather", "gather_2", "gather_3_item")] == [
        {"value": 2}, {"value": 3}, {"value": 2},
    ]  # fmt: skip
    with pytest.raises(PipelineInvalid, match="the step `inc` has no parameter `y`; it takes `x`"):
        traced(pipeline(lambda: steps.inc.with_options(parameters={"y": 1})(1)).with_options(name="wrong"))


def test_a_step_takes_a_thousand_inputs(traced: Tracing) -> None:
    @pipeline
    def wide() -> None:
        steps.gather([steps.inc(number) for number in range(1000)])

    found = traced(wide)
    assert found.flow.depends is not None
    assert len(found.flow.depends["gather"]) == len(found.flow.tasks[-1].reads) == 1000
