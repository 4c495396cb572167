from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dalsegno.cli.render.compare import detail_lines, fact_lines, summary_lines, tasks_table
from dalsegno.cli.render.keeping import purged_lines
from dalsegno.cli.render.lines import plain
from dalsegno.model.plan import Action
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import State
from dalsegno.replay.compare import Comparison, Side, compare_runs
from dalsegno.service.keeping import Purged

NAME = "divvy_tripdata"
FILE = f"dalsegno://{'a1b2c3d4' * 8}/trips.parquet"


def a_run(number: int, **rest: object) -> Run:
    made = Run(str(number), f"{NAME}-{number}", "company.team", NAME, number, State.FAILED, 1, "1", 1.0, 1.0)
    return replace(made, **rest)  # pyright: ignore[reportArgumentType]


def a_task(address: str, **rest: object) -> TaskRun:
    made = TaskRun(address, "1", address, address, "core.http.Download", State.SUCCESS, Action.RUN,
                   started=1.0, ended=4.2, output_digest="1")  # fmt: skip
    return replace(made, **rest)  # pyright: ignore[reportArgumentType]


def compared() -> Comparison:
    error = {"message": "`started_at` of row 2 is not a date in the pattern that `datetimeFormat` gives"}
    old = [
        a_task("download"),
        a_task("unzip"),
        a_task(
            "to_parquet", type="serdes.avro.IonToAvro", state=State.FAILED, output_digest=None, error=error,
            digests={"type": "1", "schema": "1", "datetimeFormat": "1"}, properties={"datetimeFormat": "yy-MM-dd"},
        ),
    ]  # fmt: skip
    new = [
        a_task("download", action=Action.REUSE),
        a_task("unzip", action=Action.REUSE),
        a_task(
            "to_parquet", type="serdes.parquet.IonToParquet", output_digest="2", outputs={"uri": FILE, "size": 4},
            digests={"type": "2", "schema": "2", "datetimeFormat": "2"}, properties={"datetimeFormat": "yyyy-MM-dd"},
        ),
        a_task("announce", output_digest=None),
    ]  # fmt: skip
    later = a_run(2, state=State.SUCCESS, inputs={"month": "08"})
    return compare_runs(Side(a_run(1, inputs={"month": "07"}), old), Side(later, new))


def test_a_comparison_fits_into_80_columns_and_says_most_first(draw: Callable[..., str]) -> None:
    found = compared()
    text = draw(
        summary_lines(found, 80), fact_lines(found, 80), tasks_table(found), detail_lines(found, 80)
    )  # fmt: skip
    assert text == (
        "divvy_tripdata-2 differs from divvy_tripdata-1 in 2 of 4 tasks: `to_parquet`\n"
        "FAILED → SUCCESS (type IonToAvro → IonToParquet), `announce` is only in\n"
        "divvy_tripdata-2; 2 are the same results\n"
        "Begins to differ at to_parquet: its definition is another\n"
        "revision: 1 → 2\n"
        "state: FAILED → SUCCESS\n"
        "input month: 07 → 08\n"
        "TASK        divvy_tripdata-1  divvy_tripdata-2        RESULT\n"
        "download    ✓ SUCCESS 3.2 s   ✓ SUCCESS 3.2 s reused  same\n"
        "unzip       ✓ SUCCESS 3.2 s   ✓ SUCCESS 3.2 s reused  same\n"
        "to_parquet  ✗ FAILED 3.2 s    ✓ SUCCESS 3.2 s         differs\n"
        "announce    -                 ✓ SUCCESS 3.2 s         only one\n"
        "\n"
        "to_parquet\n"
        "  type: serdes.avro.IonToAvro → serdes.parquet.IonToParquet\n"
        "  error:\n"
        "    - `started_at` of row 2 is not a date in the pattern that `datetimeFormat` …\n"
        "    + (none)\n"
        "  property datetimeFormat: yy-MM-dd → yyyy-MM-dd\n"
        "  definition changed: `schema`\n"
        "  output uri: (none) → dalsegno://a1b2c3d4…/trips.parquet\n"
        "  output size: (none) → 4"
    )


def test_where_only_a_property_was_overridden_the_comparison_says_so() -> None:
    before, after = (a_task("load", properties={"limit": limit}, output_digest=str(limit)) for limit in (1, 2))
    found = compare_runs(Side(a_run(1), [before]), Side(a_run(2), [after]))
    assert [plain(line) for line in summary_lines(found, 80)][-1] == (
        "Begins to differ at load: its properties are others: `limit`"
    )


def test_runs_that_are_the_same_have_no_details(draw: Callable[..., str]) -> None:
    one = Side(a_run(1), [a_task("download")])
    found = compare_runs(one, one)
    assert draw(summary_lines(found, 80), fact_lines(found, 80), detail_lines(found, 80)) == (
        "divvy_tripdata-1 does not differ from divvy_tripdata-1: its one task has the\n"
        "same result\n"
        "revision, inputs, versions and how the runs ended are the same"
    )


def test_what_a_task_wrote_does_not_move_the_cursor_of_who_compares() -> None:
    old = a_task("download", outputs={"text": "\x1b[2Jx"}, output_digest="1")
    new = a_task("download", outputs={"text": "y" * 5000}, output_digest="2")
    found = compare_runs(Side(a_run(1), [old]), Side(a_run(2), [new]))
    lines = [plain(each) for each in detail_lines(found, 80)]
    assert lines[2:4] == ["  output text:", "    - x"]
    assert max(len(each) for each in lines) <= 80


def test_a_purge_says_what_went_what_that_freed_and_what_stays(draw: Callable[..., str]) -> None:
    purged = Purged((a_run(3), a_run(1)), 2, 1_500_000, ((a_run(2), "it is replayed"),), 1, 20, 1.0, a_run(9))
    assert draw(purged_lines(purged, 80)) == (
        "Deleted 2 runs: divvy_tripdata-1, divvy_tripdata-3\n"
        "Removed 2 stored values and files: freed 1.5 MB\n"
        "divvy_tripdata-2 stays: it is replayed\n"
        "1 more (20 bytes) that nothing needs stays for now: younger than\n"
        "divvy_tripdata-9, which is executing"
    )
    assert draw(purged_lines(Purged((), 0, 0, dry=True), 80)) == (
        "Would delete 0 runs\nWould remove 0 stored values and files: would free 0 bytes"
    )
