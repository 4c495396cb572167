"""The tables, as the newest migration leaves them. Imported to migrate and by tests, never to read or write.

JSON stands as text and times as seconds since 1970, on both databases alike. Text compares by code point everywhere
(`C` on PostgreSQL), so that both databases give one order and a prefix is a range. Columns that are read often stand before
those that may be long, and what changes often has no long neighbour.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import event

from dalsegno.store.words_index import WORDS_INDEX

metadata = sa.MetaData()

_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: what an engine may have to do with: few at any time, however many runs there are
_unended = sa.text("ended IS NULL AND queued IS NOT NULL")
_of_run = sa.text("kind = 'run'")
_failed, _fixed = sa.text("failed IS NOT NULL"), sa.text("fixed IS NOT NULL")
_replayed, _late = sa.text("replayed = 1"), sa.text("late = 1")
_driven = sa.text("hosted = 1 AND state = 'RUNNING'")
_waiting = sa.text("state = 'WAITING'")

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("namespace", _text, nullable=False),
    sa.Column("flow", _text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("digest", _text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("author", _text),
    sa.Column("description", _text),
    sa.Column("disabled", sa.Integer, nullable=False),
    sa.Column("source", _text, nullable=False),
    sa.Column("compiled", _text, nullable=False),
    sa.PrimaryKeyConstraint("namespace", "flow", "number", name="revisions_key"),
)

run_numbers = sa.Table(
    "run_numbers",
    metadata,
    sa.Column("namespace", _text, nullable=False),
    sa.Column("flow", _text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("namespace", "flow", name="run_numbers_key"),
    sqlite_with_rowid=False,
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", _text, nullable=False),
    sa.Column("name", _text, nullable=False),
    sa.Column("namespace", _text, nullable=False),
    sa.Column("flow", _text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("state", _text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("root", _text, nullable=False),
    sa.Column("origin", _text),
    sa.Column("clock", sa.Double, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("started", sa.Double),
    sa.Column("ended", sa.Double),
    sa.Column("lease_number", sa.Integer, nullable=False),
    sa.Column("lease_owner", _text),
    sa.Column("lease_beat", sa.Double),
    sa.Column("kill_requested", sa.Integer, nullable=False),
    sa.Column("plan_digest", _text, nullable=False),
    sa.Column("author", _text),
    sa.Column("reason", _text),
    sa.Column("labels", _text, nullable=False),
    sa.Column("inputs", _text, nullable=False),
    sa.Column("request", _text, nullable=False),
    sa.Column("environment", _text, nullable=False),
    sa.Column("outputs", _text, nullable=False),
    sa.Column("error", _text),
    sa.Column("whole", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("fixed_by", _text),
    sa.Column("deleted", sa.Double),
    sa.Column("parent", _text),
    sa.Column("caller", _text),
    sa.Column("caller_attempt", sa.Integer),
    sa.Column("queued", sa.Double),
    sa.PrimaryKeyConstraint("id", name="runs_key"),
    sa.Index("runs_by_name", "name"),
    sa.Index("runs_by_time", "created"),
    sa.Index("runs_by_flow", "namespace", "flow", "created"),
    sa.Index("runs_by_origin", "origin"),
    sa.Index("runs_by_root", "root"),
    sa.Index("runs_by_parent", "parent"),
    sa.Index("runs_by_caller", "caller", "caller_attempt", unique=True),
    sa.Index("runs_handed_over", "queued", sqlite_where=_unended, postgresql_where=_unended),
)

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("run", _text, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("plan", sa.LargeBinary, nullable=False),
    sa.Column("graph", _text),
    sa.PrimaryKeyConstraint("run", name="plans_key"),
)

task_runs = sa.Table(
    "task_runs",
    metadata,
    sa.Column("seq", _serial, nullable=False),
    sa.Column("id", _text, nullable=False),
    sa.Column("run", _text, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("address", _text, nullable=False),
    sa.Column("task", _text, nullable=False),
    sa.Column("type", _text, nullable=False),
    sa.Column("state", _text, nullable=False),
    sa.Column("action", _text, nullable=False),
    sa.Column("definition", _text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("started", sa.Double),
    sa.Column("ended", sa.Double),
    sa.Column("output_digest", _text),
    sa.Column("loop_keys", _text),
    sa.Column("reused_from", _text),
    sa.Column("parent", _text),
    sa.Column("reason", _text, nullable=False),
    sa.Column("value", _text),
    sa.Column("digests", _text, nullable=False),
    sa.Column("used", _text, nullable=False),
    sa.Column("properties", _text, nullable=False),
    sa.Column("outputs", _text, nullable=False),
    sa.Column("error", _text),
    sa.Column("loop_values", _text),
    sa.Column("metadata", _text),
    sa.PrimaryKeyConstraint("seq", name="task_runs_key"),
    sa.UniqueConstraint("id", name="task_runs_id"),
    sa.UniqueConstraint("run", "address", name="task_runs_address"),
    sa.Index("task_runs_in_order", "run", "seq"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("task_run", _text, sa.ForeignKey("task_runs.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("state", _text, nullable=False),
    sa.Column("started", sa.Double, nullable=False),
    sa.Column("ended", sa.Double),
    sa.Column("error", _text),
    sa.PrimaryKeyConstraint("task_run", "number", name="attempts_key"),
    sqlite_with_rowid=False,
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("run", _text, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("kind", _text, nullable=False),
    sa.Column("state", _text, nullable=False),
    sa.Column("address", _text),
    sa.Column("attempt", sa.Integer),
    sa.PrimaryKeyConstraint("run", "number", name="events_key"),
    sa.Index("events_by_time", "at", sqlite_where=_of_run, postgresql_where=_of_run),
    sqlite_with_rowid=False,
)

logs = sa.Table(
    "logs",
    metadata,
    sa.Column("run", _text, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("first_line", sa.Integer, nullable=False),
    sa.Column("last_line", sa.Integer, nullable=False),
    sa.Column("task_run", _text, sa.ForeignKey("task_runs.id"), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("lines", _text, nullable=False),
    sa.PrimaryKeyConstraint("run", "first_line", name="logs_key"),
    sa.Index("logs_by_task_run", "task_run", "first_line"),
)

artifacts = sa.Table(
    "artifacts",
    metadata,
    sa.Column("seq", _serial, nullable=False),
    sa.Column("id", _text, nullable=False),
    sa.Column("digest", _text, nullable=False),
    sa.Column("kind", _text, nullable=False),
    sa.Column("name", _text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("run", _text),
    sa.Column("task_run", _text),
    sa.Column("output", _text),
    sa.Column("mark", _text),
    sa.Column("summary", _text),
    sa.PrimaryKeyConstraint("seq", name="artifacts_key"),
    sa.UniqueConstraint("id", name="artifacts_id"),
    sa.Index("artifacts_by_digest", "digest"),
    sa.Index("artifacts_by_task_run", "task_run"),
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("namespace", _text, nullable=False),
    sa.Column("key", _text, nullable=False),
    sa.Column("type", _text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("updated", sa.Double, nullable=False),
    sa.Column("expires", sa.Double),
    sa.Column("writer", _text),
    sa.Column("description", _text),
    sa.Column("value", _text, nullable=False),
    sa.PrimaryKeyConstraint("namespace", "key", name="entries_key"),
    sa.Index("entries_by_expiry", "expires"),
)

files = sa.Table(
    "files",
    metadata,
    sa.Column("namespace", _text, nullable=False),
    sa.Column("path", _text, nullable=False),
    sa.Column("digest", _text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("updated", sa.Double, nullable=False),
    sa.PrimaryKeyConstraint("namespace", "path", name="files_key"),
)

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("caller", _text, nullable=False),
    sa.Column("key", _text, nullable=False),
    sa.Column("digest", _text, nullable=False),
    sa.Column("owner", _text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("headers", _text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("caller", "key", name="answers_key"),
    sa.Index("answers_by_time", "created"),
)

flow_marks = sa.Table(
    "flow_marks",
    metadata,
    sa.Column("namespace", _text, nullable=False),
    sa.Column("flow", _text, nullable=False),
    sa.Column("disabled", sa.Double),
    sa.Column("deleted", sa.Double),
    sa.PrimaryKeyConstraint("namespace", "flow", name="flow_marks_key"),
)
listed = sa.Table(
    "listed",
    metadata,
    sa.Column("place", _serial, nullable=False, autoincrement=False),
    sa.Column("run", _text, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("namespace", _text, nullable=False),
    sa.Column("flow", _text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("state", _text, nullable=False),
    sa.Column("stage", _text, nullable=False),
    sa.Column("started", sa.Double),
    sa.Column("ended", sa.Double),
    sa.Column("late", sa.Integer, nullable=False),
    sa.Column("sub", sa.Integer, nullable=False),
    sa.Column("whole", sa.Integer, nullable=False),
    sa.Column("replayed", sa.Integer, nullable=False),
    sa.Column("author", _text),
    sa.Column("failed", _text),
    sa.Column("fixed", sa.Integer),
    sa.PrimaryKeyConstraint("place", name="listed_key"),
    sa.UniqueConstraint("run", name="listed_run"),
    sa.Index("listed_by_flow", "namespace", "flow", "stage", "place", "sub"),
    sa.Index("listed_by_revision", "namespace", "flow", "revision", "place"),
    sa.Index("listed_by_stage", "stage", "place"),
    sa.Index("listed_by_author", "author", "place"),
    sa.Index("listed_failed", "failed", "place", sqlite_where=_failed, postgresql_where=_failed),
    sa.Index("listed_fixed", "fixed", "place", sqlite_where=_fixed, postgresql_where=_fixed),
    sa.Index("listed_replayed", "replayed", "place", sqlite_where=_replayed, postgresql_where=_replayed),
    sa.Index("listed_late", "late", "place", sqlite_where=_late, postgresql_where=_late),
)

listed_labels = sa.Table(
    "listed_labels",
    metadata,
    sa.Column("name", _text, nullable=False),
    sa.Column("value", _text, nullable=False),
    sa.Column("place", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("name", "value", "place", name="listed_labels_key"),
    sqlite_with_rowid=False,
)

listed_texts = sa.Table(
    "listed_texts",
    metadata,
    sa.Column("place", _serial, nullable=False, autoincrement=False),
    sa.Column("text", _text, nullable=False),
    sa.PrimaryKeyConstraint("place", name="listed_texts_key"),
)

#: texts whose words are not in the index yet (SQLite): it takes many at once, at a fifth of what one by one would cost
listed_waiting = sa.Table(
    "listed_waiting",
    metadata,
    sa.Column("number", _serial, nullable=False),
    sa.Column("place", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("number", name="listed_waiting_key"),
    sa.UniqueConstraint("place", name="listed_waiting_place"),
)

for _database, _statements in WORDS_INDEX.items():
    for _statement in _statements:
        event.listen(metadata, "after_create", sa.DDL(_statement.replace("%", "%%")).execute_if(dialect=_database))
bulk_jobs = sa.Table(
    "bulk_jobs",
    metadata,
    sa.Column("id", _text, nullable=False),
    sa.Column("name", _text, nullable=False),
    sa.Column("state", _text, nullable=False),
    sa.Column("why", _text),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("started", sa.Double),
    sa.Column("ended", sa.Double),
    sa.Column("author", _text),
    sa.Column("hosted", sa.Integer, nullable=False),
    sa.Column("approved", sa.Integer, nullable=False),
    sa.Column("forgiven_ended", sa.Integer, nullable=False),
    sa.Column("forgiven_failed", sa.Integer, nullable=False),
    sa.Column("first_failed", sa.Integer, nullable=False),
    sa.Column("fixed_too", sa.Integer, nullable=False),
    sa.Column("lease_number", sa.Integer, nullable=False),
    sa.Column("lease_owner", _text),
    sa.Column("lease_beat", sa.Double),
    sa.Column("pace", _text, nullable=False),
    sa.Column("request", _text, nullable=False),
    sa.Column("selection", _text, nullable=False),
    sa.PrimaryKeyConstraint("id", name="bulk_jobs_key"),
    sa.Index("bulk_jobs_by_name", "name", unique=True),
    sa.Index("bulk_jobs_by_time", "created"),
    sa.Index("bulk_jobs_hosted", "state", sqlite_where=_driven, postgresql_where=_driven),
)

bulk_rows = sa.Table(
    "bulk_rows",
    metadata,
    sa.Column("job", _text, sa.ForeignKey("bulk_jobs.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("origin", _text, nullable=False),
    sa.Column("state", _text, nullable=False),
    sa.Column("replay", _text),
    sa.Column("at", sa.Double),
    sa.Column("code", _text),
    sa.Column("why", _text),
    sa.PrimaryKeyConstraint("job", "position", name="bulk_rows_key"),
    sa.UniqueConstraint("job", "origin", name="bulk_rows_origin"),
    sa.Index("bulk_rows_waiting", "job", "position", sqlite_where=_waiting, postgresql_where=_waiting),
    sqlite_with_rowid=False,
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("name", _text, nullable=False),
    sa.Column("role", _text, nullable=False),
    sa.Column("password", _text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.PrimaryKeyConstraint("name", name="users_key"),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", _text, nullable=False),
    sa.Column("digest", _text, nullable=False),
    sa.Column("user", _text, nullable=False),
    sa.Column("name", _text, nullable=False),
    sa.Column("role", _text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("expires", sa.Double),
    sa.PrimaryKeyConstraint("id", name="tokens_key"),
    sa.UniqueConstraint("digest", name="tokens_digest"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", _text, nullable=False),
    sa.Column("user", _text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("expires", sa.Double, nullable=False),
    sa.PrimaryKeyConstraint("digest", name="sessions_key"),
)

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("number", _serial, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("user", _text),
    sa.Column("role", _text),
    sa.Column("door", _text, nullable=False),
    sa.Column("address", _text, nullable=False),
    sa.Column("operation", _text, nullable=False),
    sa.Column("method", _text, nullable=False),
    sa.Column("path", _text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("detail", _text, nullable=False),
    sa.PrimaryKeyConstraint("number", name="audit_log_key"),
    sa.Index("audit_log_by_user", "user", "number"),
)
