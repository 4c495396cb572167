"""Runs each case through the Client and compares what came of it with what was written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.kestra.cases import Case, cases

from dalsegno import Client
from dalsegno.errors import DalSegnoError
from dalsegno.model.run import Run
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import RunFilter

CASES = cases()


@dataclass(frozen=True, slots=True)
class Home:
    """A data directory of a case's own."""

    client: Client
    folder: Path

    def run(self, case: Case) -> Run:
        """Run the flow of a case."""
        if "needs" in case.expected:
            self.client.save_flow(case.expected["needs"], file="needed.yaml")
        given = {name: self._given(name, value) for name, value in case.inputs.items()}
        created = self.client.start_run("case.yaml", ReplayRequest(inputs=given), text=case.flow)
        return self.client.execute(created.id)

    def _given(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("@"):
            path = self.folder / f"{name}.txt"
            path.write_text(value[1:], encoding="utf-8")
            return str(path)
        return value


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Client(tmp_path / "home") as client:
        yield Home(client, tmp_path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_flow_gives_the_states_counts_and_outputs_that_kestra_gives(case: Case, home: Home) -> None:
    if "later" in case.expected:
        problems = home.client.validate_flow(case.flow, file="case.yaml")
        told = [problem.message for problem in problems if problem.severity == "error"]
        assert any(case.expected["later"] in message for message in told), told
        return
    if "refused" in case.expected:
        with pytest.raises(DalSegnoError, match=case.expected["refused"]):
            home.run(case)
        assert home.client.list_runs(RunFilter(limit=0)) == []
        return
    run = home.run(case)
    _compare(home, run, case.expected)
    if "then" in case.expected:
        after = home.client.resume(run.id, case.expected["then"]["resume"])
        _compare(home, after, case.expected["then"])


def test_there_are_cases_for_every_group_handler_retry_and_input_type() -> None:
    folders = {case.name.split("/")[0] for case in CASES}
    assert folders == {"groups", "handlers", "handling", "retry", "inputs", "flow", "tasks"}
    assert len(CASES) >= 60
    assert all(case.expected["source"].startswith("Kestra") for case in CASES)


def _compare(home: Home, run: Run, expected: Mapping[str, Any]) -> None:
    found = {item.address: item for item in home.client.task_runs(run.id)}
    told = "\n".join(f"{address}: {item.state} {item.error}" for address, item in found.items())
    assert str(run.state) == expected["state"], f"{run.error}\n{told}"
    assert {name: str(found[name].state) for name in expected.get("states", {}) if name in found} == dict(
        expected.get("states", {})
    ), told
    assert len(found) == expected.get("task_runs", len(found)), told
    assert [name for name in expected.get("absent", ()) if name in found] == []
    made = {name: found[name].attempts for name in expected.get("attempts", {})}
    assert made == expected.get("attempts", {})
    begun = [item.address for item in sorted(found.values(), key=lambda item: item.started or 0.0)]
    assert [name for name in begun if name in expected.get("order", ())] == list(expected.get("order", []))
    _compare_values(home, run, expected)


def _compare_values(home: Home, run: Run, expected: Mapping[str, Any]) -> None:
    outputs = home.client.outputs(run.id)
    for address, wanted in expected.get("outputs", {}).items():
        given = outputs["tasks"][address]
        assert {name: given.get(name) for name in wanted} == wanted
    assert {name: outputs["flow"].get(name) for name in expected.get("flow_outputs", {})} == expected.get(
        "flow_outputs", {}
    )
    labels = home.client.get_run(run.id).labels
    assert {name: labels.get(name) for name in expected.get("labels", {})} == expected.get("labels", {})
    for flow, count in expected.get("children", {}).items():
        assert len(home.client.list_runs(RunFilter(flow=flow, limit=0))) == count
    if "replays" in expected:
        assert len(home.client.lineage(run.id)) == expected["replays"] + 1
    shown = f"{home.client.run_json(run.id)} {[line.line for line in home.client.logs(run.id)]} {outputs}"
    assert [text for text in expected.get("contains", ()) if text not in shown] == []
    assert [text for text in expected.get("hidden", ()) if text in shown] == []
