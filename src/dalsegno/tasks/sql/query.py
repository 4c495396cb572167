"""`sql.Query`: a statement for a database, and what it gives."""

from __future__ import annotations

import re
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import JsonMap, TaskContext, TaskOutput, TaskType, Text
from dalsegno.tasks.cancelling import on_cancel
from dalsegno.tasks.scratch_files import writing
from dalsegno.tasks.sql import databases
from dalsegno.tasks.sql.addresses import Address, read_address
from dalsegno.tasks.sql.columns import Batch, write_parquet
from dalsegno.tasks.sql.databases import Result, Session
from dalsegno.tasks.sql.values import ion_lines, plain

_STORED = re.compile(r"dalsegno://[0-9a-f]{64}/[\w.~%-]*", re.ASCII)
#: how often a statement that is to stop is told so, until it has
_AGAIN = 0.1
_IN_URL = "say it in `url`, as in `postgresql://host/database?sslmode=verify-full&sslrootcert=ca.pem`"
_BY_URL = "name the file in `url`"


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


class FetchType(StrEnum):
    """What becomes of the rows."""

    NONE = "NONE"
    FETCH = "FETCH"
    FETCH_ONE = "FETCH_ONE"
    STORE = "STORE"


class Query(TaskType):
    """Execute a statement in SQLite, PostgreSQL or DuckDB, and give its rows as outputs or as a file.

    Whether a statement changes something is not looked at: mark the task with `effects: external` where executing it
    twice would be seen.
    """

    code: ClassVar[frozenset[str]] = frozenset({"url", "sql", "afterSQL"})

    not_supported = MappingProxyType(
        {
            **dict.fromkeys(("ssl", "sslMode", "sslRootCert", "sslCert", "sslKey", "sslKeyPassword"), _IN_URL),
            **dict.fromkeys(("sqliteFile", "databaseFile", "databaseUri", "outputDbFile"), _BY_URL),
            "inputFiles": "write the stored file itself into `sql`: read_csv('{{ outputs.task.uri }}') in DuckDB",
            "timeZoneId": "times with a zone are given in UTC; convert them in `sql`",
        }
    )

    url: Text = Field(
        description="The database: `sqlite:///file.db`, `postgresql://host:5432/database`, `duckdb:///file.duckdb`, or "
        "`duckdb://` for one in memory; also `jdbc:...` for these."
    )
    username: Text | None = Field(default=None, description="PostgreSQL: the user, unless `url` names one.")
    password: Text | None = Field(default=None, description="PostgreSQL: the password.")
    sql: Text = Field(
        min_length=1,
        description="The statement. `:name` stands for a parameter. In DuckDB a stored file may stand where a path does.",
    )
    parameters: JsonMap = Field(default={}, description="The parameters, name to value; they need no quoting.")
    after_sql: Text | None = Field(
        default=None,
        alias="afterSQL",
        description="A statement that is executed when the rows have been taken, in the same transaction.",
    )
    fetch_type: Annotated[FetchType, BeforeValidator(_upper)] = Field(
        default=FetchType.NONE,
        alias="fetchType",
        description="What becomes of the rows: nothing, outputs (`FETCH` all, `FETCH_ONE` the first), or a file (`STORE`).",
    )
    format: Annotated[Literal["ION", "PARQUET"], BeforeValidator(_upper)] = Field(
        default="ION", description="`STORE`: what the file is, a struct a line or typed columns."
    )
    fetch_size: int = Field(
        default=10_000, alias="fetchSize", gt=0, description="How many rows are taken from the database at a time."
    )
    fetch: bool = Field(default=False, description="The older form of `fetchType: FETCH`.")
    fetch_one: bool = Field(default=False, alias="fetchOne", description="The older form of `fetchType: FETCH_ONE`.")
    store: bool = Field(default=False, description="The older form of `fetchType: STORE`.")

    class Output(TaskOutput):
        row: dict[str, Any] | None = Field(
            default=None, description="`FETCH_ONE`: the first row; null where there is none."
        )
        rows: list[dict[str, Any]] | None = Field(default=None, description="`FETCH`: all rows.")
        uri: str | None = Field(default=None, description="`STORE`: the file.")
        size: int = Field(default=0, description="How many rows were taken.")

    @field_validator("url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        read_address(value)
        return value

    @model_validator(mode="after")
    def _parquet_is_stored(self) -> Self:
        if self.format == "PARQUET" and self.wanted is not FetchType.STORE:
            raise ValueError("`format: PARQUET` is for files: set `fetchType: STORE`")
        return self

    @property
    def wanted(self) -> FetchType:
        """What becomes of the rows, in whatever form it is written."""
        older = ((self.fetch, FetchType.FETCH), (self.fetch_one, FetchType.FETCH_ONE), (self.store, FetchType.STORE))
        return next((kind for said, kind in older if said), self.fetch_type)

    def run(self, context: TaskContext) -> Output:
        """Execute the statement."""
        context.check_cancelled()
        if self.format == "PARQUET":
            from dalsegno.tasks.serdes.extras import require

            require("`format: PARQUET` of sql.Query")
        address = read_address(self.url)
        session = databases.connect(address, self.username, self.password)
        try:
            with _interrupting(session, context):
                return self._executed(session, address, context)
        except Exception as error:
            # a statement that was interrupted looks like one that failed
            context.check_cancelled()
            told = session.failure(error)
            if told is None:
                raise
            raise TaskFailed(f"the statement failed: {told[0]}", code="statement-failed", hint=told[1]) from error
        finally:
            session.close()

    def _executed(self, session: Session, address: Address, context: TaskContext) -> Output:
        stream, size = self.wanted is FetchType.STORE, 1 if self.wanted is FetchType.FETCH_ONE else self.fetch_size
        together = stream or self.after_sql is not None
        if together:
            session.begin()
        result = session.run(_for_files(self.sql, address, context), self.parameters, size=size, stream=stream)
        output = self._taken(result, context)
        if self.after_sql is not None:
            session.run(_for_files(self.after_sql, address, context), {}, size=1)
        if together:
            session.commit()
        context.log.info(_told(result, output.size, address))
        context.count("fetch.size", output.size)
        return output

    def _taken(self, result: Result, context: TaskContext) -> Output:
        wanted, names = self.wanted, [column.name for column in result.columns]
        if not names:
            return self.Output()
        if wanted is FetchType.NONE:
            context.log.info("the rows are left out: `fetchType` says what becomes of them")
            return self.Output()
        _check_names(names)
        batches = _checked(result.batches, context)
        if wanted is FetchType.STORE:
            return self._stored(result, names, batches, context)
        if wanted is FetchType.FETCH_ONE:
            first = next((row for batch in batches for row in batch), None)
            row = None if first is None else _as_map(names, first)
            return self.Output(row=row, size=0 if row is None else 1)
        rows = [_as_map(names, row) for batch in batches for row in batch]
        return self.Output(rows=rows, size=len(rows))

    def _stored(self, result: Result, names: Sequence[str], batches: Iterator[Batch], context: TaskContext) -> Output:
        if self.format == "PARQUET":
            path = context.files.new(".parquet")
            size = write_parquet(batches, result.columns, path, context.files.new())
            return self.Output(uri=context.files.store(path, "rows.parquet"), size=size)
        path, size = context.files.new(".ion"), 0
        with writing(path) as file:
            for batch in batches:
                size += len(batch)
                file.write(ion_lines(names, batch).encode())
        return self.Output(uri=context.files.store(path, "rows.ion"), size=size)


@contextmanager
def _interrupting(session: Session, context: TaskContext) -> Generator[None]:
    """Have the statement ended when the task is told to stop: again and again, for it may be just about to begin."""
    over = threading.Event()

    def interrupt() -> None:
        while not over.wait(_AGAIN):
            with suppress(Exception):
                session.interrupt()

    interrupter = threading.Thread(target=interrupt, name="interrupt-statement", daemon=True)
    try:
        with on_cancel(context, interrupter.start):
            yield
    finally:
        over.set()
        if interrupter.ident is not None:
            interrupter.join()


def _for_files(sql: str, address: Address, context: TaskContext) -> str:
    """Give a statement for DuckDB with stored files by their paths, under names that say what they are."""
    if address.kind != "duckdb":
        return sql
    paths: dict[str, Path] = {}
    for uri in set(_STORED.findall(sql)):
        paths[uri] = context.files.new(f"-{uri.rpartition('/')[2]}")
        paths[uri].symlink_to(context.files.path(uri))
    return _STORED.sub(lambda match: str(paths[match[0]]), sql)


def _checked(batches: Iterator[Batch], context: TaskContext) -> Iterator[Batch]:
    for batch in batches:
        context.check_cancelled()
        yield batch


def _check_names(names: Sequence[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise TaskFailed(
            f"the statement gives two columns with the name `{twice}`",
            code="same-column",
            hint=f"give each a name of its own, as in `SELECT a.{twice} AS a_{twice}`",
        )


def _told(result: Result, size: int, address: Address) -> str:
    number = size if result.changed is None else result.changed
    rows = "1 row" if number == 1 else f"{number} rows"
    return f"{rows} from {address.shown}" if result.changed is None else f"{rows} changed in {address.shown}"


def _as_map(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in zip(names, row, strict=True)}
