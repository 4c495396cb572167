"""A task that ends with a warning by its own will."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.errors import TaskFailed
from dalsegno.model.state import State

WARNS = """
- {id: a, type: test.Do, call: it}
- {id: b, type: test.Mark, value: "{{ outputs.a.n }}"}
"""


@pytest.fixture(autouse=True)
def _doing(lab: Lab) -> None:
    def warn(context: Any, value: Any) -> dict[str, int]:
        context.end_with_warning("not all was well")
        if value == "fail":
            raise TaskFailed("worse", hint="none")
        return {"n": 5}

    lab.doings["it"] = warn


def test_a_task_may_end_with_a_warning_and_has_its_outputs(lab: Lab) -> None:
    run = lab.run(WARNS)
    assert run.state is State.WARNING
    assert lab.states(run) == {"a": State.WARNING, "b": State.SUCCESS}
    assert lab.output(run, "b") == 5
    assert [found.line.text for found in lab.cases.logs(run.id) if found.line.level == "WARNING"] == [
        "not all was well"
    ]


def test_a_warning_may_be_allowed(lab: Lab) -> None:
    run = lab.run(WARNS.replace("call: it", "call: it, allowWarning: true"))
    assert (run.state, lab.states(run)["a"]) == (State.SUCCESS, State.SUCCESS)


def test_a_task_that_fails_after_its_warning_has_failed(lab: Lab) -> None:
    run = lab.run(WARNS.replace("call: it", "call: it, value: fail"))
    assert (run.state, lab.states(run)["a"]) == (State.FAILED, State.FAILED)


def test_a_result_with_a_warning_is_kept_by_a_replay(lab: Lab) -> None:
    replay = lab.replay(lab.run(WARNS), skip_successful=True)
    assert replay.state is State.WARNING
    assert lab.states(replay)["a"] is State.WARNING
    assert lab.executed(replay) == []
