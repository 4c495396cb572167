"""Plans of large flows. Each of these took more than half a minute where looking something up was a walk over everything."""

from __future__ import annotations

import pytest
from tests.support.graphs import ANYTHING, chain, choice, draw, each, flow, past, runs, some, task, whole

ITEMS = {"city": [f"c{number}" for number in range(5000)]}


@pytest.mark.timeout(20)
def test_a_loop_of_thousands_of_items_that_read_any_of_the_others_is_planned_at_once() -> None:
    shop = flow(each("city", task("load"), task("sell", some("load"))), task("sum", whole("sell")))
    plan = draw(shop, past(shop, items=ITEMS), start="city[c4999].load")
    assert len(runs(plan)) == 5002


@pytest.mark.timeout(20)
def test_a_request_that_names_thousands_of_items_is_planned_at_once() -> None:
    shop = flow(each("city", task("load"), task("sell")))
    names = [f"city[{item}].load" for item in ITEMS["city"]]
    plan = draw(
        shop, past(shop, items=ITEMS), skip_successful=True, outputs=dict.fromkeys(names, 1), skip=["city[c1].sell"]
    )
    assert not plan.refusals
    assert not runs(plan)


@pytest.mark.timeout(20)
def test_a_chain_of_ten_thousand_tasks_is_planned_at_once() -> None:
    shop = chain(*[f"t{number}" for number in range(10_000)])
    assert runs(draw(shop, past(shop), start="t9999")) == ["t9999"]


@pytest.mark.timeout(20)
def test_lost_results_in_a_long_row_are_found_at_once() -> None:
    ids = [f"t{number}" for number in range(3000)]
    shop = chain(*ids)
    assert len(runs(draw(shop, past(shop, gone=ids), start=ids[-1]))) == 3000


@pytest.mark.timeout(20)
def test_what_the_last_of_ten_thousand_tasks_needs_is_found_at_once() -> None:
    shop = chain(*[f"t{number}" for number in range(10_000)])
    assert len(runs(draw(shop, until="t9998"))) == 9_999
    dynamic = flow(*(task(f"t{number}", ANYTHING) for number in range(3_000)))
    assert len(runs(draw(dynamic, until="t2998"))) == 2_999


@pytest.mark.timeout(20)
def test_what_changed_among_ten_thousand_tasks_is_found_at_once() -> None:
    ids = [f"t{number}" for number in range(10_000)]
    shop = chain(*ids)
    assert not runs(draw(shop, past(shop), changed=True))


@pytest.mark.timeout(20)
def test_thousands_of_choices_and_names_in_them_are_checked_at_once() -> None:
    shop = flow(each("city", choice("if_big", {"then": [task("load")], "else": [task("sell")]})))
    names = [f"city[{item}].load" for item in ITEMS["city"]]
    plan = draw(shop, past(shop, items={**ITEMS, "if_big": ["then"]}), items={"if_big": ["then"]}, start=names)
    assert not plan.refusals
    assert len(plan.decisions) == 10_001
