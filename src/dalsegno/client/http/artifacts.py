"""Stored values and files, over HTTP."""

from __future__ import annotations

from typing import BinaryIO
from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.model.run import Artifact
from dalsegno.model.state import State
from dalsegno.replay.compare import Comparison
from dalsegno.replay.uses import Use
from dalsegno.wire.comparing import comparison_from_json
from dalsegno.wire.reading import artifact_from_json


class HttpArtifacts:
    """The use cases of artifacts, as `service.artifacts` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> Artifact:
        """Give an artifact by its id, a unique prefix of its id or digest, or its URI."""
        return artifact_from_json(self._connection.get("artifact", name=name))

    def of_task_run(self, task_run: str) -> list[Artifact]:
        """Give the records of what a task run stored."""
        found = self._connection.get(f"task-runs/{quote(task_run, safe='')}/artifacts")
        return [artifact_from_json(each) for each in found["artifacts"]]

    def open(self, name: str) -> BinaryIO:
        """Open the bytes of an artifact."""
        return self._connection.open(f"artifact/content?name={quote(name, safe='')}")

    def uses(self, name: str) -> list[Use]:
        """Give the task runs that read or kept an artifact."""
        found = self._connection.get("artifact/uses", name=name)
        return [Use(**(each | {"state": State(each["state"])})) for each in found["uses"]]


class HttpExplaining:
    """Explanations, as `service.explaining` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def explain(self, run: str) -> str:
        """Explain a run."""
        return self._connection.text(f"runs/{quote(run, safe='')}/explanation")


class HttpComparing:
    """Comparisons, as `service.comparing` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def compare(self, before: str, after: str) -> Comparison:
        """Compare two runs."""
        return comparison_from_json(self._connection.get("compare", before=before, after=after))
