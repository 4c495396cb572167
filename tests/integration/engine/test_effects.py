"""Effects that are seen outside, pins that keep, and what is left out, as the engine carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.errors import RequestRefused
from dalsegno.model.plan import Action
from dalsegno.model.state import State
from dalsegno.replay.request import ORIGIN, ReplayRequest

TASKS = """
- {id: a, type: test.Mark, value: 1}
- {id: post, type: test.Mark, value: "{{ outputs.a.value }}", size: 20000, effects: external}
- {id: c, type: test.Mark, value: "{{ outputs.post.text | length }}"}
"""
LOOP = """
- {id: list, type: test.Mark, value: [x, y]}
- id: each
  type: core.flow.ForEach
  values: "{{ outputs.list.value }}"
  tasks:
    - {id: post, type: test.Mark, value: "{{ taskrun.value }}", effects: external}
    - {id: c, type: test.Mark, value: "{{ outputs.post[taskrun.value].value }}"}
"""


@pytest.mark.parametrize(
    "asked", [{"acknowledge": ("post",)}, {"acknowledge": ("*",)}, {"start": ("a", "post")}, {"start": ("post",)}]
)
def test_what_is_seen_outside_runs_again_where_somebody_agreed(lab: Lab, asked: Mapping[str, Any]) -> None:
    origin = lab.run(TASKS)

    wanted: dict[str, Any] = {"start": ("a",), **asked}
    run = lab.replay(origin, None, rest="", **wanted)

    assert run.state is State.SUCCESS
    assert "post" in lab.executed(run)


def test_what_is_seen_outside_and_failed_needs_nobody_to_agree(lab: Lab) -> None:
    origin = lab.run(TASKS.replace("size: 20000", "fail: true"))

    assert "post" in lab.executed(lab.replay(origin, skip_successful=True))


def test_what_is_seen_outside_and_was_being_done_when_it_was_killed_needs_somebody_to_agree(lab: Lab) -> None:
    lab.doings["kill"] = lambda context, value: (lab.cases.kill(context.run_id), context.wait(20))
    origin = lab.run("- {id: post, type: test.Do, call: kill, effects: external}")
    assert origin.state is State.KILLED

    with pytest.raises(RequestRefused, match="effects that are seen outside"):
        lab.replay(origin)


def test_with_effects_reused_the_old_result_is_pinned_and_read(lab: Lab) -> None:
    origin = lab.run(TASKS)

    run = lab.replay(origin, start=("a",), effects="reuse")

    assert lab.executed(run) == ["a", "c"]
    pinned = lab.at(run, "post")
    assert (pinned.action, pinned.state, pinned.attempts, pinned.attempt) == (Action.PIN, State.SUCCESS, 0, 1)
    assert lab.output(run, "post", "text") == "x" * 20_000


def test_with_effects_reused_items_that_only_the_run_finds_are_pinned_too_and_new_ones_run(lab: Lab) -> None:
    origin = lab.run(LOOP)

    run = lab.replay(origin, task_inputs={"list": {"value": ["x", "z"]}}, effects="reuse")

    assert lab.executed(run) == ["list", "each[x].c", "each[z].post", "each[z].c"]
    assert lab.at(run, "each[x].post").action is Action.PIN
    assert lab.at(run, "each[z].post").action is Action.RUN
    assert lab.output(run, "each[x].c") == "x"


def test_a_pin_of_the_origins_result_holds_whatever_has_changed(lab: Lab) -> None:
    origin = lab.run(TASKS.replace(", effects: external", ""))

    run = lab.replay(origin, start=("a",), outputs={"post": ORIGIN}, task_inputs={"a": {"value": 5}})

    assert lab.executed(run) == ["a", "c"]
    assert lab.output(run, "post") == 1
    assert lab.output(run, "c") == 20_000
    again = lab.replay(run, start=("c",))
    assert lab.output(again, "c") == 20_000


def test_a_pin_of_the_origins_result_holds_for_items_that_only_the_run_finds(lab: Lab) -> None:
    origin = lab.run(LOOP.replace(", effects: external", ""))

    run = lab.replay(origin, start=("list",), outputs={"each[x].post": ORIGIN})

    assert lab.executed(run) == ["list", "each[x].c", "each[y].post", "each[y].c"]
    assert lab.at(run, "each[x].post").action is Action.PIN


def seen_by_tasks(lab: Lab) -> list[tuple[bool, str]]:
    seen: list[tuple[bool, str]] = []

    def look(context: Any, value: Any) -> None:
        seen.append((context.is_replay, context.idempotency_key))
        assert context.environ()["DALSEGNO_IDEMPOTENCY_KEY"] == context.idempotency_key
        assert context.environ()["DALSEGNO_IS_REPLAY"] == str(context.is_replay).lower()

    lab.doings["look"] = look
    return seen


def test_a_task_knows_whether_it_is_replayed_and_its_key_stays_over_replays(lab: Lab) -> None:
    seen = seen_by_tasks(lab)
    tasks = "- {id: each, type: core.flow.ForEach, values: [x, y], tasks: [{id: a, type: test.Do, call: look}]}"

    replay = lab.replay(lab.run(tasks))
    lab.replay(replay)

    assert [replayed for replayed, _ in seen] == [False, False, True, True, True, True]
    assert seen[0][1] == seen[2][1] == seen[4][1]
    assert seen[0][1] != seen[1][1]


def test_another_input_makes_another_key(lab: Lab) -> None:
    seen = seen_by_tasks(lab)
    origin = lab.run("- {id: a, type: test.Do, call: look, value: 1}")

    lab.replay(origin, task_inputs={"a": {"value": 2}})

    assert seen[0][1] != seen[1][1]


NESTED = """
- {id: list, type: test.Mark, value: [x, y]}
- id: each
  type: core.flow.ForEach
  values: "{{ outputs.list.value }}"
  tasks:
    - {id: a, type: test.Mark, value: "{{ taskrun.value }}"}
    - id: if
      type: core.flow.If
      condition: "{{ outputs.a[taskrun.value].value == 'x' }}"
      then: [{id: b, type: test.Mark}, {id: c, type: test.Mark}]
      else: [{id: d, type: test.Mark}]
- {id: end, type: test.Mark}
"""


@pytest.mark.parametrize(
    ("until", "executed", "groups"),
    [
        ("list", ["list"], set[str]()),
        ("each[x].b", ["list", "each[x].a", "each[x].b"], {"each", "each[x].if"}),
        ("a", ["list", "each[x].a", "each[y].a"], {"each"}),
        # only when it is entered does the other item's `if` turn out not to lead there
        ("d", ["list", "each[x].a", "each[y].a", "each[y].d"], {"each", "each[x].if", "each[y].if"}),
    ],
)
@pytest.mark.parametrize("fresh", [True, False])
def test_what_lies_beyond_until_is_left_where_the_run_decides_it(
    lab: Lab, until: str, executed: list[str], groups: set[str], fresh: bool
) -> None:
    run = lab.run(NESTED, ReplayRequest(until=(until,))) if fresh else lab.replay(lab.run(NESTED), until=(until,))

    assert run.state is State.SUCCESS, run.error
    assert lab.executed(run) == executed
    assert set(lab.states(run)) == {*executed, *groups}


def test_rule_12_what_was_left_out_has_no_result_in_a_replay_of_it(lab: Lab) -> None:
    first = lab.replay(lab.run(NESTED), until=("a",))

    second = lab.replay(first, skip_successful=True)

    assert second.state is State.SUCCESS
    assert lab.executed(second) == ["each[x].b", "each[x].c", "each[y].d", "end"]


def test_a_run_that_does_only_part_of_its_flow_is_not_whole(lab: Lab) -> None:
    origin = lab.run(NESTED)

    assert not lab.replay(origin, only=("end",)).whole
    assert lab.replay(origin, start=("end",)).whole
