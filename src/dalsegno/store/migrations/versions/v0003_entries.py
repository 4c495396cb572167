"""Namespaces hold entries: values by key, which may expire."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"

_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "entries",
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
    )
    op.create_index("entries_by_expiry", "entries", ["expires"])
