"""The pipeline function that is being run to find its graph, if one is."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dalsegno.pipelines.recording import Recorder

#: what records the steps that are called; `None` where a call of a step is a call of its function
CURRENT: ContextVar[Recorder | None] = ContextVar("dalsegno_recorder", default=None)
