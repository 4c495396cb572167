from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.support.graphs import chain, draw, each, flow, past, task

from dalsegno.errors import PlanRefusal
from dalsegno.model.codec import flow_from_json, flow_to_json
from dalsegno.model.flow import Key, Read
from dalsegno.model.graph import index
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.replay.stored import plan_from_bytes, plan_to_bytes


def test_a_plan_is_shown_as_the_doors_promise() -> None:
    shop = chain("a", "b")
    shown: dict[str, Any] = draw(shop, past(shop), start="b").as_json()
    lists = {"decisions", "dropped", "not_reached", "unchecked", "warnings", "refusals"}
    assert set(shown) == {"digest", "revision", *lists}
    assert shown["decisions"][1] == {
        "address": "b", "task": "b", "type": "core.debug.Return", "action": "RUN", "reason": "you start here",
        "warnings": [], "origin_task_run": "run:b", "estimate_s": 2.0, "keys": None, "waits_for": None,
        "breakpoint": False, "subflow": None,
    }  # fmt: skip
    assert json.loads(json.dumps(shown)) == shown


def test_a_refusal_is_shown_with_its_code_address_and_closest_names() -> None:
    refusal = PlanRefusal("unknown-address", "there is no task `lod`", "lod", ("load",))
    plan = Plan("d", 1, (), refusals=(refusal,))
    assert plan.as_json()["refusals"] == [
        {"code": "unknown-address", "message": "there is no task `lod`", "address": "lod", "closest": ["load"]}
    ]


def test_decisions_are_found_by_address_and_counted_by_action() -> None:
    shop = chain("a", "b", "c")
    plan = draw(shop, past(shop), start="b")
    assert plan.by_address["c"].action is Action.RUN
    assert (plan.count(Action.RUN), plan.count(Action.REUSE), plan.count(Action.PIN)) == (2, 1, 0)


TEXTS = st.text(max_size=5)
DECISIONS = st.builds(
    Decision,
    TEXTS, TEXTS, TEXTS, st.sampled_from(Action), st.sampled_from(["why", "because"]),
    st.lists(TEXTS, max_size=2).map(tuple), st.none() | TEXTS, st.none() | st.floats(0, 9),
    keys=st.none() | st.lists(TEXTS, max_size=2).map(tuple), waits_for=st.none() | st.just("a"), forced=st.booleans(),
    wave=st.none() | st.just("b"), ran=st.none() | st.just("c"), check=st.none() | st.just("d"), stops=st.booleans(),
)  # fmt: skip


@given(decisions=st.lists(DECISIONS, max_size=5, unique_by=lambda decision: decision.address))
def test_a_plan_is_read_back_as_it_was_stored(decisions: list[Decision]) -> None:
    plan = Plan("digest", 3, tuple(decisions), dropped=("x",), unchecked=("y",), warnings=("z",), not_reached=("w",))
    assert plan_from_bytes(plan_to_bytes(plan)) == plan


@given(decision=DECISIONS, seconds=st.floats(0, 9))
def test_an_estimate_changes_nothing_else(decision: Decision, seconds: float) -> None:
    assert decision.estimated(seconds) == replace(decision, estimate_s=seconds)


def test_a_plan_of_the_second_version_is_read() -> None:
    kept = [Decision(name, name, "core.log.Log", Action.REUSE, "why", origin_task_run=f"run:{name}") for name in "ac"]
    plan = Plan("digest", 3, (kept[0], Decision("b[x]", "b", "core.log.Log", Action.RUN, "because"), kept[1]))
    rest: dict[str, Any] = {name: [] for name in ("dropped", "not_reached", "unchecked", "warnings")}
    groups = [
        {
            "action": action, "reason": reason, "position": positions, "address": addresses, "task": tasks,
            "type": ["core.log.Log"] * len(tasks), "origin": origins, "estimate": [None] * len(tasks),
        }
        for action, reason, positions, addresses, tasks, origins in (
            ("REUSE", "why", [0, 2], ["a", "c"], ["a", "c"], ["run:a", "run:c"]),
            ("RUN", "because", [1], ["b[x]"], ["b"], [None]),
        )
    ]  # fmt: skip
    stored = {"version": 2, "digest": "digest", "revision": 3, "groups": groups, "extras": {}, **rest}
    assert plan_from_bytes(json.dumps(stored).encode()) == plan


def test_the_graph_knows_where_each_task_stands() -> None:
    nodes = index(flow(task("a"), each("city", task("b"), each("day", task("c")))))
    assert list(nodes) == ["a", "city", "b", "day", "c"]
    assert nodes["c"].loops == ("city", "day")
    assert nodes["c"].parents == ("city", "day")
    assert [node.position for node in nodes.values()] == [0, 1, 2, 3, 4]


def test_an_item_called_own_is_not_the_readers_own_item() -> None:
    shop = flow(each("city", task("b", Read("a", ("own",)), Read("a", (Key.OWN,)))))
    assert len(set(shop.tasks[0].tasks[0].reads)) == 2
    assert flow_from_json(flow_to_json(shop)) == shop
