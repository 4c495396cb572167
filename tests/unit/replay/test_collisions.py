"""Where two rules of a replay meet, the one that reuses less holds (docs/replay.md, "Where two rules meet")."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.graphs import actions, codes, draw, each, flow, mail, par, past, runs, seq, task

from dalsegno.replay.request import ORIGIN, Overrides


def test_a_carried_pin_inside_a_group_that_is_named_runs_and_below_a_start_it_stays() -> None:
    shop = flow(seq("s", task("a")), task("b", "a"), task("c", "b"))
    carried = Overrides(outputs={"a": 1, "b": 1})
    made = past(shop, pinned={"a": 1, "b": 1})
    assert actions(draw(shop, made, start="s", carried=carried)) == {
        "s": "RUN",
        "a": "RUN",
        "b": "PIN",
        "c": "RUN",
    }


def test_a_tolerated_failure_runs_where_one_field_would_keep_it_and_another_would_not() -> None:
    shop = flow(task("a", allow_failure=True), task("b"))
    made = past(shop, tolerated=["a"])
    assert runs(draw(shop, made, start="b")) == ["b"]
    assert runs(draw(shop, made, start="b", skip_successful=True)) == ["a", "b"]
    assert actions(draw(shop, made, only="b", skip_successful=True)) == {"a": "LEAVE", "b": "RUN"}


def test_a_result_to_keep_that_is_named_for_another_reason_is_refused() -> None:
    shop = flow(task("a"), task("b", "a"))
    ways: list[dict[str, Any]] = [{"start": "a"}, {"skip": "a"}, {"task_inputs": {"a": {"value": 1}}}]
    for asked in ways:
        assert "contradiction" in codes(draw(shop, past(shop), outputs={"a": ORIGIN}, **asked))


def test_effects_that_are_reused_and_stand_in_a_group_that_is_named_run() -> None:
    shop = flow(seq("s", mail("send")), task("b"))
    assert actions(draw(shop, past(shop), start="s", effects="reuse"))["send"] == "RUN"


@pytest.mark.parametrize("asked", [{"start": "a"}, {"skip_successful": True}])
def test_effects_to_reuse_of_which_the_result_is_gone_are_refused_and_not_done_again(asked: dict[str, Any]) -> None:
    shop = flow(task("a"), mail("send", "a"), task("b", "send"))
    made = past(shop, gone=["send"], failed=["b"])
    assert codes(draw(shop, made, effects="reuse", **asked)) != []


def test_a_kept_item_of_which_the_loop_runs_whole_runs_and_a_skip_of_it_is_refused() -> None:
    shop = flow(task("a"), each("city", task("load"), reads=["a"]))
    made = past(shop, items={"city": ["paris", "rome"]})
    plan = draw(shop, made, start="a", skip="city[rome].load", items={"city": ["paris", "rome"]})
    assert codes(plan) == ["skip-below-run"]


def test_what_was_left_out_in_the_origin_runs_though_everything_before_it_is_kept() -> None:
    shop = flow(par("p", task("a"), task("b")), task("c", "b"))
    plan = draw(shop, past(shop, absent=["b", "c"]), skip_successful=True)
    assert runs(plan) == ["b", "c"]


def test_a_finally_that_is_skipped_by_name_in_a_flow_in_which_something_runs_is_refused() -> None:
    shop = flow(task("a"), lasts=[task("tidy")])
    plan = draw(shop, past(shop), start="a", skip="tidy")
    assert codes(plan) != []


def test_a_pin_below_a_start_holds_though_what_it_would_read_runs() -> None:
    shop = flow(task("a"), task("b", "a"), par("p", task("c", "b"), task("d", "a")))
    plan = draw(shop, past(shop), start="a", outputs={"b": ORIGIN})
    assert actions(plan) == {"a": "RUN", "b": "PIN", "p": "RUN", "c": "RUN", "d": "RUN"}
