"""Namespaces hold files: their content lies in the artifact store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"

_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "files",
        sa.Column("namespace", _text, nullable=False),
        sa.Column("path", _text, nullable=False),
        sa.Column("digest", _text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("updated", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("namespace", "path", name="files_key"),
    )
