"""Use cases about artifacts."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from blake3 import blake3

from dalsegno.artifacts.port import ArtifactStore, Blob, parse_uri
from dalsegno.errors import Ambiguous, NotFound, Refusal
from dalsegno.model.digest import TAG
from dalsegno.model.plan import Action
from dalsegno.model.run import Artifact, TaskRun
from dalsegno.replay.uses import Use, path_of_task, reads
from dalsegno.store.port import Mention, Store

if TYPE_CHECKING:
    from dalsegno.service.previews import Preview

#: task runs that are looked through for uses of one artifact
_MOST_USES = 1000


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

    def preview(self, name: str, rows: int = 20) -> Preview:
        """Give what an artifact looks like: its record, and the beginning of what is text or a table."""
        from dalsegno.service.previews import preview_of

        found = self.get(name)
        return preview_of(found, self.content(found), rows)

    def content(self, artifact: Artifact) -> Path | bytes:
        """Give the content of an artifact: a local file, or the bytes of a value that is small and has none."""
        if not self._artifacts.exists(artifact.digest):
            inside = self._in_its_row(artifact)
            if inside is not None:
                return inside
        return self._artifacts.path(artifact.digest)

    def of_task_run(self, task_run: str) -> list[Artifact]:
        """Give the records of what a task run stored."""
        return self._store.artifacts.of_task_run(task_run)

    def of_run(self, run: str) -> list[tuple[str, Artifact]]:
        """Give the records of what the task runs of a run stored or kept, each with the address; at most 1,000."""
        from dalsegno.service.finding import find_run

        return self._store.artifacts.of_run(find_run(self._store, run).id)

    def uses(self, name: str) -> list[Use]:
        """Give the task runs that read an artifact, in the lineage of its run and in what that called, and the runs of the
        lineage that kept it.
        """
        found = self.get(name)
        maker = None if found.task_run is None else self._store.task_runs.get(found.task_run)
        run = None if maker is None else self._store.runs.get(maker.run)
        if maker is None or run is None:
            return []
        path = path_of_task(maker.address)
        mentions = self._store.task_runs.mentions(run.root, maker.id, path, found.digest, _MOST_USES)
        # who has a result of its own at the address of the maker gives another value to those that read it there
        holding = {each.run for each in mentions if each.reused_from == maker.id} | {maker.run}
        return [
            Use(each.run, each.run_name, each.task_run, each.address, each.state, kept)
            for each in mentions
            if (kept := each.reused_from == maker.id) or _reads(each, maker, found, holding)
        ]

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
        content = self.content(self.get(name))
        return BytesIO(content) if isinstance(content, bytes) else content.open("rb")

    def _in_its_row(self, artifact: Artifact) -> bytes | None:
        """Give the content of a value that stands in the row of the task run which gave it."""
        maker = None if artifact.task_run is None else self._store.task_runs.get(artifact.task_run)
        form = None if maker is None or artifact.output is None else maker.outputs.get(artifact.output)
        return next(_contents_in(form, artifact.kind), None)


def _reads(mention: Mention, maker: TaskRun, artifact: Artifact, holding: set[str]) -> bool:
    if mention.action is not Action.RUN or mention.task_run == maker.id:
        return False
    return mention.given or (
        mention.run in holding and reads(mention.used, maker.address, _place(maker.outputs, artifact))
    )


def _place(outputs: Mapping[str, Any], artifact: Artifact) -> str | None:
    """Give the path of an artifact in the outputs which it is part of, as far as it is told from what stands beside it."""
    value = outputs.get(artifact.output or "")
    within = next(_paths_of(artifact.digest, value), "") if artifact.kind == "file" else ""
    return f"{artifact.output}{within}" if artifact.output else None


def _paths_of(digest: str, value: Any) -> Iterator[str]:
    if isinstance(value, str) and digest in value:
        yield ""
    elif isinstance(value, Mapping):
        for name, each in cast("Mapping[str, Any]", value).items():
            yield from (f".{name}{rest}" for rest in _paths_of(digest, each))
    elif isinstance(value, list):
        for at, each in enumerate(cast("list[Any]", value)):
            yield from (f".{at}{rest}" for rest in _paths_of(digest, each))


def _contents_in(form: Any, kind: str) -> Iterator[bytes]:
    """Give the contents in a form that are of a kind."""
    if isinstance(form, Mapping):
        known = cast("Mapping[str, Any]", form)
        content = known.get("bytes")
        if known.get(TAG) == kind and isinstance(content, str):
            with suppress(ValueError):
                yield b64decode(content, validate=True)
        for each in known.values():
            yield from _contents_in(each, kind)
    elif isinstance(form, list):
        for each in cast("list[Any]", form):
            yield from _contents_in(each, kind)
