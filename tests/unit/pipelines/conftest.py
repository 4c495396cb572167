from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.pipelines.pipeline import Pipeline
from dalsegno.pipelines.tracing import Traced, trace

Tracing = Callable[..., Traced]


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return LocalArtifacts(tmp_path / "artifacts")


@pytest.fixture
def traced(store: ArtifactStore) -> Tracing:
    """Trace a call of a pipeline."""

    def run(pipeline: Pipeline, *args: Any, **kwargs: Any) -> Traced:
        return trace(pipeline, args, kwargs, store=store)

    return run


def bindings(traced: Traced, task: str) -> dict[str, Any]:
    """Give what the parameters of a task are bound to."""
    found = next(one for one in traced.flow.walk() if one.id == task)
    return {name: value["$bind"] for name, value in found.properties.items()}
