"""What the REST API tells of results: how they look, what used them, what was stored, and what never came to be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import httpx
import pytest
from tests.support.kinds import run_kinds
from tests.support.servers import RunningServer
from tests.support.web import FAILING, Api

from dalsegno.service.previews import image_type
from dalsegno.service.table_files import table_in

FILES = """
id: files
namespace: company.team
tasks:
  - id: make
    type: scripts.shell.Commands
    outputFiles: [trips.csv, lines.jsonl, odd.parquet]
    commands:
      - printf 'ride,minutes\\nR1,3\\nR2,\\n' > trips.csv
      - printf '{"a":1,"b":null}\\n\\n{"a":2.5,"c":[1]}\\n' > lines.jsonl
      - printf 'this is none' > odd.parquet
  - {id: to_ion, type: serdes.csv.CsvToIon, from: "{{ outputs.make.outputFiles['trips.csv'] }}"}
  - id: to_parquet
    type: serdes.parquet.IonToParquet
    from: "{{ outputs.to_ion.uri }}"
    schema: '{"type":"record","name":"R","fields":[{"name":"ride","type":"string"},{"name":"minutes","type":["null","int"]}]}'
  - {id: last, type: core.log.Log, message: "wrote {{ outputs.to_parquet.uri }}"}
"""


@pytest.fixture
def api(server: RunningServer) -> Iterator[Api]:
    with Api(server.url) as asking:
        yield asking


def stored(api: Api, run: str) -> dict[str, dict[str, Any]]:
    found = api.get(f"/runs/{run}/artifacts")["artifacts"]
    return {each["name"] if each["kind"] == "file" else each["address"]: each for each in found}


def preview(api: Api, artifact: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return api.get(f"/artifact/preview?{httpx.QueryParams(name=artifact['id'], **rest)}")


def uses(api: Api, artifact: dict[str, Any]) -> set[tuple[str, str, bool]]:
    found = api.get(f"/artifact/uses?name={artifact['id']}")["uses"]
    return {(each["run_name"], each["address"], each["kept"]) for each in found}


def columns(table: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(each["name"], each["type"]) for each in table["columns"]]


def test_files_of_tables_are_looked_into_by_their_formats(api: Api) -> None:
    api.save(FILES)
    found = stored(api, api.run("files"))
    parquet = preview(api, found["trips.parquet"])["table"]
    assert columns(parquet) == [("ride", "string"), ("minutes", "int32")]
    assert (parquet["rows"], parquet["total"]) == ([["R1", "3"], ["R2", None]], 2)
    assert [each["nulls"] for each in parquet["columns"]] == [0, 1]
    ion = preview(api, found["trips.ion"], rows=1)["table"]
    assert (columns(ion), ion["rows"], ion["total"]) == (
        [("ride", "string"), ("minutes", "string")],
        [["R1", "3"]],
        None,
    )
    text = preview(api, found["trips.csv"], rows=1)["table"]
    assert (columns(text), text["rows"], text["total"]) == ([("ride", None), ("minutes", None)], [["R1", "3"]], 2)
    lines = preview(api, found["lines.jsonl"])["table"]
    assert columns(lines) == [("a", "number"), ("b", None), ("c", "array")]
    assert (lines["rows"], lines["total"]) == ([["1", None, None], ["2.5", None, "[1]"]], 2)
    odd = preview(api, found["odd.parquet"])
    assert (odd["table"], odd["text"], odd["complete"]) == (None, "this is none", True)


def test_values_of_python_are_looked_into_without_loading_them(server: RunningServer, api: Api) -> None:
    run_kinds(server.home)
    found = stored(api, "kinds-1")
    trips = preview(api, found["trips"], rows=100)["table"]
    assert [name for name, _ in columns(trips)] == ["ride", "minutes"]
    assert (len(trips["rows"]), trips["rows"][99], trips["total"]) == (100, ["R0099", "24.75"], 240)
    assert preview(api, found["stations"])["table"]["rows"] == [["Clark St", "15"], ["Wells St", "23"]]
    assert len(preview(api, found["table"], rows=30)["table"]["rows"]) == 30
    array = preview(api, found["matrix"])["array"]
    assert (array["shape"], array["dtype"], array["corner"][1][:2]) == ([240, 50], "float32", ["50.0", "51.0"])
    assert (array["least"], array["most"], array["mean"]) == ("0.0", "11999.0", "5999.5")
    assert preview(api, found["picture"])["image"] == "image/png"
    blind = preview(api, found["opaque"])
    assert (blind["table"], blind["array"], blind["image"]) == (None, None, None)
    assert blind["artifact"]["summary"]["unsafe"] is True
    assert preview(api, found["large"])["text"].startswith('{"key-0"')


def test_pictures_are_shown_and_all_else_is_kept_as_a_file(server: RunningServer, api: Api) -> None:
    run_kinds(server.home)
    found = stored(api, "kinds-1")
    with httpx.Client(base_url=f"{server.url}/api/v1") as http:
        ask = {"name": found["picture"]["id"], "shown": True}
        shown = http.get("/artifact/content", params=ask)
        assert (shown.headers["content-type"], shown.headers.get("content-disposition")) == ("image/png", None)
        assert shown.content.startswith(b"\x89PNG")
        kept = http.get("/artifact/content", params={"name": found["picture"]["id"]})
        assert kept.headers["content-type"] == "application/octet-stream"
        assert kept.headers["content-disposition"].endswith("output.png")
        other = http.get("/artifact/content", params={"name": found["large"]["id"], "shown": True})
        assert other.headers["content-type"] == "application/octet-stream"
        assert "output.json" in other.headers["content-disposition"]


def test_no_picture_that_may_hold_scripts_is_shown() -> None:
    assert image_type(b"<svg xmlns='http://www.w3.org/2000/svg'>") is None
    assert [image_type(head) for head in (b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF....WEBPVP8 ")] == [
        "image/jpeg", "image/gif", "image/webp",
    ]  # fmt: skip


def test_what_used_a_file_is_told_in_its_run_and_in_replays(api: Api) -> None:
    api.save(FILES)
    first = api.run("files")
    found = stored(api, first)
    assert uses(api, found["trips.csv"]) == {("files-1", "to_ion", False)}
    assert uses(api, found["lines.jsonl"]) == set()
    assert uses(api, found["trips.parquet"]) == {("files-1", "last", False)}
    api.replay(first, start=["to_parquet"])
    assert uses(api, found["trips.ion"]) == {
        ("files-1", "to_parquet", False), ("files-2", "to_ion", True), ("files-2", "to_parquet", False),
    }  # fmt: skip
    kept = stored(api, "files-2")
    assert kept["trips.ion"] == found["trips.ion"]
    assert kept["trips.parquet"]["id"] != found["trips.parquet"]["id"]


def test_what_used_a_value_of_python_is_told_too(server: RunningServer, api: Api) -> None:
    run_kinds(server.home)
    found = stored(api, "kinds-1")
    assert uses(api, found["trips"]) == {("kinds-1", "matrix", False), ("kinds-1", "report", False)}
    assert uses(api, found["picture"]) == set()


def test_what_never_began_names_what_failed_before_it(api: Api) -> None:
    api.save(FAILING)
    run = api.run("rides")
    assert api.get(f"/runs/{run}/unbegun")["unbegun"] == [
        {"address": "count_rows", "task": "count_rows", "failed": ["to_parquet"]}
    ]
    api.save(FILES)
    assert api.get(f"/runs/{api.run('files')}/unbegun")["unbegun"] == []


def test_what_each_run_of_a_lineage_did_is_told_where_it_is_asked_for(api: Api) -> None:
    api.save(FAILING)
    first = api.run("rides")
    second = api.replay(first, start=["to_parquet"])
    assert api.get(f"/runs/{second}/lineage").get("did") is None
    did = api.get(f"/runs/{second}/lineage?did=true")["did"]
    shown = {run: (each["ran"], each["failed"], each["reused"], each["pinned"]) for run, each in did.items()}
    assert shown == {first: (3, 1, 0, 0), second: (1, 1, 2, 0)}
    assert did[second]["saved"] > 0


def test_a_table_of_avro_has_the_types_of_its_schema(tmp_path: Path) -> None:
    fields = [{"name": "a", "type": ["null", "long"]}, {"name": "b", "type": {"type": "int", "logicalType": "date"}}]
    schema: Any = {"type": "record", "name": "R", "fields": fields}
    with (tmp_path / "t.avro").open("wb") as file:
        fastavro.writer(file, schema, [{"a": None, "b": 1}, {"a": 5, "b": 2}])
    found = table_in("avro", tmp_path / "t.avro", 1)
    assert found is not None
    assert found.columns == (("a", "null or long"), ("b", "date"))
    assert found.rows == ((None, "1970-01-02"),)
    assert table_in("avro", b"no avro", 1) is None


def test_of_a_long_file_of_ion_no_more_is_read_than_its_beginning() -> None:
    many = b"".join(b'{a: %d, b: "%s"}\n' % (n, b"x" * 1000) for n in range(6000))
    found = table_in("ion", many, 3)
    assert found is not None
    assert (found.columns, found.total, [row[0] for row in found.rows]) == (
        (("a", "int"), ("b", "string")), None, ["0", "1", "2"],
    )  # fmt: skip
    cut_off = table_in("ion", many, 5000)
    assert cut_off is not None
    assert (len(cut_off.rows) < 5000, cut_off.total) == (True, None)
    assert table_in("ion", b'{a: "%s"}' % (b"x" * 5_000_000), 3) is None
