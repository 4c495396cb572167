"""Runs may have graphs of their own, task runs metadata, artifacts a summary: what pipelines in Python bring."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"

_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns: nothing had any of it until now."""
    op.add_column("plans", sa.Column("graph", _text))
    op.add_column("task_runs", sa.Column("metadata", _text))
    op.add_column("artifacts", sa.Column("summary", _text))
