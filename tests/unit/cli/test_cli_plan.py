from __future__ import annotations

from collections.abc import Callable

from dalsegno.cli.render.plan import Heading, estimate, plan_from_json, plan_summary, plan_view
from dalsegno.errors import PlanRefusal
from dalsegno.model.plan import Action, Decision, Plan

GROUPS = frozenset({"core.flow.Parallel", "core.flow.ForEach"})


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
) -> Decision:
    task = address.rpartition(".")[2]
    return Decision(
        address, task, type, action, reason, warnings, estimate_s=took, keys=keys, waits_for=waits_for
    )  # fmt: skip


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
