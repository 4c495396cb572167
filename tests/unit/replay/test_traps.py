"""Traps in which other engines' replays were seen. What applies to a planner is tested here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.graphs import actions, chain, codes, draw, each, flow, own, par, past, runs, seq, task, whole, why

from dalsegno.model.state import State

CITIES = {"city": ["paris", "rome", "oslo"]}


def test_trap_position_is_no_identity_tasks_that_change_places_keep_their_own_results() -> None:
    before = flow(par("p", task("a"), task("b"), task("c")), task("z", "a", "c"))
    after = flow(par("p", task("c"), task("new"), task("a"), task("b")), task("z", "a", "c"))
    plan = draw(after, past(before), start="z")
    matched = {d.address: d.origin_task_run for d in plan.decisions}
    assert matched == {"p": "run:p", "c": "run:c", "new": None, "a": "run:a", "b": "run:b", "z": "run:z"}


def test_trap_position_is_no_identity_equal_items_keep_their_results_when_others_come_between() -> None:
    shop = flow(each("city", task("load")))
    made = past(shop, items={"city": ["a", "a", "b"]})
    plan = draw(shop, made, items={"city": ["b", "a", "x", "a"]}, skip_successful=True)
    assert runs(plan) == ["city[x].load"]


@pytest.mark.parametrize("state", [state for state in State if not state.has_result])
def test_trap_no_unfinished_state_is_inherited(state: State) -> None:
    shop = chain("a", "b")
    made = past(shop)
    results = {**made.results, "a": replace(made.results["a"], state=state)}
    plan = draw(shop, replace(made, results=results), skip_successful=True)
    assert actions(plan) == {"a": "RUN", "b": "RUN"}


def test_trap_generations_are_not_mixed_in_silence() -> None:
    before, after = chain("a", "b", "c"), flow(task("a", says="2"), task("b", "a"), task("c", "b"))
    plan = draw(after, past(before), start="c")
    assert plan.by_address["a"].warnings
    assert codes(draw(after, past(before), start="c", stale="refuse")) == ["stale"]


def test_trap_a_replay_of_a_replay_keeps_what_its_own_origin_has_and_nothing_older() -> None:
    shop = chain("a", "b", "c")
    nearest = past(shop, failed=["b"], absent=["c"], name="sales-2")
    assert runs(draw(shop, nearest, skip_successful=True)) == ["b", "c"]


def test_trap_an_override_with_reuse_reruns_what_is_downstream() -> None:
    shop = chain("a", "b", "c")
    assert runs(draw(shop, past(shop), skip_successful=True, task_inputs={"b": {"value": 2}})) == ["b", "c"]


def test_trap_a_task_put_in_between_reruns_what_now_reads_it() -> None:
    before = chain("a", "b", "c")
    after = flow(task("a"), task("x", "a"), task("b", "x"), task("c", "b"))
    assert runs(draw(after, past(before), skip_successful=True)) == ["x", "b", "c"]


def test_trap_a_renamed_task_reruns_what_reads_it_by_its_new_name() -> None:
    before, after = chain("a", "b"), flow(task("a2"), task("b", "a2"))
    plan = draw(after, past(before), skip_successful=True)
    assert runs(plan) == ["a2", "b"]
    assert plan.dropped == ("a",)


def test_trap_a_run_input_that_feeds_a_kept_task_reruns_it() -> None:
    shop = flow(task("a", inputs=("rate",)), task("b", "a"))
    assert runs(draw(shop, past(shop), skip_successful=True, inputs={"rate": 2}, overridden=["rate"])) == ["a", "b"]


def test_trap_an_unknown_name_is_refused_wherever_it_stands() -> None:
    shop = chain("load", "sell")
    asked: list[dict[str, Any]] = [
        {"skip": "laod"},
        {"start": "laod"},
        {"task_inputs": {"laod": {"value": 1}}},
        {"outputs": {"laod": 1}},
    ]
    for request in asked:
        plan = draw(shop, past(shop), **request)
        assert codes(plan) == ["unknown-address"]
        assert plan.refusals[0].closest == ("load",)


def test_trap_a_skip_below_what_reruns_is_refused_in_fan_outs_as_in_chains() -> None:
    straight = chain("a", "b", "c")
    fanned = flow(task("a"), each("city", task("b", "a"), task("c", own("b"))))
    assert codes(draw(straight, past(straight), start="b", skip="c")) == ["skip-below-run"]
    plan = draw(fanned, past(fanned, items=CITIES), start="city[rome].b", skip="city[rome].c")
    assert codes(plan) == ["skip-below-run"]


def test_trap_one_item_of_a_fan_out_is_replayed_alone() -> None:
    shop = flow(each("city", seq("s", task("load"), task("sell", own("load")))), task("sum", whole("sell")))
    plan = draw(shop, past(shop, items=CITIES), start="city[rome].sell")
    assert runs(plan) == ["city[rome].sell", "sum"]
    assert why(plan, "city") == "`city[rome].s` inside it is entered"


def test_trap_a_missing_artifact_is_told_before_anything_starts() -> None:
    shop = chain("a", "b", "c")
    plan = draw(shop, past(shop, gone=["b"]), start="c")
    assert runs(plan) == ["b", "c"]
    assert "gone from the artifact store" in why(plan, "b")


def test_trap_planning_changes_nothing_of_the_origin() -> None:
    shop = flow(each("city", task("load")), task("sum", whole("load")))
    made = past(shop, items=CITIES)
    before = dict(made.results)
    draw(shop, made, start="sum", items={"city": ["rome"]})
    assert made.results == before
