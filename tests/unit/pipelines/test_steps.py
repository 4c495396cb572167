from __future__ import annotations

import asyncio
import inspect
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from types import SimpleNamespace
from typing import Any, assert_type

import cloudpickle
import pytest
from tests.unit.pipelines import steps_to_trace as steps

from dalsegno import PipelineInvalid, Retry, StepRetryConfig, pipeline, step
from dalsegno.code import digest_of
from dalsegno.pipelines.pipeline import Pipeline
from dalsegno.pipelines.step import Step


def test_a_step_outside_of_a_pipeline_is_its_function() -> None:
    assert steps.load("a.csv") == {"url": "a.csv"}
    assert steps.load() == {"url": "data.csv"}
    later: Any = steps.later
    assert asyncio.run(later(1)) == 2
    assert steps.inc(1, id="first", after=["load"]) == 2
    assert steps.inc(1, run_if=False) is None
    with pytest.raises(TypeError):
        steps.load("a", "b")


def test_a_step_looks_like_its_function() -> None:
    function = steps.load.entrypoint
    assert steps.load.__name__ == "load"
    assert steps.load.__qualname__ == "load"
    assert steps.load.__module__ == function.__module__
    assert steps.load.__doc__ == function.__doc__
    assert steps.load.__wrapped__ is function
    assert list(inspect.signature(steps.load).parameters) == ["url"]
    assert (
        repr(steps.load) == f"<step `load(url: str = 'data.csv') -> dict[str, Any]` of the module `{steps.__name__}`>"
    )
    assert repr(steps.training).startswith("<pipeline `training(")


@pytest.mark.parametrize("one", [steps.load, steps.training])
def test_a_step_is_pickled_by_its_name(one: Any) -> None:
    assert pickle.loads(pickle.dumps(one)) is one


def test_a_step_that_cannot_be_imported_is_pickled_with_its_function_and_options() -> None:
    @step(retry=3, name="own")
    def again(x: int) -> int:
        return again.name.count("o") + x

    loaded = pickle.loads(cloudpickle.dumps(again))
    assert loaded(1) == 2
    assert (loaded.name, loaded.options.retry) == ("own", Retry(3))
    other = pickle.loads(cloudpickle.dumps(steps.load.with_options(name="other")))
    assert (other.name, other.options.name) == ("other", "other")
    assert other("u") == {"url": "u"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (3, Retry(3)),
        ({"max_retries": 2, "delay": 5}, Retry(2, delay=5)),
        (SimpleNamespace(max_retries=4, delay=1, backoff=2), Retry(4, delay=1, backoff=2)),
        (StepRetryConfig(max_retries=1, delay=0.5), Retry(1, delay=0.5)),
        (None, None),
    ],
)
def test_retries_are_given_in_several_forms(given: Any, expected: Retry | None) -> None:
    assert step(retry=given)(steps.load.entrypoint).options.retry == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [(600, "PT600S"), (0.5, "PT0.5S"), (timedelta(minutes=2), "PT120S"), ("PT10M", "PT10M"), (None, None)],
)
def test_timeouts_are_given_in_several_forms(given: Any, expected: str | None) -> None:
    assert step(timeout=given)(steps.load.entrypoint).options.timeout == expected


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        ({"retires": 2}, "unknown-option", "did you mean `retry` or"),
        ({"settings": {}}, "foreign-option", "Dal Segno has no stacks"),
        ({"model": object()}, "foreign-option", "labels"),
        ({"experiment_tracker": "mlflow"}, "foreign-option", "call the tracker in the step itself"),
        ({"retry": "twice"}, "wrong-option", "`retry=3`"),
        ({"retry": True}, "wrong-option", "`retry=3`"),
        ({"retry": {"max_retry": 1}}, "unknown-option", "did you mean `max_retries`"),
        ({"retry": -1}, "wrong-option", "whole number from 0, not -1"),
        ({"retry": {"backoff": 0.5}}, "wrong-option", "number from 1"),
        ({"timeout": "10 m"}, "wrong-option", "write `PT10M`"),
        ({"timeout": 0}, "wrong-option", "longer than nothing"),
        ({"timeout": []}, "wrong-option", "seconds, a `timedelta`"),
        ({"isolation": "proces"}, "wrong-option", "did you mean `process`?"),
        ({"effects": "inside"}, "wrong-option", '"external" or "none"'),
        ({"cache": 1}, "wrong-option", "`True` or `False`"),
        ({"cache": True, "enable_cache": True}, "wrong-option", "which is the same"),
        ({"on_failure": "mail"}, "wrong-option", "must be a function"),
        ({"name": 3}, "wrong-option", "must be a text"),
    ],
)
def test_wrong_options_of_a_step_are_refused(options: dict[str, Any], code: str, told: str) -> None:
    with pytest.raises(PipelineInvalid) as caught:
        step(**options)
    assert caught.value.code == code
    assert told in caught.value.message
    assert caught.value.file is not None
    assert caught.value.file.endswith("test_steps.py")
    assert caught.value.line is not None
    assert str(caught.value).startswith(f"{caught.value.file}:{caught.value.line}: ")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"dynamic": True}, "`.map` and `.product`"),
        ({"tags": ["a"]}, "labels="),
        ({"naem": "x"}, "did you mean `name`"),
        ({"namespace": "Data Team"}, "small letters"),
        ({"labels": {"a": []}}, "the label `a`"),
        ({"labels": ["a"]}, "a map with texts as keys"),
        ({"name": "with blank"}, "needs another name"),
    ],
)
def test_wrong_options_of_a_pipeline_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(PipelineInvalid) as caught:
        pipeline(**options)(steps.training.entrypoint)
    assert told in caught.value.message


def test_other_options_make_another_step() -> None:
    own = steps.train.with_options(retry=0, name="fit", enable_cache=True, effects="external", isolation="process")
    assert (own.name, own.options.retry, own.options.timeout, own.options.cache) == ("fit", Retry(0), "PT600S", True)
    assert (steps.train.name, steps.train.options.retry) == ("train", Retry(2))
    assert own.entrypoint is steps.train.entrypoint
    with pytest.raises(PipelineInvalid, match="the step `train` has no option `nam`; did you mean `name`"):
        steps.train.with_options(nam="x")
    other = steps.training.with_options(labels={"team": "a", "n": 3, "x": True})
    assert other.options.labels == {"team": "a", "n": "3", "x": "true"}
    assert not steps.training.options.labels


def test_parameters_of_a_step_can_be_chosen_beforehand() -> None:
    assert steps.load.with_options(parameters={"url": "b.csv"})() == {"url": "b.csv"}
    assert steps.load.with_options(parameters={"url": "b.csv"})("c.csv") == {"url": "c.csv"}


def any_number(*values: int) -> None: ...
def any_name(**values: int) -> None: ...
def by_position(x: int, /) -> None: ...


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (any_number, "any number of arguments (`*values`)"),
        (any_name, "arguments of any name (`**values`)"),
        (by_position, "by its position only"),
        (dict, "stands before a function"),
        (3, "stands before a function"),
        (steps.load, "leave one of the decorators out"),
    ],
)
def test_what_cannot_be_a_step_is_refused(function: Any, told: str) -> None:
    with pytest.raises(PipelineInvalid) as caught:
        step(function)
    assert told in caught.value.message


def test_a_pipeline_is_a_plain_function() -> None:
    async def waits() -> None: ...

    with pytest.raises(PipelineInvalid, match="must be a plain `def`"):
        pipeline(waits)


def test_what_is_made_around_a_function_can_be_a_step() -> None:
    def logged(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    assert step(logged(steps.inc.entrypoint)).name == "inc"
    assert step(partial(steps.train.entrypoint, {})).name == "train"
    assert step(lambda x: x).name == "unnamed"  # pyright: ignore[reportUnknownLambdaType]


def test_the_code_of_a_step_is_found_by_its_function_and_what_was_chosen_for_it() -> None:
    plain, other = steps.load, steps.load.with_options(retry=1)
    assert f"{steps.__name__}:load" in digest_of(plain).reached
    assert digest_of(plain).digest != digest_of(other).digest
    assert not digest_of(other).uncertain


def test_types_are_those_that_users_see() -> None:
    assert isinstance(steps.load, Step)
    assert isinstance(steps.training, Pipeline)


def test_importing_the_decorators_and_using_them_imports_no_pydantic(tmp_path: Any) -> None:
    code = """
        import sys
        from dalsegno import pipeline, step, unmapped

        @step(retry=2, timeout="PT10M")
        def inc(x: int, names: list[str] | None = None) -> int: return x + 1

        @pipeline
        def counted(n: int): inc.map([n, 2], names=unmapped(["a"]))

        from pathlib import Path
        from dalsegno.artifacts.local import LocalArtifacts
        from dalsegno.pipelines.tracing import trace
        trace(counted, (1,), {}, store=LocalArtifacts(Path("store")))
        print([name for name in ("pydantic", "rich", "sqlalchemy", "numpy", "yaml", "jinja2") if name in sys.modules])
    """
    file = tmp_path / "script.py"
    file.write_text(textwrap.dedent(code))
    run = subprocess.run([sys.executable, str(file)], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@step
async def awaited(x: int) -> int:
    return x


@step(retry=2)
async def awaited_again(x: int) -> int:
    return x


def test_a_step_that_is_async_is_typed_by_what_awaiting_it_gives() -> None:
    assert_type(awaited, Step[int])
    assert_type(awaited_again, Step[int])
