"""Effects that are seen outside."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.graphs import actions, allow, changed, codes, draw, each, flow, mail, own, past, runs, task

CITIES = {"city": ["paris", "rome"]}


def shop_with_mail() -> Any:
    return flow(task("a"), mail("send", "a"), task("c", "send"))


def test_effects_that_ran_before_are_refused_until_somebody_agrees() -> None:
    shop = shop_with_mail()
    plan = draw(shop, past(shop), start="a")
    assert codes(plan) == ["effects"]
    assert plan.refusals[0].address == "send"
    assert "ran already in sales-1" in plan.refusals[0].message
    assert "--acknowledge send" in plan.refusals[0].message


@pytest.mark.parametrize("agreed", ["send", "*"])
def test_effects_that_are_acknowledged_run(agreed: str) -> None:
    shop = shop_with_mail()
    plan = draw(shop, past(shop), start="a", acknowledge=agreed)
    assert runs(plan) == ["a", "send", "c"]
    assert not plan.refusals


@pytest.mark.parametrize("asked", [{"start": "send"}, {"only": "send"}])
def test_effects_of_what_is_named_to_run_are_agreed_to(asked: dict[str, Any]) -> None:
    shop = shop_with_mail()
    assert not draw(shop, past(shop), **asked).refusals


def test_effects_of_what_is_overridden_are_not_agreed_to() -> None:
    shop = shop_with_mail()
    assert codes(draw(shop, past(shop), skip_successful=True, task_inputs={"send": {"value": 1}})) == ["effects"]


def test_effects_are_asked_of_everything_when_all_runs_again() -> None:
    shop = shop_with_mail()
    assert codes(draw(shop, past(shop))) == ["effects"]
    assert not draw(shop).refusals, "a fresh run has nothing to ask"


def test_effects_of_what_failed_or_never_began_are_not_asked() -> None:
    shop = shop_with_mail()
    assert not draw(shop, past(shop, failed=["send"], absent=["c"]), skip_successful=True).refusals
    assert not draw(shop, past(shop, absent=["send", "c"]), skip_successful=True).refusals


def test_effects_of_what_was_killed_may_have_been_seen_and_cannot_be_reused() -> None:
    shop = shop_with_mail()
    made = past(shop, killed=["send"], absent=["c"])
    for way in ("ask", "reuse"):
        assert codes(draw(shop, made, skip_successful=True, effects=way)) == ["effects"]


def test_effects_of_an_earlier_run_of_the_lineage_count() -> None:
    shop = shop_with_mail()
    made = past(shop, failed=["a"], absent=["send", "c"], before={"send": "sales-0"})
    plan = draw(shop, made, skip_successful=True)
    assert codes(plan) == ["effects"]
    assert "sales-0" in plan.refusals[0].message


def test_decision_f_effects_that_are_reused_keep_the_result_and_what_reads_only_it() -> None:
    shop = flow(task("a"), mail("send", "a"), task("c", "send"))
    plan = draw(shop, past(shop), skip_successful=True, task_inputs={"a": {"value": 1}}, effects="reuse")
    assert actions(plan) == {"a": "RUN", "send": "PIN", "c": "RUN"}, "c stands after a, which runs again"
    beside = flow(task("z"), each("city", mail("send", "z")), task("c"))
    plan = draw(beside, past(beside, items=CITIES), skip_successful=True, outputs={"z": "other"}, effects="reuse")
    assert runs(plan) == []
    assert not plan.refusals


def test_decision_f_effects_that_are_reused_run_all_the_same_where_they_are_named_or_acknowledged() -> None:
    shop = shop_with_mail()
    assert "send" in runs(draw(shop, past(shop), start="a", effects="reuse", acknowledge="send"))
    assert "send" in runs(draw(shop, past(shop), start="send", effects="reuse"))


def test_decision_f_effects_that_are_reused_and_overridden_contradict_each_other() -> None:
    shop = shop_with_mail()
    plan = draw(shop, past(shop), skip_successful=True, task_inputs={"send": {"value": 1}}, effects="reuse")
    assert codes(plan) == ["override-kept"]


def test_decision_f_effects_that_are_reused_and_whose_result_is_gone_are_refused() -> None:
    shop = shop_with_mail()
    assert codes(draw(shop, past(shop, gone=["send"]), start="a", effects="reuse")) == ["artifact-missing"]


def test_effects_in_a_loop_to_come_are_asked_by_their_task() -> None:
    shop = flow(task("cities"), each("city", task("load"), mail("send", own("load")), reads=["cities"]))
    made = past(shop, items=CITIES)
    assert codes(draw(shop, made, start="cities")) == ["effects"]
    assert not draw(shop, made, start="cities", acknowledge="send").refusals
    assert not draw(shop, made, start="cities", effects="reuse").refusals
    killed = past(shop, items=CITIES, killed=["city[rome].send"])
    assert codes(draw(shop, killed, start="cities", effects="reuse")) == ["effects"]


def test_effects_of_what_is_decided_at_its_turn_are_asked_and_reused() -> None:
    before = shop_with_mail()
    after = flow(task("a", says="2"), *before.tasks[1:])
    assert codes(draw(after, past(before), changed=True)) == ["effects"]
    assert actions(draw(after, past(before), changed=True, acknowledge="send"))["send"] == "CHECK"
    plan = draw(after, past(before), changed=True, effects="reuse")
    assert actions(plan) == {"a": "RUN", "send": "PIN", "c": "CHECK"}
    assert not plan.refusals


def test_effects_of_one_item_are_acknowledged_alone() -> None:
    shop = flow(each("city", task("load"), mail("send", own("load"))))
    made = past(shop, items=CITIES)
    plan = draw(shop, made, start="load", acknowledge="city[rome].send")
    assert [found.address for found in plan.refusals] == ["city[paris].send"]


def test_effects_of_what_was_renamed_are_asked_by_its_old_name() -> None:
    before, after = shop_with_mail(), flow(task("a"), mail("post", "a"))
    plan = draw(after, past(before), start="a", renamed={"post": "send"})
    assert codes(plan) == ["effects"]
    assert plan.refusals[0].address == "post"


def test_effects_of_what_is_left_out_are_not_asked() -> None:
    shop = shop_with_mail()
    assert not draw(shop, past(shop), only="a").refusals
    assert not draw(changed_flow(shop), past(shop), until="a").refusals


def changed_flow(shop: Any) -> Any:
    return flow(changed(shop.tasks[0], description="x"), allow("try", *shop.tasks[1:]))
