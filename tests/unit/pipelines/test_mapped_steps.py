from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.pipelines import steps_to_trace as steps
from tests.unit.pipelines.conftest import Tracing, bindings

from dalsegno import PipelineInvalid, pipeline, step, unmapped
from dalsegno.artifacts.materializers import decode
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.model.codec import flow_from_json, flow_to_json
from dalsegno.model.flow import Kind, Read


def by_name(city: Any) -> str:
    return city["name"]


@pipeline
def cities_of(cities: Any, key: Any = None) -> Any:
    return steps.visit.map(cities, note=unmapped("hello"), key=key)


def test_a_mapped_step_is_a_loop_around_one_task(traced: Tracing, store: ArtifactStore) -> None:
    found = traced(cities_of, [{"name": "Paris"}, steps.City("Rome")])
    (loop,) = found.flow.tasks
    assert (loop.id, loop.type, loop.kind, loop.concurrency) == ("visit", "python.Map", Kind.LOOP, 0)
    (inner,) = loop.tasks
    assert (inner.id, inner.type, inner.function) == ("visit_item", "python.Invocation", f"{steps.__name__}:visit")
    assert bindings(found, "visit_item") == {"city": {"item": "city"}, "note": {"value": "hello"}}
    over = bindings(found, "visit")["over"]["dict"]
    assert [name for name, _ in over] == ["city"]
    assert [decode(one["value"], store) for one in over[0][1]["list"]] == [steps.City("Paris"), steps.City("Rome")]
    assert bindings(found, "visit")["mode"] == {"value": "zip"}
    assert bindings(found, "visit")["key"] == {"value": None}
    assert found.result == {"$bind": {"items": ["visit_item", "output"]}}
    assert flow_from_json(flow_to_json(found.flow)) == found.flow


def test_items_are_converted_by_the_annotation(traced: Tracing) -> None:
    @pipeline
    def numbers(values: Any) -> None:
        steps.inc.map(values)

    over = bindings(traced(numbers, ["1", 2]), "inc")["over"]["dict"]
    assert over == [["x", {"list": [{"value": 1}, {"value": 2}]}]]
    with pytest.raises(PipelineInvalid, match="the step `inc`: `x` should be a valid integer"):
        traced(numbers, ["one"])
    assert bindings(traced(numbers, range(2)), "inc")["over"]["dict"][0][1]["list"] == [{"value": 0}, {"value": 1}]
    assert bindings(traced(numbers, []), "inc")["over"]["dict"][0][1]["list"] == []


def test_what_is_mapped_may_be_known_only_later(traced: Tracing) -> None:
    @pipeline
    def later() -> None:
        found = steps.gather(1)
        first = steps.inc.map(found)
        second = steps.gather.map(first, more=unmapped(found))
        steps.tell(second, after=first)
        steps.gather.map([found, 2], more=unmapped(first), id="mixed")

    found = traced(later)
    assert [(one.id, [inner.id for inner in one.tasks]) for one in found.flow.tasks] == [
        ("gather", []), ("inc", ["inc_item"]), ("gather_2", ["gather_2_item"]), ("tell", []), ("mixed", ["mixed_item"]),
    ]  # fmt: skip
    assert bindings(found, "inc")["over"]["dict"] == [["x", {"output": ["gather", "output"]}]]
    assert bindings(found, "gather_2")["over"]["dict"] == [["values", {"items": ["inc_item", "output"]}]]
    assert bindings(found, "gather_2_item")["more"] == {"output": ["gather", "output"]}
    assert bindings(found, "tell")["what"] == {"items": ["gather_2_item", "output"]}
    assert found.flow.depends == {
        "gather": (), "inc": ("gather",), "gather_2": ("inc", "gather"), "tell": ("gather_2", "inc"),
        "mixed": ("gather", "inc"),
    }  # fmt: skip
    reads = {one.id: one.reads for one in found.flow.walk()}
    assert reads["inc"] == (Read("gather", (), ("output",)),)
    assert reads["inc_item"] == ()
    assert reads["gather_2"] == (Read("inc_item"),)
    assert reads["gather_2_item"] == (Read("gather", (), ("output",)),)


def test_several_sequences_go_in_lockstep_or_each_with_each(traced: Tracing) -> None:
    @pipeline
    def grid(first: Any, second: Any) -> None:
        steps.gather.map(first, more=second)
        steps.gather.product(values=first, more=second)

    found = traced(grid, [1, 2], [3, 4])
    assert bindings(found, "gather")["mode"] == {"value": "zip"}
    assert bindings(found, "gather_2")["mode"] == {"value": "product"}
    assert [name for name, _ in bindings(found, "gather_2")["over"]["dict"]] == ["values", "more"]
    with pytest.raises(PipelineInvalid, match=r"`values` has 1, `more` has 2; `\.product` takes each with each"):
        traced(grid, [1], [3, 4])


def test_a_mapped_step_with_several_outputs_gives_several(traced: Tracing) -> None:
    @pipeline
    def several() -> Any:
        train, test = steps.split.map([{}, {}])
        steps.gather(train, more=[test])

    found = traced(several)
    assert bindings(found, "gather") == {
        "values": {"items": ["split_item", "train"]},
        "more": {"list": [{"items": ["split_item", "output_1"]}]},
    }


def test_items_are_known_by_a_field_or_a_function(traced: Tracing) -> None:
    plain = traced(cities_of, [{"name": "Paris"}])
    field = traced(cities_of, [{"name": "Paris"}], key="name")
    function = traced(cities_of, [{"name": "Paris"}], key=by_name)
    assert bindings(field, "visit")["key"] == {"value": "name"}
    name = f"{by_name.__module__}:by_name"
    assert bindings(function, "visit")["key"] == {"value": name}
    assert function.functions[name] is by_name
    assert len({one.flow.tasks[0].digests["key"] for one in (plain, field, function)}) == 3


def test_the_id_of_the_task_of_items_gives_way(traced: Tracing) -> None:
    @pipeline
    def named() -> None:
        steps.inc(1, id="inc_item")
        steps.inc.map([1])
        steps.inc.map([1])

    assert [one.id for one in traced(named).flow.walk()] == ["inc_item", "inc", "inc_item_2", "inc_2", "inc_2_item"]


def test_a_mapped_step_takes_the_options_of_a_call(traced: Tracing) -> None:
    @pipeline
    def chosen() -> None:
        small = steps.inc(1)
        steps.train.map([{}], run_if=small, after=steps.tell("x"), id="fit")

    found = traced(chosen)
    fit = found.flow.tasks[-1]
    assert (fit.id, fit.run_if, fit.tasks[0].run_if) == ("fit", "{{ outputs.inc.output }}", None)
    assert fit.tasks[0].timeout == "PT600S"
    assert fit.retry is None
    assert found.flow.depends is not None
    assert found.flow.depends["fit"] == ("inc", "tell")


WRONG: list[tuple[Callable[[], Any], str, str]] = [
    (lambda: steps.inc.map(unmapped([1])), "nothing-mapped", "call the step itself"),
    (steps.load.map, "nothing-mapped", "mapped over nothing"),
    (lambda: steps.inc.map(3), "wrong-items", "`int` is no list; pass a list, or `x=unmapped(...)`"),
    (lambda: steps.load.map("abc"), "wrong-items", "`str` is no list"),
    (lambda: steps.load.map({"a": 1}), "wrong-items", "`dict` is no list"),
    (lambda: steps.load.map({"a"}), "wrong-items", "pass it sorted"),
    (lambda: steps.inc.map(steps.tell("x")), "no-output", "returns nothing"),
    (lambda: steps.inc.map([1], key=3), "wrong-key", "not 3"),
    (lambda: steps.inc.map([1], key=steps.inc(1)), "wrong-key", "`key` must be"),
    (lambda: steps.visit.map([{"name": "Paris"}], key="nam"), "wrong-key", "item 0 has no `nam`"),
    (lambda: steps.inc.map([1], kez="x"), "unknown-argument", "has no parameter `kez`"),
    (steps.inc.map, "missing-argument", "without `x`"),
    (lambda: steps.inc(unmapped(1)), "wrong-argument", "pass the value itself"),
    (lambda: steps.inc(1, run_if=steps.inc.map([1])), "wrong-condition", "all items of `inc`"),
    (lambda: (steps.inc.map([1]), steps.inc(1, after="inc_item")), "unknown-step", "did you mean `inc`"),
]


@pytest.mark.parametrize(("wrong", "code", "told"), WRONG)
def test_what_cannot_be_mapped_is_refused(wrong: Callable[[], Any], code: str, told: str, traced: Tracing) -> None:
    @pipeline
    def broken() -> None:
        wrong()

    with pytest.raises(PipelineInvalid) as caught:
        traced(broken)
    assert caught.value.code == code
    assert told in caught.value.message
    assert str(caught.value.file).endswith("test_mapped_steps.py")


def test_outside_of_a_pipeline_the_function_is_called_for_each() -> None:
    assert steps.inc.map([1, 2]) == [2, 3]
    assert steps.gather.product([1, 2], [3, 4]) == [1, 1, 2, 2]
    assert steps.split.map([{}, {"a": 1}], parts=unmapped(3)) == ([[3], [3]], [[0], [1]])
    assert steps.gather.map([1], more=[2]) == [1]
    with pytest.raises(PipelineInvalid, match="must be of one length"):
        steps.gather.map([1], more=[2, 3])


def test_a_function_with_a_parameter_called_key_keeps_it(traced: Tracing) -> None:
    @step
    def keyed(key: str) -> str:
        return key

    @pipeline
    def letters() -> None:
        keyed.map(key=["a", "b"])

    assert bindings(traced(letters), "keyed")["over"]["dict"] == [["key", {"list": [{"value": "a"}, {"value": "b"}]}]]
