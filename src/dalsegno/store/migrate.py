"""Creates and migrates the tables with Alembic. Imported only when there is something to migrate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

#: no two processes migrate one PostgreSQL database at once; the number is any that nobody else takes
_MIGRATION_LOCK = 6_847_114_273


def configuration(connection: Connection) -> Config:
    """Give Alembic's configuration, bound to a connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def engine(dialect: str, connect: Callable[[], Any]) -> Engine:
    """Give an engine that opens connections with the adapter's own function."""
    made = create_engine(f"{dialect}://", creator=connect, poolclass=NullPool)
    if dialect == "sqlite":
        # the driver is told to leave transactions alone, so that table changes are part of one too
        event.listen(made, "begin", _begin_immediate)
    return made


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate(dialect: str, connect: Callable[[], Any]) -> None:
    """Bring the tables to the newest version, in one transaction.

    Parameters
    ----------
    dialect : as SQLAlchemy names it.
    connect : opens a driver's connection; on SQLite one that begins no transactions itself.
    """
    try:
        with engine(dialect, connect).begin() as connection:
            if dialect != "sqlite":
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})
            command.upgrade(configuration(connection), "head")
    except DBAPIError as error:
        # the adapter knows its driver's errors and nothing of SQLAlchemy's
        raise (error.orig or error) from error
