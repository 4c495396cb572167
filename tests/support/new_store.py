"""Writes the statements that make a new SQLite store, as all migrations together make it.

python -m tests.support.new_store
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from dalsegno.store import migrate, version


def statements() -> str:
    """Give them as one script, which is one transaction."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new.db"
        migrate.migrate("sqlite", lambda: sqlite3.connect(path, isolation_level=None))
        with closing(sqlite3.connect(path)) as connection:
            # what stands behind a virtual table is made with it
            found = connection.execute(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'listed\\_words\\_%' ESCAPE '\\'"
            )
            made = [sql for (sql,) in found]
    number = f"INSERT INTO {version.TABLE} (version_num) VALUES ('{version.CURRENT}')"
    return "".join(f"{statement};\n" for statement in ["BEGIN IMMEDIATE", *made, number, "COMMIT"])


if __name__ == "__main__":
    version.NEW_SQLITE.write_text(statements(), encoding="utf-8")
