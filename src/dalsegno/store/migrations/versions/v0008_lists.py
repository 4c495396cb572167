"""Lists of runs filter by a narrow row for each run, by labels and by words; those of the runs that are there are written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from dalsegno.store.listed import OPEN, failed_task, label_key, stored_words
from dalsegno.store.words_index import WORDS_INDEX

revision = "8"
down_revision = "7"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ENDED = frozenset({"SUCCESS", "WARNING", "FAILED", "KILLED", "SKIPPED"})
_UNFINISHED = frozenset({"FAILED", "KILLED"})
_LATE_SECONDS = 86_400
_AT_ONCE = 1_000

_RUNS = sa.text(
    "SELECT r.id, r.name, r.namespace, r.flow, r.revision, r.state, r.created, r.started, r.ended, r.parent, r.whole, "
    "r.author, r.reason, r.labels, r.inputs, r.error, r.fixed_by, "
    "CASE WHEN EXISTS (SELECT 1 FROM runs AS o WHERE o.origin = r.id) THEN 1 ELSE 0 END AS replayed "
    "FROM runs AS r WHERE r.deleted IS NULL ORDER BY r.created, r.id"
)


def upgrade() -> None:
    """Make the tables and fill them. The indexes come last: made at once they take less time."""
    listed = _listed()
    labels = op.create_table(
        "listed_labels",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("value", _TEXT, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", "value", "place", name="listed_labels_key"),
        sqlite_with_rowid=False,
    )
    texts = op.create_table(
        "listed_texts",
        sa.Column("place", _SERIAL, nullable=False, autoincrement=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("place", name="listed_texts_key"),
    )
    op.create_table(
        "listed_waiting",
        sa.Column("number", _SERIAL, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("number", name="listed_waiting_key"),
        sa.UniqueConstraint("place", name="listed_waiting_place"),
    )
    _fill(listed, labels, texts)
    _index()


def _listed() -> sa.Table:
    return op.create_table(
        "listed",
        sa.Column("place", _SERIAL, nullable=False, autoincrement=False),
        sa.Column("run", _TEXT, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("namespace", _TEXT, nullable=False),
        sa.Column("flow", _TEXT, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("stage", _TEXT, nullable=False),
        sa.Column("started", sa.Double),
        sa.Column("ended", sa.Double),
        sa.Column("late", sa.Integer, nullable=False),
        sa.Column("sub", sa.Integer, nullable=False),
        sa.Column("whole", sa.Integer, nullable=False),
        sa.Column("replayed", sa.Integer, nullable=False),
        sa.Column("author", _TEXT),
        sa.Column("failed", _TEXT),
        sa.Column("fixed", sa.Integer),
        sa.PrimaryKeyConstraint("place", name="listed_key"),
        sa.UniqueConstraint("run", name="listed_run"),
    )


def _index() -> None:
    database = op.get_bind().dialect.name
    for name, columns in {
        "listed_by_flow": ["namespace", "flow", "stage", "place", "sub"],
        "listed_by_revision": ["namespace", "flow", "revision", "place"],
        "listed_by_stage": ["stage", "place"],
        "listed_by_author": ["author", "place"],
    }.items():
        op.create_index(name, "listed", columns)
    some = {
        "failed": "failed IS NOT NULL",
        "fixed": "fixed IS NOT NULL",
        "replayed": "replayed = 1",
        "late": "late = 1",
    }
    for column, condition in some.items():
        where = sa.text(condition)
        op.create_index(f"listed_{column}", "listed", [column, "place"], sqlite_where=where, postgresql_where=where)
    for statement in WORDS_INDEX[database]:
        op.execute(sa.text(statement.replace(":", r"\:")))
    if database == "sqlite":
        op.execute("INSERT INTO listed_words (listed_words) VALUES ('rebuild')")


def _fill(listed: sa.Table, labels: sa.Table, texts: sa.Table) -> None:
    bind = op.get_bind()
    for page in _pages(bind):
        bind.execute(sa.insert(listed), [_row(run, place) for run, place in page])
        bind.execute(sa.insert(texts), [{"place": place, "text": _words(run)} for run, place in page])
        found = [
            {"name": label_key(name), "value": label_key(value), "place": place}
            for run, place in page
            for name, value in json.loads(run["labels"]).items()
        ]
        if found:
            bind.execute(sa.insert(labels), found)


def _pages(bind: sa.Connection) -> Iterator[list[tuple[Any, int]]]:
    """Give the runs with their places: when they were created, in microseconds, and the next one where that is taken."""
    place = 0
    for part in bind.execute(_RUNS).mappings().partitions(_AT_ONCE):
        page: list[tuple[Any, int]] = []
        for run in part:
            place = max(place + 1, int(run["created"] * 1_000_000))
            page.append((run, place))
        yield page


def _row(run: Any, place: int) -> dict[str, Any]:
    state, created = run["state"], run["created"]
    unfinished = state in _UNFINISHED
    error = json.loads(run["error"]) if run["error"] else None
    same = {
        name: run[name] for name in ("namespace", "flow", "revision", "state", "started", "ended", "whole", "author")
    }
    return {
        **same,
        "place": place,
        "run": run["id"],
        "stage": state if state in _ENDED else OPEN,
        "late": int(max(run["started"] or 0.0, run["ended"] or 0.0) > created + _LATE_SECONDS),
        "sub": int(run["parent"] is not None),
        "replayed": run["replayed"],
        "failed": failed_task(error) if unfinished else None,
        "fixed": int(run["fixed_by"] is not None) if unfinished else None,
    }


def _words(run: Any) -> str:
    error = json.loads(run["error"]) if run["error"] else None
    return stored_words(run["name"], run["reason"], json.loads(run["labels"]), json.loads(run["inputs"]), error)
