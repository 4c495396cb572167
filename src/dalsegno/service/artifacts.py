"""Use cases about artifacts."""

from __future__ import annotations

from codecs import getincrementaldecoder
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

from dalsegno.artifacts.port import ArtifactStore, Blob, parse_uri
from dalsegno.errors import Ambiguous, NotFound, Refusal
from dalsegno.model.run import Artifact
from dalsegno.service.tables import Table, table_of
from dalsegno.store.port import Store

#: bytes of a preview
PREVIEWED = 64 * 1024


@dataclass(frozen=True, slots=True)
class Preview:
    """What an artifact looks like; `text` is the beginning of it, `None` where it is no text; `table` where it is one."""

    artifact: Artifact
    text: str | None
    complete: bool
    table: Table | None = None


class ArtifactCases:
    """Find and read artifacts."""

    def __init__(self, store: Store, artifacts: ArtifactStore) -> None:
        self._store = store
        self._artifacts = artifacts

    def get(self, name: str) -> Artifact:
        """Give an artifact by its id, a unique prefix of its id or digest, or its URI."""
        parsed = parse_uri(name)
        found = self._store.artifacts.find(parsed[0] if parsed else name)
        if parsed:
            found = [artifact for artifact in found if artifact.name == parsed[1]] or found
        if not found:
            hint = "`dalsegno outputs RUN` lists the artifacts of a run"
            raise NotFound(f"there is no artifact `{name}`; {hint}", code="unknown-artifact")
        if len({artifact.digest for artifact in found}) > 1:
            listed = ", ".join(f"`{artifact.id}` ({artifact.name})" for artifact in found[:5])
            raise Ambiguous(
                f"`{name}` fits several artifacts: {listed}; give more of the id", code="ambiguous-artifact"
            )
        return found[0]

    def preview(self, name: str) -> Preview:
        """Give what an artifact looks like: its record, and the beginning of what is text. Nothing is loaded from it."""
        found = self.get(name)
        with self._artifacts.open(found.digest) as content:
            head = content.read(PREVIEWED)
        text = None if b"\0" in head else _text_of(head, whole=found.size <= PREVIEWED)
        complete = text is not None and found.size <= PREVIEWED
        return Preview(found, text, complete, table_of(found, text, complete=complete))

    def of_task_run(self, task_run: str) -> list[Artifact]:
        """Give the records of what a task run stored."""
        return self._store.artifacts.of_task_run(task_run)

    def store(self, path: Path, digest: str) -> Blob:
        """Store a file that its maker gives up, whose content must have a digest.

        Raises
        ------
        Refusal : it has another; nothing is kept.
        """
        found = blake3()
        found.update_mmap(path)
        if found.hexdigest() != digest:
            message = f"the content has the digest {found.hexdigest()}, not {digest}: nothing was kept; send it again"
            raise Refusal(message, code="other-digest")
        return self._artifacts.adopt(path)

    def open(self, name: str) -> BinaryIO:
        """Open the bytes of an artifact."""
        return self._artifacts.open(self.get(name).digest)


def _text_of(head: bytes, *, whole: bool) -> str | None:
    """Read bytes as UTF-8, of which the last character may be cut off unless they are the whole."""
    try:
        return getincrementaldecoder("utf-8")().decode(head, whole)
    except UnicodeDecodeError:
        return None
