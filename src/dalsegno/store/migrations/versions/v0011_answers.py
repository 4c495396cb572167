"""Requests that have a key are carried out once; flows may be switched off and deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "11"
down_revision = "9"

_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "answers",
        sa.Column("caller", _text, nullable=False),
        sa.Column("key", _text, nullable=False),
        sa.Column("digest", _text, nullable=False),
        sa.Column("owner", _text, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", _text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name="answers_key"),
    )
    op.create_index("answers_by_time", "answers", ["created"])
    op.create_table(
        "flow_marks",
        sa.Column("namespace", _text, nullable=False),
        sa.Column("flow", _text, nullable=False),
        sa.Column("disabled", sa.Double),
        sa.Column("deleted", sa.Double),
        sa.PrimaryKeyConstraint("namespace", "flow", name="flow_marks_key"),
    )
