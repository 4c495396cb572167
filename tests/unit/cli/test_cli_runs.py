from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

from dalsegno.cli.render.gantt import gantt_lines
from dalsegno.cli.render.lines import plain
from dalsegno.cli.render.outcome import Failure, Outcome, failure_lines, not_tolerated, replay_command, state_lines
from dalsegno.cli.render.runs import (
    lineage_lines,
    run_header,
    runs_table,
    saved_seconds,
    task_runs_table,
)
from dalsegno.cli.render.why import Case, why_json, why_lines
from dalsegno.model.plan import Action, Decision
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import State

T0 = 1_785_592_800.0


def make_run(number: int, state: State, *, origin: int | None = None, took: float = 10.0) -> Run:
    return Run(
        id=f"id-{number}",
        name=f"divvy-{number}",
        namespace="company.team",
        flow="divvy",
        revision=number,
        state=state,
        attempt=number,
        root="id-1",
        clock=T0,
        created=T0 + number,
        started=T0 + number,
        ended=T0 + number + took,
        origin=f"id-{origin}" if origin else None,
    )


def task(
    address: str, begin: float | None, end: float | None, state: State = State.SUCCESS, action: Action = Action.RUN
) -> TaskRun:
    return TaskRun(
        id=f"tr-{address}",
        run="id-1",
        address=address,
        task=address,
        type="core.log.Log",
        state=state,
        action=action,
        reason="first run",
        attempt=1,
        started=None if begin is None else T0 + 1 + begin,
        ended=None if end is None else T0 + 1 + end,
        reused_from=f"was-{address}" if action is Action.REUSE else None,
    )


FAILED = replace(
    make_run(1, State.FAILED, took=8.3), error={"message": "no", "address": "to_parquet", "code": "task-failed"}
)
ERROR = {
    "message": "`started_at` of row 2 is not a date in the pattern",
    "details": {"row": 2, "field": "started_at", "value": "2026-05-01 12:00:00.250", "pattern": "yy-MM-dd' 'HH:mm:ss"},
    "hint": "use `yyyy-MM-dd HH:mm:ss.SSS`",
}


def test_a_failed_run_says_what_failed_and_ends_with_the_command_that_replays_it(draw: Callable[..., str]) -> None:
    outcome = Outcome(
        FAILED, ran=4, failed=1, failures=(Failure("to_parquet", 1, ERROR),), file="flow.yaml", handle=FAILED.name
    )  # fmt: skip

    assert [plain(each) for each in state_lines(outcome, 80)] == [
        "✗ FAILED  divvy-1 in 8.3 s  revision 1 · attempt 1 · 4 ran · 1 failed"
    ]
    assert draw(failure_lines(outcome, 80)) == (
        "to_parquet failed on attempt 1:\n"
        "  `started_at` of row 2 is not a date in the pattern\n"
        "    row      2\n"
        "    field    started_at\n"
        "    value    2026-05-01 12:00:00.250\n"
        "    pattern  yy-MM-dd' 'HH:mm:ss\n"
        "  what to do: use `yyyy-MM-dd HH:mm:ss.SSS`\n"
        "\n"
        "Fix it, then play it again from there (--dry-run first shows what that does):\n"
        "  dalsegno replay divvy-1 --from to_parquet --file flow.yaml"
    )


def test_a_saved_flow_is_replayed_on_its_latest_revision() -> None:
    outcome = Outcome(FAILED, failures=(Failure('each["a b"].load', 1, {}),), handle="divvy-1")

    assert replay_command(outcome) == (
        "dalsegno replay divvy-1 --from 'each[\"a b\"].load' --revision latest"
    )  # fmt: skip


def test_many_failed_tasks_are_replayed_without_naming_them() -> None:
    failures = tuple(Failure(f"each[{key}].load", 1, {}) for key in range(50))
    outcome = Outcome(FAILED, failures=failures, handle="divvy-1")

    assert replay_command(outcome) == "dalsegno replay divvy-1 --skip-successful --revision latest"
    assert len(failure_lines(outcome, 80)) < 25


def test_a_run_that_was_stopped_goes_on_with_what_is_missing() -> None:
    failures = (Failure("a", 1, {"message": "failed while the run was being stopped"}),)
    killed = Outcome(make_run(1, State.KILLED), failures=failures, handle="divvy-1", file="flow.yaml")

    assert replay_command(killed) == "dalsegno replay divvy-1 --skip-successful"


def test_a_traceback_among_the_details_keeps_its_lines(draw: Callable[..., str]) -> None:
    traceback = "\n".join(["Traceback:", *(f"    line {number}" for number in range(30)), "ValueError: x"])
    outcome = Outcome(FAILED, failures=(Failure("a", 1, {"message": "broke", "details": {"traceback": traceback}}),))

    text = draw(failure_lines(outcome, 80))

    assert "      … 12 lines before\n" in text
    assert "          line 29\n      ValueError: x\n" in text


def test_a_replay_says_what_reuse_saved() -> None:
    outcome = Outcome(make_run(2, State.SUCCESS, origin=1, took=3.2), ran=1, reused=3, saved_s=9.2)

    assert [plain(each) for each in state_lines(outcome, 100)] == [
        "✓ SUCCESS  divvy-2 in 3.2 s  revision 2 · attempt 2 · 1 ran · 3 reused, which saved 9.2 s"
    ]


def test_how_a_run_ended_is_told_in_two_lines_where_one_would_be_wider_than_the_screen() -> None:
    outcome = Outcome(make_run(2, State.SUCCESS, origin=1, took=3.2), ran=1, reused=3, saved_s=9.2)

    assert [plain(each) for each in state_lines(outcome, 80)] == [
        "✓ SUCCESS  divvy-2 in 3.2 s",
        "  revision 2 · attempt 2 · 1 ran · 3 reused, which saved 9.2 s",
    ]


def test_what_was_given_or_skipped_is_not_counted_as_what_ran() -> None:
    outcome = Outcome(make_run(2, State.SUCCESS), ran=2, pinned=1, skipped=3)

    assert "2 ran · 1 pinned · 3 skipped" in plain(state_lines(outcome, 100)[0])


def test_a_failure_that_was_tolerated_is_no_place_to_begin_a_replay() -> None:
    def task_run(address: str, state: State, parent: str | None = None) -> TaskRun:
        return TaskRun(address, "r", address, address, "x", state, Action.RUN, parent=parent)

    task_runs = [
        task_run("allow", State.WARNING), task_run("seq", State.FAILED, "allow"), task_run("ko", State.FAILED, "seq"),
        task_run("switch", State.FAILED), task_run("crash", State.FAILED, "switch"),
    ]  # fmt: skip
    failures = [Failure("ko", 1, {}), Failure("crash", 1, {})]
    assert not_tolerated(failures, task_runs) == (Failure("crash", 1, {}),)


def test_the_bars_stand_on_the_axis_of_this_run_and_what_was_kept_is_hatched(draw: Callable[..., str]) -> None:
    task_runs = [
        task("get_zipfile", -500.0, -494.0, action=Action.REUSE),
        task("unzip", 0.0, 5.0),
        task("to_parquet", 5.0, 10.0, State.FAILED),
        task("pinned", None, None, action=Action.PIN),
    ]

    text = draw(gantt_lines(make_run(1, State.FAILED), task_runs, {"was-get_zipfile": "divvy-0"}, width=80, now=0.0))

    assert text == (
        "✗ FAILED  divvy-1  10.0 s  revision 1, attempt 1\n"
        "                 0                                            10.0 s\n"
        "  - get_zipfile  ░░░░░░ in divvy-0                                         6.0 s\n"
        "  ✓ unzip        █████████████████████████▌                                5.0 s\n"
        "  ✗ to_parquet                            ██████████████████████████       5.0 s\n"
        "  ◆ pinned       pinned\n"
        "\n"
        "  ░░░ kept from an earlier run, where it took so long"
    )


def test_no_bar_is_wider_than_the_screen() -> None:
    long = "each[" + "x" * 60 + "].load"
    task_runs = [task(long, 0.0, 99.0), task("b", 9.9999, 10.0), task("c", 3.0, None, State.RUNNING)]
    for width in (40, 60, 80, 110):
        lines = gantt_lines(make_run(1, State.RUNNING), task_runs, {}, width=width, now=T0 + 11)
        assert max(len(plain(each)) for each in lines[1:]) <= width


def test_a_run_that_has_not_begun_has_no_bars() -> None:
    run = replace(make_run(1, State.CREATED), started=None, ended=None)

    assert [plain(each) for each in gantt_lines(run, [], {}, width=80, now=T0)] == ["Nothing has run in divvy-1 yet."]


def test_a_list_says_which_failure_a_later_replay_fixed(draw: Callable[..., str]) -> None:
    failed = [replace(make_run(2, State.FAILED, origin=1), fixed_by="id-3"), replace(FAILED, fixed_by="id-3")]
    failed[1] = replace(failed[1], ended=T0 + 11)
    runs = [make_run(3, State.SUCCESS, origin=2), *failed]

    assert draw(runs_table(runs, {run.id: run.name for run in runs}, UTC)) == (
        "RUN      STATE      REV  STARTED                TOOK  NOTE\n"
        "divvy-3  ✓ SUCCESS    3  2026-08-01 14:00:03  10.0 s  replays divvy-2\n"
        "divvy-2  ✗ FAILED     2  2026-08-01 14:00:02  10.0 s  fixed by divvy-3; replays\n"
        "                                                      divvy-1\n"
        "divvy-1  ✗ FAILED     1  2026-08-01 14:00:01  10.0 s  fixed by divvy-3"
    )


def test_the_lineage_is_a_tree_and_shows_where_one_is(draw: Callable[..., str]) -> None:
    second = replace(make_run(2, State.FAILED, origin=1), request={"start": ["convert"]}, reason="try", fixed_by="id-3")
    runs = [
        replace(make_run(1, State.FAILED), fixed_by="id-3", deleted=T0, request={"inputs": {"month": "202608"}}),
        second,
        replace(make_run(3, State.SUCCESS, origin=2), request={"inputs": {"month": "202609"}}),
        make_run(4, State.KILLED, origin=1),
    ]

    assert draw(lineage_lines(runs, "id-3")) == (
        "✗ FAILED   divvy-1  revision 1  10.0 s  with month  fixed by divvy-3  deleted\n"
        "├─ ✗ FAILED   divvy-2  revision 2  10.0 s  from convert  (try)  fixed by divvy-3\n"
        "│  └─ ✓ SUCCESS  divvy-3  revision 3  10.0 s  with other month  ← this run\n"
        "└─ ■ KILLED   divvy-4  revision 4  10.0 s"
    )


def test_only_a_replay_has_other_values(draw: Callable[..., str]) -> None:
    runs = [
        replace(make_run(1, State.FAILED), request={"inputs": {"rows": 4}}),
        replace(make_run(2, State.SUCCESS, origin=1), request={"inputs": {"rows": 5}}),
    ]
    assert draw(lineage_lines(runs, "id-2")) == (
        "✗ FAILED   divvy-1  revision 1  10.0 s  with rows\n"
        "└─ ✓ SUCCESS  divvy-2  revision 2  10.0 s  with other rows  ← this run"
    )


def test_a_run_shows_its_origin_its_values_and_what_reuse_saved(draw: Callable[..., str]) -> None:
    run = replace(
        make_run(2, State.SUCCESS, origin=1),
        inputs={"month": "202608", "all": True, "none": None, "cities": ["Köln"]},
        labels={"team": "bikes"},
        reason="fixed",
        request={"task_inputs": {"get": {"uri": {"value": "x"}}}, "outputs": {"notify": {}}},
    )
    kept = [
        task("side", 0.0, 6.0, action=Action.REUSE),
        replace(task("a", 0.0, 6.0, action=Action.REUSE), parent="side"),
    ]

    assert saved_seconds(kept) == 6.0
    assert draw(run_header(run, kept, {"id-1": "divvy-1"}, zone=UTC)) == (
        "✓ SUCCESS  divvy-2  in 10.0 s   id-2\n"
        "  flow      company.team.divvy, revision 2\n"
        "  replays   divvy-1, attempt 2\n"
        "  started   2026-08-01 14:00:02\n"
        '  inputs    month=202608, all=true, none=null, cities=["Köln"]\n'
        "  labels    team=bikes\n"
        "  reason    fixed\n"
        "  overrides get.uri, notify (pinned)\n"
        "  reused    1 task, which saved 6.0 s"
    )


def test_task_runs_stand_below_their_group(draw: Callable[..., str]) -> None:
    task_runs = [task("each", 0.0, 2.0), replace(task("each[red].load", 0.0, 2.0), parent="each")]

    assert draw(task_runs_table(task_runs, {})) == (
        "TASK              STATE      ACTION  TRY   TOOK  WHY\n"
        "each              ✓ SUCCESS  RUN       1  2.0 s  first run\n"
        "  each[red].load  ✓ SUCCESS  RUN       1  2.0 s  first run"
    )


def test_task_runs_say_what_they_used_of_what_was_given_unless_the_reason_does(draw: Callable[..., str]) -> None:
    said = replace(task("load", 0.0, 2.0), reason="input `month` is overridden")
    kept = replace(task("sum", 0.0, 2.0), reason="kept", action=Action.REUSE)
    given = {"load": ("inputs.month", "inputs.year"), "sum": ("result",)}

    shown = " ".join(draw(task_runs_table([said, kept], given)).split())
    assert "2.0 s input `month` is overridden; used given inputs.year sum" in shown
    assert shown.endswith("2.0 s kept; its result was given")


def test_why_tells_the_reason_and_what_has_changed(draw: Callable[..., str]) -> None:
    before = replace(
        task("to_parquet", 0.0, 1.0, State.FAILED), digests={"type": "a", "from": "b"}, used={"inputs.x": "1" * 64}
    )
    after = replace(
        task("to_parquet", 0.0, 3.0),
        digests={"type": "c", "from": "b"},
        used={"inputs.x": "2" * 64},
        attempt=2,
        reason="you start here",
        properties={"from": "dalsegno://x"},
    )
    decision = Decision("to_parquet", "to_parquet", "t", Action.RUN, "you start here", ("mind the gap",))
    case = Case(make_run(2, State.SUCCESS, origin=1), "to_parquet", decision, after, before, "divvy-1")

    assert draw(why_lines(case, 80)) == (
        "✓ to_parquet was executed in divvy-2: SUCCESS, attempt 2, 3.0 s\n"
        "  because: you start here\n"
        "  in divvy-1: FAILED, attempt 1, 1.0 s\n"
        "  definition: changed since: type\n"
        "  warning: mind the gap\n"
        "  values used, by digest\n"
        "    inputs.x  222222222222  changed\n"
        "  properties, rendered\n"
        "    from  dalsegno://x"
    )
    assert why_json(case)["changed_properties"] == ["type"]
    assert why_json(case)["changed_values"] == ["inputs.x"]


def test_why_of_a_task_that_was_never_reached(draw: Callable[..., str]) -> None:
    decision = Decision("last", "last", "t", Action.RUN, "first run")

    text = draw(why_lines(Case(FAILED, "last", decision), 80))

    assert text == "last was to run in divvy-1; the run ended before it came to it\n  because: first run"
