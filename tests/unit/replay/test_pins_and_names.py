"""Breakpoints, pins that keep, and names that have changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.graphs import (
    ANYTHING,
    actions,
    changed,
    codes,
    draw,
    each,
    flow,
    own,
    par,
    past,
    runs,
    task,
    whole,
    why,
)

from dalsegno.model.flow import Read
from dalsegno.replay.request import ORIGIN, Overrides

CITIES = {"city": ["paris", "rome"]}

# 14: breakpoints


def test_a_breakpoint_stops_before_what_it_names() -> None:
    shop = flow(task("a"), each("city", task("load")))
    plan = draw(shop, items=CITIES, breakpoints=["a", "city[rome].load"])
    assert [found.address for found in plan.decisions if found.stops] == ["a", "city[rome].load"]


@pytest.mark.parametrize("asked", [{"start": "b"}, {"start": "b", "outputs": {"a": 1}}, {"only": "b"}])
def test_rule_14_a_breakpoint_on_what_does_not_run_is_refused(asked: dict[str, Any]) -> None:
    shop = flow(task("a"), task("b"))
    plan = draw(shop, past(shop, failed=["a"] if "only" in asked else []), breakpoints="a", **asked)
    assert "breakpoint-not-run" in codes(plan)
    assert "the run cannot stop before `a`: it does not run" in plan.refusals[-1].message


def test_rule_14_a_breakpoint_on_an_item_is_refused() -> None:
    shop = flow(each("city", task("load")))
    assert codes(draw(shop, items=CITIES, breakpoints="city[rome]")) == ["bad-address"]


# 14 and 5: pins that keep


def test_rule_14_a_kept_pin_stays_whatever_has_changed_and_makes_nothing_run() -> None:
    before = flow(task("a"), task("b", "a", inputs=("date",)), task("c", "b"))
    after = replace(
        before, tasks=(before.tasks[0], changed(task("b", "a", says="2"), inputs=("date",)), before.tasks[2])
    )
    plan = draw(after, past(before), start="c", outputs={"b": ORIGIN}, overridden=["date"], inputs={"date": "x"})
    assert actions(plan) == {"a": "REUSE", "b": "PIN", "c": "RUN"}
    assert why(plan, "b") == "its result is kept, whatever has changed"
    beside = flow(par("p", task("a"), task("b", "a"), task("c", "b")))
    plan = draw(beside, past(beside), start="a", outputs={"b": ORIGIN})
    assert actions(plan) == {"p": "ENTER", "a": "RUN", "b": "PIN", "c": "REUSE"}


@pytest.mark.parametrize("how", [{"failed": ["b"]}, {"absent": ["b"]}, {"killed": ["b"]}])
def test_rule_14_a_kept_pin_without_a_result_is_refused(how: dict[str, Any]) -> None:
    shop = flow(task("a"), task("b"))
    plan = draw(shop, past(shop, **how), outputs={"b": ORIGIN})
    assert codes(plan) == ["keep-without-result"]
    assert "`b` cannot be kept: it" in plan.refusals[0].message
    assert codes(draw(shop, outputs={"b": ORIGIN})) == ["keep-without-result"]


def test_rule_02_a_kept_pin_whose_result_is_gone_is_refused() -> None:
    shop = flow(task("a"), task("b", "a"))
    assert codes(draw(shop, past(shop, gone=["a"]), start="b", outputs={"a": ORIGIN})) == ["artifact-missing"]


def test_rule_05_a_kept_pin_that_is_carried_refuses_nothing() -> None:
    shop = flow(task("a"), task("b"))
    carried = Overrides({}, {"a": ORIGIN})
    assert actions(draw(shop, past(shop, failed=["a"]), skip_successful=True, carried=carried))["a"] == "RUN"
    assert actions(draw(shop, past(shop, absent=["a"]), skip_successful=True, carried=carried))["a"] == "RUN"
    kept = past(shop, pinned={"a": "result of a"})
    assert actions(draw(shop, kept, start="b", carried=carried))["a"] == "PIN"


def test_rule_14_a_pin_of_one_item_is_not_asked_for_what_is_read_of_another() -> None:
    loop = each("city", task("load", outputs=("uri", "size")))
    shop = flow(loop, task("sum", Read("load", ("rome",), ("size",))))
    made = past(shop, items=CITIES)
    assert not draw(shop, made, skip_successful=True, outputs={"city[paris].load": {"uri": "x"}}).refusals
    assert codes(draw(shop, made, skip_successful=True, outputs={"city[rome].load": {"uri": "x"}})) == [
        "pin-lacks-output"
    ]


# 3: renames


def test_rule_03_a_renamed_task_keeps_its_result() -> None:
    before, after = flow(task("a"), task("b", "a")), flow(task("a2"), task("b", "a2"))
    plan = draw(after, past(before), start="b", renamed={"a2": "a"})
    assert actions(plan) == {"a2": "REUSE", "b": "RUN"}
    assert plan.by_address["a2"].origin_task_run == "run:a"
    assert plan.dropped == ()


def test_rule_03_a_renamed_loop_keeps_what_is_in_it() -> None:
    before = flow(each("city", task("load"), task("sell", own("load"))))
    after = flow(each("town", task("fetch"), task("sell", own("fetch"))))
    plan = draw(after, past(before, items=CITIES), start="town[rome].sell", items={"town": CITIES["city"]},
                renamed={"town": "city", "fetch": "load"})  # fmt: skip
    assert runs(plan) == ["town[rome].sell"]
    assert plan.by_address["town[paris].fetch"].origin_task_run == "run:city[paris].load"
    assert plan.dropped == ()


def test_rule_11_a_renamed_item_keeps_its_results_and_the_loop_comes_out_otherwise() -> None:
    shop = flow(each("city", task("load")), task("sum", whole("load")))
    plan = draw(shop, past(shop, items=CITIES), skip_successful=True, items={"city": ["parigi", "rome"]},
                renamed={"city[parigi]": "city[paris]"})  # fmt: skip
    assert plan.by_address["city[parigi].load"].origin_task_run == "run:city[paris].load"
    assert runs(plan) == ["sum"]


def test_rule_03_a_single_task_run_is_matched_to_another() -> None:
    before, after = flow(task("load"), task("end")), flow(each("city", task("fetch")), task("end"))
    plan = draw(after, past(before), start="end", items=CITIES, renamed={"city[rome].fetch": "load"})
    assert plan.by_address["city[rome].fetch"].origin_task_run == "run:load"
    assert runs(plan) == ["city[paris].fetch", "end"]


def test_rule_03_a_name_that_is_given_to_another_task_has_no_result_of_its_own() -> None:
    before = flow(task("a"), task("b", "a"), task("c", "b"))
    after = flow(task("b"), task("c", "b"))
    for tasks in (before.tasks, tuple(reversed(before.tasks))):
        plan = draw(after, past(replace(before, tasks=tasks)), start="c", renamed={"b": "a"})
        assert plan.by_address["b"].origin_task_run == "run:a"


def test_rule_03_two_names_change_places() -> None:
    before = flow(par("p", task("a"), task("b")), task("c"))
    plan = draw(before, past(before), start="c", renamed={"a": "b", "b": "a"})
    assert plan.by_address["a"].origin_task_run == "run:b"
    assert plan.by_address["b"].origin_task_run == "run:a"


@pytest.mark.parametrize(
    ("renamed", "code", "words"),
    [
        ({"b2": "a"}, "unknown-address", "there is no task `b2` in this revision; did you mean"),
        ({"b": "aa"}, "unknown-address", "there is no task `aa` in the origin; did you mean"),
        ({"b": "a[["}, "bad-address", "is not an address"),
        ({"a": "a", "b": "a"}, "contradiction", "cannot be both `a` and `b`"),
        ({"city[x]": "a"}, "bad-address", "one of them is an item of a loop"),
    ],
)
def test_rule_13_names_that_are_not_there_or_given_twice_cannot_be_renamed(
    renamed: dict[str, str], code: str, words: str
) -> None:
    shop = flow(task("a"), task("b"), each("city", task("load")))
    plan = draw(shop, past(shop, items=CITIES), skip_successful=True, renamed=renamed)
    assert codes(plan) == [code]
    assert words in plan.refusals[0].message


def test_rule_03_a_dynamic_reader_is_not_warned_of_what_was_renamed() -> None:
    before, after = flow(task("a"), task("b", ANYTHING), task("c")), flow(task("a2"), task("b", ANYTHING), task("c"))
    plan = draw(after, past(before), start="c", renamed={"a2": "a"})
    assert not plan.by_address["b"].warnings
