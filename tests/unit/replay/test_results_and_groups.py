"""What counts as a result, how groups are decided, and what stands after what (docs/replay.md, "How it is decided")."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.graphs import (
    actions,
    allow,
    choice,
    codes,
    dag,
    draw,
    each,
    flow,
    own,
    par,
    past,
    runs,
    seq,
    task,
    whole,
    why,
)

from dalsegno.model.flow import Flow
from dalsegno.model.state import State
from dalsegno.replay.origin import Origin

CITIES = {"city": ["paris", "rome"]}


def ended(shop: Flow, states: dict[str, State]) -> Origin:
    """A run in which tasks ended as it is said."""
    made = past(shop)
    results = {name: replace(found, state=states.get(name, found.state)) for name, found in made.results.items()}
    return replace(made, results=results)


# results


@pytest.mark.parametrize("state", [State.SUCCESS, State.WARNING, State.SKIPPED])
def test_decision_c_success_warning_and_skipped_are_results(state: State) -> None:
    shop = flow(task("a"), task("b"), task("c", "a"))
    plan = draw(shop, ended(shop, {"a": state, "b": State.FAILED}), skip_successful=True)
    assert actions(plan) == {"a": "REUSE", "b": "RUN", "c": "REUSE"}


@pytest.mark.parametrize("state", [State.FAILED, State.KILLED, State.RUNNING, State.PAUSED, State.RETRYING])
def test_decision_c_no_other_state_is_a_result(state: State) -> None:
    shop = flow(task("a"), task("b"))
    assert runs(draw(shop, ended(shop, {"a": state}), skip_successful=True)) == ["a"]


def test_decision_c_a_pin_of_the_origin_is_a_result() -> None:
    shop = flow(task("a"), task("b", "a"))
    plan = draw(shop, past(shop, failed=["b"], pinned={"a": 1}), skip_successful=True)
    assert actions(plan) == {"a": "REUSE", "b": "RUN"}


@pytest.mark.parametrize(
    ("asked", "action"),
    [
        ({"start": "c"}, "REUSE"),
        ({"only": "c"}, "REUSE"),
        ({"skip_successful": True}, "RUN"),
        ({"changed": True}, "RUN"),
        ({"start": "c", "skip_successful": True}, "RUN"),
    ],
)
def test_decision_c_a_tolerated_failure_is_a_result_for_start_and_only_and_for_nothing_else(
    asked: dict[str, Any], action: str
) -> None:
    shop = flow(task("a", allow_failure=True), allow("g", task("b")), task("c"))
    made = past(shop, tolerated=["a", "b", "g"])
    plan = draw(shop, made, **asked)
    assert actions(plan)["a"] == action


# groups


@pytest.mark.parametrize("group", [seq, par, dag, allow])
def test_decision_b_a_name_of_a_group_means_everything_inside_it(group: Any) -> None:
    shop = flow(group("g", task("a"), seq("s", task("b"))), task("end"))
    assert runs(draw(shop, past(shop), start="g")) == ["g", "a", "s", "b", "end"]
    kept = draw(shop, past(shop), skip="g")
    assert actions(kept) == {"g": "REUSE", "a": "REUSE", "s": "REUSE", "b": "REUSE", "end": "RUN"}


def test_decision_b_a_name_of_a_loop_means_every_item_and_of_a_choice_the_branch_that_is_taken() -> None:
    shop = flow(each("city", task("a")), choice("large", {"yes": [task("b")], "no": [task("c")]}), task("end"))
    made = past(shop, items={**CITIES, "large": ["yes"]})
    plan = draw(shop, made, start=["city", "large"])
    assert runs(plan) == ["city", "city[paris].a", "city[rome].a", "large", "b", "end"]


@pytest.mark.parametrize("group", [seq, par, dag, allow])
def test_decision_d_the_tasks_of_a_group_stand_after_what_it_stands_after(group: Any) -> None:
    shop = flow(task("a"), group("g", task("b"), task("c")), task("d"))
    assert runs(draw(shop, past(shop), start="a")) == ["a", "g", "b", "c", "d"]


@pytest.mark.parametrize("group", [seq, par, dag, allow])
def test_decision_d_what_stands_after_a_group_stands_after_everything_in_it(group: Any) -> None:
    shop = flow(group("g", task("b"), task("c")), task("d"))
    assert runs(draw(shop, past(shop), start="c")) == ["c", "d"]
    assert actions(draw(shop, past(shop), start="c"))["g"] == "ENTER"


def test_a_group_of_which_nothing_runs_is_kept_and_one_in_which_something_runs_is_entered() -> None:
    shop = flow(seq("s", task("a")), par("p", seq("q", task("b")), task("c")))
    assert actions(draw(shop, past(shop), start="b")) == {
        "s": "REUSE", "a": "REUSE", "p": "ENTER", "q": "ENTER", "b": "RUN", "c": "REUSE"
    }  # fmt: skip


def test_decision_d_a_reader_of_a_loop_reads_everything_in_it() -> None:
    shop = flow(each("city", task("a"), task("b", own("a"))), par("p", task("all", whole("b")), task("other")))
    plan = draw(shop, past(shop, items=CITIES), skip_successful=True, outputs={"city[rome].b": "given"})
    assert runs(plan) == ["all"]


# order


def test_decision_d_in_a_dag_only_what_depends_on_it_stands_after_it() -> None:
    shop = flow(dag("g", task("a"), task("b"), task("c"), task("d"), b=["a"], c=["b"]))
    assert runs(draw(shop, past(shop), start="a")) == ["a", "b", "c"]


def test_decision_d_items_of_one_loop_do_not_stand_after_each_other_though_they_run_one_by_one() -> None:
    one_by_one = replace(each("city", task("a"), task("b")), concurrency=1)
    shop = flow(one_by_one)
    assert runs(draw(shop, past(shop, items=CITIES), start="city[paris].a")) == ["city[paris].a", "city[paris].b"]


def test_decision_d_what_stands_after_a_task_that_had_a_result_and_runs_again_runs() -> None:
    shop = flow(task("a", inputs=("x",)), task("b"), task("c"))
    plan = draw(shop, past(shop), overridden=["x"], skip_successful=True)
    assert runs(plan) == ["a", "b", "c"]
    assert why(plan, "b") == "stands after `a`, which runs"


def test_decision_d_what_is_kept_after_a_task_that_runs_for_want_of_a_result_is_warned_of() -> None:
    shop = flow(task("a"), task("b"))
    plan = draw(shop, past(shop, failed=["a"]), skip_successful=True)
    assert actions(plan) == {"a": "RUN", "b": "REUSE"}
    assert any("stands after `a`" in warning for warning in plan.by_address["b"].warnings)


# f and g


def test_decision_g_what_runs_because_it_is_gone_makes_its_readers_run() -> None:
    shop = flow(par("p", seq("one", task("b"), task("c", "b")), task("side", "b"), task("far", "side"), task("not")))
    plan = draw(shop, past(shop, gone=["b"]), start="c")
    assert runs(plan) == ["b", "c", "side", "far"]


def test_decision_g_one_that_is_gone_may_need_another_that_is_gone() -> None:
    shop = flow(par("p", task("a"), task("b", "a"), task("c", "b"), task("d")))
    assert runs(draw(shop, past(shop, gone=["a", "b"]), start="c")) == ["a", "b", "c"]
    assert runs(draw(shop, past(shop, gone=["a"]), start="c")) == ["c"]


def test_decision_g_what_is_gone_runs_where_until_needs_it() -> None:
    shop = flow(par("p", task("a"), task("b", "a"), task("c", "b"), task("d", "b")))
    plan = draw(shop, past(shop, gone=["b"]), until="c", start="c")
    assert (runs(plan), codes(plan)) == (["b", "c"], [])
    assert actions(plan)["d"] == "LEAVE"


# 14


@pytest.mark.parametrize(
    "asked",
    [
        {"only": "b", "skip": "b"},
        {"only": "b", "outputs": {"b": 1}},
        {"only": "s", "skip": "b"},
        {"start": "s", "outputs": {"b": 1}},
    ],
)
def test_rule_14_what_is_named_to_run_alone_is_neither_skipped_nor_pinned(asked: dict[str, Any]) -> None:
    shop = flow(seq("s", task("a"), task("b")), task("c"))
    assert "contradiction" in codes(draw(shop, past(shop), **asked))


def test_rule_14_a_skip_of_what_never_ended_is_refused() -> None:
    shop = flow(task("a"), task("b"))
    for state in (State.RUNNING, State.PAUSED, State.KILLED):
        assert codes(draw(shop, ended(shop, {"a": state}), skip="a")) == ["skip-without-result"]
