"""The decisions of a plan, letter by letter (docs/replay.md)."""

from __future__ import annotations

import pytest
from tests.support.graphs import (
    ANYTHING,
    actions,
    chain,
    codes,
    draw,
    each,
    flow,
    of_item,
    own,
    par,
    past,
    runs,
    seq,
    some,
    task,
    whole,
    why,
)

from dalsegno.model.flow import Read

CITIES = {"city": ["paris", "rome", "oslo"]}


def test_everything_of_a_fresh_run_runs() -> None:
    plan = draw(flow(task("a"), par("p", task("b", "a"), each("city", task("c"))), task("d")), items=CITIES)
    assert set(actions(plan).values()) == {"RUN"}
    assert why(plan, "a") == "first run"
    assert [d.address for d in plan.decisions][:5] == ["a", "p", "b", "city", "city[paris].c"]


def test_a_fresh_run_takes_pins_and_overrides() -> None:
    plan = draw(chain("a", "b"), outputs={"a": "given"}, task_inputs={"b": {"value": 1}})
    assert actions(plan) == {"a": "PIN", "b": "RUN"}
    assert not plan.refusals


def test_with_nothing_but_an_origin_everything_runs_again() -> None:
    shop = chain("a", "b")
    plan = draw(shop, past(shop))
    assert runs(plan) == ["a", "b"]
    assert why(plan, "a") == "everything is run again"


def test_decision_a_matches_by_address_and_gives_the_origins_task_run_and_time() -> None:
    shop = chain("a", "b", "c")
    plan = draw(shop, past(shop), start="c")
    assert [d.origin_task_run for d in plan.decisions] == ["run:a", "run:b", "run:c"]
    assert plan.by_address["a"].estimate_s == 2.0


def test_decision_b_a_pin_is_taken_and_what_it_would_have_read_stays() -> None:
    shop = chain("a", "b", "c")
    assert actions(draw(shop, past(shop), skip_successful=True, outputs={"b": "x"})) == {
        "a": "REUSE",
        "b": "PIN",
        "c": "RUN",
    }


def test_decision_b_a_start_runs_with_everything_downstream_of_it() -> None:
    shop = chain("a", "b", "c", "d")
    plan = draw(shop, past(shop, failed=["c"], absent=["d"]), start="c")
    assert actions(plan) == {"a": "REUSE", "b": "REUSE", "c": "RUN", "d": "RUN"}
    assert why(plan, "c") == "you start here"
    assert why(plan, "d") == "reads `c`, which runs"
    assert not plan.warnings


def test_decision_b_several_starts_each_run() -> None:
    shop = flow(par("p", task("a"), task("b"), task("c")), task("d"))
    assert runs(draw(shop, past(shop), start=["a", "c"])) == ["a", "c", "d"]


def test_decision_b_a_task_whose_property_is_overridden_runs() -> None:
    shop = chain("a", "b", "c")
    plan = draw(shop, past(shop), skip_successful=True, task_inputs={"b": {"value": 1}})
    assert actions(plan) == {"a": "REUSE", "b": "RUN", "c": "RUN"}
    assert why(plan, "b").startswith("`value` is overridden")


def test_decision_b_without_start_a_skip_keeps_what_it_names_and_the_rest_runs() -> None:
    shop = flow(par("p", task("a"), task("b")))
    assert actions(draw(shop, past(shop), skip="a")) == {"p": "ENTER", "a": "REUSE", "b": "RUN"}


def test_decision_c_skip_successful_keeps_what_has_a_result_and_runs_what_has_none() -> None:
    shop = flow(par("p", task("a"), task("b"), task("c"), task("d")), task("e"))
    plan = draw(shop, past(shop, failed=["b"], killed=["c"], absent=["d", "e"]), skip_successful=True)
    assert runs(plan) == ["b", "c", "d", "e"]
    reasons = [why(plan, name) for name in "bcd"]
    assert reasons == ["failed in the origin", "was killed in the origin", "has no result in the origin"]


def test_decision_c_what_reads_an_overridden_input_runs() -> None:
    shop = flow(par("p", task("a", inputs=("date",)), task("b", inputs=("city",))), task("c", "b"))
    plan = draw(shop, past(shop), skip_successful=True, overridden=["date"], inputs={"date": "x"})
    assert runs(plan) == ["a", "c"]
    assert why(plan, "a") == "input `date` is overridden"
    assert why(plan, "c") == "stands after `a`, which runs"


def test_decision_d_a_reader_runs_and_so_does_its_reader_wherever_they_stand() -> None:
    shop = flow(task("a"), par("p", task("b", "a"), task("x")), task("c", "b"))
    plan = draw(shop, past(shop), skip_successful=True, outputs={"a": "other"})
    assert actions(plan) == {"a": "PIN", "p": "ENTER", "b": "RUN", "x": "REUSE", "c": "RUN"}
    assert why(plan, "b") == "reads `a`, which is pinned to another result"


def test_decision_d_a_pin_of_the_same_value_makes_nothing_run() -> None:
    shop = chain("a", "b")
    assert actions(draw(shop, past(shop), skip_successful=True, outputs={"a": "result of a"})) == {
        "a": "PIN",
        "b": "REUSE",
    }


def test_decision_d_a_pin_makes_only_its_readers_run() -> None:
    shop = flow(task("a"), task("b"), task("c", "a"))
    assert runs(draw(shop, past(shop), skip_successful=True, outputs={"a": "other"})) == ["c"]


def test_decision_d_what_only_stands_after_a_named_task_runs_too() -> None:
    shop = flow(task("a"), task("b"), task("c"))
    plan = draw(shop, past(shop), start="b")
    assert actions(plan) == {"a": "REUSE", "b": "RUN", "c": "RUN"}
    assert why(plan, "c") == "stands after `b`, which runs"


def test_decision_d_what_stands_after_a_named_task_without_a_result_runs_too() -> None:
    shop = flow(task("a"), task("new"), task("c"))
    assert runs(draw(shop, past(shop, absent=["new"]), start="new")) == ["new", "c"]


def test_decision_d_a_task_that_runs_for_want_of_a_result_does_not_spread_over_order_edges() -> None:
    shop = flow(task("a"), task("new"), task("c"))
    plan = draw(shop, past(shop, absent=["new"]), skip_successful=True)
    assert actions(plan) == {"a": "REUSE", "new": "RUN", "c": "REUSE"}
    assert plan.by_address["c"].warnings == ("kept, though it stands after `new`, which runs",)


def test_decision_d_siblings_of_a_parallel_do_not_stand_after_each_other_but_what_follows_does() -> None:
    shop = flow(par("p", seq("left", task("a"), task("b")), seq("right", task("c"), task("d"))), task("e"))
    plan = draw(shop, past(shop), start="a")
    assert actions(plan) == {
        "p": "ENTER", "left": "ENTER", "a": "RUN", "b": "RUN", "right": "REUSE", "c": "REUSE", "d": "REUSE", "e": "RUN",
    }  # fmt: skip


def test_decision_d_a_dynamic_reader_reads_whatever_stands_before_it() -> None:
    shop = flow(task("a"), par("p", task("b", ANYTHING), task("c")), task("d"))
    assert runs(draw(shop, past(shop), skip_successful=True, outputs={"a": "other"})) == ["b", "d"]


def test_decision_d_a_dynamic_reader_in_a_loop_reads_what_an_earlier_item_left() -> None:
    shop = flow(each("city", task("a"), task("b", ANYTHING)))
    plan = draw(shop, past(shop, items=CITIES), skip_successful=True, outputs={"city[rome].a": "other"})
    assert runs(plan) == ["city[rome].b", "city[oslo].b"]


def test_decision_d_only_the_reader_in_the_same_item_runs() -> None:
    shop = flow(each("city", task("load"), task("sell", own("load"))), task("end"))
    plan = draw(shop, past(shop, items=CITIES), start="city[rome].load")
    assert runs(plan) == ["city[rome].load", "city[rome].sell", "end"]
    assert why(plan, "city[rome].sell") == "reads `city[rome].load`, which runs"


@pytest.mark.parametrize("read", [whole("load"), some("load"), of_item("load", "rome")])
def test_decision_d_a_reader_of_the_item_outside_the_loop_runs(read: Read) -> None:
    shop = flow(each("city", task("load")), task("sum", read))
    plan = draw(shop, past(shop, items=CITIES), skip_successful=True, outputs={"city[rome].load": "other"})
    assert runs(plan) == ["sum"]


def test_decision_d_a_reader_of_another_item_is_kept() -> None:
    shop = flow(each("city", task("load")), task("sum", of_item("load", "oslo")))
    assert not runs(draw(shop, past(shop, items=CITIES), skip_successful=True, outputs={"city[rome].load": "other"}))


def test_decision_d_a_reader_of_a_loop_reads_what_is_pinned_inside_it() -> None:
    shop = flow(each("city", task("load")), task("sum", whole("city")))
    plan = draw(shop, past(shop, items=CITIES), skip_successful=True, outputs={"city[rome].load": "other"})
    assert runs(plan) == ["sum"]


@pytest.mark.parametrize("read", [of_item("x", "rome"), some("x"), whole("x")])
def test_decision_d_an_item_that_reads_what_a_later_item_leaves_runs(read: Read) -> None:
    shop = flow(each("city", task("x"), task("y", read)))
    plan = draw(shop, past(shop, items=CITIES), start="city[rome].x")
    assert "city[paris].y" in runs(plan)
    assert why(plan, "city[paris].y").startswith("reads `city[rome].x`")


def test_decision_d_a_reader_that_stands_before_what_it_reads_runs() -> None:
    shop = flow(par("p", task("early", "late"), task("late")))
    assert runs(draw(shop, past(shop), start="late")) == ["early", "late"]


def test_decision_d_a_task_that_reads_the_group_around_it_runs() -> None:
    shop = flow(each("city", task("a"), task("b", whole("city"))))
    plan = draw(shop, past(shop, items=CITIES), start="city[oslo].a")
    assert runs(plan) == ["city[paris].b", "city[rome].b", "city[oslo].a", "city[oslo].b"]


def test_a_group_with_something_running_inside_is_entered_and_says_what() -> None:
    shop = flow(seq("s", task("a"), task("b")), task("c"))
    plan = draw(shop, past(shop), start="b")
    assert actions(plan) == {"s": "ENTER", "a": "REUSE", "b": "RUN", "c": "RUN"}
    assert why(plan, "s") == "`b` inside it runs"


def test_naming_a_group_means_everything_inside_it() -> None:
    shop = flow(task("a"), seq("s", task("b"), par("p", task("c"))), task("d"))
    plan = draw(shop, past(shop), start="s")
    assert runs(plan) == ["s", "b", "p", "c", "d"]
    assert why(plan, "b") == "`s` starts here"


def test_a_group_that_reads_what_runs_runs_with_everything_inside_it() -> None:
    shop = flow(task("cities"), each("city", task("load"), reads=["cities"]))
    plan = draw(shop, past(shop, items=CITIES), start="cities")
    assert actions(plan) == {"cities": "RUN", "city": "RUN"}
    assert plan.by_address["city"].waits_for == "cities"
    assert plan.by_address["city"].forced


def test_a_loop_over_a_pinned_list_knows_its_items_at_once() -> None:
    shop = flow(task("cities"), each("city", task("load"), reads=["cities"]))
    plan = draw(shop, past(shop, items=CITIES), skip_successful=True, outputs={"cities": ["x"]}, items={"city": ["x"]})
    assert actions(plan) == {"cities": "PIN", "city": "RUN", "city[x].load": "RUN"}


def test_a_loop_in_a_fresh_run_waits_for_what_it_loops_over() -> None:
    plan = draw(flow(task("cities"), each("city", task("load"), reads=["cities"])), items=CITIES)
    assert plan.by_address["city"].waits_for == "cities"
    assert "city[paris].load" not in plan.by_address


def test_a_loop_in_one_item_that_waits_leaves_the_other_items_alone() -> None:
    inner = each("day", task("sell"), reads=[own("days")])
    shop = flow(each("city", task("days"), inner, task("sum", own("sell"))))
    made = past(shop, items={**CITIES, "day": ["mon"]})
    plan = draw(shop, made, start="city[rome].days", items={"day": ["mon"]})
    assert actions(plan)["city[paris].day"] == "REUSE"
    assert actions(plan)["city[paris].sum"] == "REUSE"
    assert actions(plan)["city[rome].sum"] == "RUN"


def test_a_failed_group_whose_tasks_all_succeeded_is_entered_and_nothing_runs() -> None:
    shop = flow(seq("s", task("a"), task("b")))
    plan = draw(shop, past(shop, failed=["s"]), skip_successful=True)
    assert actions(plan) == {"s": "ENTER", "a": "REUSE", "b": "REUSE"}
    assert why(plan, "s") == "failed in the origin"


def test_a_group_that_is_new_around_a_known_task_is_entered_and_the_task_kept() -> None:
    before, after = flow(task("a"), task("b")), flow(seq("s", task("a")), task("b"))
    assert actions(draw(after, past(before), skip_successful=True)) == {"s": "ENTER", "a": "REUSE", "b": "REUSE"}


def test_a_plan_in_which_nothing_runs_says_so() -> None:
    shop = chain("a", "b")
    plan = draw(shop, past(shop), skip_successful=True)
    assert plan.warnings == ("nothing runs: everything that sales-1 has a result for is kept",)


def test_everything_named_twice_is_refused_once() -> None:
    shop = chain("a", "b")
    assert codes(draw(shop, past(shop), start=["nope", "nope"])) == ["unknown-address"]
