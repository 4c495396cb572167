"""The rules of a replay, by number (docs/replay.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.support.graphs import (
    ANYTHING,
    actions,
    chain,
    changed,
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
    task,
    whole,
    why,
)

from dalsegno.model.digest import digest
from dalsegno.model.flow import Read
from dalsegno.model.plan import Action, Plan
from dalsegno.replay.fingerprint import definition_of, effective_digests
from dalsegno.replay.origin import Origin
from dalsegno.replay.request import ORIGIN, Expression, Overrides, ReplayRequest

CITIES = {"city": ["paris", "rome"]}


def refusal(plan: Plan) -> str:
    assert plan.refusals, "the plan was to be refused"
    return plan.refusals[0].message


# 1: reuse follows (d)


def test_rule_01_a_skip_below_what_runs_is_refused_and_both_are_named() -> None:
    shop = chain("a", "b", "c")
    plan = draw(shop, past(shop), start="a", skip="c")
    assert codes(plan) == ["skip-below-run"]
    assert refusal(plan) == "`c` cannot be skipped: it reads `b`, which runs; skip that as well, or neither"


def test_rule_01_a_skip_after_what_runs_is_refused_in_loops_too() -> None:
    shop = flow(each("city", task("a"), task("b", own("a"))))
    plan = draw(shop, past(shop, items=CITIES), start="city[rome].a", skip="b")
    assert [found.address for found in plan.refusals] == ["city[rome].b"]


def test_rule_01_a_skip_in_a_loop_whose_items_are_not_known_is_refused() -> None:
    shop = flow(task("cities"), seq("s", each("city", task("a"), reads=["cities"])))
    made = past(shop, items=CITIES)
    for name in ("a", "city", "city[rome]", "city[rome].a", "s"):
        assert "skip-below-run" in codes(draw(shop, made, start="cities", skip=name)), name


def test_rule_01_skipping_what_makes_it_run_as_well_is_accepted() -> None:
    shop = chain("a", "b", "c")
    plan = draw(shop, past(shop), skip=["a", "b"])
    assert actions(plan) == {"a": "REUSE", "b": "REUSE", "c": "RUN"}
    assert not plan.refusals


# 2: artifacts are checked


def test_rule_02_a_kept_result_that_is_gone_and_read_runs_again_and_what_made_it_is_asked_in_turn() -> None:
    shop = chain("a", "b", "c", "d")
    plan = draw(shop, past(shop, gone=["b", "c"]), start="d")
    assert actions(plan) == {"a": "REUSE", "b": "RUN", "c": "RUN", "d": "RUN"}
    assert why(plan, "c").startswith("`value` of its result is gone from the artifact store")


def test_rule_02_a_result_that_is_gone_but_that_nobody_reads_is_kept() -> None:
    shop = chain("a", "b", "c")
    assert runs(draw(shop, past(shop, gone=["a"]), start="c")) == ["c"]


def test_rule_02_a_skipped_task_whose_result_is_gone_is_refused() -> None:
    shop = chain("a", "b")
    plan = draw(shop, past(shop, gone=["a"]), skip="a")
    assert codes(plan) == ["artifact-missing"]
    assert "`a` cannot be skipped: `value` of its result is gone" in refusal(plan)


def test_rule_02_readers_of_groups_dynamic_readers_and_loops_to_come_are_asked_as_well() -> None:
    inner = seq("s", task("a"))
    for reader in (task("z", whole("s")), task("z", ANYTHING)):
        shop = flow(inner, reader)
        assert runs(draw(shop, past(shop, gone=["a"]), start="z")) == ["a", "z"]
    shop = flow(task("a"), task("cities"), each("city", task("z", "a"), reads=["cities"]))
    plan = draw(shop, past(shop, items=CITIES, gone=["a"]), skip_successful=True, start="cities")
    assert runs(plan) == ["a", "cities", "city"]


def test_rule_02_verify_looks_at_all_that_is_kept_and_at_its_content() -> None:
    shop = chain("a", "b", "c", "d")
    kept = past(shop, gone=["a"], damaged=["c"])
    assert runs(draw(shop, kept, start="d")) == ["d"]
    plan = draw(shop, kept, start="d", verify=True)
    assert runs(plan) == ["a", "b", "c", "d"]
    assert why(plan, "a").startswith("`value` of its result is gone from the artifact store")
    shop = flow(par("p", task("a"), task("b")), task("c", "b"))
    plan = draw(shop, past(shop, damaged=["a"]), start="c", verify=True)
    assert runs(plan) == ["a", "c"]
    assert why(plan, "a") == "`value` of its result is not what was stored: it is damaged"


def test_rule_02_verify_refuses_what_was_named_to_be_kept_and_what_may_not_run() -> None:
    shop = flow(task("a"), task("b"), task("c"))
    made = past(shop, damaged=["a"])
    requests: list[dict[str, Any]] = [
        {"skip": "a", "start": "c"}, {"outputs": {"a": ORIGIN}, "start": "c"}, {"only": "c"}
    ]  # fmt: skip
    for asked in requests:
        plan = draw(shop, made, verify=True, **asked)
        assert codes(plan) == ["artifact-missing"], asked
        assert "`value` of its result is not what was stored: it is damaged" in refusal(plan)
    assert refusal(draw(shop, made, verify=True, only="c")).endswith("and `only` leaves it out; add it to `only`")
    plan = draw(shop, past(shop, damaged=["c"]), verify=True, skip_successful=True, until="b")
    assert refusal(plan).endswith("and `until` leaves it out; add it to `until`")


def test_rule_02_verify_looks_at_what_is_decided_at_its_turn_and_inside_loops() -> None:
    before, after = flow(task("x"), task("y", "x")), flow(task("x", says="2"), task("y", "x"))
    assert runs(draw(after, past(before, damaged=["y"]), changed=True, verify=True)) == ["x", "y"]
    shop = flow(each("city", task("a")), task("z"))
    plan = draw(shop, past(shop, items=CITIES, damaged=["city[rome].a"]), start="z", verify=True)
    assert actions(plan)["city"] == "ENTER"
    assert runs(plan) == ["city[rome].a", "z"]


# 3: matching is by address


def test_rule_03_new_removed_and_renamed_tasks_elsewhere_block_nothing() -> None:
    before = flow(task("a"), task("old"), task("c", "a"))
    after = flow(task("first"), task("a"), task("new"), task("c", "a"))
    plan = draw(after, past(before), start="c")
    assert actions(plan) == {"first": "RUN", "a": "REUSE", "new": "RUN", "c": "RUN"}
    assert plan.dropped == ("old",)
    assert not plan.refusals


def test_rule_03_a_start_that_is_gone_is_refused_with_the_closest_names() -> None:
    before, after = chain("load", "convert"), chain("load", "convert_all")
    plan = draw(after, past(before), start="convert")
    assert codes(plan) == ["unknown-address"]
    assert plan.refusals[0].closest[0] == "convert_all"
    assert "there is no task `convert` in this revision" in refusal(plan)
    assert "`--rename convert_all=convert`" in refusal(plan)


def test_rule_03_a_name_that_was_never_there_is_not_taken_for_a_renamed_one() -> None:
    plan = draw(chain("load", "convert"), past(chain("load", "convert")), start="convrt")
    assert "--rename" not in refusal(plan)


def test_rule_03_wrapping_a_task_in_a_group_loses_no_match() -> None:
    before = flow(task("a"), task("b", "a"))
    after = flow(par("p", seq("s", task("a"))), task("b", "a"))
    assert actions(draw(after, past(before), start="b"))["a"] == "REUSE"


# 4: type and definition


def test_rule_04_a_task_whose_type_changed_is_matched_and_the_reason_says_what_changed() -> None:
    before = flow(task("a"), task("to_parquet", "a", type="serdes.avro.IonToAvro"))
    after = flow(task("a"), task("to_parquet", "a", type="serdes.parquet.IonToParquet"))
    plan = draw(after, past(before, failed=["to_parquet"]), start="to_parquet")
    assert plan.by_address["to_parquet"].origin_task_run == "run:to_parquet"
    assert why(plan, "to_parquet") == "you start here; definition changed: type IonToAvro → IonToParquet"


def test_rule_04_what_is_kept_though_its_definition_changed_is_warned_of() -> None:
    before, after = flow(task("a"), task("b", "a")), flow(task("a", says="2"), task("b", "a"))
    plan = draw(after, past(before), start="b")
    assert plan.by_address["a"].warnings == ("kept, though its definition has changed since: `value`",)


def test_rule_04_stale_refuse_refuses_what_would_be_kept_though_it_changed() -> None:
    before, after = flow(task("a"), task("b", "a")), flow(task("a", says="2"), task("b", "a"))
    plan = draw(after, past(before), start="b", stale="refuse")
    assert codes(plan) == ["stale"]
    assert "--stale warn" in refusal(plan)


def test_rule_04_a_result_whose_definition_is_not_on_record_is_not_called_changed() -> None:
    shop = chain("a", "b")
    origin = with_definition(past(shop), "a", "", {})
    assert not draw(shop, origin, start="b", stale="refuse").refusals


def test_rule_04_a_changed_variable_is_named() -> None:
    before = flow(changed(task("a"), variables={"schema": "one"}), task("b", "a"))
    after = flow(changed(task("a"), variables={"schema": "two"}), task("b", "a"))
    digests = {**before.tasks[0].digests, "vars.schema": "one"}
    origin = with_definition(past(before), "a", digest("definition", digests), digests)
    plan = draw(after, origin, start="b")
    assert plan.by_address["a"].warnings == ("kept, though its definition has changed since: variable `schema`",)


def with_definition(origin: Origin, address: str, definition: str, digests: Mapping[str, str]) -> Origin:
    """Give a past in which one task ran with another definition."""
    results = {**origin.results, address: replace(origin.results[address], definition=definition)}

    def told(_: str) -> Mapping[str, str]:
        return digests

    return replace(origin, results=results, digests=told)


# 5: skip never beats an override


def test_rule_05_a_skip_of_what_reads_an_overridden_input_is_refused() -> None:
    shop = flow(task("a", inputs=("date",)), task("b", "a"))
    plan = draw(shop, past(shop), skip="a", inputs={"date": "x"}, overridden=["date"])
    assert codes(plan) == ["skip-overridden"]
    assert "it reads the input `date`, which this request overrides" in refusal(plan)


@pytest.mark.parametrize("other", [{"skip": "b"}, {"outputs": {"b": 1}}])
def test_rule_05_an_override_on_what_will_not_run_is_refused(other: dict[str, Any]) -> None:
    shop = chain("a", "b")
    plan = draw(shop, past(shop), task_inputs={"b": {"value": 1}}, **other)
    assert codes(plan)[0] == "contradiction"
    assert "overridden" in refusal(plan)


def test_rule_05_a_cut_that_an_override_moves_upwards_is_told_first() -> None:
    shop = flow(task("a", inputs=("date",)), task("b", "a"), task("c", "b"))
    plan = draw(shop, past(shop), start="c", inputs={"date": "x"}, overridden=["date"])
    assert runs(plan) == ["a", "b", "c"]
    assert plan.warnings[0].startswith("`a` runs as well, before `c`: it reads the input `date`, which is overridden")


def test_rule_05_an_override_below_the_start_moves_no_cut() -> None:
    shop = flow(task("a"), task("b", "a", inputs=("date",)))
    assert not draw(shop, past(shop), start="a", inputs={"date": "x"}, overridden=["date"]).warnings


def test_rule_05_carried_values_make_nothing_run_and_refuse_nothing() -> None:
    shop = chain("a", "b", "c")
    carried = Overrides({"a": {"value": 9}, "nowhere": {"value": 1}}, {"gone": 1})
    plan = draw(shop, past(shop), start="c", skip="a", carried=carried)
    assert actions(plan) == {"a": "REUSE", "b": "REUSE", "c": "RUN"}
    assert not plan.refusals


def test_rule_05_a_kept_result_is_compared_with_the_carried_override_applied() -> None:
    shop = chain("a", "b")
    overrides = {"value": 9}
    digests = effective_digests(shop.tasks[0], overrides)
    origin = with_definition(past(shop), "a", definition_of(shop.tasks[0], overrides), digests)
    carried = Overrides({"a": {"value": 9}}, {})
    assert not draw(shop, origin, start="b", carried=carried, stale="refuse").refusals
    assert codes(draw(shop, origin, start="b", stale="refuse")) == ["stale"]


def test_rule_05_a_carried_pin_is_a_pin_unless_the_request_names_the_task() -> None:
    shop = chain("a", "b", "c")
    made = past(shop, pinned={"a": "given"})
    carried = Overrides({}, {"a": "given"})
    assert actions(draw(shop, made, start="c", carried=carried))["a"] == "PIN"
    assert actions(draw(shop, made, carried=carried)) == {"a": "PIN", "b": "RUN", "c": "RUN"}
    assert actions(draw(shop, made, start="a", carried=carried))["a"] == "RUN"
    skipped = draw(shop, made, start="c", skip="a", carried=carried)
    assert actions(skipped)["a"] == "REUSE"
    assert skipped.by_address["a"].warnings == ("kept, though its result was given by a person",)


def test_rule_05_a_pin_that_was_taken_back_in_between_does_not_come_back() -> None:
    shop = chain("a", "b")
    assert actions(draw(shop, past(shop), start="b", carried=Overrides({}, {"a": "given"})))["a"] == "REUSE"


def test_rule_05_what_was_given_later_wins_in_what_is_carried() -> None:
    before = Overrides({"load": {"v": 1}, "city[rome].load": {"v": 2}}, {"load": 1, "city[rome].load": 2})
    request = ReplayRequest(task_inputs={"load": {"v": 3}}, outputs={"load": 3}, carried=before)
    carried = request.for_replay_of_it()
    assert list(carried.task_inputs.items())[-1] == ("load", {"v": 3})
    assert list(carried.outputs.items())[-1] == ("load", 3)


# 6: nothing unfinished is inherited


@pytest.mark.parametrize("state", ["failed", "killed"])
def test_rule_06_what_did_not_end_well_is_never_kept(state: str) -> None:
    shop = flow(par("p", task("a"), task("b")), task("c", "a"))
    plan = draw(
        shop,
        past(shop, absent=["c"], failed=["b"]) if state == "failed" else past(shop, absent=["c"], killed=["b"]),
        start="c",
    )
    assert actions(plan) == {"p": "ENTER", "a": "REUSE", "b": "RUN", "c": "RUN"}


# 8: the clock


def test_rule_08_what_runs_and_gives_something_new_each_time_is_marked() -> None:
    shop = flow(task("a", volatile=("now",)), task("b", volatile=("uuid", "now")))
    plan = draw(shop, past(shop), start="b")
    assert plan.by_address["b"].warnings == ("volatile: `uuid()`, `now()` gives something new each time",)
    assert not plan.by_address["a"].warnings


# 11: items by key


def test_rule_11_items_are_matched_by_key_in_whatever_order_they_stand() -> None:
    shop = flow(each("city", task("load")))
    plan = draw(shop, past(shop, items=CITIES), items={"city": ["oslo", "rome", "paris"]}, skip_successful=True)
    assert actions(plan) == {
        "city": "ENTER", "city[oslo].load": "RUN", "city[rome].load": "REUSE", "city[paris].load": "REUSE",
    }  # fmt: skip
    assert plan.by_address["city[rome].load"].origin_task_run == "run:city[rome].load"


def test_rule_11_only_the_failed_items_run_where_the_list_is_kept() -> None:
    shop = flow(task("cities"), each("city", task("load"), task("sell", own("load")), reads=["cities"]), task("end"))
    made = past(shop, items=CITIES, failed=["city[rome].load"], absent=["city[rome].sell", "end"])
    assert runs(draw(shop, made, skip_successful=True)) == ["city[rome].load", "city[rome].sell", "end"]


def test_rule_11_an_item_that_is_gone_is_listed_as_dropped() -> None:
    shop = flow(each("city", task("load")))
    plan = draw(shop, past(shop, items=CITIES), items={"city": ["rome"]}, skip_successful=True)
    assert plan.dropped == ("city[paris].load",)
    assert why(plan, "city") == "its items differ from the origin's: gone `paris`"


# 12: a replay of a replay


def test_rule_12_a_replay_can_keep_what_its_origin_kept() -> None:
    shop = chain("a", "b", "c")
    made = past(shop)
    kept = {name: replace(result, action=Action.REUSE) for name, result in made.results.items()}
    origin = replace(made, results=kept)
    assert actions(draw(shop, origin, start="c")) == {"a": "REUSE", "b": "REUSE", "c": "RUN"}


# 13: all names are checked


@pytest.mark.parametrize(
    "request_",
    [{"start": "convrt"}, {"skip": "convrt"}, {"task_inputs": {"convrt": {"v": 1}}}, {"outputs": {"convrt": 1}}],
)
def test_rule_13_an_unknown_name_is_refused_with_the_closest(request_: dict[str, Any]) -> None:
    shop = chain("load", "convert")
    plan = draw(shop, past(shop), **request_)
    assert codes(plan) == ["unknown-address"]
    assert plan.refusals[0].closest == ("convert",)
    assert "did you mean `convert`?" in refusal(plan)


def test_rule_13_an_unknown_item_is_refused_with_the_closest() -> None:
    shop = flow(each("city", task("load")))
    for name in ("city[rom].load", "city[rom]"):
        plan = draw(shop, past(shop, items=CITIES), start=name)
        assert codes(plan) == ["unknown-item"]
        assert plan.refusals[0].closest == ("rome",)


def test_rule_13_an_item_is_unknown_inside_a_group_that_runs_too() -> None:
    shop = flow(seq("s", each("city", task("load"))))
    plan = draw(shop, past(shop, items=CITIES), start=["s", "city[nowhere].load"])
    assert codes(plan) == ["unknown-item"]


def test_rule_13_what_only_the_run_can_know_is_listed_as_not_checked() -> None:
    shop = flow(task("cities"), each("city", task("load"), reads=["cities"]))
    plan = draw(shop, past(shop, items=CITIES), start=["cities", "city[madrid].load"])
    assert plan.unchecked == ("city[madrid].load",)
    assert not plan.refusals


def test_rule_13_an_unknown_item_of_the_outer_loop_is_refused_though_the_inner_one_is_to_come() -> None:
    shop = flow(each("city", task("days"), each("day", task("sell"), reads=[own("days")])))
    made = past(shop, items={**CITIES, "day": ["mon"]})
    plan = draw(shop, made, start="days", outputs={"city[madrid].day[mon].sell": 1})
    assert codes(plan) == ["unknown-item"]
    plan = draw(shop, made, start="days", outputs={"city[rome].day[sun].sell": 1})
    assert plan.unchecked == ("city[rome].day[sun].sell",)


@pytest.mark.parametrize(
    "name", ["", "a.b", "a.", "a[", "city[x", "city[rome].", "load[rome]", "load[rome].load", "city[a].city[b].load"]
)
def test_rule_13_a_name_that_is_no_address_is_refused(name: str) -> None:
    shop = flow(each("city", task("load")), task("a"))
    plan = draw(shop, past(shop, items=CITIES), start=[name])
    assert codes(plan) == ["bad-address"], plan.refusals


def test_rule_13_every_item_may_be_written_as_a_star() -> None:
    shop = flow(each("city", each("day", task("sell"))))
    made = past(shop, items={**CITIES, "day": ["mon", "sun"]})
    assert runs(draw(shop, made, start="city[*].day[sun].sell")) == [
        "city[paris].day[sun].sell",
        "city[rome].day[sun].sell",
    ]
    plan = draw(shop, made, start="city[rome].day[*]")
    assert runs(plan) == ["city[rome].day[mon].sell", "city[rome].day[sun].sell"]
    assert not plan.refusals


# 14: contradictions


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"start": "b", "skip": "b"}, "both started and skipped"),
        ({"start": "s", "skip": "b"}, "both started and skipped (`s` and `b`)"),
        ({"start": "b", "skip": "s"}, "both started and skipped (`b` and `s`)"),
        ({"start": "b", "outputs": {"b": 1}}, "both pinned and started"),
        ({"skip": "b", "outputs": {"b": 1}}, "both skipped and pinned"),
        ({"skip": "b", "task_inputs": {"b": {"value": 1}}}, "both skipped and overridden"),
        ({"outputs": {"b": 1}, "task_inputs": {"b": {"value": 1}}}, "both pinned and overridden"),
    ],
)
def test_rule_14_contradictions_are_refused(request_: dict[str, Any], words: str) -> None:
    shop = flow(seq("s", task("a"), task("b")), task("c"))
    plan = draw(shop, past(shop), **request_)
    assert "contradiction" in codes(plan)
    assert f"`b` is {words}; drop one of them" in {found.message for found in plan.refusals}


def test_rule_14_wishes_for_different_items_do_not_contradict_each_other() -> None:
    shop = flow(each("city", task("load")))
    plan = draw(shop, past(shop, items=CITIES), start="city[rome].load", skip="city[paris]")
    assert actions(plan) == {"city": "ENTER", "city[paris].load": "REUSE", "city[rome].load": "RUN"}
    assert not plan.refusals


def test_rule_14_contradictions_in_a_loop_to_come_are_refused_at_once() -> None:
    shop = flow(task("cities"), each("city", task("load"), reads=["cities"]))
    plan = draw(shop, past(shop, items=CITIES), start=["cities", "load"], outputs={"city[x].load": 1})
    assert codes(plan) == ["contradiction"]


def test_rule_14_a_skip_without_a_result_is_refused() -> None:
    shop = chain("a", "b", "c")
    plan = draw(shop, past(shop, failed=["b"], absent=["c"]), skip=["b", "c"])
    assert codes(plan) == ["skip-without-result"]
    assert [found.address for found in plan.refusals] == ["b", "c"]
    assert refusal(plan) == "`b` cannot be skipped: it failed in the origin; pin its result instead"


def test_rule_14_a_skip_in_a_fresh_run_is_refused() -> None:
    assert codes(draw(chain("a"), skip="a")) == ["skip-without-result"]


def test_rule_14_a_pin_of_a_group_is_refused() -> None:
    shop = flow(each("city", task("load")), seq("s", task("a")))
    for name in ("city", "city[rome]", "s"):
        assert codes(draw(shop, past(shop, items=CITIES), outputs={name: 1})) == ["pin-of-group"]


def test_rule_14_a_pin_that_lacks_what_somebody_reads_is_refused() -> None:
    shop = flow(task("a", outputs=("uri", "size")), task("b", "a.size"))
    plan = draw(shop, past(shop), outputs={"a": {"uri": "x"}})
    assert codes(plan) == ["pin-lacks-output"]
    assert refusal(plan) == "the pin of `a` lacks `size`, which `b` reads"


def test_rule_14_a_pin_of_an_output_that_is_not_there_is_refused() -> None:
    shop = flow(task("a", outputs=("uri", "size")))
    assert codes(draw(shop, past(shop), outputs={"a": {"url": "x"}})) == ["bad-pin"]


def test_rule_14_a_task_without_outputs_is_marked_as_done_by_an_empty_pin() -> None:
    shop = flow(task("a", outputs=()), task("b"))
    plan = draw(shop, past(shop, failed=["a"], absent=["b"]), skip_successful=True, outputs={"a": {}})
    assert actions(plan) == {"a": "PIN", "b": "RUN"}
    assert not plan.refusals


def test_rule_14_an_override_of_an_item_is_refused() -> None:
    shop = flow(each("city", task("load")))
    assert codes(draw(shop, past(shop, items=CITIES), task_inputs={"city[rome]": {"v": 1}})) == ["bad-address"]


# 15: groups above a start


def test_rule_15_items_that_differ_make_what_stands_after_the_loop_run() -> None:
    shop = flow(each("city", task("load")), task("sum", whole("load")), task("end"))
    made = past(shop, items=CITIES)
    for items in (["paris"], ["paris", "rome", "oslo"], ["rome", "paris"]):
        plan = draw(shop, made, items={"city": items}, skip_successful=True)
        assert {"sum", "end"} <= set(runs(plan)), items
        assert actions(plan)["city"] == "ENTER"
    assert why(plan, "city") == "its items differ from the origin's: another order"
    assert why(plan, "sum") == "reads `city`, which comes out otherwise"


def test_rule_15_a_reader_in_another_item_of_the_outer_loop_runs_when_the_inner_one_lost_an_item() -> None:
    shop = flow(each("city", each("day", task("sell")), task("first", Read("sell", ("paris",)))))
    made = past(shop, items={**CITIES, "day": ["mon", "sun"]})
    plan = draw(shop, made, skip_successful=True, items={"city[paris].day": ["mon"], "city[rome].day": ["mon", "sun"]})
    assert runs(plan) == ["city[paris].first", "city[rome].first"]


def test_rule_15_what_only_stands_after_a_loop_that_lost_an_item_runs() -> None:
    shop = flow(each("city", task("load")), task("end"))
    plan = draw(shop, past(shop, items=CITIES), items={"city": ["rome"]}, skip_successful=True)
    assert runs(plan) == ["end"]
    assert why(plan, "end") == "stands after `city`, which comes out otherwise"


def test_rule_15_what_stands_after_a_loop_whose_items_are_not_known_runs() -> None:
    shop = flow(each("city", task("load")), task("end"))
    plan = draw(shop, past(shop, items=CITIES), items={"city": None}, skip_successful=True)
    assert runs(plan) == ["city", "end"]


def test_rule_15_what_reads_a_loop_that_had_no_result_and_whose_items_are_not_known_runs() -> None:
    read = of_item("sell", "rome", "mon")
    shop = flow(each("city", each("day", task("sell"))), task("sum", whole("sell")), task("one", read), task("end"))
    made = past(shop, items={**CITIES, "day": ["mon"]}, absent=["city[rome].day"])
    plan = draw(shop, made, items={"city[rome].day": None}, skip_successful=True)
    assert runs(plan)[:3] == ["city[rome].day", "sum", "one"]
    assert why(plan, "one") == "reads `city[rome].day`, which runs"


def test_rule_15_a_loop_that_is_entered_and_reads_what_stands_after_it_runs_whole() -> None:
    shop = flow(par("p", each("city", task("load"), reads=["late"]), task("late")))
    plan = draw(shop, past(shop, items=CITIES), start=["late", "city[paris].load"])
    assert {"city", "city[rome].load"} <= set(runs(plan))


def test_rule_15_a_start_in_a_loop_that_has_no_items_now_is_refused() -> None:
    shop = flow(each("city", task("load")))
    plan = draw(shop, past(shop, items=CITIES), items={"city": []}, start="load")
    assert codes(plan) == ["start-not-reached"]
    assert "start `load` is not reached" in refusal(plan)


def test_rule_15_a_loop_over_an_overridden_input_runs_whole() -> None:
    shop = flow(each("city", task("load"), inputs=["cities"]), task("end"))
    plan = draw(shop, past(shop, items=CITIES), overridden=["cities"], skip_successful=True)
    assert runs(plan) == ["city", "city[paris].load", "city[rome].load", "end"]


# the digest


def test_the_digest_stays_for_the_same_plan_and_moves_with_what_is_done() -> None:
    shop = chain("a", "b", "c")
    made = past(shop)
    first = draw(shop, made, start="c")
    assert draw(shop, past(shop), start="c", reason="why not", labels={"x": "y"}).digest == first.digest
    others = [
        draw(shop, made, start="b"),
        draw(shop, made, start="c", inputs={"x": 1}),
        draw(shop, made, start="c", task_inputs={"c": {"value": Expression("x")}}),
        draw(shop, past(shop, gone=["b"]), start="c"),
        draw(chain("a", "b", "c", "d"), made, start="c"),
    ]
    assert len({plan.digest for plan in (first, *others)}) == 6


# what is kept though what it reads is not in the flow any more


def test_what_is_kept_though_it_reads_what_is_gone_is_warned_of() -> None:
    before, after = flow(task("a"), task("b", "a"), task("c")), flow(task("b", "a"), task("c"))
    warned = draw(after, past(before), start="c").by_address["b"].warnings
    assert warned == ("kept, though it reads `a`, which is not in the flow",)
    before, after = flow(task("a"), task("b", ANYTHING), task("c")), flow(task("b", ANYTHING), task("c"))
    warned = draw(after, past(before), start="c").by_address["b"].warnings
    assert warned == ("kept, though it may read `a`, which is not in the flow any more",)
