"""Queries to real databases: files of SQLite and DuckDB, a server of PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import psycopg
import pyarrow as pa
import pytest
from amazon.ion import simpleion
from pyarrow import parquet
from pydantic import ValidationError
from tests.conformance.store import conftest as of_store
from tests.support.task_context import FolderContext

from dalsegno.errors import Cancelled, DalSegnoError, ExtraMissing, TaskFailed
from dalsegno.tasks import registry
from dalsegno.tasks.serdes.ion_to_parquet import IonToParquet
from dalsegno.tasks.sql import databases
from dalsegno.tasks.sql.addresses import read_address
from dalsegno.tasks.sql.query import Query

Asks = Callable[..., Query.Output]


new_database = of_store.new_database


@pytest.fixture(scope="session")
def postgres(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database."""
    if request.param != "postgresql":
        return f"{request.param}:///{tmp_path}/data.db"
    found: str = request.getfixturevalue("postgres")
    with psycopg.connect(found, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return found


def ask(context: FolderContext, url: str, sql: str, kind: str = "NONE", **properties: Any) -> Query.Output:
    return Query.model_validate({"url": url, "sql": sql, "fetchType": kind, **properties}).run(context)


def fails(context: FolderContext, url: str, sql: str, kind: str = "NONE", **properties: Any) -> TaskFailed:
    with pytest.raises(TaskFailed) as failed:
        ask(context, url, sql, kind, **properties)
    assert failed.value.hint
    return failed.value


@pytest.fixture
def filled(context: FolderContext, url: str) -> str:
    ask(context, url, "CREATE TABLE t (id INTEGER, name VARCHAR(20))")
    ask(context, url, "INSERT INTO t VALUES (1, 'one'), (2, 'it''s'), (3, NULL)")
    return url


ROWS = [{"id": 1, "name": "one"}, {"id": 2, "name": "it's"}, {"id": 3, "name": None}]


def test_rows_come_as_outputs(context: FolderContext, filled: str) -> None:
    got = ask(context, filled, "SELECT id, name FROM t ORDER BY id", "FETCH")
    assert got.model_dump() == {"row": None, "rows": ROWS, "uri": None, "size": 3}
    assert ask(context, filled, "SELECT id, name FROM t ORDER BY id", fetch=True).rows == ROWS
    assert context.metrics["fetch.size"] == 6


def test_one_row_comes_as_an_output(context: FolderContext, filled: str) -> None:
    got = ask(context, filled, "SELECT id, name FROM t ORDER BY id", "fetch_one")
    assert (got.row, got.size) == (ROWS[0], 1)
    got = ask(context, filled, "SELECT id, name FROM t WHERE id > 5", fetchOne=True)
    assert (got.row, got.size) == (None, 0)


def test_rows_that_nobody_asked_for_are_left_out_and_that_is_told(context: FolderContext, filled: str) -> None:
    got = ask(context, filled, "SELECT id FROM t")
    assert got.model_dump() == {"row": None, "rows": None, "uri": None, "size": 0}
    assert any("`fetchType` says" in text for _, text in context.lines)


def test_rows_are_stored_as_ion(context: FolderContext, filled: str) -> None:
    got = ask(context, filled, "SELECT id, name FROM t ORDER BY id;", "STORE", fetchSize=2)
    assert got.size == 3
    assert context.read_file(got.uri or "").decode() == (
        '{"id":1,"name":"one"}\n{"id":2,"name":"it\'s"}\n{"id":3,"name":null}\n'
    )


def test_rows_are_stored_as_parquet(context: FolderContext, filled: str) -> None:
    got = ask(context, filled, "SELECT id, name FROM t ORDER BY id", store=True, format="parquet", fetchSize=2)
    table = read_parquet(context, got)
    assert table.to_pylist() == ROWS
    assert table.schema.types == [pa.int64(), pa.string()]
    assert got.size == 3


def test_no_rows_make_a_file_with_columns(context: FolderContext, filled: str) -> None:
    got = ask(context, filled, "SELECT id, name FROM t WHERE id > 5", "STORE", format="PARQUET")
    assert (read_parquet(context, got).column_names, got.size) == (["id", "name"], 0)


def test_a_statement_without_rows_gives_none_also_where_they_are_wanted(context: FolderContext, filled: str) -> None:
    assert ask(context, filled, "UPDATE t SET name = 'x'", "STORE").uri is None or filled.startswith("duckdb")


def read_parquet(context: FolderContext, got: Query.Output) -> Any:
    return parquet.read_table(pa.BufferReader(context.read_file(got.uri or "")))


# parameters


def test_parameters_need_no_quoting(context: FolderContext, filled: str) -> None:
    sql = "SELECT id, ':name 100%' AS text FROM t WHERE name = :name AND id < :most -- and :this is a comment"
    got = ask(context, filled, sql, "FETCH", parameters={"name": "it's", "most": 5})
    assert got.rows == [{"id": 2, "text": ":name 100%"}]


def test_null_is_a_parameter_too(context: FolderContext, filled: str) -> None:
    sql = "SELECT count(*) AS n FROM t WHERE coalesce(CAST(:name AS VARCHAR(5)), 'none') = 'none'"
    assert ask(context, filled, sql, "FETCH_ONE", parameters={"name": None}).row == {"n": 3}


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"nam": 1}, "`:name`, which is not given; did you mean `nam`?"),
        ({"name": 1, "x": 2}, "does not read the parameters `x`"),
    ],
)
def test_parameters_that_do_not_fit_fail(context: FolderContext, parameters: dict[str, Any], told: str) -> None:
    assert told in fails(context, "sqlite://", "SELECT :name", parameters=parameters).message


# transactions


def test_what_follows_is_done_with_the_statement_or_not_at_all(context: FolderContext, filled: str) -> None:
    got = ask(context, filled, "SELECT id FROM t ORDER BY id", "FETCH", afterSQL="DELETE FROM t WHERE id = 1")
    assert got.size == 3
    fails(context, filled, "DELETE FROM t", afterSQL="DELETE FROM no_such_table")
    assert ask(context, filled, "SELECT id FROM t ORDER BY id", "FETCH").rows == [{"id": 2}, {"id": 3}]


# types


def test_postgresql_gives_every_type_its_form(context: FolderContext, postgres: str) -> None:
    sql = """SELECT 1::smallint AS i, 12345678901234567890123.45::numeric AS big, 1.10::numeric(10,2) AS d, 1.5::float8 AS f,
        'NaN'::float8 AS nan, true AS b, 'é'::text AS t, '\\x00ff'::bytea AS raw, '2024-05-01'::date AS day,
        '2024-05-01 10:20:30.5'::timestamp AS wall, '2024-05-01 10:20:30+02'::timestamptz AS moment, '10:20'::time AS clock,
        '{"a": [1, null]}'::jsonb AS j, ARRAY[1,2] AS list, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS id,
        '1 day 2 hours'::interval AS span, NULL::integer AS nothing"""
    expected = {
        "i": 1, "big": "12345678901234567890123.45", "d": 1.1, "f": 1.5, "nan": "NaN", "b": True, "t": "é", "raw": "AP8=",
        "day": "2024-05-01", "wall": "2024-05-01T10:20:30.500000", "moment": "2024-05-01T08:20:30+00:00", "clock": "10:20:00",
        "j": {"a": [1, None]}, "list": [1, 2], "id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "span": "P1DT7200S",
        "nothing": None,
    }  # fmt: skip
    assert ask(context, postgres, sql, "FETCH_ONE").row == expected
    kinds = {
        "i": pa.int64(), "big": pa.decimal128(25, 2), "d": pa.decimal128(10, 2), "f": pa.float64(), "b": pa.bool_(),
        "t": pa.string(), "raw": pa.binary(), "day": pa.date32(), "wall": pa.timestamp("us"),
        "moment": pa.timestamp("us", "UTC"), "clock": pa.time64("us"), "j": pa.string(), "nothing": pa.int64(),
    }  # fmt: skip
    table = read_parquet(context, ask(context, postgres, sql, "STORE", format="PARQUET"))
    assert {name: table.schema.field(name).type for name in kinds} == kinds
    row = cast("dict[str, Any]", table.to_pylist()[0])
    assert (row["big"], row["day"], row["clock"]) == (
        Decimal("12345678901234567890123.45"),
        date(2024, 5, 1),
        time(10, 20),
    )
    assert row["moment"] == datetime(2024, 5, 1, 8, 20, 30, tzinfo=UTC)
    assert (row["j"], row["list"]) == ('{"a": [1, null]}', "[1, 2]")


def test_duckdb_gives_every_type_its_form(context: FolderContext) -> None:
    sql = """SELECT 1::tinyint AS i, 170141183460469231731687303715884105727::hugeint AS big, 1.10::decimal(10,2) AS d,
        1.5::double AS f, true AS b, '\\x00\\xFF'::blob AS raw, DATE '2024-05-01' AS day, TIME '10:20:00' AS clock,
        TIMESTAMP '2024-05-01 10:20:30' AS wall, TIMESTAMPTZ '2024-05-01 10:20:30+02' AS moment, [1, 2] AS list,
        {'a': 1} AS part, NULL AS nothing"""
    row = ask(context, "duckdb://", sql, "FETCH_ONE").row or {}
    assert row["moment"] == "2024-05-01T08:20:30+00:00"
    assert (row["raw"], row["list"], row["part"], row["nothing"]) == ("AP8=", [1, 2], {"a": 1}, None)
    table = read_parquet(context, ask(context, "duckdb://", sql, "STORE", format="PARQUET"))
    assert table.schema.field("big").type == pa.decimal256(39, 0)
    assert table.schema.field("d").type == pa.decimal128(10, 2)
    assert table.schema.field("part").type == pa.string()


def test_sqlite_columns_take_the_type_that_holds_all_values(context: FolderContext) -> None:
    sql = """SELECT column1 AS n, column2 AS mixed, column3 AS raw, column4 AS empty FROM
        (VALUES (1, 1, x'00ff', NULL), (2.5, 'two', NULL, NULL), (NULL, NULL, x'', NULL))"""
    table = read_parquet(context, ask(context, "sqlite://", sql, "STORE", format="PARQUET", fetchSize=1))
    assert table.schema.types == [pa.float64(), pa.string(), pa.binary(), pa.string()]
    assert table.to_pydict() == {
        "n": [1.0, 2.5, None], "mixed": ["1", "two", None], "raw": [b"\x00\xff", None, b""], "empty": [None] * 3,
    }  # fmt: skip


def test_ion_holds_every_type_and_the_conversions_read_it(context: FolderContext) -> None:
    sql = """SELECT 1.10::decimal(10,2) AS d, 5::decimal(10,0) AS whole, 1e300::double AS f, 'inf'::double AS inf,
        DATE '2024-05-01' AS day, TIMESTAMP '2024-05-01 10:20:30.123456' AS wall,
        TIMESTAMPTZ '2024-05-01 10:20:30+02' AS moment, '\\x00\\xFF'::blob AS raw, 'q"\\' AS text, [1, NULL] AS list,
        {'a': true} AS part"""
    got = ask(context, "duckdb://", sql, "STORE")
    text = context.read_file(got.uri or "")
    assert text.decode() == (
        '{"d":1.10,"whole":5.,"f":1e+300,"inf":+inf,"day":2024-05-01,"wall":2024-05-01T10:20:30.123456-00:00,'
        '"moment":2024-05-01T08:20:30+00:00,"raw":{{AP8=}},"text":"q\\"\\\\","list":[1,null],"part":{"a":true}}\n'
    )
    row = cast("Any", simpleion.load(BytesIO(text)))
    assert (row["d"], row["f"], row["raw"], row["part"]["a"]) == (Decimal("1.10"), 1e300, b"\x00\xff", True)
    schema = """{"type": "record", "name": "r", "fields": [
        {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "moment", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}"""
    made = IonToParquet.model_validate({"from": got.uri, "schema": schema}).run(context)
    table = parquet.read_table(pa.BufferReader(context.read_file(made.uri)))
    found = cast("dict[str, Any]", table.to_pylist()[0])
    assert (found["d"], found["day"]) == (Decimal("1.10"), date(2024, 5, 1))


# files


def test_duckdb_reads_stored_files(context: FolderContext) -> None:
    uri = context.add_file("id,name\n1,one\n2,two\n", "data 1.csv")
    got = ask(context, "duckdb://", f"SELECT sum(id) AS n FROM '{uri}'", "FETCH_ONE")
    assert got.row == {"n": 3}


def test_duckdb_writes_what_sqlite_cannot_open_and_that_is_told(context: FolderContext, tmp_path: Path) -> None:
    ask(context, f"duckdb:///{tmp_path}/x.db", "CREATE TABLE t (i INTEGER)")
    failed = fails(context, f"sqlite:///{tmp_path}/x.db", "SELECT 1")
    assert failed.code == "no-connection"


# what goes wrong


def test_a_wrong_statement_fails_with_the_databases_words(context: FolderContext, url: str) -> None:
    failed = fails(context, url, "SELCT 1")
    assert failed.code == "statement-failed"
    assert "SELCT" in failed.message
    assert "\n" not in failed.message


def test_two_columns_of_one_name_are_refused(context: FolderContext, filled: str) -> None:
    failed = fails(context, filled, "SELECT a.id, b.id FROM t a, t b", "FETCH")
    assert failed.code == "same-column" or filled.startswith("duckdb")


def test_a_database_that_is_not_there_fails(context: FolderContext, tmp_path: Path) -> None:
    for url in (
        f"sqlite:///{tmp_path}/no/x.db",
        f"duckdb:///{tmp_path}/no/x.db",
        "postgresql://ada:s3cret@127.0.0.1:1/x",
    ):
        failed = fails(context, url, "SELECT 1")
        assert failed.code == "no-connection"
        assert "s3cret" not in failed.message


def test_a_file_that_somebody_else_writes_to_is_told(
    context: FolderContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_PATIENCE", 0.1)
    url = f"sqlite:///{tmp_path}/x.db"
    ask(context, url, "CREATE TABLE t (i INTEGER)")
    with sqlite3.connect(tmp_path / "x.db") as other:
        other.execute("BEGIN IMMEDIATE")
        assert "another process" in (fails(context, url, "INSERT INTO t VALUES (1)").hint or "")
        other.rollback()
    other.close()


@pytest.mark.parametrize(("url", "extra"), [("duckdb://", "duckdb"), ("postgresql://h/x", "postgres")])
def test_a_driver_that_is_missing_names_its_extra(
    context: FolderContext, monkeypatch: pytest.MonkeyPatch, url: str, extra: str
) -> None:
    monkeypatch.setattr(databases, "find_spec", lambda _: None)  # pyright: ignore[reportUnknownLambdaType]
    with pytest.raises(ExtraMissing, match=rf"dalsegno\[{extra}\]"):
        ask(context, url, "SELECT 1")


ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS m FROM n",
    "duckdb": "SELECT sum(a.i * b.i % 7) AS m FROM range(100000000) a(i), range(100000000) b(i)",
    "postgresql": "SELECT pg_sleep(1000)",
}


@pytest.mark.parametrize("fetch", ["FETCH", "STORE"])
def test_a_statement_told_to_stop_is_interrupted(context: FolderContext, url: str, fetch: str) -> None:
    ended: list[DalSegnoError] = []

    def run() -> None:
        try:
            ask(context, url, ENDLESS[url.partition(":")[0]], fetch)
        except DalSegnoError as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    threading.Timer(0.3, context.cancel).start()
    thread.join(60)
    assert [type(error) for error in ended] == [Cancelled]
    assert context.stored == []


# addresses


@pytest.mark.parametrize("name", ["sqlite", "postgresql", "duckdb"])
def test_kestras_names_are_the_same_type(name: str) -> None:
    assert registry.load(f"io.kestra.plugin.jdbc.{name}.Query") is Query
    assert registry.canonical(f"io.kestra.plugin.jdbc.{name}.Query") == "sql.Query"


def test_addresses_of_jdbc_name_the_same_databases(context: FolderContext, tmp_path: Path) -> None:
    ask(context, f"jdbc:sqlite:{tmp_path}/x.db", "CREATE TABLE t AS SELECT 5 AS five")
    assert ask(context, f"sqlite:///{tmp_path}/x.db", "SELECT * FROM t", "FETCH_ONE").row == {"five": 5}
    assert ask(context, "jdbc:duckdb:", "SELECT 1 AS n", "FETCH_ONE").row == {"n": 1}
    given = read_address("jdbc:postgresql://db:5433/shop?user=ada&ApplicationName=a+b")
    assert given.where == "postgresql://db:5433/shop?user=ada&application_name=a%20b"
    assert given.shown == "postgresql://db:5433/shop"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://h/db", "no database of a known kind"),
        ("shop.db", "no database of a known kind"),
        ("sqlite:shop.db", "needs slashes"),
        ("sqlite://shop.db", "names a host or no file"),
        ("sqlite:///", "names a host or no file"),
        ("duckdb:///x?y=1", "takes none"),
        ("jdbc:postgresql:db", "needs a host"),
        ("jdbc:postgresql://h/db?ssl=true&user=x", "`ssl` of JDBC"),
    ],
)
def test_an_address_that_names_no_database_is_refused(url: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Query.model_validate({"url": url, "sql": "SELECT 1"})


def test_parquet_is_for_files() -> None:
    with pytest.raises(ValidationError, match="fetchType: STORE"):
        Query.model_validate({"url": "sqlite://", "sql": "SELECT 1", "format": "PARQUET", "fetchType": "FETCH"})
