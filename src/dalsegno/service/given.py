"""Values that a person gave in the place of others: stored as artifacts, and marked for ever (rule 16)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.values import Values
from dalsegno.model.run import Artifact
from dalsegno.replay.request import Expression
from dalsegno.replay.resolve import Resolved, keeps_origin


def given_artifacts(resolved: Resolved, run: str, artifacts: ArtifactStore, values: Values) -> Iterator[Artifact]:
    """Store overridden and pinned values as marked artifacts."""

    def artifact(name: str, value: Any, *, mark: str) -> Artifact:
        data = json.dumps(value, ensure_ascii=False, default=str).encode()
        blob = artifacts.put_bytes(data)
        return values.record(
            blob.digest, blob.size, "json", name=f"{name}.json", run=run, task_run=None, output=name, mark=mark
        )

    for target, properties in resolved.task_inputs.given:
        for name, value in properties.items():
            shown = value.text if isinstance(value, Expression) else value
            yield artifact(f"{target.text}.{name}", shown, mark="override")
    for target, outputs in resolved.pins.given:
        if not keeps_origin(outputs):
            yield artifact(target.text, dict(outputs), mark="pin")
