"""One way to speak to each kind of database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Protocol, cast

from dalsegno.errors import ExtraMissing, TaskFailed
from dalsegno.tasks.sql.addresses import Address
from dalsegno.tasks.sql.columns import Batch, Column, Kind
from dalsegno.tasks.sql.statements import only_reads, with_parameters

#: how long to wait for a connection, or for somebody else's write to a file, in seconds
_PATIENCE = 10

_POSTGRES_KINDS: Mapping[int, Kind] = {
    16: "bool", 20: "int", 21: "int", 23: "int", 26: "int", 700: "float", 701: "float", 1700: "decimal", 25: "text",
    1043: "text", 1042: "text", 19: "text", 2950: "text", 17: "bytes", 1082: "date", 1114: "datetime", 1184: "zoned",
    1083: "time", 114: "json", 3802: "json",
}  # fmt: skip
_DUCKDB_KINDS: Mapping[str, Kind] = {
    "BOOLEAN": "bool", "TINYINT": "int", "SMALLINT": "int", "INTEGER": "int", "BIGINT": "int", "UTINYINT": "int",
    "USMALLINT": "int", "UINTEGER": "int", "UBIGINT": "int", "HUGEINT": "int", "FLOAT": "float", "DOUBLE": "float",
    "VARCHAR": "text", "UUID": "text", "BLOB": "bytes", "DATE": "date", "TIMESTAMP": "datetime",
    "TIMESTAMP WITH TIME ZONE": "zoned", "TIME": "time",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gave.

    Parameters
    ----------
    columns : of the rows; empty where the statement gives none.
    batches : the rows, some at a time.
    changed : how many rows the statement changed, where the database says so.
    """

    columns: Sequence[Column] = ()
    batches: Iterator[Batch] = field(default_factory=lambda: iter(()))
    changed: int | None = None


class Session(Protocol):
    """A connection to a database. Outside `begin` and `commit` each statement is a transaction of its own."""

    def run(self, sql: str, parameters: Mapping[str, Any], *, size: int, stream: bool = False) -> Result:
        """Execute a statement.

        Parameters
        ----------
        size : how many rows come at a time.
        stream : in a transaction: rows are wanted as they come, for there may be many.
        """
        ...

    def begin(self) -> None:
        """Begin a transaction."""
        ...

    def commit(self) -> None:
        """End it and keep what was done."""
        ...

    def interrupt(self) -> None:
        """End the statement that is running, if there is one. May be called from any thread."""
        ...

    def close(self) -> None:
        """Let go of the database; what was not committed is undone."""
        ...

    def failure(self, error: Exception) -> tuple[str, str] | None:
        """Tell in words what an error of the driver says, and what to do; `None` if it is none of the driver's."""
        ...


def connect(address: Address, user: str | None, password: str | None) -> Session:
    """Open a connection.

    Raises
    ------
    TaskFailed : it cannot be made.
    ExtraMissing : the driver is not installed.
    """
    if address.kind == "sqlite":
        return SqliteSession(address)
    if address.kind == "postgresql":
        _require("psycopg", "postgres", "PostgreSQL")
        return PostgresSession(address, user, password)
    _require("duckdb", "duckdb", "DuckDB")
    return DuckDbSession(address)


def _require(module: str, extra: str, what: str) -> None:
    if find_spec(module) is None:
        raise ExtraMissing(
            f"queries to {what} need `{module}`, not installed here; install with: pip install 'dalsegno[{extra}]'"
        )


def not_opened(address: Address, error: Exception) -> TaskFailed:
    """Tell that a database cannot be reached."""
    hints = {
        "sqlite": "check the path in `url`, and the rights on the file and its folder",
        "duckdb": "check the path in `url`; a file of DuckDB can be open in one process alone, unless all only read",
        "postgresql": "check `url`, `username` and `password`, and that the server runs",
    }
    return TaskFailed(
        f"the database {address.shown} cannot be opened: {' '.join(str(error).split())}",
        code="no-connection",
        hint=hints[address.kind],
    )


class SqliteSession:
    """A file of SQLite, or memory."""

    def __init__(self, address: Address) -> None:
        try:
            self._connection = sqlite3.connect(
                address.where or ":memory:", timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")
        except sqlite3.Error as error:
            raise not_opened(address, error) from error

    def run(self, sql: str, parameters: Mapping[str, Any], *, size: int, stream: bool = False) -> Result:
        """Execute a statement."""
        del stream
        text, used = with_parameters(sql, parameters, lambda name: f":{name}") if parameters else (sql, {})
        cursor = self._connection.execute(text, {name: _for_sqlite(value) for name, value in used.items()})
        if cursor.description is None:
            return Result(changed=cursor.rowcount if cursor.rowcount >= 0 else None)
        return Result([Column(str(about[0])) for about in cursor.description], _batches(cursor.fetchmany, size))

    def begin(self) -> None:
        """Begin a transaction."""
        self._connection.execute("BEGIN")

    def commit(self) -> None:
        """End it and keep what was done."""
        self._connection.execute("COMMIT")

    def interrupt(self) -> None:
        """End the statement that is running."""
        self._connection.interrupt()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def failure(self, error: Exception) -> tuple[str, str] | None:
        """Tell what an error says."""
        if not isinstance(error, sqlite3.Error | sqlite3.Warning):
            return None
        if "locked" in str(error):
            return str(
                error
            ), f"another process wrote to the file for {_PATIENCE} s: replay later, or give the task a `retry`"
        return str(error), "check the statement in `sql`"


class PostgresSession:
    """A database of PostgreSQL."""

    def __init__(self, address: Address, user: str | None, password: str | None) -> None:
        import psycopg

        given = {name: value for name, value in (("user", user), ("password", password)) if value is not None}
        if "connect_timeout" not in address.where:
            given["connect_timeout"] = str(_PATIENCE)
        try:
            self._connection = psycopg.connect(address.where, autocommit=True, **cast("dict[str, Any]", given))
        except psycopg.Error as error:
            raise not_opened(address, error) from error
        self._errors = psycopg.Error
        self._streams: list[Any] = []

    def run(self, sql: str, parameters: Mapping[str, Any], *, size: int, stream: bool = False) -> Result:
        """Execute a statement; rows that stream come by a cursor of the server."""
        text, used = (sql, {})
        if parameters:
            text, used = with_parameters(sql, parameters, lambda name: f"%({name})s", percent="%%")
        arguments = {name: _for_postgres(value) for name, value in used.items()} or None
        if stream and only_reads(sql):
            return self._stream(text, arguments, size)
        cursor = self._connection.cursor()
        cursor.execute(text.encode(), arguments)
        while cursor.nextset():
            pass
        if cursor.description is None:
            return Result(changed=cursor.rowcount if cursor.rowcount >= 0 else None)
        return Result(_postgres_columns(cursor.description), _batches(cursor.fetchmany, size))

    def _stream(self, text: str, arguments: Mapping[str, Any] | None, size: int) -> Result:
        cursor = self._connection.cursor(name="dalsegno")
        self._streams.append(cursor)
        cursor.execute(text.strip().rstrip(";").encode(), arguments)
        return Result(_postgres_columns(cursor.description or ()), _batches(cursor.fetchmany, size))

    def begin(self) -> None:
        """Begin a transaction."""
        self._connection.execute("BEGIN")

    def commit(self) -> None:
        """End it and keep what was done."""
        self._connection.execute("COMMIT")

    def interrupt(self) -> None:
        """End the statement that is running."""
        self._connection.cancel()

    def close(self) -> None:
        """Let go of the connection."""
        for cursor in self._streams:
            with suppress(self._errors):
                cursor.close()
        self._connection.close()

    def failure(self, error: Exception) -> tuple[str, str] | None:
        """Tell what an error says."""
        if not isinstance(error, self._errors):
            return None
        text = " ".join(line.strip() for line in str(error).splitlines() if line.strip(" ^"))
        if self._connection.broken:
            return text, "the connection broke: replay later, or give the task a `retry`"
        return text, "check the statement in `sql`, and the rights of the user"


class DuckDbSession:
    """A file of DuckDB, or memory."""

    def __init__(self, address: Address) -> None:
        import duckdb

        self._errors = duckdb.Error
        try:
            self._connection = duckdb.connect(address.where or ":memory:")
        except duckdb.Error as error:
            raise not_opened(address, error) from error

    def run(self, sql: str, parameters: Mapping[str, Any], *, size: int, stream: bool = False) -> Result:
        """Execute a statement."""
        del stream
        text, used = with_parameters(sql, parameters, lambda name: f"${name}") if parameters else (sql, {})
        self._connection.execute(text, used or None)
        columns = [_duckdb_column(str(about[0]), str(about[1])) for about in self._connection.description or ()]
        return Result(columns, _batches(self._connection.fetchmany, size))

    def begin(self) -> None:
        """Begin a transaction."""
        self._connection.begin()

    def commit(self) -> None:
        """End it and keep what was done."""
        self._connection.commit()

    def interrupt(self) -> None:
        """End the statement that is running."""
        self._connection.interrupt()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def failure(self, error: Exception) -> tuple[str, str] | None:
        """Tell what an error says."""
        if not isinstance(error, self._errors):
            return None
        return " ".join(str(error).split()), "check the statement in `sql`"


def _batches(fetch: Callable[[int], Sequence[Any]], size: int) -> Iterator[Batch]:
    while rows := fetch(size):
        yield [tuple(row) for row in rows]


def _postgres_columns(described: Sequence[Any]) -> list[Column]:
    columns = [Column(about.name, _POSTGRES_KINDS.get(about.type_code)) for about in described]
    for column, about in zip(columns, described, strict=True):
        if column.kind == "decimal" and about.precision is not None:
            column.scale = max(0, about.scale or 0)
            column.whole = max(1, about.precision - column.scale)
    return columns


def _duckdb_column(name: str, kind: str) -> Column:
    if kind.startswith("DECIMAL("):
        precision, scale = (int(part) for part in kind[8:-1].split(","))
        return Column(name, "decimal", whole=max(1, precision - scale), scale=scale)
    nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))
    return Column(name, "json" if nested else _DUCKDB_KINDS.get(kind))


def _for_sqlite(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _for_postgres(value: Any) -> Any:
    if isinstance(value, dict):
        from psycopg.types.json import Jsonb

        return Jsonb(value)
    return value
