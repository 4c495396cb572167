"""`timeout` of a group: what it holds is stopped when its time is over, it has failed, and what handles that runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.engine.lab import Lab
from tests.support.clock import MovedClock
from tests.support.watched_store import Watch

from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.resuming import Resumption
from dalsegno.store.port import EndTask, RunFilter, StartTask

WAIT = "{id: wait, type: test.Do, call: wait}"
HANDLED = """
  timeout: PT0.15S
  errors: [{id: handled, type: test.Mark}]
  finally: [{id: last, type: test.Mark}]
- {id: never, type: test.Mark}
"""


@pytest.fixture
def timed(lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    """A lab in which time passes, and whose task `wait` waits until it is stopped."""
    lab.doings["wait"] = lambda context, value: context.wait(30)
    with Lab(tmp_path / "timed", lab.tally, MovedClock()) as timed:
        yield timed


def group(type: str, rest: str, *, handled: str = HANDLED) -> str:
    return f"- id: g\n  type: core.flow.{type}\n  {rest}{handled}"


def stopped(lab: Lab, run: Run, address: str) -> None:
    """Check that a task run was stopped since the time of the group was over."""
    found = lab.at(run, address)
    assert (found.state, found.ended is not None) == (State.KILLED, True)
    assert found.error is not None
    assert found.error["code"] == "group-timeout"
    assert found.error["address"] == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (group("Sequential", f"tasks: [{WAIT}, {{id: never2, type: test.Mark}}]"), "wait"),
        (group("Parallel", f"tasks: [{WAIT}, {{id: quick, type: test.Mark}}]"), "wait"),
        (group("Dag", f"tasks: [{{task: {WAIT}}}, {{task: {{id: x, type: test.Mark}}, dependsOn: [wait]}}]"), "wait"),
        (group("If", f"condition: true\n  then: [{WAIT}]"), "wait"),
        (group("Switch", f"value: a\n  cases: {{a: [{WAIT}]}}"), "wait"),
        (group("ForEach", f"values: [1, 2]\n  tasks: [{WAIT}]"), "g[1].wait"),
        (group("EachParallel", f"value: [1, 2]\n  tasks: [{WAIT}]"), "g[2].wait"),
        (group("LoopUntil", f"condition: false\n  tasks: [{WAIT}]"), "g[0].wait"),
        (group("WorkingDirectory", f"tasks: [{WAIT}, {{id: never2, type: test.Mark}}]"), "wait"),
    ],
    ids=["Sequential", "Parallel", "Dag", "If", "Switch", "ForEach", "EachParallel", "LoopUntil", "WorkingDirectory"],
)
def test_what_a_group_holds_is_stopped_when_its_time_is_over(timed: Lab, text: str, address: str) -> None:
    begun = timed.clock.now()

    run = timed.run(text)

    assert timed.clock.now() - begun < 20
    assert (run.state, timed.at(run, "g").state) == (State.FAILED, State.FAILED)
    assert run.error is not None
    assert (run.error["code"], run.error["address"]) == ("timeout", "g")
    assert run.error["message"] == "`g` took longer than its timeout of 0.15 s"
    stopped(timed, run, address)
    assert [name for name in timed.executed(run) if name in ("handled", "last", "never", "never2", "x")] == [
        "handled", "last",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "task",
    [
        "type: core.flow.Sleep, duration: PT30S",
        "type: core.flow.Pause, delay: PT30S",
        "type: scripts.shell.Commands, commands: [sleep 30]",
        "type: python.Step, function: 'signal:pause'",
        "type: test.Mark, fail: true, retry: {type: constant, interval: PT30S, maxAttempts: 3}",
        "type: test.Do, call: wait, timeout: PT20S, allowFailure: true",
        "type: core.flow.Subflow, namespace: tests, flowId: child",
        "type: core.flow.Subflow, namespace: tests, flowId: child, timeout: PT20S",
    ],
)
def test_whatever_waits_in_it_is_stopped(timed: Lab, task: str) -> None:
    timed.service.flows.save(f"id: child\nnamespace: tests\ntasks: [{WAIT}]\n")
    begun = timed.clock.now()

    run = timed.run(group("Sequential", f"tasks: [{{id: a, {task}}}]"))

    assert timed.clock.now() - begun < 20
    assert timed.at(run, "g").state is State.FAILED
    stopped(timed, run, "a")
    assert all(child.state is State.KILLED for child in timed.store.runs.list(RunFilter(parent=run.id, limit=0)))


def test_the_wait_between_two_turns_is_cut_short(timed: Lab) -> None:
    text = group(
        "LoopUntil", "condition: false\n  checkFrequency: {interval: PT30S}\n  tasks: [{id: a, type: test.Mark}]"
    )

    run = timed.run(text)

    assert timed.executed(run) == ["g[0].a", "handled", "last"]
    assert timed.at(run, "g").state is State.FAILED


def test_the_limit_is_that_of_all_turns_together(timed: Lab) -> None:
    text = group(
        "LoopUntil",
        "condition: false\n  checkFrequency: {interval: PT0.02S, maxIterations: 1000}\n"
        "  tasks: [{id: a, type: core.flow.Sleep, duration: PT0.02S}]",
    )

    run = timed.run(text)

    assert timed.at(run, "g").error == {**(run.error or {})}
    assert len(timed.at(run, "g").keys or ()) > 1


def test_groups_in_it_are_stopped_without_their_handlers(timed: Lab) -> None:
    inner = f"{{id: inner, type: core.flow.Sequential, tasks: [{WAIT}], errors: [{{id: no, type: test.Mark}}], \
               finally: [{{id: nor, type: test.Mark}}]}}"
    text = group("ForEach", f"values: [1]\n  tasks: [{inner}]")

    run = timed.run(text)

    stopped(timed, run, "g[1].inner")
    stopped(timed, run, "g[1].wait")
    assert timed.executed(run) == ["g[1].wait", "handled", "last"]


def test_of_two_groups_the_one_whose_time_is_over_fails(timed: Lab) -> None:
    inner = f"- {{id: inner, type: core.flow.Sequential, timeout: PT0.1S, allowFailure: true, tasks: [{WAIT}]}}"
    text = group("Sequential", f"tasks:\n  {inner}\n  - {{id: then, type: test.Mark}}").replace("PT0.15S", "PT20S")

    run = timed.run(text)

    assert timed.states(run) == {
        "g": "WARNING", "inner": "WARNING", "wait": "KILLED", "then": "SUCCESS", "last": "SUCCESS", "never": "SUCCESS",
    }  # fmt: skip
    assert (timed.at(run, "inner").error or {})["message"] == "`inner` took longer than its timeout of 0.1 s"


def test_the_time_of_a_group_is_not_that_of_what_handles_its_end(timed: Lab) -> None:
    handled = """
  timeout: PT0.1S
  finally: [{id: last, type: core.flow.Sleep, duration: PT0.2S}]
- {id: then, type: test.Mark}
"""
    run = timed.run(group("Sequential", "tasks: [{id: a, type: test.Mark}]", handled=handled))

    assert run.state is State.SUCCESS


@pytest.mark.parametrize(("timeout", "told"), [("{{ inputs.gone }}", "gone"), ("{{ 'soon' }}", "`timeout` of `g`: ")])
def test_a_limit_that_cannot_be_worked_out_fails_the_group(timed: Lab, timeout: str, told: str) -> None:
    text = group("Sequential", "tasks: [{id: a, type: test.Mark}]").replace("PT0.15S", f'"{timeout}"')

    run = timed.run(text)

    assert (run.state, timed.at(run, "g").state, timed.executed(run)) == (State.FAILED, State.FAILED, [])
    assert told in (run.error or {})["message"]


def test_a_limit_that_is_no_duration_is_told_with_its_place(lab: Lab) -> None:
    text = "id: lab\nnamespace: tests\ntasks:\n" + group("Sequential", "tasks: [{id: a, type: test.Mark}]")

    (problem,) = lab.service.flows.check(text.replace("PT0.15S", "soon"))

    assert (problem.code, problem.line, problem.column) == ("invalid-property", 7, 12)
    assert problem.message.startswith("`timeout` of task `g`: ")


def test_a_run_that_is_killed_before_is_killed(timed: Lab) -> None:
    given: list[Any] = []
    timed.doings["wait"] = lambda context, value: (given[0](), context.wait(30))
    created = timed.create(group("Sequential", f"tasks: [{WAIT}]").replace("PT0.15S", "PT20S"))

    run = timed.cases.execute(created.id, stop=given.append)

    assert (run.state, timed.states(run)) == (State.KILLED, {"g": "KILLED", "wait": "KILLED"})
    assert timed.at(run, "wait").error is None


def test_a_replay_runs_what_was_stopped_and_what_never_began(timed: Lab) -> None:
    text = group("Sequential", f"tasks: [{{id: a, type: test.Mark}}, {WAIT}, {{id: b, type: test.Mark}}]")
    before = timed.run(text)

    plan = timed.cases.plan_replay(ReplayRequest(origin=before.id, skip_successful=True))
    timed.doings["wait"] = lambda context, value: None
    run = timed.replay(before, skip_successful=True)

    assert plan.by_address["wait"].reason == "was killed in the origin"
    assert (run.state, timed.executed(run)) == (State.SUCCESS, ["wait", "b", "last", "never"])


# after a crash


class Crash(Exception):
    """The process would be dead here."""


def crash_at(address: str) -> Watch:
    def watch(writes: Any) -> None:
        if any(isinstance(write, StartTask) and write.task_run.address == address for write in writes):
            raise Crash(address)

    return watch


def crashed(lab: Lab, text: str, watch: Watch, *, before: bool = False) -> Run:
    """Have a run die after, or before, the writes that are watched for."""
    created = lab.create(text)
    side = "before" if before else "after"
    kept = getattr(lab.store, side)
    setattr(lab.store, side, watch)
    with pytest.raises(Crash):
        lab.cases.execute(created.id)
    setattr(lab.store, side, kept)
    return created


LONG = group(
    "Sequential",
    f"tasks: [{{id: a, type: test.Mark}}, {{id: inner, type: core.flow.Parallel, tasks: [{WAIT}, "
    "{id: sleep, type: core.flow.Sleep, duration: PT1H}]}, {id: b, type: test.Mark}]",
).replace("PT0.15S", "PT10M")


def test_a_run_that_is_carried_on_too_late_begins_nothing_in_the_group(timed: Lab) -> None:
    created = crashed(timed, LONG, crash_at("wait"))
    timed.clock.move(601)

    run = timed.cases.execute(created.id)

    assert run.state is State.FAILED
    assert (run.error or {})["message"] == "`g` took longer than its timeout of 600 s"
    assert timed.executed(run) == ["a", "handled", "last"]
    for address in ("inner", "wait", "sleep"):
        stopped(timed, run, address)


def test_the_time_that_a_group_has_left_counts_from_its_recorded_start(timed: Lab) -> None:
    created = crashed(timed, LONG, crash_at("wait"))
    timed.clock.move(599.9)
    begun = timed.clock.now()

    run = timed.cases.execute(created.id)

    assert timed.clock.now() - begun < 20
    assert (run.error or {})["message"] == "`g` took longer than its timeout of 600 s"
    assert timed.executed(run)[:2] == ["a", "wait"]


@pytest.mark.parametrize("handler", ["handled", "last"])
def test_what_handles_the_end_goes_on_however_late(timed: Lab, handler: str) -> None:
    text = group("Sequential", f"tasks: [{WAIT}]")
    created = crashed(timed, text, crash_at(handler))
    timed.clock.move(3600)

    run = timed.cases.execute(created.id)

    assert (run.state, (run.error or {})["code"]) == (State.FAILED, "timeout")
    assert timed.executed(run)[-1] == "last"


def test_a_group_that_was_done_in_time_stays_so_however_late_its_end_is(timed: Lab) -> None:
    text = group("Sequential", "tasks: [{id: a, type: test.Mark}]").replace("PT0.15S", "PT10M")
    created = crashed(timed, text, crash_at("last"))
    timed.clock.move(3600)

    run = timed.cases.execute(created.id)

    assert (run.state, timed.executed(run)) == (State.SUCCESS, ["a", "last", "never"])


def test_what_was_stopped_before_the_crash_does_not_end_the_run(timed: Lab) -> None:
    """Of two that were stopped one is recorded, and the process dies before the other is."""
    slow = threading.Event()

    def late(context: Any, value: Any) -> None:
        try:
            context.wait(30)
        finally:
            slow.wait(20)

    timed.doings["late"] = late
    text = group("Parallel", f"tasks: [{WAIT}, {{id: late, type: test.Do, call: late}}]")

    def watch(writes: Any) -> None:
        if any(isinstance(write, EndTask) for write in writes):
            slow.set()
            raise Crash

    created = crashed(timed, text, watch)

    run = timed.cases.execute(created.id)

    assert (run.state, timed.at(run, "g").state) == (State.FAILED, State.FAILED)
    assert timed.executed(run)[-2:] == ["handled", "last"]
    stopped(timed, run, "wait")
    stopped(timed, run, "late")


def test_a_pause_that_is_answered_too_late_has_nothing_begin_behind_it(timed: Lab) -> None:
    text = group("Sequential", "tasks: [{id: ask, type: core.flow.Pause}, {id: b, type: test.Mark}]")
    waits = timed.run(text.replace("PT0.15S", "PT1H"))
    timed.clock.move(7200)

    run = timed.cases.resume(waits.id, Resumption())

    assert waits.state is State.PAUSED
    assert (run.state, timed.executed(run)) == (State.FAILED, ["handled", "last"])
    assert (run.error or {})["message"] == "`g` took longer than its timeout of 3600 s"


def test_a_task_whose_time_is_over_before_its_body_begins_has_used_nothing(timed: Lab) -> None:
    long = "{% for i in range(1, 60000) %}{{ i is even ? '' : '' }}{% endfor %}PT{{ inputs.hours }}H"
    task = f'{{id: sleep, type: core.flow.Sleep, duration: "{long}"}}'
    flow = group("Sequential", f"tasks: [{task}]", handled="\n  timeout: PT0.02S\n")
    run = timed.run(flow, rest="inputs: [{id: hours, type: INT, defaults: 1}]\n")
    found = timed.at(run, "sleep")
    stopped(timed, run, "sleep")
    assert (dict(found.properties), dict(found.used)) == ({}, {})
