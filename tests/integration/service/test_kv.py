"""Values by key: set by tasks and by people, read by others, gone in time, the same after a crash and a replay."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.service.conftest import Home
from tests.support.stopping_store import Stopped, StoppingStore

from dalsegno.cli.app import run_command_line
from dalsegno.client.client import Client
from dalsegno.engine.clock import RandomIds
from dalsegno.errors import NotFound, Refusal
from dalsegno.model.kv import ValueType
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.service import Service

SPACE = "company.team"


def flow(*tasks: str) -> str:
    lines = "\n".join(f"  - {{{task}}}" for task in tasks)
    return f"id: keys\nnamespace: {SPACE}\ntasks:\n{lines}\n"


def outputs(home: Home, run: Run) -> dict[str, Any]:
    return dict(home.runs.outputs(run.id)["tasks"])


def error(home: Home, run: Run) -> str:
    found = home.found(run).error
    assert found is not None
    return found["message"]


def test_a_value_that_one_run_sets_another_reads(home: Home) -> None:
    run = home.run(
        flow(
            "id: put, type: core.kv.Set, key: orders, value: '{\"n\": [1, 2]}', kvType: json",
            'id: sum, type: core.kv.Set, key: limit, value: "{{ 3 + 4 }}"',
        )
    )
    assert (run.state, outputs(home, run)) == (State.SUCCESS, {})
    run = home.run(
        flow(
            "id: get, type: io.kestra.plugin.core.kv.Get, key: orders",
            "id: limit, type: core.kv.Get, key: limit, errorOnMissing: true",
            "id: none, type: core.kv.Get, key: nothing",
            "id: keys, type: core.kv.GetKeys, prefix: o",
            'id: read, type: core.debug.Return, value: "{{ outputs.get.value.n[1] }}"',
        )
    )
    found = outputs(home, run)
    assert found["get"] == {"value": {"n": [1, 2]}}
    assert found["limit"] == {"value": 7}
    assert found["none"] == {"value": None}
    assert found["keys"] == {"keys": ["orders"]}
    assert found["read"] == {"value": 2}


def test_a_key_is_looked_for_in_the_namespaces_above_unless_one_is_named(home: Home) -> None:
    home.service.entries.set("shared", "above", namespace="company")
    run = home.run(
        flow(
            "id: own, type: core.kv.Get, key: shared",
            f"id: named, type: core.kv.Get, key: shared, namespace: {SPACE}",
            "id: other, type: core.kv.Get, key: shared, namespace: company",
        )
    )
    assert [each["value"] for each in outputs(home, run).values()] == ["above", None, "above"]


def test_a_value_is_gone_when_its_time_has_passed(home: Home) -> None:
    home.run(flow("id: put, type: core.kv.Set, key: token, value: x, ttl: PT1H"))
    found = home.service.entries.find("token", SPACE)
    assert found is not None
    assert found.expires == pytest.approx(found.updated + 3600)
    home.clock.move(3601)
    assert home.service.entries.find("token", SPACE) is None
    run = home.run(flow("id: get, type: core.kv.Get, key: token, errorOnMissing: true"))
    assert (run.state, error(home, run)) == (
        State.FAILED,
        "there is no key `token` in the namespace `company.team`",
    )


def test_what_is_missing_names_the_closest_key(home: Home) -> None:
    home.service.entries.set("orders", 1, namespace=SPACE)
    for kind in ("Get", "Delete"):
        run = home.run(flow(f"id: it, type: core.kv.{kind}, key: order, errorOnMissing: true"))
        assert error(home, run).endswith("did you mean `orders`?")


def test_a_deleted_key_is_gone(home: Home) -> None:
    home.service.entries.set("orders", 1, namespace=SPACE)
    run = home.run(flow("id: one, type: core.kv.Delete, key: orders", "id: two, type: core.kv.Delete, key: orders"))
    assert outputs(home, run) == {"one": {"deleted": True}, "two": {"deleted": False}}


def test_a_key_that_is_not_to_be_overwritten_stays_as_another_run_set_it(home: Home) -> None:
    once = flow('id: put, type: core.kv.Set, key: once, value: "{{ execution.id }}", overwrite: false')
    first, second = home.run(once), home.run(once)
    assert (first.state, second.state) == (State.SUCCESS, State.FAILED)
    assert "has a value already, and `overwrite` is false" in error(home, second)
    found = home.service.entries.find("once", SPACE)
    assert found is not None
    assert found.value == first.id


def test_a_replay_may_set_again_what_its_origin_set(home: Home) -> None:
    once = flow("id: put, type: core.kv.Set, key: once, value: x, overwrite: false")
    assert home.replay(home.run(once), start=("put",)).state is State.SUCCESS


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("key: a b, value: 1", "`a b` cannot be a key"),
        ("key: a, value: 1, namespace: a/b", "`a/b` cannot be a namespace"),
        ("key: a, value: x, kvType: NUMBER", "`x` is no NUMBER"),
        ("key: a, value: null", "there is no value to keep"),
    ],
)
def test_what_cannot_be_kept_fails_the_task_and_changes_nothing(home: Home, properties: str, said: str) -> None:
    run = home.run(flow(f"id: put, type: core.kv.Set, {properties}"))
    assert run.state is State.FAILED
    assert said in error(home, run)
    assert home.service.entries.list() == []


def test_a_task_that_died_after_it_had_set_its_key_sets_it_again(home: Home) -> None:
    run = home.create(flow("id: put, type: core.kv.Set, key: once, value: x, overwrite: false"))
    # the first commit starts the task, the second is the value, the third would be the end
    store = StoppingStore(home.store, 3)
    service = Service(store, home.artifacts, clock=home.clock, ids=RandomIds())
    with pytest.raises(Stopped):
        service.runs.execute(run.id)
    assert home.service.entries.find("once", SPACE) is not None
    assert home.runs.execute(run.id).state is State.SUCCESS


def test_a_file_that_a_key_names_outlives_the_run_that_made_it(home: Home) -> None:
    text = flow('id: put, type: core.kv.Set, key: file, value: "{{ inputs.trips }}"').replace(
        "tasks:", "inputs:\n  - {id: trips, type: FILE}\ntasks:"
    )
    request = ReplayRequest(inputs={"trips": str(home.trips)})
    run = home.runs.execute(home.runs.create_fresh("keys.yaml", request, text=text).id)
    home.age(40)
    home.service.keeping.purge(timedelta(days=30).total_seconds())
    assert home.found(run).deleted is not None
    found = home.service.entries.find("file", SPACE)
    assert found is not None
    digest = str(found.value).split("/")[2]
    assert home.artifacts.exists(digest)
    home.service.entries.delete("file", SPACE)
    home.service.keeping.purge(timedelta(days=30).total_seconds())
    assert not home.artifacts.exists(digest)


def test_values_that_many_change_at_once_lose_none(home: Home) -> None:
    import threading

    def add(number: int) -> None:
        home.service.entries.change("seen", lambda found: [*(found.value if found else []), number], namespace=SPACE)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = home.service.entries.find("seen", SPACE)
    assert found is not None
    assert sorted(found.value) == list(range(12))


def test_reading_as_expressions_do_fails_on_what_is_missing_unless_told_otherwise(home: Home) -> None:
    entries = home.service.entries
    entries.set("shared", [1], namespace="company")
    assert entries.read("shared", own=SPACE) == [1]
    assert entries.read("shared", SPACE, error_on_missing=False) is None
    with pytest.raises(NotFound, match="no key `shared`"):
        entries.read("shared", SPACE)


# the client and the command line


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DALSEGNO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_client_keeps_finds_lists_and_removes(at_home: Path) -> None:
    with Client(at_home) as client:
        entry = client.set_entry("day", "2024-05-01", namespace=SPACE, type="date", description="the first")
        assert entry.type is ValueType.DATE
        assert client.get_entry("day", namespace=SPACE) == entry
        assert client.list_entries(prefix="d") == [entry]
        client.delete_entry("day", namespace=SPACE)
        with pytest.raises(NotFound):
            client.delete_entry("day", namespace=SPACE)
        with pytest.raises(Refusal, match="no type `dat` of values; did you mean `DATE`"):
            client.set_entry("day", "2024-05-01", namespace=SPACE, type="dat")


def test_the_command_line_keeps_shows_lists_and_removes(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*words: str, code: int = 0) -> str:
        assert run_command_line(["kv", *words]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    assert "There is nothing" in told("list")
    assert "limit of company.team = 7  NUMBER" in told("set", "limit", "7", "-n", SPACE)
    assert "zip of company.team = 01234  STRING, until" in told(
        "set", "zip", "01234", "-n", SPACE, "--type", "string", "--ttl", "P1D"
    )
    assert told("get", "zip", "-n", SPACE) == "01234\n"
    shown = json.loads(told("get", "limit", "-n", SPACE, "--json"))
    assert (shown["value"], shown["type"], shown["expires"]) == (7, "NUMBER", None)
    assert [each["key"] for each in json.loads(told("list", "--json"))["entries"]] == ["limit", "zip"]
    assert "zip" not in told("list", "--prefix", "l")
    assert "has a value already" in told("set", "limit", "8", "-n", SPACE, "--no-overwrite", code=2)
    assert "did you mean `limit`" in " ".join(told("get", "limits", "-n", SPACE, code=2).split())
    assert "--ttl" in told("set", "limit", "8", "-n", SPACE, "--ttl", "soon", code=2)
    assert "Deleted: limit" in told("delete", "limit", "-n", SPACE)
    assert "no key `limit`" in told("delete", "limit", "-n", SPACE, code=2)
