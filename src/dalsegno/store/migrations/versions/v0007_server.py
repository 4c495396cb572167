"""Runs may be handed to the engine of a server, and what happened to runs is found by when it happened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7"
down_revision = "6"

_UNENDED = sa.text("ended IS NULL AND queued IS NOT NULL")
_OF_RUN = sa.text("kind = 'run'")


def upgrade() -> None:
    """Add the column and the indexes: nothing was handed over until now."""
    op.add_column("runs", sa.Column("queued", sa.Double))
    op.create_index("runs_handed_over", "runs", ["queued"], sqlite_where=_UNENDED, postgresql_where=_UNENDED)
    op.create_index("events_by_time", "events", ["at"], sqlite_where=_OF_RUN, postgresql_where=_OF_RUN)
