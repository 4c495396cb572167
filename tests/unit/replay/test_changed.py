"""Only what changed: what runs at once, and what is decided at its turn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.graphs import (
    ANYTHING,
    actions,
    allow,
    chain,
    changed,
    choice,
    codes,
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

from dalsegno.model.flow import Retry

CITIES = {"city": ["paris", "rome"]}


def test_changed_runs_nothing_where_nothing_changed() -> None:
    shop = flow(task("a"), each("city", task("load", "a"), task("sell", own("load"))), task("c", ANYTHING))
    assert not runs(draw(shop, past(shop, items=CITIES), changed=True))


def test_changed_another_definition_runs_and_what_depends_on_it_is_decided_at_its_turn() -> None:
    before, after = chain("a", "b", "c", "d"), flow(task("a"), task("b", "a", says="2"), task("c", "b"), task("d", "c"))
    plan = draw(after, past(before), changed=True)
    assert actions(plan) == {"a": "REUSE", "b": "RUN", "c": "CHECK", "d": "CHECK"}
    assert why(plan, "b") == "definition changed: `value`"
    assert why(plan, "c") == "is decided at its turn: it reads `b`"
    assert not plan.refusals


def test_changed_what_only_stands_after_it_is_decided_at_its_turn_too() -> None:
    before, after = flow(task("a"), task("b"), task("c")), flow(task("a", says="2"), task("b"), task("c"))
    plan = draw(after, past(before), changed=True)
    assert actions(plan) == {"a": "RUN", "b": "CHECK", "c": "CHECK"}
    assert why(plan, "b") == "is decided at its turn: it stands after `a`"


def test_changed_what_stands_beside_it_is_kept() -> None:
    before = flow(par("p", task("a"), task("b")), task("c", "b"))
    after = flow(par("p", task("a", says="2"), task("b")), task("c", "b"))
    assert actions(draw(after, past(before), changed=True)) == {"p": "ENTER", "a": "RUN", "b": "REUSE", "c": "CHECK"}


def test_changed_what_has_no_result_runs_and_what_stands_after_it_is_decided_at_its_turn() -> None:
    shop = flow(task("a"), task("b"), task("c"))
    plan = draw(shop, past(shop, failed=["b"]), changed=True)
    assert actions(plan) == {"a": "REUSE", "b": "RUN", "c": "CHECK"}
    assert why(plan, "b") == "failed in the origin"


def test_changed_a_tolerated_failure_runs() -> None:
    shop = flow(task("a"), task("b"))
    plan = draw(shop, past(shop, tolerated=["a"]), changed=True)
    assert actions(plan) == {"a": "RUN", "b": "CHECK"}
    assert why(plan, "a") == "failed in the origin, where that was tolerated"


def test_changed_what_reads_an_input_with_another_value_runs() -> None:
    shop = flow(par("p", task("a", inputs=("date",)), task("b")), task("c", "a"))
    plan = draw(shop, past(shop), changed=True, inputs={"date": "x"}, overridden=["date"])
    assert actions(plan) == {"p": "ENTER", "a": "RUN", "b": "REUSE", "c": "CHECK"}
    assert why(plan, "a") == "input `date` is overridden"


def test_changed_what_reads_a_pin_with_another_value_is_decided_at_its_turn_and_what_stands_after_it_is_kept() -> None:
    shop = flow(task("a"), par("p", task("b", "a"), task("x")), task("c"))
    plan = draw(shop, past(shop), changed=True, outputs={"a": "other"})
    assert actions(plan) == {"a": "PIN", "p": "ENTER", "b": "CHECK", "x": "REUSE", "c": "CHECK"}
    plan = draw(shop, past(shop), changed=True, outputs={"a": "result of a"})
    assert set(actions(plan).values()) == {"PIN", "REUSE"}


def test_changed_a_dynamic_reader_of_what_may_have_changed_runs() -> None:
    before = flow(task("a"), task("b", ANYTHING), task("c", "b"))
    after = flow(task("a", says="2"), task("b", ANYTHING), task("c", "b"))
    plan = draw(after, past(before), changed=True)
    assert actions(plan) == {"a": "RUN", "b": "RUN", "c": "CHECK"}
    assert why(plan, "b") == "may read `a`, which runs"
    assert runs(draw(before, past(before), changed=True, outputs={"a": "other"})) == ["b", "c"]


@pytest.mark.parametrize(
    "fields", [{"description": "new"}, {"retry": Retry("constant", 1.0)}, {"timeout": "PT1S"}, {"place": None}]
)
def test_changed_description_retry_and_timeout_run_nothing(fields: dict[str, Any]) -> None:
    before = chain("a", "b")
    after = flow(changed(before.tasks[0], **fields), before.tasks[1])
    assert not runs(draw(after, past(before), changed=True))
    assert not runs(draw(replace(before, description="new", labels={"x": "y"}), past(before), changed=True))


def test_changed_a_changed_loop_is_decided_item_by_item() -> None:
    before, after = flow(each("city", task("load"))), flow(each("city", task("load"), says="2"))
    plan = draw(after, past(before, items=CITIES), changed=True)
    assert actions(plan) == {"city": "ENTER", "city[paris].load": "CHECK", "city[rome].load": "CHECK"}
    assert why(plan, "city") == "definition changed: `values`"


def test_changed_only_the_new_items_run_and_readers_of_the_loop_are_decided_at_their_turn() -> None:
    shop = flow(each("city", task("load"), task("sell", own("load"))), task("sum", whole("sell")))
    plan = draw(shop, past(shop, items=CITIES), changed=True, items={"city": ["paris", "oslo"]})
    assert actions(plan) == {
        "city": "ENTER", "city[paris].load": "REUSE", "city[paris].sell": "REUSE", "city[oslo].load": "RUN",
        "city[oslo].sell": "RUN", "sum": "CHECK",
    }  # fmt: skip
    assert plan.dropped == ("city[rome].load", "city[rome].sell")


def test_changed_a_loop_over_what_may_have_changed_is_decided_at_its_turn() -> None:
    before = flow(task("cities"), each("city", task("load"), reads=["cities"]), task("sum", whole("load")))
    after = replace(before, tasks=(task("cities", says="2"), *before.tasks[1:]))
    plan = draw(after, past(before, items=CITIES), changed=True)
    assert actions(plan) == {"cities": "RUN", "city": "ENTER", "sum": "CHECK"}
    assert plan.by_address["city"].waits_for == "cities"
    assert plan.by_address["city"].check


def test_changed_another_branch_runs_and_readers_are_decided_at_their_turn() -> None:
    shop = flow(choice("if_big", {"then": [task("a")], "else": [task("b")]}), task("c", "a"), task("d"))
    plan = draw(shop, past(shop, items={"if_big": ["then"]}), changed=True, items={"if_big": ["else"]})
    assert actions(plan) == {"if_big": "ENTER", "b": "RUN", "c": "CHECK", "d": "CHECK"}
    assert plan.not_reached == ("a",)


def test_changed_with_a_start_runs_it_with_everything_downstream() -> None:
    shop = chain("a", "b", "c")
    assert runs(draw(shop, past(shop), changed=True, start="b")) == ["b", "c"]


def test_changed_what_must_run_again_because_it_is_gone_runs() -> None:
    before, after = chain("a", "b", "c"), flow(task("a", says="2"), task("b", "a"), task("c", "b"))
    plan = draw(after, past(before, gone=["b"]), changed=True)
    assert runs(plan)[:2] == ["a", "b"]


def test_changed_a_skip_is_kept_though_its_definition_changed_and_refused_below_what_may_change() -> None:
    before, after = chain("a", "b"), flow(task("a", says="2"), task("b", "a"))
    plan = draw(after, past(before), changed=True, skip="a")
    assert actions(plan) == {"a": "REUSE", "b": "REUSE"}
    assert plan.by_address["a"].warnings
    assert codes(draw(after, past(before), changed=True, skip="b")) == ["skip-below-run"]
    assert actions(draw(after, past(before), changed=True, outputs={"b": 1}))["b"] == "PIN"


def test_changed_with_only_and_until_leaves_out_what_is_not_named() -> None:
    before, after = chain("a", "b", "c"), flow(task("a", says="2"), task("b", "a"), task("c", "b"))
    assert codes(draw(after, past(before), changed=True, only="b")) == ["reads-left-out"]
    assert actions(draw(after, past(before), changed=True, until="b")) == {"a": "RUN", "b": "CHECK", "c": "LEAVE"}


def test_changed_finally_runs_only_if_something_does() -> None:
    before = flow(task("a"), task("b"), lasts=[task("tidy")])
    after = replace(before, tasks=(task("a", says="2"), before.tasks[1]))
    assert not runs(draw(before, past(before), changed=True))
    assert runs(draw(after, past(before), changed=True)) == ["a", "tidy"]


def test_changed_a_failure_that_a_group_tolerated_runs() -> None:
    shop = flow(allow("try", task("a"), task("b")), task("c"))
    plan = draw(shop, past(shop, failed=["a"], absent=["b"]), changed=True)
    assert actions(plan) == {"try": "ENTER", "a": "RUN", "b": "RUN", "c": "CHECK"}


def test_changed_is_never_on_by_default() -> None:
    before, after = flow(seq("s", task("a"))), flow(seq("s", task("a", says="2")))
    assert not runs(draw(after, past(before), skip_successful=True))
