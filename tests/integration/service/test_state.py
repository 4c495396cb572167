"""States: what a flow finds again in its next run."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.service.conftest import Home

from dalsegno.model.run import Run
from dalsegno.model.state import State


def flow(*tasks: str, name: str = "sync") -> str:
    lines = "\n".join(f"  - {{{task}}}" for task in tasks)
    return f"id: {name}\nnamespace: company.team\ntasks:\n{lines}\n"


def outputs(home: Home, run: Run) -> dict[str, Any]:
    assert run.state is State.SUCCESS
    return dict(home.runs.outputs(run.id)["tasks"])


def test_a_run_finds_what_the_runs_before_it_set(home: Home) -> None:
    text = flow(
        "id: before, type: core.state.Get",
        'id: note, type: core.state.Set, data: {last: "{{ execution.name }}", "{{ execution.name }}": true}',
        "id: after, type: core.state.Get",
    )
    first, second = (outputs(home, home.run(text)) for _ in range(2))
    assert first["before"] == {"count": 0, "data": {}}
    assert first["note"] == {"count": 2, "key": "sync_states_tasks-states_default"}
    assert second["before"] == {"count": 2, "data": {"last": "sync-1", "sync-1": True}}
    assert second["after"]["data"] == {"last": "sync-2", "sync-1": True, "sync-2": True}


def test_a_state_is_the_flows_own_unless_it_is_the_namespaces(home: Home) -> None:
    home.run(flow("id: own, type: core.state.Set, data: {n: 1}", name="one"))
    home.run(flow("id: all, type: core.state.Set, name: shared, namespace: true, data: {n: 2}", name="one"))
    found = outputs(
        home,
        home.run(
            flow(
                "id: own, type: core.state.Get",
                "id: named, type: core.state.Get, name: shared",
                "id: all, type: core.state.Get, name: shared, namespace: true",
                name="two",
            )
        ),
    )
    assert [found[name]["data"] for name in ("own", "named", "all")] == [{}, {}, {"n": 2}]


def test_each_item_of_a_loop_has_a_state_of_its_own_unless_it_is_told_otherwise(home: Home) -> None:
    text = """
id: sync
namespace: company.team
tasks:
  - id: each
    type: core.flow.ForEach
    values: ["a", {"k": "a b"}, "ä/ö"]
    tasks:
      - {id: own, type: core.state.Set, data: {n: "{{ taskrun.value }}"}}
      - {id: all, type: core.state.Set, taskrunValue: false, data: {"{{ taskrun.value }}": 1}}
"""
    home.run(text)
    kept = {entry.key: entry.value for entry in home.service.entries.list("company.team")}
    assert len(kept) == 4
    assert kept["sync_states_tasks-states_default_a"] == {"n": "a"}
    assert len(kept["sync_states_tasks-states_default"]) == 3


def test_a_state_that_is_deleted_is_gone(home: Home) -> None:
    text = flow(
        "id: note, type: core.state.Set, data: {n: 1}",
        "id: one, type: core.state.Delete",
        "id: two, type: core.state.Delete",
        "id: look, type: core.state.Get",
    )
    found = outputs(home, home.run(text))
    assert (found["one"], found["two"]) == ({"deleted": True}, {"deleted": False})
    assert found["look"]["count"] == 0


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("type: core.state.Get, errorOnMissing: true", "there is no state `default`"),
        ("type: core.state.Delete, name: x, errorOnMissing: true", "there is no state `x`"),
        ("type: core.state.Set, name: a b, data: {n: 1}", "`a b` cannot be a name of a state"),
    ],
)
def test_what_is_not_there_or_cannot_be_fails_the_task(home: Home, task: str, said: str) -> None:
    run = home.run(flow(f"id: it, {task}"))
    found = home.found(run).error
    assert found is not None
    assert said in found["message"]


def test_a_key_that_holds_something_else_is_no_state(home: Home) -> None:
    home.service.entries.set("sync_states_tasks-states_default", [1], namespace="company.team")
    run = home.run(flow("id: it, type: core.state.Set, data: {n: 1}"))
    found = home.found(run).error
    assert found is not None
    assert "holds no state" in found["message"]
