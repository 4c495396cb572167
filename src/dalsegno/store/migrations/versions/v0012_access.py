"""Who may do what: users, tokens, sessions, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "12"
down_revision = "11"

_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "users",
        sa.Column("name", _text, nullable=False),
        sa.Column("role", _text, nullable=False),
        sa.Column("password", _text, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", name="users_key"),
    )
    op.create_table(
        "tokens",
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
    op.create_table(
        "sessions",
        sa.Column("digest", _text, nullable=False),
        sa.Column("user", _text, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="sessions_key"),
    )
    op.create_table(
        "audit_log",
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
    )
    op.create_index("audit_log_by_user", "audit_log", ["user", "number"])
