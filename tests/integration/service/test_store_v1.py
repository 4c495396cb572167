"""A data directory that the first version wrote is opened, shown, and what failed in it is replayed.

`tests/histories/store-v1` holds it: `trips-1` failed at one item of a loop; `trips-2` replayed it with that item pinned and
failed at `to_parquet`; `trips-3` replayed that on the fixed flow; `trips-4` failed and was left.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dalsegno.client.client import Client
from dalsegno.model.plan import Action
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import RunFilter

STORED = Path(__file__).parents[2] / "histories" / "store-v1"
CITIES = ("paris", "lyon", "lille")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    shutil.copytree(STORED, tmp_path / "home")
    with Client(tmp_path / "home") as client:
        yield client


def test_its_runs_are_listed_and_what_was_fixed_is_known(client: Client) -> None:
    runs = client.list_runs(RunFilter())
    assert [(run.name, run.state.value) for run in runs] == [
        ("trips-4", "FAILED"), ("trips-3", "SUCCESS"), ("trips-2", "FAILED"), ("hello-1", "SUCCESS"), ("trips-1", "FAILED"),
    ]  # fmt: skip
    fixing = client.get_run("trips-3").id
    assert {run.name: run.fixed_by for run in runs if run.fixed_by} == {"trips-1": fixing, "trips-2": fixing}
    assert [run.name for run in client.list_runs(RunFilter(fixed=False))] == ["trips-4"]
    assert all(run.whole and run.deleted is None for run in runs)
    assert [run.name for run in client.lineage("trips-2")] == ["trips-1", "trips-2", "trips-3"]


def test_what_its_runs_left_can_be_read(client: Client) -> None:
    outputs = client.outputs("trips-3")["tasks"]
    assert len(outputs["many"]["value"]) == 28_895
    with client.open_artifact(outputs["to_parquet"]["uri"]) as file:
        assert file.read(4) == b"PAR1"
    kept = client.task_run("trips-3", "read")
    assert kept.action is Action.REUSE
    assert [line.line.text for line in client.logs("trips-3", address="read")] == ["wrote 4 records to trips.ion"]
    assert client.run_plan("trips-2").by_address["each_city[lyon].check"].action is Action.PIN


def test_what_failed_is_replayed_and_keeps_what_it_had(client: Client) -> None:
    fixed = (STORED / "fixed.yaml").read_text()
    request = ReplayRequest(origin="trips-2", skip_successful=True)
    run = client.execute(client.start_replay(request, text=fixed, file="fixed.yaml").id)
    assert run.state is State.SUCCESS
    ran = [item.address for item in client.task_runs(run.id) if item.action is Action.RUN]
    assert [address for address in ran if address != "each_city"] == ["to_parquet", "report"]
    assert client.compare("trips-3", run.id).first is None


def test_a_run_that_nobody_replayed_is_replayed_with_another_input(client: Client) -> None:
    request = ReplayRequest(origin="trips-4", skip_successful=True, inputs={"least": 4})
    run = client.execute(client.start_replay(request).id)
    assert run.state is State.SUCCESS
    assert client.get_run("trips-4").fixed_by == run.id
    ran = {item.address for item in client.task_runs(run.id) if item.action is Action.RUN}
    assert {f"each_city[{city}].check" for city in CITIES} < ran
    assert not {f"each_city[{city}].load" for city in CITIES} & ran


def test_its_runs_are_purged_without_breaking_the_one_that_is_kept(client: Client) -> None:
    client.delete_run("trips-1")
    assert [run.name for run in client.list_runs(RunFilter(flow="trips"))] == ["trips-4", "trips-3", "trips-2"]
    assert client.logs("trips-2", address="read") != []
    assert client.compare("trips-2", "trips-3").first == "to_parquet"
