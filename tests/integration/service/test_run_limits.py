"""Time limits of runs, expectations at their end, and runs that are made again by themselves."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.integration.service.conftest import Home
from tests.support.clock import SetClock

from dalsegno.model.progress import Progress, RunRetried
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.retrying import RETRIED
from dalsegno.store.port import RunFilter

LONG = """
id: long
namespace: company
{keys}
tasks:
  - {{id: wait, type: scripts.shell.Commands, commands: [sleep 60]}}
  - {{id: tell, type: core.log.Log, message: done}}
finally:
  - {{id: last, type: core.log.Log, message: last}}
"""
SHORT = """
id: short
namespace: company
{keys}
inputs: [{{id: n, type: INT, defaults: 1}}]
tasks:
  - {{id: give, type: core.debug.Return, value: "{{{{ inputs.n }}}}"}}
"""
AGAIN = """
id: again
namespace: company
{keys}
inputs: [{{id: good, type: STRING, defaults: "never"}}]
tasks:
  - {{id: give, type: core.debug.Return, value: 1}}
  - {{id: bad, type: core.execution.Fail, condition: "{{{{ labels.system.retry ?? '0' != inputs.good }}}}"{task}}}
"""


def states(home: Home, run: Run) -> dict[str, str]:
    return {item.address: item.state.value for item in home.store.task_runs.of_run(run.id)}


def passing(clock: SetClock, seconds: float) -> Callable[[Progress], None]:
    """Let the time of the run pass as soon as its first task runs."""
    once = threading.Event()

    def observe(_: Progress) -> None:
        if not once.is_set():
            once.set()
            clock.move(seconds)

    return observe


def late(home: Home, keys: str, seconds: float = 20.0) -> Run:
    run = home.create(LONG.format(keys=keys))
    return home.runs.execute(run.id, observer=passing(home.clock, seconds))


def test_a_run_that_takes_longer_than_the_timeout_of_its_flow_is_stopped_and_has_failed(home: Home) -> None:
    run = late(home, "timeout: PT10S")
    assert (run.state, states(home, run)) == (State.FAILED, {"wait": "KILLED"})
    assert run.error is not None
    assert run.error["message"] == "the run took longer than its timeout of 10 s"


def test_an_expectation_of_time_fails_or_stops_the_run_and_labels_it(home: Home) -> None:
    sla = "sla: [{{id: quick, type: MAX_DURATION, duration: PT10S, behavior: {}, labels: {{late: very}}}}]"
    failed = late(home, sla.format("FAIL"))
    assert (failed.state, failed.labels) == (State.FAILED, {"late": "very"})
    assert failed.error is not None
    assert failed.error["message"] == "the run took longer than its `sla` `quick` of 10 s"
    killed = late(home, sla.format("CANCEL"))
    assert (killed.state, killed.labels, killed.error) == (State.KILLED, {"late": "very"}, None)


def test_an_expectation_without_consequence_only_labels(home: Home) -> None:
    keys = "sla: [{id: quick, type: MAX_DURATION, duration: PT0.0001S, behavior: NONE, labels: {late: very}}]"
    run = home.run(SHORT.format(keys=keys))
    assert (run.state, run.labels) == (State.SUCCESS, {"late": "very"})


def test_an_assertion_is_looked_at_when_the_run_ends(home: Home) -> None:
    sla = "sla: [{{id: small, type: EXECUTION_ASSERTION, assert: '{{{{ outputs.give.value < 5 }}}}', behavior: {}}}]"
    keys = sla.format("FAIL")
    assert home.run(SHORT.format(keys=keys), n=1).state is State.SUCCESS
    failed = home.run(SHORT.format(keys=keys), n=7)
    assert failed.state is State.FAILED
    assert failed.error is not None
    assert failed.error["message"] == "the `sla` `small` does not hold: `{{ outputs.give.value < 5 }}`"
    assert home.run(SHORT.format(keys=sla.format("NONE")), n=7).state is State.SUCCESS


RETRY = "retry: {type: constant, interval: PT0.001S, maxAttempts: 3, behavior: CREATE_NEW_EXECUTION}"


def test_a_run_is_made_again_as_often_as_its_flow_says(home: Home) -> None:
    last = home.run(AGAIN.format(keys=RETRY, task=""))
    runs = list(reversed(home.store.runs.list(RunFilter())))
    assert [(run.name, run.state.value, dict(run.labels)) for run in runs] == [
        ("again-1", "FAILED", {"system.retried": "true"}),
        ("again-2", "FAILED", {"system.retry": "1", "system.retried": "true"}),
        ("again-3", "FAILED", {"system.retry": "2"}),
    ]
    assert [run.reason for run in runs] == [None, "retry 1: `bad` failed", "retry 2: `bad` failed"]
    assert last.id == runs[-1].id
    assert states(home, last) == {"give": "SUCCESS", "bad": "FAILED"}


def test_a_replay_that_a_person_asks_for_has_a_whole_budget(home: Home) -> None:
    last = home.run(AGAIN.format(keys=RETRY, task=""))
    home.runs.execute(home.runs.create_replay(ReplayRequest(origin=last.id)).id)
    assert len(home.store.runs.list(RunFilter())) == 6


def test_a_task_may_have_the_whole_run_made_again_and_another_not(home: Home) -> None:
    told: list[Progress] = []
    run = home.create(AGAIN.format(keys="", task=f", {RETRY}"))
    home.runs.execute(run.id, observer=told.append)
    again = [event for event in told if isinstance(event, RunRetried)]
    assert [(event.failed, event.delay) for event in again] == [("again-1", 0.001), ("again-2", 0.001)]
    assert {
        item.attempts for run in home.store.runs.list(RunFilter()) for item in home.store.task_runs.of_run(run.id)
    } == {1}


def test_a_run_that_a_server_makes_again_stands_in_the_store_while_its_time_has_not_come(home: Home) -> None:
    keys = RETRY.replace("PT0.001S", "PT1H")
    first = home.runs.hosted.carry_on(home.runs.hosted.hand_over(home.create(AGAIN.format(keys=keys, task="")).id).id)
    assert (first.name, first.state) == ("again-1", State.FAILED)
    again = home.runs.get("again-2")
    assert (again.state, again.queued) == (State.QUEUED, (first.ended or 0.0) + 3600)
    assert home.runs.hosted.queued(10) == []
    # a process that died before it could note that it was made makes no second one
    home.runs.label(first.id, {}, remove=[RETRIED])
    home.runs.hosted.queue_forgotten()
    assert home.runs.get(first.id).labels == {RETRIED: "true"}
    assert len(home.store.runs.list(RunFilter())) == 2
    home.clock.move(3600)
    assert [run.id for run in home.runs.hosted.queued(10)] == [again.id]
    assert home.runs.hosted.carry_on(again.id).state is State.FAILED
    assert home.runs.get("again-3").labels == {"system.retry": "2"}
