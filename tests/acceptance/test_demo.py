"""`dalsegno demo`, as a stranger sees it: an empty folder, an empty home, 80 columns."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.support.desk import Desk, Ended

from dalsegno.demo.dataset import COLUMNS, write_csv
from dalsegno.demo.story import flow_text

ROWS = 3000
ADDRESS = r"http://127\.0\.0\.1:\d+"

#: the two flows as the documentation of Kestra has them
FLOWS = {
    "failing": "c9f477d86a78a127b073a7dd0b1443220a4059d07750159cbf9d0419b5b5bd3b",
    "corrected": "d6b8a5958ed6b6bbbcd3ec1ae5c2f3178ab3ed93aa759211fefc5c12cd619904",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    place = tmp_path_factory.mktemp("demo")
    (place / "home").mkdir()
    return Desk(place, env={"HOME": str(place / "home"), "COLUMNS": "80"})


@pytest.fixture(scope="module")
def told(desk: Desk) -> Ended:
    return desk.do("demo", "--rows", str(ROWS))


@pytest.fixture(scope="module")
def played(desk: Desk, told: Ended) -> Desk:
    """The desk, where `dalsegno` works on what the demo has left."""
    desk.home = desk.folder / "dalsegno-demo" / ".dalsegno"
    return desk


@pytest.mark.parametrize("name", FLOWS)
def test_the_flows_are_those_of_the_documentation_byte_for_byte(name: str) -> None:
    assert hashlib.sha256(flow_text(name).encode()).hexdigest() == FLOWS[name]


def test_the_chapters_of_the_story_come_one_after_the_other(told: Ended) -> None:
    chapters = [
        "3,000",
        "$ dalsegno run divvy_tripdata.yaml --task-input-expr 'get_zipfile.uri=http://127.0.0.1:",
        "✗ FAILED  divvy_tripdata-1 in ",
        "$ dalsegno flow save divvy_tripdata.yaml",
        "company.team.divvy_tripdata  revision 2",
        "$ dalsegno flow diff divvy_tripdata",
        "-    type: io.kestra.plugin.serdes.avro.IonToAvro # render(vars.file_id)",
        "+    type: io.kestra.plugin.serdes.parquet.IonToParquet",
        "-    datetimeFormat: \"yy-MM-dd' 'HH:mm:ss\"",
        '+    datetimeFormat: "yyyy-MM-dd HH:mm:ss.SSS"',
        "$ dalsegno replay last --from to_parquet --revision latest --dry-run",
        "Plan: replay of divvy_tripdata-1, revision 2",
        "3 reused: get_zipfile, unzip, convert",
        "$ dalsegno replay last --from to_parquet --revision latest --reason 'fixed the date pattern'",
        "✓ SUCCESS  divvy_tripdata-2 in ",
        "revision 2 · attempt 2 · 1 ran · 3 reused",
        "divvy_tripdata-2: SUCCESS, attempt 2 of `to_parquet`, revision 2.",
        "The Parquet file holds 3,000 rows:",
        "The replay took ",
        "Look further:",
    ]
    places = [told.out.find(chapter) for chapter in chapters]
    assert -1 not in places, chapters[places.index(-1)]
    assert all(one < two for one, two in pairwise(places))


def test_the_failure_names_task_attempt_row_field_value_and_pattern_and_says_what_to_do(told: Ended) -> None:
    failure = " ".join(told.err.split())
    value = r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"
    for pattern in (
        r"FAILED to_parquet attempt 1",
        r"to_parquet failed on attempt 1: row 1, field `started_at`:",
        rf"Text '{value}' could not be parsed at index 2",
        r"row 1 field started_at",
        rf"value {value} ",
        r"pattern yy-MM-dd' 'HH:mm:ss ",
        rf'what to do: set `datetimeFormat: "yyyy-MM-dd HH:mm:ss.SSS"`, which reads `{value}`',
        r"dalsegno replay divvy_tripdata-1 --from to_parquet --file divvy_tripdata.yaml",
    ):
        assert re.search(pattern, failure), pattern


def test_the_plan_says_what_runs_and_why_and_what_that_saves(told: Ended) -> None:
    plan = " ".join(told.out.partition("Plan:")[2].partition("That is what we want")[0].split())
    assert re.search(r"RUN to_parquet you start here; definition changed: type IonToAvro → ~\S+ m?s IonToParquet", plan)
    assert "`datetimeFormat`" in plan
    assert re.search(r"time about \S+ m?s instead of \S+ m?s", plan)
    assert re.search(r"dalsegno replay last --from to_parquet --revision latest --digest [0-9a-f]{12}", told.out)


def test_the_time_saved_is_that_of_the_tasks_that_were_kept(told: Ended) -> None:
    found = re.search(r"The replay took (\S+) s; a whole run takes (\S+) s, so (\S+) s were saved\.", told.out)
    assert found
    took, whole, saved = (float(number) for number in found.groups())
    assert 0 < saved <= whole
    assert whole - took == pytest.approx(saved, abs=0.11)


def test_every_column_is_shown_with_its_type(told: Ended) -> None:
    assert _shown_columns(told.out) == {
        name: "timestamp[ms] not null" if name in ("started_at", "ended_at")
        else "double not null" if name in ("start_lat", "start_lng")
        else "double" if name in ("end_lat", "end_lng")
        else "string not null"
        for name in COLUMNS
    }  # fmt: skip


def _shown_columns(out: str) -> dict[str, str]:
    table = out.partition("rows:\n")[2].partition("The replay took")[0]
    return dict(line.split(maxsplit=1) for line in table.splitlines())


def test_nothing_but_commands_diffs_and_the_one_line_of_a_result_is_wider_than_80_columns(told: Ended) -> None:
    prose = told.out.replace(told.out.partition("$ dalsegno flow diff")[2].partition("Before anything")[0], "")
    lines = [*prose.splitlines(), *told.err.splitlines()]
    whole = ("✗ FAILED", "✓ SUCCESS")
    assert [line for line in lines if len(line) > 80 and "dalsegno " not in line and not line.startswith(whole)] == []


def test_the_home_stays_empty_and_everything_lies_in_one_folder(desk: Desk, told: Ended) -> None:
    assert list((desk.folder.parent / "home").iterdir()) == []
    assert [path.name for path in desk.folder.iterdir()] == ["dalsegno-demo"]


def test_the_commands_of_the_last_page_work(played: Desk, told: Ended) -> None:
    page = told.out.partition("Look further:\n")[2]
    commands = re.findall(r"dalsegno (\w.*?)\s+#", page)
    assert [command.split()[0] for command in commands] == ["gantt", "show", "why", "logs", "lineage", "flow"]
    for process in [played.start(*command.split()) for command in commands]:
        with process:
            code, out, _ = process.finish()
        assert code == 0
        assert out


def test_every_trip_is_in_the_parquet_file_value_by_value(played: Desk, tmp_path: Path) -> None:
    run = played.ask("show", "last")
    made = {task_run["address"]: task_run["outputs"] for task_run in run["task_runs"]}
    (name,) = made["unzip"]["files"]
    month = name.removesuffix("-divvy-tripdata.csv")
    played.do("artifact", "get", made["to_parquet"]["uri"], "-o", str(tmp_path / "trips.parquet"))
    table = parquet.read_table(tmp_path / "trips.parquet")
    assert table.num_rows == ROWS
    write_csv(tmp_path / "trips.csv", month=month, rows=ROWS)
    with (tmp_path / "trips.csv").open(encoding="utf-8", newline="") as file:
        expected = [_typed(row) for row in csv.DictReader(file)]
    assert table.to_pylist() == expected
    assert any(row["end_lat"] is None for row in expected)
    assert table.schema.field("started_at").type == pa.timestamp("ms")
    assert table.schema.field("end_lat").nullable


def _typed(row: dict[str, str]) -> dict[str, Any]:
    return dict(_typed_values(row))


def _typed_values(row: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for name, text in row.items():
        if name.endswith("_at"):
            yield name, datetime.fromisoformat(text)
        elif name.endswith(("_lat", "_lng")):
            yield name, float(text) if text else None
        else:
            yield name, text


def test_the_replay_is_on_record_with_its_origin_attempt_revision_and_reason(played: Desk) -> None:
    first, second = (played.ask("show", f"divvy_tripdata-{number}") for number in (1, 2))
    assert (first["state"], first["attempt"], first["revision"], first["origin"]) == ("FAILED", 1, 1, None)
    assert (second["state"], second["attempt"], second["revision"]) == ("SUCCESS", 2, 2)
    assert (second["origin"], second["root"]) == (first["id"], first["id"])
    assert (first["reason"], second["reason"]) == ("the demo", "fixed the date pattern")
    ran_in = {task_run["address"]: task_run["id"] for task_run in first["task_runs"]}
    for task_run in second["task_runs"]:
        kept = task_run["address"] != "to_parquet"
        assert task_run["action"] == ("REUSE" if kept else "RUN")
        assert task_run["reused_from"] == (ran_in[task_run["address"]] if kept else None)


def test_a_second_call_plays_in_a_folder_of_its_own_and_gives_one_document_where_that_is_asked_for(
    desk: Desk, told: Ended
) -> None:
    before = {path: path.read_bytes() for path in (desk.folder / "dalsegno-demo").rglob("*.yaml")}
    again = desk.do("demo", "--rows", "100", "--json")
    assert json.loads(again.out) == {"exit_code": 0}
    assert "The Parquet file holds 100 rows:" in again.err
    assert sorted(path.name for path in desk.folder.iterdir()) == ["dalsegno-demo", "dalsegno-demo-2"]
    assert {path: path.read_bytes() for path in before} == before
