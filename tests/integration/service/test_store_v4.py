"""A data directory of version 4 of the store is opened: what waits in it goes on, and what was done in it is replayed.

`tests/histories/store-v4` holds it: `orders-1` failed after its loop of choices; `orders-2` replayed it with another input,
waited for an answer, got it, and fixed it; `orders-3` waits for one; `orders-4`, a replay of `orders-2`, waits before `report`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import RequestRefused
from dalsegno.model.plan import Action
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import RunFilter

STORED = Path(__file__).parents[2] / "histories" / "store-v4"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    shutil.copytree(STORED, tmp_path / "home")
    with Client(tmp_path / "home") as client:
        yield client


def test_its_runs_are_listed_with_what_fixed_them_and_what_they_wait_for(client: Client) -> None:
    runs = client.list_runs(RunFilter())
    assert [(run.name, run.state.value) for run in runs] == [
        ("orders-4", "PAUSED"), ("orders-3", "PAUSED"), ("orders-2", "SUCCESS"), ("orders-1", "FAILED"),
    ]  # fmt: skip
    assert client.get_run("orders-1").fixed_by == client.get_run("orders-2").id
    assert [wait.address for wait in client.waits("orders-3")] == ["approve"]
    assert [wait.address for wait in client.waits("orders-4")] == ["report"]


def test_what_waits_in_it_goes_on(client: Client) -> None:
    answered = client.resume("orders-3", {"fine": False})
    assert answered.state is State.SUCCESS
    assert client.outputs(answered.id)["tasks"]["report"]["value"] == "false long paris"
    assert client.resume("orders-4").state is State.SUCCESS
    assert client.task_run("orders-4", "approve").action is Action.REUSE


def test_its_effects_are_asked_about_and_what_stands_in_branches_of_items_is_kept(client: Client) -> None:
    with pytest.raises(RequestRefused, match="send"):
        client.start_replay(ReplayRequest(origin="orders-1", start=("each[lyon].load",)))
    request = ReplayRequest(origin="orders-1", start=("each[lyon].load",), acknowledge=("send",), inputs={"limit": 50})
    run = client.execute(client.start_replay(request).id)
    assert run.state is State.PAUSED
    actions = {item.address: item.action for item in client.task_runs(run.id)}
    assert actions["each[paris].long"] is Action.REUSE
    assert actions["each[lyon].short"] is Action.RUN
    assert actions["send"] is Action.RUN
