"""What became of a flow's text."""

from __future__ import annotations

from dataclasses import dataclass

from dalsegno.errors import Problem
from dalsegno.model.flow import Revision


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a flow's text: its revision, whether that is new, and what to warn of."""

    revision: Revision
    created: bool
    warnings: tuple[Problem, ...] = ()
