"""What is left out: `only` and `until` (decision e), and what that refuses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.graphs import (
    ANYTHING,
    actions,
    chain,
    changed,
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

from dalsegno.replay.request import Overrides

CITIES = {"city": ["paris", "rome"]}


def test_decision_e_only_runs_just_what_it_names_and_leaves_what_else_would_run() -> None:
    shop = chain("a", "b", "c", "d")
    plan = draw(shop, past(shop, absent=["d"]), only="b")
    assert actions(plan) == {"a": "REUSE", "b": "RUN", "c": "LEAVE", "d": "LEAVE"}
    assert why(plan, "b") == "you ask for it alone"
    assert why(plan, "c") == "would run, but is left out by `only`"
    assert not plan.refusals


def test_decision_e_only_keeps_what_would_not_run() -> None:
    shop = flow(par("p", task("a"), task("b")), task("c", "b"))
    plan = draw(shop, past(shop), only="c")
    assert actions(plan) == {"p": "REUSE", "a": "REUSE", "b": "REUSE", "c": "RUN"}


def test_decision_e_what_runs_and_reads_what_is_left_out_is_refused_naming_it() -> None:
    shop = chain("a", "b", "c")
    assert not draw(shop, past(shop, failed=["b"], absent=["c"]), until="c").refusals
    plan = draw(shop, past(shop, failed=["b"], absent=["c"]), only="c")
    assert codes(plan) == ["reads-left-out"]
    assert plan.refusals[0].message == "`c` reads `b`, which would run but is left out; add it, or pin its result"
    assert not draw(shop, past(shop, failed=["b"], absent=["c"]), only="c", outputs={"b": 1}).refusals


def test_decision_e_what_runs_and_reads_a_group_in_which_something_is_left_out_is_refused() -> None:
    shop = flow(seq("s", task("a"), task("b")), task("c", whole("s")))
    assert codes(draw(shop, past(shop, failed=["b"]), only="c")) == ["reads-left-out"]


def test_decision_e_a_dynamic_reader_of_what_may_be_left_out_is_refused() -> None:
    shop = flow(task("a"), task("b"), task("c", ANYTHING))
    assert codes(draw(shop, past(shop, failed=["b"]), only="c")) == ["reads-left-out"]
    assert not draw(shop, past(shop), only="c").refusals


def test_decision_e_a_reader_of_a_loop_that_is_left_out_whole_is_refused() -> None:
    loop = each("city", task("load"), reads=["cities"])
    shop = flow(task("cities"), loop, task("sum", whole("load")))
    plan = draw(shop, past(shop, items=CITIES, failed=["cities"], absent=["city"]), only=["cities", "sum"])
    assert actions(plan)["city"] == "LEAVE"
    assert codes(plan) == ["reads-left-out"]


def test_decision_e_what_is_left_out_in_a_loop_to_come_is_refused_where_it_is_read() -> None:
    loop = each("city", task("load"), task("sell", own("load")), reads=["cities"])
    shop = flow(task("cities"), loop)
    plan = draw(shop, past(shop, items=CITIES), only=["cities", "sell"])
    assert codes(plan) == ["reads-left-out"]
    assert "`city[*].sell` reads `city[*].load`" in plan.refusals[0].message
    assert not draw(shop, past(shop, items=CITIES), only=["cities", "load"]).refusals


def test_decision_e_one_task_of_one_item_runs_alone() -> None:
    shop = flow(each("city", task("load"), task("sell", own("load"))), task("sum", whole("sell")))
    plan = draw(shop, past(shop, items=CITIES), only="city[rome].sell")
    assert runs(plan) == ["city[rome].sell"]
    assert actions(plan)["city"] == "ENTER"
    assert actions(plan)["sum"] == "LEAVE"


def test_decision_e_naming_a_group_alone_means_everything_inside_it() -> None:
    shop = flow(task("a"), seq("s", task("b"), par("p", task("c"))), task("d"))
    plan = draw(shop, past(shop), only="s")
    assert actions(plan) == {"a": "REUSE", "s": "RUN", "b": "RUN", "p": "RUN", "c": "RUN", "d": "LEAVE"}


def test_decision_e_a_group_of_which_part_is_left_out_is_entered() -> None:
    shop = flow(seq("s", task("a"), task("b"), task("c")), seq("t", task("d")))
    plan = draw(shop, past(shop), only="b")
    assert actions(plan) == {"s": "ENTER", "a": "REUSE", "b": "RUN", "c": "LEAVE", "t": "LEAVE", "d": "LEAVE"}


def test_decision_e_until_leaves_what_would_run_and_is_not_needed() -> None:
    shop = flow(task("a"), par("p", task("b", "a"), task("x", "a")), task("c", "b"), task("d"))
    plan = draw(shop, until="b")
    assert actions(plan) == {"a": "RUN", "p": "RUN", "b": "RUN", "x": "LEAVE", "c": "LEAVE", "d": "LEAVE"}
    assert why(plan, "d") == "would run, but is left out by `until`"


def test_decision_e_until_keeps_what_would_not_run_though_it_is_not_needed() -> None:
    shop = chain("a", "b", "c")
    assert actions(draw(shop, past(shop), until="a", skip_successful=True))["c"] == "REUSE"
    assert actions(draw(shop, past(shop), until="b")) == {"a": "RUN", "b": "RUN", "c": "LEAVE"}


def test_decision_e_until_needs_what_is_stood_after_in_sequences_and_dags_and_not_in_parallel() -> None:
    shop = flow(
        par("p", seq("left", task("a"), task("b")), task("c")), dag("g", task("x"), task("y"), task("z"), y=["x"])
    )
    assert actions(draw(shop, until="b"))["c"] == "LEAVE"
    plan = actions(draw(shop, until="y"))
    assert (plan["a"], plan["b"], plan["c"], plan["x"], plan["y"], plan["z"]) == ("RUN",) * 5 + ("LEAVE",)


def test_decision_e_until_one_item_needs_only_that_item() -> None:
    shop = flow(each("city", task("load"), task("sell", own("load")), task("tell")), task("sum", whole("sell")))
    plan = draw(shop, items=CITIES, until="city[rome].sell")
    assert runs(plan) == ["city", "city[rome].load", "city[rome].sell"]
    assert actions(plan)["city[paris].load"] == "LEAVE"


def test_decision_e_until_a_dynamic_reader_needs_all_that_stands_before_it() -> None:
    shop = flow(par("p", task("a"), task("b")), task("c", ANYTHING), task("d"))
    assert actions(draw(shop, until="c")) == {"p": "RUN", "a": "RUN", "b": "RUN", "c": "RUN", "d": "LEAVE"}


def test_decision_e_until_in_one_branch_does_not_need_the_other() -> None:
    shop = flow(choice("if_big", {"then": [task("a"), task("b")], "else": [task("c")]}), task("d"))
    plan = draw(shop, items={"if_big": ["then"]}, until="a")
    assert actions(plan) == {"if_big": "RUN", "a": "RUN", "b": "LEAVE", "d": "LEAVE"}


def test_decision_e_a_start_that_until_leaves_out_is_refused() -> None:
    shop = chain("a", "b", "c")
    assert codes(draw(shop, past(shop), start="c", until="b")) == ["start-left-out"]
    assert actions(draw(shop, past(shop), start="b", until="b")) == {"a": "REUSE", "b": "RUN", "c": "LEAVE"}


@pytest.mark.parametrize("asked", [{"only": "b"}, {"until": "b"}])
def test_rule_05_an_override_of_what_is_left_out_is_refused(asked: dict[str, Any]) -> None:
    shop = flow(task("a"), task("b"), task("c"))
    plan = draw(shop, past(shop), task_inputs={"c": {"value": 1}}, **asked)
    assert codes(plan) == ["override-left-out"]
    assert "`c`: `value` is overridden, but" in plan.refusals[0].message
    carried = Overrides({"c": {"value": 1}}, {"a": "given"})
    assert not draw(shop, past(shop, pinned={"a": "given"}), carried=carried, **asked).refusals


def test_rule_14_only_with_until_is_refused() -> None:
    shop = chain("a", "b")
    assert codes(draw(shop, past(shop), only="a", until="b")) == ["contradiction"]


def test_rule_06_finally_is_left_out_with_only_and_runs_with_until() -> None:
    shop = flow(task("a"), task("b"), lasts=[task("tidy")])
    assert actions(draw(shop, past(shop), only="a")) == {"a": "RUN", "b": "LEAVE", "tidy": "LEAVE"}
    plan = draw(shop, past(shop), until="a")
    assert actions(plan) == {"a": "RUN", "b": "LEAVE", "tidy": "RUN"}
    assert why(plan, "tidy") == "at the end of the flow, in which `a` runs"


def test_rule_06_finally_of_something_of_which_nothing_runs_does_not_run_with_until() -> None:
    inner = seq("s", task("b"), task("c"))
    shop = flow(task("a"), par("p", task("x"), changed(inner, lasts=(task("tidy"),))))
    plan = draw(shop, past(shop), until="x")
    assert actions(plan)["s"] == "LEAVE"
    assert actions(plan)["tidy"] == "LEAVE"


def test_rule_06_finally_that_reads_what_until_leaves_out_is_refused() -> None:
    shop = flow(task("a"), task("b"), lasts=[task("tidy", "b")])
    assert codes(draw(shop, past(shop), until="a")) == ["reads-left-out"]


def test_decision_g_what_is_gone_and_lies_outside_of_only_is_refused() -> None:
    shop = chain("a", "b", "c")
    plan = draw(shop, past(shop, gone=["a"]), only="b")
    assert codes(plan) == ["reads-left-out"]
    assert actions(plan)["a"] == "LEAVE"
    assert runs(draw(shop, past(shop, gone=["a"]), until="b", skip_successful=True, start="b")) == ["a", "b"]


def test_a_tolerated_failure_is_a_result_for_only() -> None:
    shop = chain("a", "b")
    assert actions(draw(shop, past(shop, tolerated=["a"]), only="b")) == {"a": "REUSE", "b": "RUN"}
