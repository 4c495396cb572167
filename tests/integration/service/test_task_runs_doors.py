"""What tasks may ask about runs and have done with them: counts, logs, resuming; and files that are removed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.integration.service.conftest import DAY, Home

from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest

SPACE = "company.team"


def flow(*tasks: str, name: str = "doors") -> str:
    lines = "\n".join(f"  - {{{task}}}" for task in tasks)
    return f"id: {name}\nnamespace: {SPACE}\ntasks:\n{lines}\n"


def outputs(home: Home, run: Run) -> dict[str, Any]:
    assert home.found(run).state is State.SUCCESS, home.found(run).error
    return dict(home.runs.outputs(run.id)["tasks"])


def error(home: Home, run: Run) -> str:
    found = home.found(run).error
    assert found is not None
    return found["message"]


def rows(home: Home, uri: str) -> list[dict[str, Any]]:
    with home.service.artifacts.open(uri) as file:
        return [json.loads(line) for line in file]


def gone(home: Home, uri: str) -> bool:
    return not home.artifacts.exists(uri.split("/")[2])


# counting


def count(rest: str) -> str:
    return f"id: count, type: core.execution.Count, startDate: \"{{{{ now() | dateAdd(-1, 'HOURS') }}}}\", {rest}"


def test_runs_of_flows_are_counted_by_state_and_time(home: Home) -> None:
    for _ in range(2):
        home.run(flow("id: a, type: core.log.Log, message: x", name="ok"))
    home.run(flow("id: a, type: core.execution.Fail", name="bad"))
    named = f"flows: [{{namespace: {SPACE}, flowId: ok}}, {{namespace: {SPACE}, flowId: none}}]"
    found = outputs(home, home.run(flow(count(named))))["count"]
    assert found == {
        "results": [
            {"namespace": SPACE, "flowId": "ok", "count": 2}, {"namespace": SPACE, "flowId": "none", "count": 0},
        ],
        "total": 2,
    }  # fmt: skip
    failed = outputs(home, home.run(flow(count(f"namespaces: [{SPACE}], states: [failed]"))))["count"]
    assert failed["results"] == [{"namespace": SPACE, "flowId": "bad", "count": 1}]
    home.clock.move(7200)
    later = outputs(home, home.run(flow(count(f'{named}, expression: "{{{{ count == 0 }}}}"'))))["count"]
    assert (len(later["results"]), later["total"]) == (2, 0)


@pytest.mark.parametrize(
    ("rest", "said"),
    [("states: [SUCCESS]", "give `flows` or `namespaces`"), ("flows: [], endDate: yesterday", "is no point in time")],
)
def test_a_count_says_what_it_counts(home: Home, rest: str, said: str) -> None:
    home.service.flows.check(flow(count(rest)))
    text = flow(count(rest).replace("yesterday", "\"{{ 'yesterday' }}\""))
    assert said in error(home, home.run(text))


# resuming

ASK = f"""
id: ask
namespace: {SPACE}
tasks:
  - id: wait
    type: core.flow.Pause
    onResume: [{{id: ok, type: STRING}}]
  - {{id: after, type: core.debug.Return, value: "{{{{ outputs.wait.onResume.ok }}}}"}}
"""


@pytest.mark.parametrize("which", ["executionId: ask-1", "flowId: ask", f"flowId: ask, namespace: {SPACE}"])
def test_a_run_that_waits_is_resumed_with_answers_and_executed(home: Home, which: str) -> None:
    waiting = home.run(ASK)
    assert waiting.state is State.PAUSED
    run = home.run(flow(f'id: go, type: core.execution.Resume, {which}, inputs: {{ok: "yes"}}'))
    assert outputs(home, run)["go"] == {"executionId": waiting.id, "state": "SUCCESS"}
    assert outputs(home, waiting)["after"] == {"value": "yes"}


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("flowId: ask", "no run of `company.team.ask` waits"),
        ("executionId: nobody", "there is no run `nobody`"),
        ('executionId: "{{ execution.id }}"', "a run cannot resume itself"),
        ("inputs: {ok: x}", "give `executionId`, or `flowId`"),
    ],
)
def test_what_cannot_be_resumed_fails_the_task(home: Home, rest: str, said: str) -> None:
    assert said in error(home, home.run(flow(f"id: go, type: core.execution.Resume, {rest}")))


def test_answers_that_a_pause_cannot_take_leave_the_run_waiting(home: Home) -> None:
    waiting = home.run(ASK)
    run = home.run(flow("id: go, type: core.execution.Resume, flowId: ask, inputs: {okay: x}"))
    assert home.found(run).state is State.FAILED
    assert home.found(waiting).state is State.PAUSED


# logs

SAY = 'id: say, type: core.log.Log, message: ["one", "two"]'
WARN = "id: warn, type: core.log.Log, message: oh, level: WARN"


def test_what_was_logged_is_written_to_a_file(home: Home) -> None:
    run = home.run(flow(SAY, WARN, "id: all, type: core.log.Fetch", "id: some, type: core.log.Fetch, level: warn"))
    found = outputs(home, run)
    assert (found["all"]["size"], found["some"]["size"]) == (3, 1)
    assert [row["message"] for row in rows(home, found["all"]["uri"])] == ["one", "two", "oh"]
    row = rows(home, found["some"]["uri"])[0]
    assert {key: row[key] for key in ("namespace", "flowId", "executionId", "taskId", "level", "attemptNumber")} == {
        "namespace": SPACE, "flowId": "doors", "executionId": run.id, "taskId": "warn", "level": "WARN", "attemptNumber": 1,
    }  # fmt: skip


def test_the_log_of_another_run_and_of_some_tasks_can_be_fetched(home: Home) -> None:
    home.run(flow(SAY, WARN, name="other"))
    fetch = "id: it, type: core.log.Fetch, executionId: other-1, tasksId: [say]"
    found = outputs(home, home.run(flow(fetch)))["it"]
    assert [row["message"] for row in rows(home, found["uri"])] == ["one", "two"]


def test_in_a_replay_the_log_of_what_was_kept_is_there_too(home: Home) -> None:
    origin = home.run(flow(SAY, WARN, "id: all, type: core.log.Fetch"))
    found = outputs(home, home.replay(origin, start=("warn",)))["all"]
    assert [row["message"] for row in rows(home, found["uri"])] == ["one", "two", "oh"]


def test_lines_are_dropped_by_time_level_and_run_and_the_others_stay(home: Home) -> None:
    one, two = (home.run(flow(SAY, WARN, name=name)) for name in ("one", "two"))

    def left(run: Run) -> list[str]:
        return [line.line.text for line in home.runs.logs(run.id)]

    def purge(rest: str) -> dict[str, Any]:
        task = f'id: it, type: core.log.PurgeLogs, endDate: "{{{{ now() }}}}", {rest}'
        return outputs(home, home.run(flow(task)))["it"]

    assert purge("executionId: one-1, logLevels: [WARN]") == {
        "count": 1, "executionLogsCount": 1, "nonExecutionLogsCount": 0,
    }  # fmt: skip
    assert (left(one), left(two)) == (["one", "two"], ["one", "two", "oh"])
    assert purge("namespace: company.te")["count"] == 0
    assert purge("namespace: company, purgeExecutionLogs: false")["count"] == 0
    assert purge("namespace: company.team, flowId: two, startDate: '2100-01-01T00:00:00Z'")["count"] == 0
    assert purge("namespace: company.team, flowId: two")["count"] == 3
    assert (left(one), left(two)) == (["one", "two"], [])
    assert purge("namespace: company")["count"] == 2


def test_a_flow_whose_logs_are_dropped_needs_its_namespace(home: Home) -> None:
    task = "id: it, type: core.log.PurgeLogs, endDate: '2100-01-01T00:00:00Z', flowId: x"
    assert "needs the `namespace`" in error(home, home.run(flow(task)))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("io.kestra.plugin.core.templating.TemplatedTask", "TemplatedTask is not supported here: a plan must know"),
        ("io.kestra.plugin.core.flow.Loop", "Loop is not supported here: use core.flow.ForEach"),
        ("io.kestra.plugin.core.flow.Template", "Template is not supported here: "),
        ("io.kestra.core.tasks.flows.Template", "Template is not supported here: "),
        ("io.kestra.plugin.core.flow.Approval", "Approval is not supported here: use core.flow.Pause"),
        ("io.kestra.plugin.core.flow.Wait", "Wait is not supported here: use core.flow.Sleep"),
        ("io.kestra.plugin.core.flow.PurgeFlows", "PurgeFlows is not supported here: "),
        ("io.kestra.plugin.core.execution.PurgeExecutions", "PurgeExecutions is not supported here: "),
        ("io.kestra.plugin.core.trigger.Toggle", "Toggle is not supported here: "),
        ("io.kestra.plugin.core.storage.LocalFiles", "LocalFiles is not supported here: "),
    ],
)
def test_a_type_that_is_left_out_on_purpose_says_what_to_do_instead(home: Home, written: str, said: str) -> None:
    problems = home.service.flows.check(flow(f"id: it, type: {written}, spec: x"))
    assert [problem.code for problem in problems] == ["not-supported"]
    assert f"Kestra's {said}" in problems[0].message


# files that are removed

FILES = f"""
id: files
namespace: {SPACE}
inputs:
  - {{id: trips, type: FILE}}
tasks:
  - {{id: read, type: serdes.csv.CsvToIon, from: "{{{{ inputs.trips }}}}"}}
  - {{id: back, type: core.storage.Reverse, from: "{{{{ outputs.read.uri }}}}"}}
"""
DELETE = '  - {id: gone, type: core.storage.Delete, uri: "{{ outputs.read.uri }}"}\n'
PURGE = "  - {id: gone, type: core.storage.PurgeCurrentExecutionFiles}\n"
LAST = '  - {id: last, type: core.debug.Return, value: "{{ outputs.back.uri }}"}\n'


@pytest.fixture
def later(home: Home) -> Home:
    """Give a data directory whose clock is ahead of the times at which its files are stored."""
    home.clock.move(20 * 365 * DAY)
    return home


def test_a_file_that_only_this_run_needs_is_removed_and_a_replay_makes_it_again(later: Home) -> None:
    home = later
    run = home.run(FILES + DELETE + LAST)
    found = outputs(home, run)
    assert found["gone"] == {"uri": found["read"]["uri"], "deleted": True}
    assert gone(home, found["read"]["uri"])
    assert not gone(home, found["back"]["uri"])
    replayed = home.replay(run, start=("back",))
    done = {item.address: item.action for item in home.runs.task_runs(replayed.id)}
    assert done["read"] is Action.RUN
    assert outputs(home, replayed)["back"] == found["back"]


def test_a_file_that_another_run_needs_stays(later: Home) -> None:
    home = later
    other = home.run(FILES)
    run = home.run(FILES + DELETE)
    assert outputs(home, run)["gone"]["deleted"] is False
    assert not gone(home, outputs(home, other)["read"]["uri"])


def test_a_file_of_the_origin_stays(later: Home) -> None:
    home = later
    origin = home.run(FILES)
    created = home.runs.create_replay(
        ReplayRequest(origin=origin.id, skip_successful=True), text=FILES + PURGE, file="files.yaml"
    )
    replayed = home.runs.execute(created.id)
    assert outputs(home, replayed)["gone"] == {"uris": []}
    assert not gone(home, outputs(home, origin)["read"]["uri"])


def test_a_file_that_a_key_names_or_that_the_run_was_given_stays(later: Home) -> None:
    home = later
    keep = '  - {id: keep, type: core.kv.Set, key: file, value: "{{ outputs.read.uri }}"}\n'
    given = '  - {id: given, type: core.storage.Delete, uri: "{{ inputs.trips }}"}\n'
    found = outputs(home, home.run(FILES + keep + DELETE + given))
    assert (found["gone"]["deleted"], found["given"]["deleted"]) == (False, False)


def test_all_files_that_a_run_made_are_removed_but_for_what_it_was_given(later: Home) -> None:
    home = later
    run = home.run(FILES + PURGE)
    found = outputs(home, run)
    assert set(found["gone"]["uris"]) == {found["read"]["uri"], found["back"]["uri"]}
    assert not gone(home, str(home.found(run).inputs["trips"]))
    replayed = home.replay(run)
    assert outputs(home, replayed)["back"] == found["back"]


def test_what_another_run_stored_while_it_executes_stays(home: Home) -> None:
    home.create(flow("id: a, type: core.log.Log, message: x", name="waiting"))
    home.clock.move(20 * 365 * DAY)
    assert outputs(home, home.run(FILES + DELETE))["gone"]["deleted"] is False


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("type: core.storage.Delete, uri: nothing", "is not a stored file"),
        (f"type: core.storage.Delete, errorOnMissing: true, uri: 'dalsegno://{'0' * 64}/a'", "is not there any more"),
    ],
)
def test_what_is_no_file_or_gone_fails_the_task(home: Home, rest: str, said: str) -> None:
    assert said in error(home, home.run(flow(f"id: it, {rest}")))


def test_files_of_other_runs_and_states_cannot_be_purged_with_a_run(home: Home) -> None:
    task = "id: it, type: core.storage.PurgeCurrentExecutionFiles, includeStates: true"
    assert ["not supported here" in problem.message for problem in home.service.flows.check(flow(task))] == [True]
