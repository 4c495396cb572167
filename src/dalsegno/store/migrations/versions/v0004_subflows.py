"""Runs know the task run that called them as a subflow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"

_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns: nothing was called until now."""
    op.add_column("runs", sa.Column("parent", _text))
    op.add_column("runs", sa.Column("caller", _text))
    op.add_column("runs", sa.Column("caller_attempt", sa.Integer))
    op.create_index("runs_by_parent", "runs", ["parent"])
    op.create_index("runs_by_caller", "runs", ["caller", "caller_attempt"], unique=True)
