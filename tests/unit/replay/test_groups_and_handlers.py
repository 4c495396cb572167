"""Branches, Dags, `errors`, `finally` and tolerated failures as they meet a replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from tests.support.graphs import (
    actions,
    allow,
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

from dalsegno.model.flow import Flow, Key, Kind, Read, Task
from dalsegno.model.graph import in_order
from dalsegno.model.plan import Action
from dalsegno.replay.stored import plan_from_bytes, plan_to_bytes

CITIES = {"city": ["paris", "rome"]}
THEN, ELSE = {"if_big": ["then"]}, {"if_big": ["else"]}


def forked(*after: Any) -> Flow:
    return flow(task("a"), choice("if_big", {"then": [task("x"), task("y")], "else": [task("z")]}), *after)


# 15: branches


def test_rule_15_a_group_above_a_start_is_entered_and_its_branch_evaluated_again() -> None:
    shop = forked(task("end"))
    plan = draw(shop, past(shop, items=THEN), start="y", items=THEN)
    assert actions(plan) == {"a": "REUSE", "if_big": "ENTER", "x": "REUSE", "y": "RUN", "end": "RUN"}
    assert plan.by_address["if_big"].keys == ("then",)


@pytest.mark.parametrize("asked", [{"start": "y"}, {"only": "y"}])
def test_rule_15_a_start_in_a_branch_that_is_not_taken_is_refused(asked: dict[str, Any]) -> None:
    shop = forked()
    plan = draw(shop, past(shop, items=THEN), items=ELSE, **asked)
    assert codes(plan) == ["start-not-reached"]
    assert plan.refusals[0].message == "start `y` was not reached: `if_big` now takes `else`"


def test_rule_15_a_start_in_a_branch_of_one_item_that_is_not_taken_is_refused() -> None:
    shop = flow(each("city", choice("if_big", {"then": [task("x")], "else": [task("z")]})))
    then = {**CITIES, "if_big": ["then"]}
    now = {"city[paris].if_big": ["then"], "city[rome].if_big": ["else"]}
    assert codes(draw(shop, past(shop, items=then), items=now, start="city[rome].x")) == ["start-not-reached"]
    assert not draw(shop, past(shop, items=then), items=now, start="city[paris].x").refusals
    assert not draw(shop, past(shop, items=then), items=now, start="x").refusals, "some item reaches it"


@pytest.mark.parametrize(
    "asked", [{"skip": "y"}, {"outputs": {"y": 1}}, {"task_inputs": {"y": {"value": 1}}}, {"breakpoints": "y"}]
)
def test_rule_13_other_names_in_a_branch_that_is_known_not_to_be_taken_are_refused(asked: dict[str, Any]) -> None:
    shop = forked()
    assert codes(draw(shop, past(shop, items=THEN), items=ELSE, skip_successful=True, **asked)) == ["not-reached"]
    assert not draw(shop, past(shop, items=THEN), items=ELSE, acknowledge="y").refusals


def test_rule_13_names_in_a_branch_that_only_the_run_can_know_are_accepted_and_listed() -> None:
    shop = forked()
    plan = draw(shop, past(shop, items=THEN), items={"if_big": None}, start=["a", "y"])
    assert not plan.refusals
    assert plan.unchecked == ("y",)
    assert actions(plan) == {"a": "RUN", "if_big": "RUN"}


def test_rule_15_another_branch_makes_what_reads_or_stands_after_it_run() -> None:
    shop = flow(
        choice("if_big", {"then": [task("x")], "else": [task("z")]}),
        par("p", task("reads", "x"), task("b")),
        task("end"),
    )
    plan = draw(shop, past(shop, items=THEN), items=ELSE, skip_successful=True)
    assert actions(plan) == {"if_big": "ENTER", "z": "RUN", "p": "RUN", "reads": "RUN", "b": "RUN", "end": "RUN"}
    assert why(plan, "if_big") == "it now takes `else`, not `then`"
    assert why(plan, "b") == "stands inside `p`, which runs: stands after `if_big`, which comes out otherwise"


def test_rule_15_tasks_of_a_branch_no_longer_taken_are_listed_as_not_reached() -> None:
    shop = forked(task("end"))
    plan = draw(shop, past(shop, items=THEN), items=ELSE, skip_successful=True)
    assert plan.not_reached == ("x", "y")
    assert plan.dropped == ()


def test_rule_15_tasks_of_a_branch_that_is_not_known_yet_are_neither_dropped_nor_not_reached() -> None:
    shop = forked()
    plan = draw(shop, past(shop, items=THEN), items={"if_big": None}, start="a")
    assert (plan.dropped, plan.not_reached) == ((), ())


def test_rule_15_an_item_that_is_gone_from_a_loop_in_a_branch_is_dropped() -> None:
    shop = flow(choice("if_big", {"then": [each("city", task("load"))]}))
    plan = draw(shop, past(shop, items={**CITIES, **THEN}), items={**THEN, "city": ["rome"]}, skip_successful=True)
    assert plan.dropped == ("city[paris].load",)
    assert plan.not_reached == ()


def test_rule_15_the_same_branch_makes_nothing_run() -> None:
    shop = forked(task("end", "x"))
    assert not runs(draw(shop, past(shop, items=THEN), items=THEN, skip_successful=True))


def test_rule_15_a_new_choice_around_a_task_that_it_does_not_take_makes_readers_run() -> None:
    before = flow(task("x"), task("end", "x"))
    after = flow(choice("if_big", {"then": [task("x")], "else": []}), task("end", "x"))
    plan = draw(after, past(before), items=ELSE, skip_successful=True)
    assert runs(plan) == ["if_big", "end"]
    assert plan.not_reached == ("x",)
    assert actions(draw(after, past(before), items=THEN, skip_successful=True))["end"] == "REUSE"


def test_rule_15_a_choice_that_reads_what_runs_is_decided_by_the_run() -> None:
    shop = flow(task("size"), choice("if_big", {"then": [task("x")], "else": []}, reads=["size"]), task("end"))
    plan = draw(shop, past(shop, items=THEN), start="size")
    assert runs(plan) == ["size", "if_big", "end"]
    assert why(plan, "if_big") == "reads `size`, which runs"
    assert plan.by_address["if_big"].waits_for == "size"


def test_rule_06_what_is_not_known_in_a_branch_is_asked_for_what_it_reads() -> None:
    shop = flow(task("a"), task("size"), choice("if_big", {"then": [task("x", "a")], "else": []}, reads=["size"]))
    assert runs(draw(shop, past(shop, items=THEN, gone=["a"]), start="size")) == ["a", "size", "if_big"]


# Dags


def test_tasks_of_a_dag_run_only_after_those_that_they_depend_on() -> None:
    shop = flow(dag("g", task("d"), task("a"), task("b"), task("c"), d=["b", "c"], b=["a"], c=["a"]), task("end"))
    plan = draw(shop, past(shop), start="b")
    assert runs(plan) == ["b", "d", "end"]
    assert why(plan, "d") == "stands after `b`, which runs"
    assert actions(plan)["g"] == "ENTER"


def test_a_task_in_a_dag_without_dependencies_is_touched_only_by_what_it_reads() -> None:
    shop = flow(dag("g", task("a"), task("b", "a"), task("c")))
    assert runs(draw(shop, past(shop), start="a")) == ["a", "b"]


def test_a_large_dag_is_put_in_order_at_once_and_a_circle_ends() -> None:
    ids = [f"t{number}" for number in range(3000)]
    made = dag("g", *(task(name) for name in reversed(ids)), **{b: [a] for a, b in pairwise(ids)})
    assert [found.id for found in in_order(made.tasks, made.depends)] == ids
    round_ = dag("g", task("a"), task("b"), a=["b"], b=["a"])
    assert {found.id for found in in_order(round_.tasks, round_.depends)} == {"a", "b"}


# 6: errors and finally


def test_rule_06_errors_are_never_inherited() -> None:
    shop = flow(task("a"), seq("s", task("b")), errors=[task("alert")])
    made = past(replace(shop, lasts=(task("alert"),)))
    plan = draw(shop, made, skip_successful=True)
    assert "alert" not in actions(plan)
    assert plan.dropped == ()


@pytest.mark.parametrize("wish", ["start", "only", "until", "skip"])
def test_rule_06_a_start_among_errors_is_refused(wish: str) -> None:
    shop = flow(task("a"), errors=[task("alert")])
    asked: dict[str, Any] = {wish: "alert"}
    plan = draw(shop, past(shop), **asked)
    assert codes(plan) == ["start-in-handler"]
    assert "`alert` stands among `errors`" in plan.refusals[0].message


def test_rule_06_what_else_is_said_of_errors_is_for_the_run_to_check() -> None:
    shop = flow(task("a"), errors=[task("alert")])
    wishes: list[dict[str, Any]] = [
        {"outputs": {"alert": 1}}, {"task_inputs": {"alert": {"value": 1}}}, {"breakpoints": "alert"},
    ]  # fmt: skip
    for asked in wishes:
        plan = draw(shop, past(shop), **asked)
        assert not plan.refusals
        assert plan.unchecked == ("alert",)


def test_rule_06_finally_runs_if_anything_in_its_scope_runs() -> None:
    inner = changed(seq("s", task("a")), lasts=(task("tidy"),))
    shop = flow(par("p", inner, task("b")), lasts=[task("end")])
    assert runs(draw(shop, past(shop), start="b")) == ["b", "end"]
    plan = draw(shop, past(shop), start="a")
    assert runs(plan) == ["a", "tidy", "end"]
    assert why(plan, "tidy") == "at the end of `s`, in which `a` runs"
    assert not runs(draw(shop, past(shop), skip_successful=True))


def test_rule_06_finally_of_a_loop_runs_if_one_item_runs() -> None:
    shop = flow(changed(each("city", task("load")), lasts=(task("tidy"),)))
    plan = draw(shop, past(shop, items=CITIES), start="city[rome].load")
    assert runs(plan) == ["city[rome].load", "tidy"]


def test_rule_06_finally_may_be_started_itself() -> None:
    shop = flow(task("a"), lasts=[task("tidy"), task("tell")])
    assert runs(draw(shop, past(shop), start="tell")) == ["tell"]


def test_rule_06_finally_runs_after_what_runs_for_want_of_a_result_too() -> None:
    shop = flow(task("a"), task("b"), lasts=[task("tidy")])
    assert runs(draw(shop, past(shop, failed=["a"], absent=["b"]), skip_successful=True)) == ["a", "b", "tidy"]


# results: tolerated failures


def test_a_tolerated_failure_is_a_result_for_a_start_and_none_for_skip_successful() -> None:
    shop = flow(task("a"), task("b"), task("c"))
    made = past(shop, tolerated=["a"])
    assert runs(draw(shop, made, start="c")) == ["c"]
    plan = draw(shop, made, skip_successful=True)
    assert actions(plan) == {"a": "RUN", "b": "REUSE", "c": "REUSE"}
    assert why(plan, "a") == "failed in the origin, where that was tolerated"
    assert plan.by_address["b"].warnings == ("kept, though it stands after `a`, which runs",)


def test_a_failure_that_a_group_tolerated_is_kept_with_what_never_began_for_a_start() -> None:
    shop = flow(allow("try", task("a"), seq("s", task("b")), task("c")), task("end"))
    made = past(shop, failed=["a"], absent=["s", "c"])
    plan = draw(shop, made, start="end")
    assert actions(plan) == {"try": "REUSE", "a": "REUSE", "end": "RUN"}
    assert why(plan, "try") == "a failure in it was tolerated in the origin"
    assert runs(draw(shop, made, skip_successful=True)) == ["a", "s", "b", "c"]


def test_a_failure_that_a_group_tolerated_runs_again_where_something_in_it_is_named_or_reads_what_runs() -> None:
    shop = flow(task("z"), allow("try", task("a"), task("b", "z")), task("end"))
    made = past(shop, failed=["b"])
    assert runs(draw(shop, made, start="a")) == ["a", "b", "end"]
    assert "b" in runs(draw(shop, made, start="end", outputs={"z": "other"}))
    assert runs(draw(shop, made, start="end")) == ["end"]


def test_a_failure_that_a_group_tolerated_and_handled_runs_again() -> None:
    group = changed(allow("try", task("a"), task("b")), errors=(task("alert"),))
    shop = flow(group, task("end"))
    made = past(flow(changed(group, lasts=(task("alert"),)), task("end")), failed=["b"])
    assert runs(draw(shop, made, start="end")) == ["b", "end"]


def test_a_failure_in_a_loop_that_a_group_tolerated_is_kept_by_item() -> None:
    shop = flow(allow("try", each("city", task("load"), task("sell", own("load")))), task("end", whole("sell")))
    made = past(shop, items=CITIES, failed=["city[rome].load"], absent=["city[rome].sell"])
    plan = draw(shop, made, start="end")
    assert runs(plan) == ["end"]
    assert actions(plan)["city[rome].load"] == "REUSE"
    assert "city[rome].sell" not in actions(plan)


# units


def unit(id: str, *tasks: Task, reads: Sequence[str] = (), repeats: bool = True) -> Task:
    kind = Kind.LOOP if repeats else Kind.SEQUENCE
    found = tuple(Read(name, (Key.LAST,) if repeats else (), ("value",)) for name in reads)
    return Task(id, "unit", kind=kind, tasks=tasks, reads=found, repeats=repeats, whole=True, definition="unit")


@pytest.mark.parametrize("repeats", [True, False])
def test_a_unit_is_kept_with_all_that_is_in_it(repeats: bool) -> None:
    shop = flow(task("a"), unit("u", task("b", "a"), task("c"), reads=["c"], repeats=repeats), task("d"))

    plan = draw(shop, past(shop, items={"u": ["0", "1"]}), start=["d"])

    inside = {f"u[{turn}].{name}" for turn in "01" for name in "bc"} if repeats else {"b", "c"}
    assert actions(plan) == {"a": "REUSE", "u": "REUSE", **dict.fromkeys(inside, "REUSE"), "d": "RUN"}
    assert plan.by_address["u"].keys == (("0", "1") if repeats else None)


@pytest.mark.parametrize("repeats", [True, False])
@pytest.mark.parametrize(
    "request_",
    [{"start": ["a"]}, {"start": ["c"]}, {"only": ["c"]}, {"start": ["d"], "task_inputs": {"c": {"value": "2"}}}],
    ids=str,
)
def test_a_unit_of_which_anything_runs_runs_whole(request_: dict[str, Any], repeats: bool) -> None:
    shop = flow(task("a"), unit("u", task("b", "a"), task("c"), reads=["c"], repeats=repeats), task("d"))

    plan = draw(shop, past(shop, items={"u": ["0"]}), **request_)

    assert plan.refusals == ()
    assert plan.by_address["u"].action is Action.RUN
    if not repeats:
        assert [plan.by_address[name].action for name in "bc"] == [Action.RUN, Action.RUN]


def test_a_unit_in_a_loop_runs_for_the_items_that_run() -> None:
    shop = flow(each("e", task("a"), unit("u", task("b", own("a"))), task("z")))

    plan = draw(shop, past(shop, items={"e": ["p", "q"], "e[p].u": ["0"], "e[q].u": ["0"]}), start=["e[p].a"])

    assert (plan.by_address["e[p].u"].action, plan.by_address["e[q].u"].action) == (Action.RUN, Action.REUSE)
    assert "e[q].u[0].b" in plan.by_address


# subflows


def call(id: str, *reads: str) -> Task:
    return replace(task(id, *reads), kind=Kind.SUBFLOW)


@pytest.mark.parametrize(
    ("request_", "failed", "child"),
    [
        ({"start": ["call.load"]}, [], {"start": ["load"]}),
        ({"start": ["call"]}, [], {}),
        ({"start": ["call.load", "call"]}, [], {}),
        ({"start": ["a"]}, [], {"skip_successful": True}),
        ({"start": ["side"]}, [], {}),
        ({"skip_successful": True}, ["call"], {"skip_successful": True}),
        ({}, [], {}),
    ],
    ids=str,
)
def test_what_is_asked_of_the_run_that_a_subflow_called(
    request_: dict[str, Any], failed: list[str], child: dict[str, Any]
) -> None:
    shop = flow(task("a"), task("side"), call("call", "a"), task("end", "call"))

    plan = draw(shop, past(shop, failed=failed), **request_)

    assert plan.refusals == ()
    assert plan.by_address["call"].child == child
    assert plan_from_bytes(plan_to_bytes(plan)).by_address["call"].child == child


def test_nothing_is_asked_where_a_subflow_is_kept_or_has_called_nothing() -> None:
    shop = flow(task("a"), call("call", "a"), task("end", "call"))

    assert draw(shop, past(shop), start=["end"]).by_address["call"].child is None
    assert draw(shop, past(shop, absent=["call"]), start=["a"]).by_address["call"].child is None
