"""The answers to pauses: given by a person, or the defaults of what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dalsegno.errors import RequestRefused
from dalsegno.flows.inputs import coerce_answers
from dalsegno.model.clock import Clock
from dalsegno.model.flow import Input
from dalsegno.service.sealing import Sealing


def default_answers(task: str, inputs: Sequence[Input], clock: Clock, sealing: Sealing) -> dict[str, Any]:
    """Give the answers to a pause that nobody was there for; what has no default has no answer."""
    known = [item for item in inputs if item.has_default or not item.required]
    try:
        now = datetime.fromtimestamp(clock.now(), UTC)
        return coerce_answers(task, known, {}, now=lambda: now, secrets=sealing)
    except RequestRefused:
        # a default that cannot be read, or reads what only a person could have answered
        return {}
