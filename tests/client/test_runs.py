"""Runs: plans, replays, what became of them, and what a person does with them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import Ambiguous, NotFound, PlanMoved, Refusal, RequestRefused
from dalsegno.model.plan import Action
from dalsegno.model.progress import Progress, RunMoved, TaskMoved
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ORIGIN, Expression, ReplayRequest
from dalsegno.store.port import RunFilter

FLOW = """
id: rides
namespace: bikes
labels: {team: data}
inputs:
  - {id: month, type: STRING, defaults: "202608"}
  - {id: key, type: SECRET, required: false}
tasks:
  - {id: load, type: core.debug.Return, value: "{{ inputs.month }}"}
  - {id: each, type: core.flow.ForEach, values: [a, b],
     tasks: [{id: say, type: core.log.Log, message: "item {{ taskrun.value }}"}]}
  - {id: check, type: core.execution.Fail, condition: "{{ outputs.load.value == 'bad' }}", errorMessage: it is bad}
  - {id: report, type: core.debug.Return, value: "{{ outputs.load.value }}!"}
outputs:
  - {id: result, type: STRING, value: "{{ outputs.report.value }}"}
"""
PAUSES = """
id: asks
namespace: bikes
tasks:
  - {id: ask, type: core.flow.Pause,
     onResume: [{id: reason, type: STRING, defaults: none, description: Why?}, {id: n, type: INT}]}
  - {id: tell, type: core.debug.Return, value: "{{ outputs.ask.onResume.reason }} {{ outputs.ask.onResume.n }}"}
"""


def run_of(client: Client, text: str = FLOW, **inputs: object) -> Run:
    return client.execute(client.start_run("flow.yaml", ReplayRequest(inputs=inputs), text=text).id)


def test_a_run_is_shown_as_it_was(client: Client) -> None:
    before = datetime.now(UTC).timestamp()  # noqa: TID251 - what the machine says is what is tested
    run = run_of(client)
    assert (run.name, run.namespace, run.flow, run.revision, run.attempt) == ("rides-1", "bikes", "rides", 1, 1)
    assert (run.inputs, run.labels, run.root) == ({"month": "202608", "key": None}, {"team": "data"}, run.id)
    assert run.outputs == {"result": "202608!"}
    assert before - 1 < run.created <= (run.started or 0) <= (run.ended or 0)
    assert run.environment["dalsegno"]
    assert client.run_plan(run.id).digest == run.plan_digest
    for name in (run.id, run.id[:-4], "rides-1", "last"):
        assert client.get_run(name).id == run.id
    assert client.run_json(run.id)["task_runs"][0]["address"] == "load"


def test_task_runs_are_given_whole(client: Client) -> None:
    run = run_of(client)
    found = {each.address: each for each in client.task_runs(run.id)}
    assert list(found) == ["load", "each", "each[a].say", "each[b].say", "check", "report"]
    assert found["each"].keys == ("a", "b")
    assert found["each"].values == ("a", "b")
    assert found["each[b].say"].value == "b"
    assert found["load"].used == {"inputs.month": found["load"].used["inputs.month"]}
    assert found["load"].definition
    assert found["load"].digests
    assert found["load"].properties == {"value": "202608"}
    assert client.task_run(run.id, "load") == found["load"] == client.task_run_by_id(found["load"].id)
    assert [each.number for each in client.attempts(run.id, "load")] == [1]
    assert client.outputs(run.id) == {"tasks": {"load": {"value": "202608"}, "report": {"value": "202608!"}},
                                      "flow": {"result": "202608!"}}  # fmt: skip
    assert client.evaluate(run.id, "{{ outputs.load.value }}?") == "202608?"


def test_what_happens_is_told_while_it_happens(client: Client) -> None:
    told: list[Progress] = []
    created = client.start_run("flow.yaml", ReplayRequest(), text=FLOW)
    client.execute(created.id, observer=told.append)
    assert [each.state for each in told if isinstance(each, RunMoved)] == [State.RUNNING, State.SUCCESS]
    ends = [each for each in told if isinstance(each, TaskMoved) and each.state.ended]
    assert [each.address for each in ends] == ["load", "each[a].say", "each[b].say", "each", "check", "report"]
    assert all(each.seconds is not None for each in ends)
    assert [each.group for each in ends] == [False, False, False, True, False, False]


def test_a_failed_run_is_replayed_from_where_it_failed(client: Client) -> None:
    failed = run_of(client, month="bad")
    assert failed.state is State.FAILED
    assert failed.error is not None
    assert failed.error["address"] == "check"
    request = ReplayRequest(
        origin="last-failed", start=("check",), task_inputs={"check": {"condition": Expression("{{ false }}")}},
        reason="not so bad", labels={"by": "me"},
    )  # fmt: skip
    plan = client.plan_replay(request)
    assert {each.address: each.action for each in plan.decisions}["load"] is Action.REUSE
    replay = client.execute(client.start_replay(request, digest=plan.digest).id)
    assert (replay.state, replay.origin, replay.attempt) == (State.SUCCESS, failed.id, 2)
    assert (replay.reason, replay.labels) == ("not so bad", {"team": "data", "by": "me"})
    assert client.get_run(failed.id).fixed_by == replay.id
    assert [each.id for each in client.lineage(replay.id)] == [failed.id, replay.id]
    assert client.given_values(replay.id) == {"check": ("properties.condition",)}
    assert "check" in client.compare(failed.id, replay.id).summary


def test_a_plan_that_has_moved_is_refused_with_the_new_one(client: Client) -> None:
    failed = run_of(client, month="bad")
    with pytest.raises(PlanMoved) as caught:
        client.start_replay(ReplayRequest(origin=failed.id), digest="0" * 64)
    assert caught.value.plan["decisions"]
    assert len(client.list_runs(RunFilter())) == 1


def test_pins_are_taken(client: Client) -> None:
    run = run_of(client)
    request = ReplayRequest(origin=run.id, outputs={"load": "202609", "each": ORIGIN, "check": {}})
    with pytest.raises(RequestRefused, match="each"):
        client.start_replay(request)
    request = ReplayRequest(origin=run.id, outputs={"load": "202609", "check": {}})
    replay = client.execute(client.start_replay(request).id)
    assert replay.outputs == {"result": "202609!"}
    assert client.task_run(replay.id, "load").action is Action.PIN


def test_wrong_names_are_refused_with_the_closest(client: Client) -> None:
    run = run_of(client)
    with pytest.raises(NotFound) as caught:
        client.get_run("rides-2")
    assert caught.value.closest == ("rides-1",)
    with pytest.raises(RequestRefused) as refused:
        client.start_replay(ReplayRequest(origin=run.id, start=("lod",)))
    assert refused.value.refusals[0].closest[0] == "load"
    with pytest.raises(NotFound) as missing:
        client.task_run(run.id, "lod")
    assert missing.value.closest == ("load",)
    assert client.task_run_by_id("nothing") is None
    run_of(client)
    with pytest.raises(Ambiguous):
        client.get_run(run.id[:4])


def test_lists_filter(client: Client) -> None:
    good, bad = run_of(client), run_of(client, month="bad")
    assert [each.id for each in client.list_runs(RunFilter())] == [bad.id, good.id]
    assert [each.id for each in client.list_runs(RunFilter(states=(State.SUCCESS, State.WARNING)))] == [good.id]
    assert [each.id for each in client.list_runs(RunFilter(labels=(("team", "data"),), limit=1))] == [bad.id]
    assert client.list_runs(RunFilter(labels=(("team", "other"),))) == []
    assert [each.id for each in client.list_runs(RunFilter(fixed=False))] == [bad.id]
    assert client.list_runs(RunFilter(namespace="cars")) == []
    assert client.list_runs(RunFilter(limit=1))[0].plan_digest == bad.plan_digest


def test_a_pause_is_answered(client: Client) -> None:
    paused = run_of(client, PAUSES)
    assert paused.state is State.PAUSED
    (wait,) = client.waits(paused.id)
    assert (wait.address, wait.kind) == ("ask", "pause")
    assert [(each.id, each.required, each.default, each.description) for each in wait.asks] == [
        ("reason", True, "none", "Why?"), ("n", True, None, None),
    ]  # fmt: skip
    with pytest.raises(RequestRefused, match="`n`"):
        client.resume(paused.id, {"reason": "so"})
    told: list[Progress] = []
    ended = client.resume(paused.id, {"n": "3"}, observer=told.append)
    assert ended.state is State.SUCCESS
    assert client.outputs(ended.id)["tasks"]["tell"] == {"value": "none 3"}
    assert [each.state for each in told if isinstance(each, RunMoved)][-1] is State.SUCCESS
    assert not any(isinstance(each, RunMoved) and each.state is State.PAUSED for each in told)


def test_a_breakpoint_holds_and_its_task_is_amended(client: Client) -> None:
    created = client.start_run("flow.yaml", ReplayRequest(breakpoints=("report",)), text=FLOW)
    held = client.execute(created.id)
    assert held.state is State.PAUSED
    assert [(each.address, each.kind) for each in client.waits(held.id)] == [("report", "breakpoint")]
    ended = client.resume(held.id, task_inputs={"report": {"value": Expression("{{ outputs.load.value }}?")}})
    assert ended.outputs == {"result": "202608?"}


def test_a_paused_run_is_killed(client: Client) -> None:
    paused = run_of(client, PAUSES)
    client.kill_run(paused.id)
    assert client.get_run(paused.id).state is State.KILLED
    with pytest.raises(Refusal, match="ended already"):
        client.kill_run(paused.id)


def test_runs_are_labelled_and_deleted(client: Client) -> None:
    run = run_of(client)
    assert client.label_run(run.id, {"kept": "yes"}).labels == {"team": "data", "kept": "yes"}
    assert client.label_run(run.id, {"kept": "no"}, remove=["team"]).labels == {"kept": "no"}
    assert client.list_runs(RunFilter(labels=(("team", "data"),))) == []
    assert [each.id for each in client.list_runs(RunFilter(labels=(("kept", "no"),)))] == [run.id]
    for labels, remove, said in (
        ({}, ["kepd"], "no label `kepd`; did you mean `kept`"),
        ({"a": "b"}, ["a"], "say one of"),
    ):
        with pytest.raises(Refusal, match=said):
            client.label_run(run.id, labels, remove=remove)
    assert client.get_run(run.id).labels == {"kept": "no"}
    assert client.label_run(run.id, {}, remove=["kept"]).labels == {}
    assert client.delete_run(run.id).deleted is not None
    assert client.list_runs(RunFilter()) == []
    assert [each.id for each in client.list_runs(RunFilter(deleted=True))] == [run.id]


def test_secrets_are_not_shown(client: Client, home: Path) -> None:
    run = run_of(client, key="s3cr3t-value")
    assert "s3cr3t-value" not in str(client.run_json(run.id))
    assert "s3cr3t-value" not in str(client.task_runs(run.id))
