from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dalsegno.cli.render.plan import Heading, plan_summary, plan_view
from dalsegno.cli.render.plan_rows import estimate
from dalsegno.errors import PlanRefusal
from dalsegno.model.flow import Kind
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.wire.reading import plan_from_json

GROUPS = {
    "core.flow.Parallel": Kind.PARALLEL, "core.flow.ForEach": Kind.LOOP, "core.flow.If": Kind.CHOICE,
}  # fmt: skip


def decision(
    address: str,
    action: Action,
    reason: str = "",
    *,
    type: str = "core.log.Log",
    took: float | None = None,
    warnings: tuple[str, ...] = (),
    keys: tuple[str, ...] | None = None,
    waits_for: str | None = None,
    stops: bool = False,
) -> Decision:
    task = address.rpartition(".")[2]
    return Decision(
        address, task, type, action, reason, warnings, estimate_s=took, keys=keys, waits_for=waits_for, stops=stops
    )  # fmt: skip


def plan_of(*decisions: Decision, **more: Any) -> Plan:
    return Plan("d" * 16, 1, decisions, **more)


DEMO = Plan(
    digest="9ba4cc5283c6aaaa",
    revision=2,
    decisions=(
        decision("get_zipfile", Action.REUSE, took=6.0),
        decision("unzip", Action.REUSE, took=1.0),
        decision("convert", Action.REUSE, took=2.2),
        decision(
            "to_parquet",
            Action.RUN,
            "you start here; definition changed: type IonToAvro → IonToParquet, `datetimeFormat`",
            took=3.2,
        ),
    ),
)


def test_what_runs_and_why_stands_first_and_what_is_kept_is_one_line(draw: Callable[..., str]) -> None:
    heading = Heading("replay of divvy_tripdata-1", "dalsegno replay last --from to_parquet --digest 9ba4cc5283c6")

    assert draw(*plan_view(DEMO, heading, groups=GROUPS, width=80)) == (
        "Plan: replay of divvy_tripdata-1, revision 2\n"
        "\n"
        "  RUN  to_parquet  you start here; definition changed: type IonToAvro →   ~3.2 s\n"
        "                   IonToParquet, `datetimeFormat`\n"
        "\n"
        "3 reused: get_zipfile, unzip, convert\n"
        "time about 3.2 s instead of 12.4 s (as last time)\n"
        "digest 9ba4cc5283c6\n"
        "\n"
        "To do it:  dalsegno replay last --from to_parquet --digest 9ba4cc5283c6"
    )


def test_before_it_is_carried_out_a_plan_is_two_lines(draw: Callable[..., str]) -> None:
    assert draw(plan_summary(DEMO, GROUPS, 80)) == (
        "plan: runs to_parquet, on revision 2\n      3 reused: get_zipfile, unzip, convert; saves 9.2 s"
    )


def test_the_items_of_a_loop_are_folded_where_they_say_the_same(draw: Callable[..., str]) -> None:
    items = [f"each[{number}].load" for number in range(500)]
    plan = Plan(
        "d" * 16,
        1,
        (
            decision("each", Action.RUN, "first run", type="core.flow.ForEach", keys=tuple(str(n) for n in range(500))),
            *(decision(item, Action.RUN, "first run") for item in items[:-1]),
            decision(items[-1], Action.RUN, "it failed"),
        ),
    )

    text = draw(*plan_view(plan, Heading("run of x"), groups=GROUPS, width=80))

    assert "load (499 items)" in text
    assert "[0, 1, 2, 3 … and 495 more]" in text
    assert "each[499].load" in text
    assert len(text.splitlines()) < 12


def test_a_plan_of_many_tasks_is_cut_and_says_so(draw: Callable[..., str]) -> None:
    plan = Plan("d" * 16, 1, tuple(decision(f"t{number}", Action.RUN, "first run") for number in range(1000)))

    text = draw(*plan_view(plan, Heading("run of x"), groups=GROUPS, width=80))

    assert "… and 980 more: add --json to see all" in text
    assert len(text.splitlines()) < 30


def test_a_loop_that_only_the_run_can_know_says_what_decides_it(draw: Callable[..., str]) -> None:
    plan = Plan(
        "d" * 16, 1, (decision("each", Action.RUN, "first run", type="core.flow.ForEach", waits_for="list_cities"),)
    )

    text = " ".join(draw(*plan_view(plan, Heading("run of x"), groups=GROUPS, width=80)).split())

    assert "its items are decided when `list_cities` has run" in text


def test_warnings_are_told_with_the_task_they_are_about(draw: Callable[..., str]) -> None:
    kept = decision("b", Action.REUSE, warnings=("kept, though its definition has changed since: `uri`",))
    plan = Plan("d" * 16, 1, (kept,), warnings=("revision 3 is newer",), dropped=("old",))

    text = draw(*plan_view(plan, Heading("replay of x-1"), groups=GROUPS, width=80))

    assert "warning: revision 3 is newer\n" in text
    assert "warning: b: kept, though its definition has changed since: `uri`" in text
    assert "dropped: old (no longer in the flow)" in text


def test_a_refused_plan_offers_no_command(draw: Callable[..., str]) -> None:
    plan = Plan("d" * 16, 1, (), refusals=(PlanRefusal("unknown-address", "there is no task `x`", "x"),))

    text = draw(*plan_view(plan, Heading("replay of x-1", "dalsegno replay"), groups=GROUPS, width=80))

    assert "refused: there is no task `x`" in text
    assert "this plan cannot be carried out" in text
    assert "To do it" not in text


def test_the_time_of_a_group_is_not_counted_twice() -> None:
    plan = Plan(
        "d" * 16,
        1,
        (
            decision("side", Action.REUSE, type="core.flow.Parallel", took=5.0),
            decision("a", Action.REUSE, took=5.0),
            decision("each", Action.RUN, type="core.flow.ForEach", keys=("x",), took=2.0),
            decision("each[x].b", Action.RUN, took=2.0),
            decision("c", Action.RUN),
        ),
    )

    assert estimate(plan, GROUPS).runs_s == 2.0
    assert estimate(plan, GROUPS).kept_s == 5.0


def test_brackets_in_reasons_are_text_and_no_markup(draw: Callable[..., str]) -> None:
    plan = Plan("d" * 16, 1, (decision("each[bold].load", Action.RUN, "reads `each[red].get`, which runs"),))

    text = draw(*plan_view(plan, Heading("run of x"), groups=GROUPS, width=80))

    assert "each[bold].load" in text
    assert "reads `each[red].get`, which runs" in text


def test_a_plan_survives_the_way_through_json(draw: Callable[..., str]) -> None:
    assert plan_from_json(DEMO.as_json()) == DEMO


def test_items_that_depend_on_their_own_neighbours_are_one_row(draw: Callable[..., str]) -> None:
    reasons = ((f"each[{n}].load", f"reads `each[{n}].get`, which runs") for n in range(500))
    plan = plan_of(*(decision(address, Action.RUN, reason) for address, reason in reasons))

    text = draw(*plan_view(plan, Heading("run of x"), groups=GROUPS, width=80))

    assert "RUN load (500 items) reads `get`, which runs [0, 1, 2, 3 … and 496 more]" in " ".join(text.split())
    assert len(text.splitlines()) < 8


CHANGED = plan_of(
    decision("list", Action.REUSE, took=4.0),
    decision("each", Action.ENTER, "`each[a].load` inside it runs", type="core.flow.ForEach", keys=("a", "b", "c")),
    decision("each[a].load", Action.RUN, "definition changed: `uri`", took=1.0),
    decision("each[a].save", Action.CHECK, "decided at its turn: it reads `each[a].load`", took=2.0),
    decision("each[b].load", Action.REUSE, took=1.0),
    decision("each[b].save", Action.CHECK, "decided at its turn: it stands after `each[b].load`", took=2.0),
    decision("each[c].load", Action.REUSE, took=1.0),
    decision("each[c].save", Action.REUSE, took=1.0),
    decision("publish", Action.LEAVE, "would run, but is left out by `until`", took=9.0),
    not_reached=("tiny",),
    dropped=("each[d].load", "old"),
)


def test_what_is_decided_at_its_turn_or_left_out_is_told_apart(draw: Callable[..., str]) -> None:
    assert draw(*plan_view(CHANGED, Heading("replay of x-1"), groups=GROUPS, width=80)) == (
        "Plan: replay of x-1, revision 1\n"
        "\n"
        "  ENTER  each          1 of 3 items runs, 1 decided at its turn\n"
        "  RUN    each[a].load  definition changed: `uri`                          ~1.0 s\n"
        "  CHECK  each[a].save  decided at its turn: it reads `each[a].load`       ~2.0 s\n"
        "  CHECK  each[b].save  decided at its turn: it stands after               ~2.0 s\n"
        "                       `each[b].load`\n"
        "\n"
        "4 reused: list, load (2 items), each[c].save\n"
        "1 left out: publish (outside of what was asked for)\n"
        "not reached: tiny (in a branch that is not taken now)\n"
        "dropped: each[d].load (there is no such item now)\n"
        "dropped: old (no longer in the flow)\n"
        "time about 1.0 s, up to 5.0 s instead of 12.0 s (as last time)\n"
        "digest dddddddddddd"
    )


def test_the_summary_of_a_run_names_what_is_decided_later_and_what_is_left_out(draw: Callable[..., str]) -> None:
    text = " ".join(draw(plan_summary(CHANGED, GROUPS, 80)).split())

    assert "runs each[a].load; decides at their turn each[a].save, each[b].save; leaves out publish" in text


def test_a_group_that_comes_out_otherwise_says_how(draw: Callable[..., str]) -> None:
    plan = plan_of(
        decision("if_big", Action.ENTER, "it now takes `else`, not `then`", type="core.flow.If", keys=("else",)),
        decision("small", Action.RUN, "has no result in the origin"),
        decision("side", Action.ENTER, "`small` inside it runs", type="core.flow.Parallel"),
    )

    text = draw(*plan_view(plan, Heading("replay of x-1"), groups=GROUPS, width=80))

    assert "ENTER  if_big  it now takes `else`, not `then`" in text
    assert "side" not in text


def test_a_choice_that_only_the_run_can_know_says_what_decides_it(draw: Callable[..., str]) -> None:
    for reason, told in (
        ("its branch is decided when `count` has run", "its branch is decided when `count` has run"),
        ("reads `count`, which runs", "reads `count`, which runs; its branch is decided then"),
        ("you start here", "you start here; its branch is decided when `count` has run"),
    ):
        waiting = decision("if_big", Action.RUN, reason, type="core.flow.If", waits_for="count", took=3.0)
        text = draw(*plan_view(plan_of(waiting), Heading("replay of x-1"), groups=GROUPS, width=80))
        assert told in " ".join(text.replace("~3.0 s", "").split())
        assert "time about 3.0 s" in text


def test_a_loop_of_which_nothing_is_known_is_told_all_the_same(draw: Callable[..., str]) -> None:
    plan = plan_of(decision("each", Action.RUN, "first run", type="core.flow.ForEach"))

    assert "RUN  each  first run" in draw(*plan_view(plan, Heading("run of x"), groups=GROUPS, width=80))
    assert "runs each" in draw(plan_summary(plan, GROUPS, 80))


def test_where_there_is_too_much_what_runs_is_shown(draw: Callable[..., str]) -> None:
    checked = [decision(f"t{n}", Action.CHECK, "decided at its turn: it stands after `t0`") for n in range(40)]
    plan = plan_of(*checked, decision("late", Action.RUN, "failed in the origin"))

    text = draw(*plan_view(plan, Heading("replay of x-1"), groups=GROUPS, width=80))

    assert "RUN    late" in text
    assert "… and 21 more (21 CHECK): add --json to see all" in text


def test_a_run_that_stops_before_a_task_says_so(draw: Callable[..., str]) -> None:
    plan = plan_of(decision("a", Action.RUN, "first run", stops=True))

    assert "the run stops before it and waits; first run" in draw(
        *plan_view(plan, Heading("run of x"), groups=GROUPS, width=80)
    )


def test_a_plan_with_all_that_it_may_say_survives_the_way_through_json() -> None:
    assert plan_from_json(CHANGED.as_json()) == CHANGED
