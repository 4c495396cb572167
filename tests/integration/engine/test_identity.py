"""`is_replay` and `idempotency_key` in expressions: what a task run knows of itself over retries and replays."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.errors import TaskFailed
from dalsegno.model.plan import Action
from dalsegno.model.state import State
from dalsegno.replay.request import Expression, ReplayRequest

HEADERS = """
- id: a
  type: test.Do
  call: look
  value: {replay: "{{ is_replay }}", key: "{{ idempotency_key }}", text: "replay: {{ is_replay }}"}
"""


@pytest.fixture
def seen(lab: Lab) -> list[tuple[Any, str]]:
    """What tasks were given as `value`, with the key of their context."""
    seen: list[tuple[Any, str]] = []

    def look(context: Any, value: Any) -> None:
        seen.append((value, context.idempotency_key))

    lab.doings["look"] = look
    return seen


def test_a_property_has_the_same_key_as_the_context_and_a_replay_has_it_too(
    lab: Lab, seen: list[tuple[Any, str]]
) -> None:
    lab.replay(lab.replay(lab.run(HEADERS)))
    key = seen[0][1]
    assert seen == [
        ({"replay": False, "key": key, "text": "replay: false"}, key),
        ({"replay": True, "key": key, "text": "replay: true"}, key),
        ({"replay": True, "key": key, "text": "replay: true"}, key),
    ]


def test_what_else_a_task_is_given_makes_another_key(lab: Lab, seen: list[tuple[Any, str]]) -> None:
    tasks = """
    - id: each
      type: core.flow.ForEach
      values: [x, y]
      tasks:
        - {id: a, type: test.Do, call: look, value: ["{{ taskrun.value }}", "{{ idempotency_key }}"]}
    """
    origin = lab.run(tasks)
    lab.replay(origin, task_inputs={"a": {"value": Expression("{{ ['z', idempotency_key] }}")}})
    lab.run(tasks)
    assert [value[0] for value, _ in seen] == ["x", "y", "z", "z", "x", "y"]
    assert all(value[1] == key for value, key in seen)
    assert len({key for _, key in seen}) == 6


def test_a_task_that_does_not_read_the_key_has_the_key_it_always_had(lab: Lab, seen: list[tuple[Any, str]]) -> None:
    lab.run("- {id: a, type: test.Do, call: look, value: 1}")
    lab.run("- {id: a, type: test.Do, call: look, value: '{{ [1][0] }}'}")
    assert len({key for _, key in seen}) == 2
    replayed = "- {id: a, type: test.Do, call: look, value: '{{ is_replay }}'}"
    lab.replay(lab.run(replayed))
    assert seen[2][1] == seen[3][1]


def test_the_key_is_the_same_for_each_attempt_and_each_property(lab: Lab) -> None:
    seen: list[Any] = []

    def fail(context: Any, value: Any) -> None:
        seen.append(value)
        if len(seen) < 3:
            raise TaskFailed("again")

    lab.doings["fail"] = fail
    run = lab.run("""
    - id: a
      type: test.Do
      call: fail
      value: ["{{ idempotency_key }}", "{{ idempotency_key | upper }}"]
      retry: {type: constant, interval: PT0S, maxAttempts: 3}
    """)
    assert run.state is State.SUCCESS
    assert len(seen) == 3
    assert len({tuple(value) for value in seen}) == 1
    assert seen[0][0].upper() == seen[0][1]


def test_they_make_nothing_run_that_is_decided_at_its_turn(lab: Lab, seen: list[tuple[Any, str]]) -> None:
    origin = lab.run("- {id: first, type: test.Mark, value: 1}" + HEADERS)
    replay = lab.replay(origin, "- {id: first, type: test.Mark, value: '{{ 1 }}'}" + HEADERS, changed=True)
    assert lab.executed(replay) == ["first"]
    assert lab.at(replay, "a").action is Action.REUSE


def test_every_place_that_is_rendered_can_read_them(lab: Lab, seen: list[tuple[Any, str]]) -> None:
    tasks = """
    - {id: skipped, type: test.Mark, runIf: "{{ is_replay }}"}
    - id: if
      type: core.flow.If
      condition: "{{ is_replay and (idempotency_key | length) == 64 }}"
      then: [{id: again, type: test.Mark, timeout: "{{ is_replay ? 'PT1M' : 'PT2M' }}"}]
      else: [{id: first, type: test.Mark}]
    - {id: each, type: core.flow.ForEach, values: ["{{ idempotency_key }}"], tasks: [{id: a, type: test.Mark}]}
    """
    origin = lab.run(tasks, rest='outputs: [{id: replayed, type: BOOL, value: "{{ is_replay }}"}]')
    assert origin.state is State.SUCCESS, origin.error
    assert lab.states(origin)["skipped"] is State.SKIPPED
    assert "first" in lab.executed(origin)
    replay = lab.replay(origin)
    assert [name.partition("[")[0] for name in lab.executed(replay)] == ["skipped", "again", "each"]
    assert (origin.outputs, replay.outputs) == ({"replayed": False}, {"replayed": True})
    keys = [lab.at(run, "each").keys for run in (origin, replay)]
    assert keys[0] == keys[1]


def test_before_there_is_a_run_its_key_is_not_known(lab: Lab) -> None:
    text = """
    id: lab
    namespace: tests
    tasks:
      - {id: each, type: core.flow.ForEach, values: ["{{ idempotency_key }}"], tasks: [{id: a, type: test.Mark}]}
    """
    plan = lab.cases.plan_fresh("lab.yaml", ReplayRequest(), text=text.replace("\n    ", "\n"))
    told = "its items cannot be worked out before it begins: `idempotency_key` of `each` is known only when the run has begun"
    assert plan.by_address["each"].keys is None
    assert plan.by_address["each"].reason in (told, "first run")
