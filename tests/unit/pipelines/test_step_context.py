from __future__ import annotations

import logging

import pytest

from dalsegno import StepContext, get_step_context
from dalsegno.errors import DalSegnoError
from dalsegno.pipelines.context import STEP_CONTEXT


def test_there_is_no_context_outside_of_a_step() -> None:
    with pytest.raises(DalSegnoError, match="called where no step runs") as caught:
        get_step_context()
    assert caught.value.code == "no-step"


def test_a_step_gets_the_context_that_was_set_for_it() -> None:
    kept: dict[str, object] = {}
    context = StepContext(
        run_id="r", run_name="training-1", pipeline_name="training", step_name="train", address="train_item[a]", attempt=2,
        item="a", is_replay=True, key=lambda: "k", log=logging.getLogger("step"), log_metadata=kept.update,
        metrics=kept.__setitem__, save=lambda value, name: None,
    )  # fmt: skip
    token = STEP_CONTEXT.set(context)
    try:
        get_step_context().log_metadata(rows=3)
        get_step_context().metrics("accuracy", 0.5)
        assert get_step_context() is context
    finally:
        STEP_CONTEXT.reset(token)
    assert kept == {"rows": 3, "accuracy": 0.5}
