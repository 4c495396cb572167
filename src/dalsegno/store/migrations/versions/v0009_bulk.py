"""Bulk replays: jobs, and a row for each run that one is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9"
down_revision = "8"

_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_RUNNING = sa.text("hosted = 1 AND state = 'RUNNING'")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "bulk_jobs",
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
    )
    op.create_index("bulk_jobs_by_name", "bulk_jobs", ["name"], unique=True)
    op.create_index("bulk_jobs_by_time", "bulk_jobs", ["created"])
    op.create_index("bulk_jobs_hosted", "bulk_jobs", ["state"], sqlite_where=_RUNNING, postgresql_where=_RUNNING)
    op.create_table(
        "bulk_rows",
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
        sqlite_with_rowid=False,
    )
    waiting = sa.text("state = 'WAITING'")
    op.create_index(
        "bulk_rows_waiting", "bulk_rows", ["job", "position"], sqlite_where=waiting, postgresql_where=waiting
    )
