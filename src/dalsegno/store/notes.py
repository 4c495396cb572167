"""The records of artifacts that a run makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalsegno.errors import MoveRefused
from dalsegno.store import rows
from dalsegno.store import statements as sql

if TYPE_CHECKING:
    from dalsegno.store.port import SaveArtifact
    from dalsegno.store.writes import Step, Transaction


def save_artifact(write: SaveArtifact) -> Step:
    """Give the step that adds the record of an artifact."""
    row = rows.artifact_row(write.artifact)

    def step(transaction: Transaction) -> None:
        if not transaction.change(sql.SAVE_ARTIFACT, row):
            raise MoveRefused(f"there is an artifact with the id {write.artifact.id} already")

    return step
