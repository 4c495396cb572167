"""Opens a metadata store by its address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from dalsegno.errors import ExtraMissing, Refusal
from dalsegno.store.port import Store

Durability = Literal["normal", "full"]


def open_store(address: str | Path, *, durability: Durability = "normal", now: Callable[[], float]) -> Store:
    """Open a store, and make or migrate it where that is needed.

    Parameters
    ----------
    address : a file's path, `sqlite:///<path>` or `postgresql://...`.
    durability : `full` syncs every commit to the disk, so that a power cut loses nothing (SQLite; PostgreSQL is
        configured by its own administrator).
    now : the clock; leases on PostgreSQL are kept alive by it.

    Raises
    ------
    StoreTooNew : a later Dal Segno has migrated it.
    StoreUnavailable : it cannot be reached or written.
    ExtraMissing : it needs a driver that is not installed.
    """
    text = str(address)
    scheme, separator, rest = text.partition("://")
    if not separator:
        return _sqlite(Path(text), durability)
    if scheme == "sqlite" and rest.startswith("/"):
        return _sqlite(Path(rest[1:]), durability)
    if scheme in {"postgresql", "postgres"}:
        return _postgres(text, now)
    raise Refusal(
        f"`{text}` is no address of a store: give a path, `sqlite:///<path>` or `postgresql://<host>/<database>`"
    )


def _sqlite(path: Path, durability: Durability) -> Store:
    from dalsegno.store.sqlite import SqliteStore

    return SqliteStore(path, durability=durability)


def _postgres(address: str, now: Callable[[], float]) -> Store:
    try:
        import psycopg as _  # noqa: F401 - told here, before anything else fails for want of it
    except ImportError as error:
        raise ExtraMissing(
            "a store on PostgreSQL needs the driver psycopg: install the extra `postgres` "
            "(`pip install 'dalsegno[postgres]'`), or use a SQLite file"
        ) from error
    from dalsegno.store.postgres import PostgresStore

    return PostgresStore(address, now=now)
