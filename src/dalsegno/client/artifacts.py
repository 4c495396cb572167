"""What the Client does about stored values and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from dalsegno.client.transport import Transport
    from dalsegno.model.run import Artifact
    from dalsegno.replay.uses import Use


class ArtifactClient:
    """Records of artifacts, their bytes, and what used them."""

    _service: Transport

    def artifacts_of(self, task_run: str) -> list[Artifact]:
        """Give the records of what a task run stored."""
        return self._service.artifacts.of_task_run(task_run)

    def get_artifact(self, name: str) -> Artifact:
        """Give the record of an artifact by its id, a unique prefix of its id or digest, or its `dalsegno://` URI."""
        return self._service.artifacts.get(name)

    def open_artifact(self, name: str) -> BinaryIO:
        """Open the bytes of an artifact."""
        return self._service.artifacts.open(name)

    def artifact_uses(self, name: str) -> list[Use]:
        """Give the task runs that read an artifact, in its run, in replays of that and in subflows; and those that kept it."""
        return self._service.artifacts.uses(name)
