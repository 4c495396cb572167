from __future__ import annotations

import copy
import inspect
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.unit.pipelines import steps_to_trace as steps
from tests.unit.pipelines.conftest import Tracing

from dalsegno import PipelineInvalid, pipeline


@dataclass
class Holder:
    value: Any


USES: list[tuple[Callable[[Any], Any], str]] = [
    (bool, "run_if="),
    (lambda x: x == 1, "cannot be compared"),
    (lambda x: x != 1, "cannot be compared"),
    (lambda x: x > 1, "cannot be compared"),
    (lambda x: 1 in x, "cannot be compared"),
    (lambda x: x + 1, "cannot be calculated with"),
    (lambda x: 2 * x, "cannot be calculated with"),
    (operator.neg, "cannot be calculated with"),
    (math.floor, "cannot be calculated with"),
    (int, "cannot be calculated with"),
    (operator.index, "cannot be calculated with"),
    (list, "with `.map`"),
    (lambda x: {**x}, "has no attribute `keys` yet"),
    (len, "has no length yet"),
    (lambda x: x["a"], "take it apart in a step"),
    (lambda x: x.shape, "use `.shape` in a step"),
    (str, "cannot be made text"),
    (lambda x: f"{x}", "cannot be made text"),
    (operator.methodcaller("__call__"), "cannot be called"),
    (range, "cannot be calculated with"),
    (lambda x: steps.gather({x}), "in `values`, the result of the step `load` stands inside of another object"),
    (lambda x: steps.gather(Holder([x])), "stands inside of another object"),
]


@pytest.mark.parametrize(("use", "told"), USES)
def test_an_output_can_only_be_passed_on(use: Callable[[Any], Any], told: str, traced: Tracing) -> None:
    @pipeline
    def misused() -> None:
        use(steps.load())

    with pytest.raises(PipelineInvalid) as caught:
        traced(misused)
    assert told in caught.value.message
    assert str(caught.value.file).endswith("test_misused_outputs.py")
    assert caught.value.line is not None


def test_the_error_names_the_line_and_the_step(traced: Tracing) -> None:
    @pipeline
    def misused() -> None:
        train, _ = steps.split(steps.load(), id="halves")
        if train:
            steps.tell("it is")

    with pytest.raises(PipelineInvalid) as caught:
        traced(misused)
    assert caught.value.line == inspect.getsourcelines(misused.entrypoint)[1] + 3
    assert caught.value.message.startswith(
        "the output `train` of the call `halves` cannot decide what the pipeline does"
    )


def test_an_output_can_be_looked_at(traced: Tracing) -> None:
    seen: list[Any] = []

    @pipeline
    def looked() -> None:
        output = steps.load()
        seen.extend(
            [repr(output), hash(output), [output].index(output), repr(steps.tell("x")), hasattr(output, "__array__")]
        )

    traced(looked)
    assert seen[0] == "<output `output` of `load`>"
    assert seen[2:] == [0, "<call `tell` of the step `tell`>", False]


def test_outputs_belong_to_one_call_of_a_pipeline(traced: Tracing) -> None:
    kept: list[Any] = []

    @pipeline
    def first() -> None:
        kept.extend([steps.load(), steps.tell("x")])

    @pipeline
    def reading() -> None:
        steps.gather(kept[0])

    @pipeline
    def standing_after() -> None:
        steps.inc(1, after=kept[1])

    traced(first)
    for second in (reading, standing_after):
        with pytest.raises(PipelineInvalid) as caught:
            traced(second)
        assert caught.value.code == "foreign-output"
    with pytest.raises(PipelineInvalid):
        copy.copy(kept[0])


WRONG: list[tuple[Callable[[], Any], str, str]] = [
    (steps.train, "missing-argument", "the step `train` was called without `data`, which has no default"),
    (
        lambda: steps.train({}, rat=1),
        "unknown-argument",
        "the step `train` has no parameter `rat`; did you mean `rate`",
    ),
    (lambda: steps.inc(1, colour=2), "unknown-argument", "has no parameter `colour`; it takes `x`"),
    (lambda: steps.inc(1, 2), "too-many-arguments", "2 arguments by position; it takes `x`"),
    (lambda: steps.inc(1, x=2), "duplicate-argument", "was given `x` twice"),
    (lambda: steps.inc("one"), "wrong-argument", "`x` should be a valid integer"),
    (lambda: steps.gather(steps.load), "wrong-argument", "was given the step `load` itself; call it"),
    (lambda: steps.gather(steps.training), "wrong-argument", "was given the pipeline `training` itself"),
    (lambda: steps.gather(steps.tell("x")), "no-output", "returns nothing"),
    (lambda: steps.gather([steps.tell("x"), steps.load()]), "no-output", "returns nothing"),
    (lambda: steps.inc(1, after="lod"), "unknown-step", "nothing of that name was called before"),
    (lambda: (steps.load(), steps.inc(1, after="lod")), "unknown-step", "did you mean `load`?"),
    (lambda: steps.inc(1, after=3), "wrong-order", "not 3"),
    (lambda: steps.inc(1, run_if=1), "wrong-condition", "`True` or `False`, not 1"),
    (lambda: steps.training("u", rat=1), "unknown-argument", "the pipeline `training` has no parameter `rat`"),
    (lambda: None, "no-steps", "calls no step"),
]


@pytest.mark.parametrize(("wrong", "code", "told"), WRONG)
def test_wrong_calls_are_refused_before_anything_runs(
    wrong: Callable[[], Any], code: str, told: str, traced: Tracing
) -> None:
    @pipeline
    def broken() -> None:
        wrong()

    with pytest.raises(PipelineInvalid) as caught:
        traced(broken)
    assert (caught.value.code, told in caught.value.message) == (code, True), caught.value.message
