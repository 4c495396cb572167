"""Task types on stored files in a flow: what they read, and how a replay knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.integration.service.conftest import Home

from dalsegno.cli.app import run_command_line
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.service import Service

FLOW = """
id: files
namespace: bikes
inputs:
  - {id: trips, type: FILE}
  - {id: least, type: INT, defaults: 20}
tasks:
  - {id: read, type: serdes.csv.CsvToIon, from: "{{ inputs.trips }}"}
  - id: long
    type: io.kestra.plugin.core.storage.FilterItems
    from: "{{ outputs.read.uri }}"
    filterCondition: "{{ (minutes | number) > inputs.least }}"
  - {id: split, type: core.storage.Split, from: "{{ outputs.read.uri }}", rows: 1}
  - {id: joined, type: core.storage.Concat, files: "{{ outputs.split.uris }}"}
  - {id: back, type: core.storage.Reverse, from: "{{ outputs.joined.uri }}"}
  - {id: one, type: core.storage.DeduplicateItems, from: "{{ outputs.back.uri }}", expr: "{{ trip | slice(0, 1) }}"}
  - {id: size, type: core.storage.Size, uri: "{{ outputs.one.uri }}"}
"""


def outputs(home: Home, run: Run) -> dict[str, Any]:
    assert home.found(run).state is State.SUCCESS
    return dict(home.runs.outputs(run.id)["tasks"])


def text(service: Service, uri: str) -> str:
    with service.artifacts.open(uri) as file:
        return file.read().decode()


def test_files_are_filtered_split_joined_reversed_and_measured(home: Home) -> None:
    found = outputs(home, home.run(FLOW))
    assert text(home.service, found["long"]["uri"]) == '{"trip":"A2","minutes":"31"}\n'
    assert (found["long"]["processedItemsTotal"], found["long"]["droppedItemsTotal"]) == (2, 1)
    assert len(found["split"]["uris"]) == 2
    assert text(home.service, found["back"]["uri"]) == '{"trip":"A2","minutes":"31"}\n{"trip":"A1","minutes":"14"}\n'
    assert text(home.service, found["one"]["uri"]) == '{"trip":"A1","minutes":"14"}\n'
    assert found["size"] == {"size": 29}


def test_what_a_condition_for_rows_reads_of_the_flow_is_known_to_a_replay(home: Home) -> None:
    origin = home.run(FLOW)
    replayed = home.replay(origin, skip_successful=True, inputs={"least": 50})
    done = {item.address: (item.action, item.reason) for item in home.runs.task_runs(replayed.id)}
    assert done["read"][0] is Action.REUSE
    assert done["long"] == (Action.RUN, "input `least` is overridden")
    assert outputs(home, replayed)["long"]["droppedItemsTotal"] == 2


def test_a_condition_can_be_overridden_as_it_is_written(home: Home) -> None:
    origin = home.run(FLOW)
    replayed = home.replay(origin, task_inputs={"long": {"filterCondition": "{{ trip == 'A1' }}"}})
    assert text(home.service, outputs(home, replayed)["long"]["uri"]) == '{"trip":"A1","minutes":"14"}\n'
    shown = home.runs.task_run(replayed.id, "long").properties
    assert shown["filterCondition"] == "{{ trip == 'A1' }}"


def test_columns_are_no_unknown_variables_and_what_does_not_parse_is_told(home: Home) -> None:
    assert home.service.flows.check(FLOW) == []
    problems = home.service.flows.check(FLOW.replace("(minutes | number)", "(minutes | numbr)"))
    assert [problem.code for problem in problems] == ["unknown-filter"]


def test_a_flow_with_a_condition_for_rows_is_read_back_as_it_was_saved(home: Home) -> None:
    saved = home.service.flows.save(FLOW)
    found = home.service.flows.get("files", None)
    assert found.flow == saved.revision.flow
    assert [task.raw for task in found.flow.tasks][1] == ("filterCondition",)


def test_a_split_without_a_way_fails_and_says_which_there_are(home: Home) -> None:
    error = home.found(home.run(FLOW.replace(", rows: 1}", "}"))).error
    assert error is not None
    assert "give one of `rows`, `bytes`, `partitions` and `regexPattern`; none is given" in error["message"]


def test_the_request_is_planned_without_running_anything(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DALSEGNO_HOME", str(tmp_path / "other"))
    origin = home.run(FLOW)
    plan = home.runs.plan_replay(ReplayRequest(origin=origin.id, start=("split",)))
    ran = [decision.address for decision in plan.decisions if decision.action is Action.RUN]
    assert ran == ["split", "joined", "back", "one", "size"]
    assert run_command_line(["tasks", "core.storage.FilterItems"]) == 0


def test_the_conditions_of_an_assertion_are_checked_before_it_runs(home: Home) -> None:
    flow = "id: small\nnamespace: bikes\ntasks:\n  - {id: a, type: core.execution.Assert, conditions: ['{{ inptus.a }}']}\n"
    assert [problem.code for problem in home.service.flows.check(flow)] == ["unknown-variable"]
