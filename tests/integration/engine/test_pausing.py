"""Runs that wait: for a person, for a time, at a breakpoint. Whoever resumes them may be another process, much later."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from tests.integration.engine.lab import Lab
from tests.support.stopping_store import Stopped

from dalsegno.errors import Refusal, RequestRefused, RunIsLive
from dalsegno.model.plan import Action
from dalsegno.model.progress import Progress, RunMoved, TaskMoved
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import Expression, ReplayRequest, request_from_json
from dalsegno.service.resuming import Resumption
from dalsegno.store.port import EndTask

YEAR = 365 * 86_400.0
ASK = """
- {id: a, type: test.Mark, value: 1}
- id: ask
  type: core.flow.Pause
  onResume:
    - {id: fine, type: BOOL}
    - {id: note, type: STRING, defaults: none}
- {id: b, type: test.Mark, value: "{{ outputs.ask.onResume.fine ? 'yes' : 'no' }} {{ outputs.ask.onResume.note }}"}
"""


def said(**answers: Any) -> Resumption:
    return Resumption(answers)


def resume(lab: Lab, run: Run, what: Resumption | None = None) -> Run:
    return lab.cases.resume(run.id, what or Resumption())


# pauses


def test_a_run_waits_at_a_pause_and_leaves_no_thread_and_no_lease(lab: Lab) -> None:
    before = threading.active_count()
    told: list[Progress] = []

    run = lab.run(ASK, observer=told.append)

    assert run.state is State.PAUSED
    assert run.ended is None
    assert lab.states(run) == {"a": State.SUCCESS, "ask": State.PAUSED}
    assert threading.active_count() == before
    lab.store.release(lab.store.acquire(run.id, "somebody else"))
    assert [event.state for event in told if isinstance(event, RunMoved)] == [State.RUNNING, State.PAUSED]
    moved = [(event.address, event.state) for event in told if isinstance(event, TaskMoved)]
    assert moved[-1] == ("ask", State.PAUSED)


def test_what_it_waits_for_is_told_with_what_it_asks(lab: Lab) -> None:
    run = lab.run(ASK)

    (wait,) = lab.cases.waits(run.id)

    assert (wait.address, wait.kind, wait.until) == ("ask", "pause", None)
    assert [(item.id, item.required, item.default) for item in wait.asks] == [
        ("fine", True, None),
        ("note", True, "none"),
    ]
    assert lab.cases.as_json(run.id)["waits"][0]["asks"][0] == {
        "id": "fine", "type": "BOOL", "required": True, "default": None, "description": None,
    }  # fmt: skip


def test_answers_become_outputs_of_the_pause_with_who_and_when(lab: Lab) -> None:
    run = lab.run(ASK)
    lab.clock.move(60)

    ended = resume(lab, run, said(fine="true"))

    assert ended.state is State.SUCCESS
    assert lab.output(run, "b") == "yes none"
    assert lab.output(run, "ask", "onResume") == {"fine": True, "note": "none"}
    resumed = lab.output(run, "ask", "resumed")
    assert resumed["by"] == run.author
    assert resumed["on"].startswith("2024-08-15T12:01:00")
    assert lab.executed(run) == ["a", "b"]
    (attempt,) = lab.cases.attempts(run.id, "ask")
    assert attempt.state is State.SUCCESS
    assert lab.cases.waits(run.id) == []


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        ({"fin": "true"}, ["unknown-input", "missing-input"]),
        ({}, ["missing-input"]),
        ({"fine": "maybe"}, ["wrong-type"]),
    ],
)
def test_answers_that_cannot_be_taken_are_refused_and_nothing_is_written(
    lab: Lab, answers: dict[str, str], codes: list[str]
) -> None:
    run = lab.run(ASK)
    events = lab.store.events.after(run.id)

    with pytest.raises(RequestRefused) as refused:
        resume(lab, run, Resumption(answers))

    assert [each.code for each in refused.value.refusals] == codes
    assert lab.store.events.after(run.id) == events
    assert resume(lab, run, said(fine=False)).state is State.SUCCESS


def test_only_a_run_that_waits_is_resumed(lab: Lab) -> None:
    run = lab.run("- {id: a, type: test.Mark}")
    with pytest.raises(Refusal, match=r"has ended already \(SUCCESS\); `dalsegno replay lab-1`"):
        resume(lab, run)
    created = lab.create("- {id: a, type: test.Mark}")
    with pytest.raises(Refusal, match=r"does not wait, it is CREATED; .*`dalsegno run resume lab-2`"):
        resume(lab, created)


def test_a_run_that_somebody_else_executes_is_not_resumed(lab: Lab) -> None:
    run = lab.run(ASK)
    lease = lab.store.acquire(run.id, "another process")
    with pytest.raises(RunIsLive):
        resume(lab, run, said(fine=True))
    lab.store.release(lease)


def test_other_branches_go_on_while_one_waits(lab: Lab) -> None:
    run = lab.run("""
        - id: side
          type: core.flow.Parallel
          tasks:
            - id: left
              type: core.flow.Sequential
              tasks:
                - {id: ask, type: core.flow.Pause}
                - {id: after, type: test.Mark}
            - id: right
              type: core.flow.Sequential
              tasks: [{id: a, type: test.Mark}, {id: b, type: test.Mark}]
        - {id: end, type: test.Mark}
    """)

    assert run.state is State.PAUSED
    assert lab.executed(run) == ["a", "b"]
    assert resume(lab, run).state is State.SUCCESS
    assert lab.executed(run) == ["a", "b", "after", "end"]


SEVERAL = """
- id: each
  type: core.flow.ForEach
  values: [x, y]
  concurrencyLimit: 0
  tasks:
    - {id: ask, type: core.flow.Pause, onResume: [{id: fine, type: BOOL, defaults: true}]}
    - {id: did, type: test.Mark, value: "{{ outputs.ask[taskrun.value].onResume.fine }}"}
- {id: end, type: test.Mark}
"""


def test_of_several_pauses_all_are_resumed_or_those_that_are_named(lab: Lab) -> None:
    run = lab.run(SEVERAL)
    assert [wait.address for wait in lab.cases.waits(run.id)] == ["each[x].ask", "each[y].ask"]

    with pytest.raises(RequestRefused, match=r"does not wait at `each\[z\].ask`"):
        resume(lab, run, Resumption(at=("each[z].ask",)))
    again = resume(lab, run, Resumption({"fine": False}, at=("each[y].ask",)))

    assert again.state is State.PAUSED
    assert [wait.address for wait in lab.cases.waits(run.id)] == ["each[x].ask"]
    assert resume(lab, run).state is State.SUCCESS
    assert [lab.output(run, f"each[{key}].did") for key in "xy"] == [True, False]


def test_a_second_pause_stops_the_run_again(lab: Lab) -> None:
    run = lab.run("- {id: one, type: core.flow.Pause}\n- {id: a, type: test.Mark}\n- {id: two, type: core.flow.Pause}")
    assert resume(lab, run).state is State.PAUSED
    assert lab.states(run) == {"one": State.SUCCESS, "a": State.SUCCESS, "two": State.PAUSED}
    assert resume(lab, run).state is State.SUCCESS


def test_a_pause_may_be_skipped_and_what_cannot_be_asked_fails(lab: Lab) -> None:
    run = lab.run("- {id: ask, type: core.flow.Pause, runIf: 'false'}\n- {id: a, type: test.Mark}")
    assert (run.state, lab.states(run)["ask"]) == (State.SUCCESS, State.SKIPPED)

    run = lab.run("- {id: ask, type: core.flow.Pause, delay: '{{ outputs.none.value }}'}")
    assert run.state is State.FAILED
    assert run.error is not None
    assert run.error["address"] == "ask"


# time


@pytest.mark.parametrize(
    ("behavior", "state", "whole"),
    [
        ("RESUME", State.SUCCESS, State.SUCCESS),
        ("WARN", State.WARNING, State.WARNING),
        ("CANCEL", State.KILLED, State.KILLED),
        ("FAIL", State.FAILED, State.FAILED),
    ],
)
def test_a_pause_with_a_delay_is_waited_for_here_and_ends_as_it_says(
    lab: Lab, behavior: str, state: State, whole: State
) -> None:
    before = threading.active_count()

    run = lab.run(f"""
        - {{id: ask, type: core.flow.Pause, delay: PT0.005S, behavior: {behavior}}}
        - {{id: a, type: test.Mark}}
    """)

    assert run.state is whole
    assert lab.states(run)["ask"] is state
    assert lab.executed(run) == (["a"] if state.has_result else [])
    assert threading.active_count() == before
    moves = [event.state for event in lab.store.events.after(run.id) if event.kind == "run"]
    assert State.PAUSED not in moves


def test_what_nobody_answered_has_its_defaults(lab: Lab) -> None:
    run = lab.run("""
        - id: ask
          type: core.flow.Pause
          delay: PT1H
          onResume: [{id: fine, type: BOOL, defaults: true}, {id: who, type: STRING}]
        - {id: a, type: test.Mark, value: "{{ outputs.ask.onResume.fine }}"}
    """)
    assert run.state is State.PAUSED
    lab.clock.move(3600)

    assert lab.cases.execute(run.id).state is State.SUCCESS
    assert lab.output(run, "a") is True
    assert lab.output(run, "ask", "resumed") is None
    moves = [event.state for event in lab.store.events.after(run.id) if event.kind == "run"]
    assert moves == [State.CREATED, State.RUNNING, State.PAUSED, State.RUNNING, State.SUCCESS]


def test_a_delay_goes_on_from_its_recorded_start_after_the_process_died(lab: Lab) -> None:
    run = lab.create("- {id: ask, type: core.flow.Pause, delay: PT2H}\n- {id: a, type: test.Mark}")

    def dies(_: Any) -> None:
        raise Stopped("the process is dead")

    lab.store.after = dies
    with pytest.raises(Stopped):
        lab.cases.execute(run.id)
    lab.store.after = lambda writes: None
    began = lab.at(run, "ask").started
    lab.clock.move(2 * 3600)

    ended = lab.cases.execute(run.id)

    assert ended.state is State.SUCCESS
    assert lab.at(run, "ask").started == began
    assert lab.executed(run) == ["a"]


def test_a_timeout_fails_the_pause_when_somebody_looks(lab: Lab) -> None:
    tasks = "- {id: ask, type: core.flow.Pause, timeout: PT1H}\n- {id: a, type: test.Mark}"
    run = lab.run(tasks)
    assert run.state is State.PAUSED
    lab.clock.move(YEAR)

    ended = resume(lab, run)

    assert ended.state is State.FAILED
    assert ended.error is not None
    assert ended.error["code"] == "pause-timeout"
    assert "its timeout of PT1H" in ended.error["message"]
    assert lab.executed(run) == []


def test_a_timeout_that_has_not_passed_yet_changes_nothing(lab: Lab) -> None:
    run = lab.run("- {id: ask, type: core.flow.Pause, timeout: PT1H}\n- {id: a, type: test.Mark}")
    events = lab.store.events.after(run.id)
    assert lab.cases.execute(run.id).state is State.PAUSED
    assert lab.store.events.after(run.id) == events
    assert resume(lab, run).state is State.SUCCESS


def test_a_timeout_passes_while_another_branch_runs(lab: Lab) -> None:
    lab.doings["wait"] = lambda context, _: context.wait(0.05)
    run = lab.run("""
        - id: side
          type: core.flow.Parallel
          tasks:
            - {id: ask, type: core.flow.Pause, timeout: PT0.01S}
            - {id: wait, type: test.Do, call: wait}
    """)
    assert run.state is State.FAILED
    assert lab.states(run) == {"side": State.FAILED, "ask": State.FAILED, "wait": State.SUCCESS}


def test_another_process_resumes_a_year_later(lab: Lab) -> None:
    run = lab.run(ASK)
    with Lab(lab.home, lab.tally) as other:
        other.clock.move(YEAR)
        assert other.cases.resume(run.id, said(fine=True, note="late")).state is State.SUCCESS
        assert other.output(run, "b") == "yes late"
    ask = lab.at(run, "ask")
    assert ask.started is not None
    assert ask.ended is not None
    assert ask.ended - ask.started > YEAR - 1
    assert lab.executed(run) == ["a", "b"]


def test_a_run_that_waits_is_killed_at_once(lab: Lab) -> None:
    run = lab.run("- id: side\n  type: core.flow.Sequential\n  tasks: [{id: ask, type: core.flow.Pause}]")
    killed = lab.cases.kill(run.id)
    assert killed.state is State.KILLED
    assert lab.states(run) == {"side": State.KILLED, "ask": State.KILLED}
    assert lab.at(run, "ask").error is None


def test_a_delay_that_is_waited_for_here_ends_with_the_wish_to_stop(lab: Lab) -> None:
    run = lab.create("- {id: ask, type: core.flow.Pause, delay: P1D}")

    def stop(wish: Any) -> None:
        threading.Timer(0.05, wish).start()

    ended = lab.cases.execute(run.id, stop=stop)

    assert ended.state is State.KILLED
    assert lab.states(run) == {"ask": State.KILLED}


# replays


def test_rule_06_a_finished_pause_above_the_start_is_kept_with_its_answer(lab: Lab) -> None:
    run = lab.run(ASK)
    resume(lab, run, said(fine=True, note="kept"))

    again = lab.replay(run, start=("b",))

    assert again.state is State.SUCCESS
    assert lab.at(again, "ask").action is Action.REUSE
    assert lab.output(again, "b") == "yes kept"


def test_rule_06_a_pause_that_runs_again_asks_again(lab: Lab) -> None:
    run = lab.run(ASK)
    resume(lab, run, said(fine=True))

    again = lab.replay(run, start=("ask",))

    assert again.state is State.PAUSED
    assert lab.states(again) == {"a": State.SUCCESS, "ask": State.PAUSED}
    assert resume(lab, again, said(fine=False)).state is State.SUCCESS
    assert lab.output(again, "b") == "no none"


def test_a_run_that_waits_may_be_replayed(lab: Lab) -> None:
    run = lab.run(ASK)
    again = lab.replay(run, skip_successful=True)
    assert (again.state, lab.executed(again)) == (State.PAUSED, [])
    pinned = lab.replay(run, skip_successful=True, outputs={"ask": {"onResume": {"fine": True, "note": "given"}}})
    assert pinned.state is State.SUCCESS
    assert lab.output(pinned, "b") == "yes given"
    assert lab.cases.get(run.id).state is State.PAUSED


# stops before a task

STEPS = """
- {id: a, type: test.Mark, value: 1}
- {id: b, type: test.Mark, value: "{{ outputs.a.value + 1 }}"}
- {id: c, type: test.Mark, value: "{{ outputs.b.value }}"}
"""


def test_a_run_stops_before_a_breakpoint_and_tells_what_the_task_would_get(lab: Lab) -> None:
    run = lab.run(STEPS, ReplayRequest(breakpoints=("b",)))

    assert run.state is State.PAUSED
    assert lab.executed(run) == ["a"]
    (wait,) = lab.cases.waits(run.id)
    assert (wait.address, wait.kind, dict(wait.properties)) == ("b", "breakpoint", {"value": 2})
    assert lab.at(run, "b").started is None
    assert lab.cases.attempts(run.id, "b") == []


def test_a_run_goes_on_from_a_breakpoint_once(lab: Lab) -> None:
    run = lab.run(STEPS, ReplayRequest(breakpoints=("b", "c")))

    run = resume(lab, run)
    assert (run.state, lab.executed(run)) == (State.PAUSED, ["a", "b"])
    run = resume(lab, run)

    assert (run.state, run.error) == (State.SUCCESS, None)
    assert lab.executed(run) == ["a", "b", "c"]
    assert [(made.number, made.state) for made in lab.cases.attempts(run.id, "b")] == [(1, State.SUCCESS)]
    assert lab.at(run, "b").attempts == 1


def test_amendments_hold_from_then_on_and_are_on_record(lab: Lab) -> None:
    run = lab.run(STEPS, ReplayRequest(breakpoints=("b",), task_inputs={"b": {"size": 1}}))

    amended = {"b": {"value": 40}, "c": {"value": Expression("{{ outputs.b.value + 2 }}")}}
    run = lab.cases.resume(run.id, Resumption(task_inputs=amended, breakpoints=("c",)))
    assert (run.state, [wait.address for wait in lab.cases.waits(run.id)]) == (State.PAUSED, ["c"])
    run = resume(lab, run)

    assert run.state is State.SUCCESS
    assert lab.output(run, "c") == 42
    assert lab.output(run, "b", "text") == "x"
    (amendment,) = run.request["amendments"]
    assert amendment["task_inputs"]["b"] == {"value": {"value": 40}}
    assert (amendment["by"], amendment["breakpoints"]) == (run.author, ["c"])
    assert run.request["breakpoints"] == ["b"]
    assert request_from_json(run.request).task_inputs["b"] == {"size": 1, "value": 40}


def test_a_replay_carries_amendments_over_as_overrides(lab: Lab) -> None:
    run = lab.run(STEPS, ReplayRequest(breakpoints=("c",)))
    run = lab.cases.resume(run.id, Resumption(task_inputs={"c": {"value": 7}}))

    again = lab.replay(run, start=("c",))
    assert lab.output(again, "c") == 7
    assert again.state is State.SUCCESS
    # what is compared with is what ran: with the amendment
    plan = lab.cases.plan_replay(ReplayRequest(origin=run.id, skip_successful=True, stale="refuse"))
    assert plan.refusals == ()


def test_amendments_hold_for_whoever_carries_the_run_on(lab: Lab) -> None:
    run = lab.run(STEPS, ReplayRequest(breakpoints=("b",)))

    def dies_when_b_ends(writes: Any) -> None:
        if any(isinstance(write, EndTask) for write in writes):
            raise Stopped("the process is dead")

    lab.store.after = dies_when_b_ends
    with pytest.raises(Stopped):
        lab.cases.resume(run.id, Resumption(task_inputs={"c": {"value": "amended"}}))
    lab.store.after = lambda writes: None

    assert lab.cases.execute(run.id).state is State.SUCCESS
    assert lab.output(run, "c") == "amended"
    assert lab.executed(run) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (Resumption(task_inputs={"a": {"value": 5}}), "`a` cannot be overridden any more: it has begun already"),
        (Resumption(breakpoints=("a",)), "`a` cannot be stopped at any more: it has begun already"),
        (Resumption(task_inputs={"d": {"value": 5}}), "there is no task `d`"),
        (Resumption(task_inputs={"c": {"valu": 5}}), "has no property `valu`"),
        (Resumption(breakpoints=("x[1].a",)), "`x`"),
        (Resumption(answers={"fine": True}), "asks no `fine`; it asks nothing"),
    ],
)
def test_amendments_that_come_too_late_or_name_nothing_are_refused(lab: Lab, what: Resumption, message: str) -> None:
    run = lab.run(STEPS, ReplayRequest(breakpoints=("b",)))
    with pytest.raises(RequestRefused) as refused:
        lab.cases.resume(run.id, what)
    assert message in refused.value.message
    found = lab.cases.get(run.id)
    assert (found.state, "amendments" in found.request) == (State.PAUSED, False)


def test_what_is_kept_cannot_be_amended(lab: Lab) -> None:
    origin = lab.run(STEPS)
    run = lab.replay(origin, start=("c",), breakpoints=("c",))
    assert run.state is State.PAUSED
    with pytest.raises(RequestRefused, match="`b` cannot be overridden any more: it is kept"):
        lab.cases.resume(run.id, Resumption(task_inputs={"b": {"value": 5}}))
    assert resume(lab, run).state is State.SUCCESS
    assert lab.executed(run) == ["c"]


def test_a_breakpoint_on_what_does_not_run_is_refused(lab: Lab) -> None:
    origin = lab.run(STEPS)
    with pytest.raises(RequestRefused, match="cannot stop before `b`: it does not run"):
        lab.replay(origin, start=("c",), breakpoints=("b",))


def test_breakpoints_stand_before_groups_pauses_and_items(lab: Lab) -> None:
    tasks = """
        - id: each
          type: core.flow.ForEach
          values: [x, y]
          tasks:
            - {id: did, type: test.Mark, value: "{{ taskrun.value }}"}
        - id: group
          type: core.flow.Sequential
          tasks: [{id: inner, type: test.Mark}]
        - {id: ask, type: core.flow.Pause}
    """
    run = lab.run(tasks, ReplayRequest(breakpoints=("each[y].did", "group", "ask")))
    stops: list[str] = []
    while run.state is State.PAUSED:
        stops += [f"{wait.kind} {wait.address}" for wait in lab.cases.waits(run.id)]
        run = resume(lab, run)

    assert stops == ["breakpoint each[y].did", "breakpoint group", "breakpoint ask", "pause ask"]
    assert (run.state, run.error) == (State.SUCCESS, None)
    assert lab.executed(run) == ["each[x].did", "each[y].did", "inner"]
    assert [made.number for made in lab.cases.attempts(run.id, "group")] == [1]


def test_rule_13_a_breakpoint_that_is_never_reached_ends_the_run_with_a_warning(lab: Lab) -> None:
    run = lab.run(
        """
        - {id: list, type: test.Mark, value: [x]}
        - id: each
          type: core.flow.ForEach
          values: "{{ outputs.list.value }}"
          tasks: [{id: did, type: test.Mark}]
        """,
        ReplayRequest(breakpoints=("each[nowhere].did",)),
    )
    assert run.state is State.WARNING
    assert run.error is not None
    assert "`each[nowhere].did`, which this run never reached" in run.error["message"]


def test_a_run_that_waits_at_a_breakpoint_is_killed_at_once(lab: Lab) -> None:
    run = lab.run(STEPS, ReplayRequest(breakpoints=("b",)))
    assert lab.cases.kill(run.id).state is State.KILLED
    assert lab.states(run) == {"a": State.SUCCESS, "b": State.KILLED}


def test_a_replay_of_what_changed_stops_before_what_turns_out_to_run(lab: Lab) -> None:
    tasks = STEPS + "- {id: d, type: test.Mark, value: '{{ outputs.a.value }}'}\n"
    origin = lab.run(tasks)
    run = lab.replay(
        origin, tasks.replace("value: 1}", "value: 5}"), changed=True, revision="latest", breakpoints=("b", "d")
    )
    assert [wait.address for wait in lab.cases.waits(run.id)] == ["b"]
    run = resume(lab, run)
    run = resume(lab, run)
    assert (run.state, run.error) == (State.SUCCESS, None)
    assert lab.executed(run) == ["a", "b", "c", "d"]
    assert lab.output(run, "d") == 5


def test_an_amendment_makes_run_what_would_have_been_kept_at_its_turn(lab: Lab) -> None:
    tasks = """
        - {{id: a, type: test.Mark, value: {value}, fail: false}}
        - {{id: b, type: test.Mark, value: "{{{{ outputs.a.text }}}}"}}
        - {{id: c, type: test.Mark, value: "{{{{ outputs.a.text }}}}"}}
    """
    origin = lab.run(tasks.format(value=1))
    run = lab.replay(origin, tasks.format(value=2), changed=True, revision="latest", breakpoints=("a",))
    run = lab.cases.resume(run.id, Resumption(task_inputs={"c": {"value": "amended"}}))

    assert run.state is State.SUCCESS
    assert lab.output(run, "c") == "amended"
    assert lab.at(run, "c").reason == "input `value` is overridden"


def test_a_run_waits_and_goes_on_in_the_middle_of_loops_and_retries(lab: Lab) -> None:
    tries = iter([True, False])
    lab.doings["flaky"] = lambda context, _: 1 / 0 if next(tries) else {"value": 1}
    run = lab.run("""
        - id: each
          type: core.flow.ForEach
          values: [x, y]
          concurrencyLimit: 0
          tasks:
            - {id: ask, type: core.flow.Pause, runIf: "{{ taskrun.value == 'x' }}"}
            - id: flaky
              type: test.Do
              call: flaky
              runIf: "{{ taskrun.value == 'y' }}"
              retry: {type: constant, interval: PT0.001S, maxAttempts: 3}
            - {id: end, type: test.Mark, value: "{{ taskrun.value }}"}
    """)
    assert run.state is State.PAUSED
    assert lab.states(run)["each[y].end"] is State.SUCCESS
    assert lab.at(run, "each[y].flaky").attempts == 2
    assert resume(lab, run).state is State.SUCCESS
    assert lab.output(run, "each[x].end") == "x"


def test_what_a_breakpoint_held_back_has_had_no_effects(lab: Lab) -> None:
    tasks = STEPS.replace("{id: b, type: test.Mark,", "{id: b, type: test.Mark, effects: external,")
    run = lab.run(tasks, ReplayRequest(breakpoints=("b",)))
    assert lab.cases.plan_replay(ReplayRequest(origin=run.id)).refusals == ()
    lab.cases.kill(run.id)
    assert lab.cases.plan_replay(ReplayRequest(origin=run.id)).refusals == ()

    run = resume(lab, lab.run(tasks, ReplayRequest(breakpoints=("b",))))
    (refusal,) = lab.cases.plan_replay(ReplayRequest(origin=run.id)).refusals
    assert refusal.address == "b"
