"""The tables: one schema, however a database came to it, and versions that are refused."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.support import new_store

from dalsegno.errors import StoreTooNew
from dalsegno.store import migrate, schema, version
from dalsegno.store.open import open_store
from dalsegno.store.port import Store

Connect = Callable[[], Any]


@pytest.fixture(params=["sqlite", "postgresql+psycopg"])
def two_databases(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Connect, Connect]:
    """Give a dialect and the ways into two empty databases."""
    if request.param == "sqlite":
        files = [tmp_path / "one.db", tmp_path / "two.db"]
        ways = [lambda file=file: sqlite3.connect(file, isolation_level=None) for file in files]
    else:
        new_database: Callable[[], str] = request.getfixturevalue("new_database")
        addresses = [new_database(), new_database()]
        ways = [lambda address=address: psycopg.connect(address) for address in addresses]
    return request.param, ways[0], ways[1]


def described(engine: sqlalchemy.Engine) -> dict[str, Any]:
    """Give all that the database says about its tables."""
    inspector = sqlalchemy.inspect(engine)
    with engine.connect() as connection:
        made = (
            connection.exec_driver_sql(
                "SELECT name, sql FROM sqlite_master WHERE tbl_name <> 'dalsegno_schema'"
            ).fetchall()
            if engine.dialect.name == "sqlite"
            else connection.exec_driver_sql(
                "SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default "
                "FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'dalsegno_schema'"
            ).fetchall()
        )
    tables = {name for name in inspector.get_table_names() if name != version.TABLE}
    keys = {
        name: (
            inspector.get_pk_constraint(name),
            inspector.get_unique_constraints(name),
            inspector.get_foreign_keys(name),
            [_plain(index) for index in inspector.get_indexes(name)],
        )
        for name in tables
    }
    return {"made": {_told(row) for row in made}, "keys": keys}


def _plain(index: Any) -> dict[str, Any]:
    """Give an index with its condition as text: SQLAlchemy's own object equals itself alone."""
    return {**index, "dialect_options": {name: str(text) for name, text in index.get("dialect_options", {}).items()}}


def _declared(name: str | None, _kind: str, _parents: object) -> bool:
    """Tell what SQLAlchemy can declare: the index over words is made by statements of its own."""
    return name is None or not name.startswith("listed_words")


def _told(row: Any) -> str | frozenset[str]:
    """Give what a table is made of. SQLite keeps the statement itself, in which columns that were added stand last."""
    text = " ".join(" ".join(str(part) for part in row).split())
    return frozenset(part.strip(" )") for part in text.split(",")) if "CREATE TABLE" in text else text


def test_the_migrations_give_the_schema(two_databases: tuple[str, Connect, Connect]) -> None:
    dialect, one, two = two_databases
    migrated, declared = migrate.engine(dialect, one), migrate.engine(dialect, two)
    migrate.migrate(dialect, one)
    schema.metadata.create_all(declared)
    assert described(migrated) == described(declared)
    with migrated.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": version.TABLE, "compare_type": True, "include_name": _declared}
        )
        assert compare_metadata(context, schema.metadata) == []


def test_the_version_that_is_expected_is_that_of_the_newest_migration() -> None:
    config = migrate.configuration(None)  # pyright: ignore[reportArgumentType]
    assert ScriptDirectory.from_config(config).get_heads() == [str(version.CURRENT)]


def test_a_new_store_is_what_the_migrations_make() -> None:
    assert version.NEW_SQLITE.read_text(encoding="utf-8") == new_store.statements(), (
        "run `python -m tests.support.new_store` to bring it up to date"
    )


def set_version(address: str, number: int) -> None:
    statement = f"UPDATE dalsegno_schema SET version_num = '{number}'"
    if address.startswith("postgresql"):
        with psycopg.connect(address) as connection:
            connection.execute(statement.encode())
    else:
        with closing(sqlite3.connect(address)) as connection, connection:
            connection.execute(statement)


def test_a_store_of_a_newer_version_is_refused(address: str, opened: Callable[..., Store]) -> None:
    opened(address).close()
    newer = version.CURRENT + 1
    set_version(address, newer)
    try:
        with pytest.raises(StoreTooNew) as refused:
            open_store(address, now=lambda: 0.0)
    finally:
        set_version(address, version.CURRENT)
    assert f"has version {newer}, and this Dal Segno knows versions up to {version.CURRENT}" in str(refused.value)
    assert "Upgrade" in str(refused.value)


def test_opening_a_store_that_is_up_to_date_imports_neither_alembic_nor_sqlalchemy(
    address: str, opened: Callable[..., Store]
) -> None:
    opened(address).close()
    program = (
        "import sys; from dalsegno.store.open import open_store; open_store(sys.argv[1], now=lambda: 0.0).close();"
        "print(sorted(n for n in ('alembic', 'sqlalchemy', 'pydantic') if n in sys.modules), 'psycopg' in sys.modules)"
    )
    command = [sys.executable, "-c", program, address]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", str(address.startswith("postgresql"))]


def test_two_that_open_a_new_store_at_once_both_succeed(tmp_path: Path) -> None:
    program = "import sys; from dalsegno.store.open import open_store; open_store(sys.argv[1], now=lambda: 0.0).close()"
    command = [sys.executable, "-c", program, str(tmp_path / "new.db")]
    openers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [opener.communicate()[1] for opener in openers] == [""] * 3
