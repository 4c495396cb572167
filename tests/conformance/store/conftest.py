"""One suite over both adapters: a test that takes `store` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import conninfo

from dalsegno.store.open import Durability, open_store
from dalsegno.store.port import Store

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


def _server() -> str:
    reasons: list[str] = []
    for address in ADDRESSES:
        try:
            psycopg.connect(address, connect_timeout=3).close()
        except psycopg.OperationalError as error:
            reasons.append(f"{address}: {str(error).strip()}")
        else:
            return address
    return pytest.skip(
        "NOT TESTED ON POSTGRESQL: no server answers. Start one, or set DALSEGNO_TEST_POSTGRES. " + "; ".join(reasons)
    )


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Give a function that makes an empty PostgreSQL database and gives its address; all are dropped in the end."""
    server = _server()
    made: list[str] = []

    def make() -> str:
        name = f"dalsegno_test_{uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        made.append(name)
        parts = conninfo.conninfo_to_dict(server)
        where = f"{parts.get('user') or ''}{'@' if parts.get('user') else ''}{parts.get('host') or ''}"
        port = f":{parts['port']}" if parts.get("port") else ""
        return f"postgresql://{where}{port}/{name}" + (f"?password={parts['password']}" if "password" in parts else "")

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
