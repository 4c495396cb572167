"""Which version a store's tables have, and which one this Dal Segno works with.

The number is the id of the last migration that was applied; Alembic keeps it, and opening a store reads it and nothing
else.
"""

from __future__ import annotations

from pathlib import Path

from dalsegno.errors import StoreTooNew

#: the newest migration in `migrations/versions`
CURRENT = 12

#: where Alembic keeps the number
TABLE = "dalsegno_schema"

#: the statements that make a new SQLite store, as all migrations together make it: `python -m tests.support.new_store`
#: writes them. A new store needs neither Alembic nor SQLAlchemy, which take some tenths of a second to import
NEW_SQLITE = Path(__file__).with_name("new_sqlite.sql")

READ_VERSION = "SELECT version_num FROM dalsegno_schema"


def needs_migration(found: str | None, where: str) -> bool:
    """Tell whether a store must be migrated before it is used.

    Parameters
    ----------
    found : the number that the store holds; `None` for a new store.
    where : the store, for the message.

    Raises
    ------
    StoreTooNew : a later Dal Segno wrote it.
    """
    version = int(found) if found is not None else 0
    if version > CURRENT:
        raise StoreTooNew(
            f"the store {where} has version {version}, and this Dal Segno knows versions up to {CURRENT}: "
            "a newer Dal Segno has migrated it. Upgrade (`pip install --upgrade dalsegno`), or open another store."
        )
    return version < CURRENT
