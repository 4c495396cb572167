"""Runs know whether they are whole, what fixed them, and that they were deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns, and work out for the runs that are there which of them were fixed."""
    op.add_column("runs", sa.Column("whole", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.add_column("runs", sa.Column("fixed_by", _text))
    op.add_column("runs", sa.Column("deleted", sa.Double))
    _fix()


def _fix() -> None:
    """Until now every run was whole: one that ended well fixes all above it, the first that did so counts."""
    runs = sa.table("runs", *(sa.column(name) for name in ("id", "origin", "state", "ended", "fixed_by")))
    connection = op.get_bind()
    origins = {row.id: row.origin for row in connection.execute(sa.select(runs.c.id, runs.c.origin))}
    ended_well = sa.select(runs.c.id).where(runs.c.state.in_(("SUCCESS", "WARNING")), runs.c.origin.is_not(None))
    fixed: dict[str, str] = {}
    for (run,) in connection.execute(ended_well.order_by(runs.c.ended, runs.c.id)):
        above = origins[run]
        while above in origins and above not in fixed:
            fixed[above] = run
            above = origins[above]
    for above, run in fixed.items():
        connection.execute(runs.update().where(runs.c.id == above).values(fixed_by=run))
