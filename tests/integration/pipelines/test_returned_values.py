"""What steps return is held against their return annotations."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pytest

from dalsegno import RunFailed, pipeline, step
from dalsegno.errors import TaskFailed

if TYPE_CHECKING:
    from somewhere import Frame  # pyright: ignore[reportMissingImports]

GIVEN: list[Any] = []


@step
def number() -> int:
    return GIVEN[0]


@step
def share() -> Annotated[float, "share"]:
    return GIVEN[0]


@step
def rows() -> list[int]:
    return GIVEN[0]


@step
def both() -> tuple[Annotated[int, "rows"], str]:
    return GIVEN[0]


@step
def alone() -> tuple[Annotated[int, "rows"]]:
    return GIVEN[0]


@step
def nothing() -> None:
    return GIVEN[0]


@step
def anything():
    return GIVEN[0]


@step
def whatever() -> Any:
    return GIVEN[0]


@step
def of_the_checker() -> Frame:  # pyright: ignore[reportUnknownParameterType]
    return GIVEN[0]


@step(isolation="process")
def apart() -> int:
    return "two"  # pyright: ignore[reportReturnType]


@pipeline
def away() -> None:
    apart()


def result(step: Any, value: Any) -> dict[str, Any]:
    """Run a step that returns a value, and give its outputs."""
    GIVEN[:] = [value]

    @pipeline
    def only() -> None:
        step()

    outputs = only().steps[step.name].outputs
    return {name: output.load() for name, output in outputs.items()}


@pytest.mark.parametrize(
    ("step", "value", "expected"),
    [
        (number, True, {"output": True}),
        (number, np.int64(3), {"output": 3}),
        (share, 1, {"share": 1.0}),
        (share, np.float64(0.5), {"share": np.float64(0.5)}),
        (rows, (1, 2), {"output": [1, 2]}),
        (both, (1, "a"), {"rows": 1, "output_1": "a"}),
        (both, [1, "a"], {"rows": 1, "output_1": "a"}),
        (alone, (1,), {"rows": 1}),
        (nothing, None, {}),
        (anything, {1: "a"}, {"output": {1: "a"}}),
        (whatever, {1: "a"}, {"output": {1: "a"}}),
        (of_the_checker, {1: "a"}, {"output": {1: "a"}}),
    ],
)
def test_what_the_annotation_allows_is_kept_or_becomes_what_it_says(step: Any, value: Any, expected: Any) -> None:
    found = result(step, value)
    assert found == expected
    assert [type(one) for one in found.values()] == [type(one) for one in expected.values()]


@pytest.mark.parametrize(
    ("step", "value", "told"),
    [
        (number, "two", "`number` returned for its output `output` a `str`, and its annotation says `int`: `output` should be"),
        (number, None, "`number` returned for its output `output` a `NoneType`, and its annotation says `int`"),
        (share, "half", "`share` returned for its output `share` a `str`, and its annotation says `float`: `share` should be"),
        (rows, [1, "a"], "`rows` returned for its output `output` a `list`, and its annotation says `list[int]`: `output[1]`"),
        (both, ("x", "a"), "`both` returned for its output `rows` a `str`, and its annotation says `int`"),
        (both, (1, "a", 2), "`both` declares 2 outputs (`rows`, `output_1`) and returned 3"),
        (both, 1, "`both` declares 2 outputs (`rows`, `output_1`) and returned a `int`"),
        (alone, 1, "`alone` declares a tuple of one output (`rows`) and returned a `int`"),
        (alone, (1, 2), "`alone` declares a tuple of one output (`rows`) and returned 2"),
        (nothing, 1, "`nothing` declares no output (`-> None`) and returned a `int`"),
    ],
)  # fmt: skip
def test_what_it_does_not_allow_fails_the_step_and_says_what_was_found(step: Any, value: Any, told: str) -> None:
    with pytest.raises(RunFailed) as caught:
        result(step, value)
    assert told in str(caught.value)
    assert isinstance(caught.value.__cause__, TaskFailed)
    assert caught.value.__cause__.code == "wrong-outputs"
    assert caught.value.__cause__.hint


@pytest.mark.parametrize("debug", [False, True])
def test_it_is_held_against_the_annotation_wherever_the_step_runs(debug: bool) -> None:
    with pytest.raises(RunFailed, match="returned for its output `output` a `str`, and its annotation says `int`"):
        away(debug=debug)


@step
def one_alone() -> tuple[Annotated[int, "rows"]]:
    return (2,)


@step
def doubled(rows: int) -> int:
    return rows * 2


@pipeline
def unpacked() -> Any:
    (rows,) = one_alone()
    return doubled(rows)


def test_a_tuple_of_one_output_is_taken_apart_for_the_steps_that_read_it_and_in_replays() -> None:
    run = unpacked()
    assert run.result == 4
    assert one_alone.replay(pipeline_run=run) == (2,)
    assert unpacked.replay(outputs={"one_alone": 5}).result == 10


def test_plain_annotations_are_checked_without_pydantic(tmp_path: Path) -> None:
    script = tmp_path / "plain.py"
    script.write_text(
        "import sys\n"
        "from dalsegno.pipelines.returned import outputs_from\n"
        "def f() -> tuple[int, list[float], 'dict[str, int] | None']: ...\n"
        "outputs_from(f, ('output_0', 'output_1', 'output_2'), (True, [1.5], {'a': 1}), 'f')\n"
        "print('pydantic' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
