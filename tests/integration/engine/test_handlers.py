"""`errors` and `finally`: of the flow, of groups, in each other, and as they meet replays and stops."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from tests.integration.engine.lab import Lab
from tests.support.watched_store import Watch

from dalsegno.errors import Cancelled
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.store.port import StartTask

HANDLED = """
- {id: a, type: test.Mark}
- id: seq
  type: core.flow.Sequential
  tasks:
    - {id: b, type: test.Mark, fail: FAIL}
    - {id: c, type: test.Mark}
  errors: [{id: seq_error, type: test.Mark}]
  finally: [{id: seq_last, type: test.Mark}]
- {id: d, type: test.Mark}
"""
FLOW = """
errors:
  - {id: error, type: test.Mark}
  - {id: told, type: test.Mark}
finally: [{id: last, type: test.Mark}]
"""


def test_handlers_of_the_group_come_before_those_of_the_flow_and_the_state_stays_failed(lab: Lab) -> None:
    run = lab.run(HANDLED.replace("FAIL", "true"), rest=FLOW)

    assert run.state is State.FAILED
    assert run.error is not None
    assert run.error["address"] == "b"
    assert lab.executed(run) == ["a", "b", "seq_error", "seq_last", "error", "told", "last"]
    assert lab.states(run) == {
        "a": "SUCCESS", "seq": "FAILED", "b": "FAILED", "seq_error": "SUCCESS", "seq_last": "SUCCESS",
        "error": "SUCCESS", "told": "SUCCESS", "last": "SUCCESS",
    }  # fmt: skip
    parents = {item.address: item.parent for item in lab.cases.task_runs(run.id)}
    assert (parents["seq_error"], parents["seq_last"], parents["error"], parents["last"]) == ("seq", "seq", None, None)


def test_where_nothing_fails_only_finally_runs(lab: Lab) -> None:
    run = lab.run(HANDLED.replace("FAIL", "false"), rest=FLOW)

    assert run.state is State.SUCCESS
    assert lab.executed(run) == ["a", "b", "c", "seq_last", "d", "last"]


@pytest.mark.parametrize(
    ("keys", "state", "handled"),
    [
        ("fail: true, allowFailure: true", State.WARNING, False),
        ("fail: true, retry: {type: constant, interval: PT0S, maxAttempts: 2}", State.FAILED, True),
        ("runIf: '{{ nothing.there }}'", State.FAILED, True),
        ("runIf: false", State.SUCCESS, False),
    ],
)
def test_errors_run_where_a_task_has_failed_for_good(lab: Lab, keys: str, state: State, handled: bool) -> None:
    run = lab.run(f"- {{id: a, type: test.Mark, {keys}}}", rest="errors: [{id: error, type: test.Mark}]")

    assert run.state is state
    assert ("error" in lab.executed(run)) is handled


def test_a_failure_that_a_group_tolerates_runs_its_errors_and_not_those_of_the_flow(lab: Lab) -> None:
    run = lab.run(
        """
        - id: allow
          type: core.flow.AllowFailure
          tasks: [{id: a, type: test.Mark, fail: true}]
          errors: [{id: own, type: test.Mark}]
        - {id: b, type: test.Mark}
        """,
        rest=FLOW,
    )

    assert run.state is State.WARNING
    assert lab.executed(run) == ["a", "own", "b", "last"]


def test_a_failure_among_handlers_stops_them_and_finally_runs_all_the_same(lab: Lab) -> None:
    rest = """
        errors: [{id: e1, type: test.Mark, fail: true}, {id: e2, type: test.Mark}]
        finally: [{id: f1, type: test.Mark, fail: true}, {id: f2, type: test.Mark}]
    """
    run = lab.run("- {id: a, type: test.Mark, fail: true}", rest=rest)

    assert run.state is State.FAILED
    assert run.error is not None
    assert run.error["address"] == "a"
    assert lab.executed(run) == ["a", "e1", "f1"]


def test_a_failure_in_finally_fails_what_had_gone_well(lab: Lab) -> None:
    run = lab.run(
        """
        - id: seq
          type: core.flow.Sequential
          tasks: [{id: a, type: test.Mark}]
          finally: [{id: last, type: test.Mark, fail: true}]
        - {id: b, type: test.Mark}
        """,
        rest="errors: [{id: error, type: test.Mark}]",
    )

    assert lab.states(run) == {"seq": "FAILED", "a": "SUCCESS", "last": "FAILED", "error": "SUCCESS"}


@pytest.mark.parametrize(
    ("group", "handled"),
    [
        ("Parallel, tasks: [{id: a, type: test.Mark, fail: true}, {id: b, type: test.Mark}]", {"a", "b"}),
        ("ForEach, values: [1, 2], concurrencyLimit: 0, tasks: [{id: a, type: test.Mark, fail: true}]", {"each[1].a"}),
        ("ForEach, values: [1, 2], tasks: [{id: a, type: test.Mark, fail: true}]", {"each[1].a"}),
        ("If, condition: true, then: [{id: a, type: test.Mark, fail: true}]", {"a"}),
        ("Switch, value: x, cases: {x: [{id: a, type: test.Mark, fail: true}]}", {"a"}),
        ("Dag, tasks: [{task: {id: a, type: test.Mark, fail: true}}]", {"a"}),
    ],
)
def test_every_kind_of_group_has_handlers_of_its_own_once(lab: Lab, group: str, handled: set[str]) -> None:
    run = lab.run(f"""
        - id: outer
          type: core.flow.Sequential
          tasks:
            - {{id: each, type: core.flow.{group}, errors: [{{id: e, type: test.Mark}}],
                finally: [{{id: f, type: test.Mark}}]}}
          finally: [{{id: g, type: test.Mark}}]
    """)

    executed = lab.executed(run)
    assert handled <= set(executed)
    assert executed[-3:] == ["e", "f", "g"]
    assert (lab.states(run)["each"], lab.states(run)["outer"]) == (State.FAILED, State.FAILED)


def test_handlers_may_hold_groups(lab: Lab) -> None:
    rest = """
        errors:
          - id: which
            type: core.flow.If
            condition: "{{ outputs.a.value == 1 }}"
            then:
              - id: each
                type: core.flow.ForEach
                values: "{{ [outputs.a.value, 2] }}"
                tasks: [{id: e, type: test.Mark, value: "{{ taskrun.value }}"}]
              - {id: bad, type: test.Mark, fail: true}
            errors: [{id: deeper, type: test.Mark}]
        finally:
          - {id: side, type: core.flow.Parallel, tasks: [{id: f, type: test.Mark, value: "{{ outputs.e['2'].value }}"}]}
    """
    run = lab.run("- {id: a, type: test.Mark, value: 1}\n- {id: b, type: test.Mark, fail: true}", rest=rest)

    assert lab.executed(run) == ["a", "b", "each[1].e", "each[2].e", "bad", "deeper", "f"]
    assert lab.output(run, "f") == 2


def test_rule_06_errors_are_never_inherited_and_finally_runs_again_with_what_it_closes(lab: Lab) -> None:
    origin = lab.run(HANDLED.replace("FAIL", "true"), rest=FLOW)

    fixed = HANDLED.replace("FAIL", "false")
    run = lab.replay(origin, fixed, rest=FLOW, start=("b",), revision="latest")

    assert run.state is State.SUCCESS
    assert lab.executed(run) == ["b", "c", "seq_last", "d", "last"]
    assert set(lab.states(run)) == {"a", "seq", "b", "c", "seq_last", "d", "last"}
    assert lab.at(run, "last").attempt == 2


def test_errors_run_again_where_it_fails_again_and_their_attempts_go_on(lab: Lab) -> None:
    origin = lab.run(HANDLED.replace("FAIL", "true"), rest=FLOW)

    run = lab.replay(origin, start=("b",))

    assert run.state is State.FAILED
    assert lab.executed(run) == ["b", "seq_error", "seq_last", "error", "told", "last"]
    assert {lab.at(run, name).attempt for name in lab.executed(run)} == {2}


def test_rule_06_the_finally_of_a_group_of_which_nothing_runs_is_kept(lab: Lab) -> None:
    origin = lab.run(HANDLED.replace("FAIL", "false"), rest=FLOW)

    run = lab.replay(origin, start=("d",))

    assert lab.executed(run) == ["d", "last"]
    assert lab.at(run, "seq_last").action is Action.REUSE


def test_rule_06_with_only_finally_is_left_out(lab: Lab) -> None:
    origin = lab.run(HANDLED.replace("FAIL", "false"), rest=FLOW)

    run = lab.replay(origin, only=("b",))

    assert lab.executed(run) == ["b"]
    assert set(lab.states(run)) == {"a", "seq", "b"}


DECIDED = """
- {id: list, type: test.Mark, value: VALUES}
- id: each
  type: core.flow.ForEach
  values: "{{ outputs.list.value }}"
  tasks:
    - id: if
      type: core.flow.If
      condition: "{{ taskrun.value != 'x' or outputs.list.value | length > 5 }}"
      then: [{id: a, type: test.Mark, value: "{{ taskrun.value }}"}]
      else: [{id: b, type: test.Mark}]
      finally: [{id: f, type: test.Mark}]
  finally: [{id: g, type: test.Mark}]
"""


def test_the_finally_of_a_group_that_only_the_run_decides_says_why_it_runs(lab: Lab) -> None:
    origin = lab.run(DECIDED.replace("VALUES", "[x, y]"))
    run = lab.replay(origin, start=("list",))

    for found in (origin, run):
        assert lab.executed(found) == ["list", "each[x].b", "each[x].f", "each[y].a", "each[y].f", "g"]
    for address in ("each[x].f", "each[y].f", "g"):
        assert "failed" not in lab.at(run, address).reason, address
        assert lab.at(run, address).attempt == 2


def test_with_only_the_finally_of_a_group_that_only_the_run_decides_is_left_out(lab: Lab) -> None:
    origin = lab.run(DECIDED.replace("VALUES", "[x, y]"))

    run = lab.replay(origin, only=("list", "a"))

    assert lab.executed(run) == ["list", "each[y].a"]
    assert run.state is State.SUCCESS, run.error


def killed_in(lab: Lab, tasks: str, rest: str) -> Run:
    lab.doings["kill"] = lambda context, value: (lab.cases.kill(context.run_id), context.wait(20))
    return lab.run(tasks, rest=rest)


def test_no_handler_runs_in_a_run_that_is_killed(lab: Lab) -> None:
    run = killed_in(lab, HANDLED.replace("test.Mark, fail: FAIL", "test.Do, call: kill"), FLOW)

    assert run.state is State.KILLED
    assert lab.states(run) == {"a": "SUCCESS", "seq": "KILLED", "b": "KILLED"}


@pytest.mark.parametrize("handler", ["errors", "finally"])
def test_a_run_that_is_killed_while_a_handler_runs_is_killed(lab: Lab, handler: str) -> None:
    fail = str(handler == "errors").lower()
    rest = f"{handler}: [{{id: e, type: test.Do, call: kill}}, {{id: never, type: test.Mark}}]"
    run = killed_in(lab, f"- {{id: a, type: test.Mark, fail: {fail}}}", rest)

    assert run.state is State.KILLED
    assert set(lab.states(run)) == {"a", "e"}
    assert lab.states(run)["e"] is State.KILLED


def test_a_run_whose_last_task_finished_though_told_to_stop_is_killed_if_finally_was_left(lab: Lab) -> None:
    lab.doings["kill"] = _kill_and_finish(lab)
    run = lab.run("- {id: a, type: test.Do, call: kill}", rest="finally: [{id: f, type: test.Mark}]")

    assert run.state is State.KILLED
    assert lab.states(run) == {"a": "SUCCESS"}


def _kill_and_finish(lab: Lab) -> Callable[[Any, Any], None]:
    def kill(context: Any, value: Any) -> None:
        lab.cases.kill(context.run_id)
        with suppress(Cancelled):
            context.wait(20)

    return kill


class Crash(Exception):
    """The process would be dead here."""


@pytest.mark.parametrize("at", ["seq_error", "seq_last", "error", "told", "last"])
def test_after_a_crash_at_a_handler_the_walk_leads_to_it_again_and_to_none_twice(lab: Lab, at: str) -> None:
    created = lab.create(HANDLED.replace("FAIL", "true"), rest=FLOW)
    after, lab.store.after = lab.store.after, _crash_at(at)
    with pytest.raises(Crash):
        lab.cases.execute(created.id)
    lab.store.after = after

    run = lab.cases.execute(created.id)

    assert run.state is State.FAILED
    assert run.error is not None
    assert run.error["address"] == "b"
    assert lab.executed(run) == ["a", "b", "seq_error", "seq_last", "error", "told", "last"]
    assert {item.address for item in lab.cases.task_runs(run.id) if item.attempt == 2} == {at}


def _crash_at(address: str) -> Watch:
    def watch(writes: Any) -> None:
        if any(isinstance(write, StartTask) and write.task_run.address == address for write in writes):
            raise Crash(address)

    return watch
