"""Results as they are kept: small values in the row, larger ones as blobs, each with a digest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from dalsegno.artifacts.materializers.forms import LARGEST_IN_ROW, REFERENCE, opened, references
from dalsegno.artifacts.port import ArtifactStore, parse_uri
from dalsegno.errors import NotFound, TaskFailed
from dalsegno.model.clock import Clock, Ids
from dalsegno.model.run import Artifact
from dalsegno.replay.fingerprint import output_digest

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
#: of a property that is longer than that, this many characters are recorded
_SHOWN = 1_000

JsonMap = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A result in its stored form, with the artifacts that it is made of."""

    outputs: JsonMap
    digest: str
    artifacts: tuple[Artifact, ...]


class Values:
    """Writes results and reads them back."""

    def __init__(self, artifacts: ArtifactStore, *, clock: Clock, ids: Ids) -> None:
        self._artifacts = artifacts
        self._clock = clock
        self._ids = ids

    def keep(self, outputs: JsonMap, *, run: str, task_run: str, mark: str | None = None) -> Kept:
        """Bring a result into its stored form; blobs are in place afterwards, their records are given.

        Raises
        ------
        TaskFailed : a value is of a type that cannot be stored.
        """
        stored: dict[str, Any] = {}
        made: list[Artifact] = []
        for name, value in outputs.items():
            text = _as_json(name, value)
            if len(text) <= LARGEST_IN_ROW:
                stored[name] = value
            else:
                blob = self._artifacts.put_bytes(text)
                made.append(self.record(blob.digest, blob.size, "json", name=f"{name}.json", run=run, task_run=task_run,
                                        output=name, mark=mark))  # fmt: skip
                stored[name] = {REFERENCE: made[-1].id, "digest": blob.digest, "size": blob.size}
            made += self._files(name, value, run=run, task_run=task_run)
        return Kept(stored, output_digest(outputs), tuple(made))

    def record(  # noqa: PLR0913 - each is a column
        self, digest: str, size: int, kind: str, *, name: str, run: str | None, task_run: str | None,
        output: str | None = None, mark: str | None = None, summary: JsonMap | None = None,
    ) -> Artifact:  # fmt: skip
        """Make the record of a blob that is in place."""
        return Artifact(self._ids.new(), digest, kind, name, size, self._clock.now(), run, task_run, output, mark,
                        summary or {})  # fmt: skip

    def read(self, outputs: JsonMap) -> JsonMap:
        """Give a stored result as it was, with large values read from their blobs."""
        if not any(is_reference(value) for value in outputs.values()):
            return outputs
        return {name: self.read_one(value) for name, value in outputs.items()}

    def read_one(self, value: Any) -> Any:
        """Give one stored value as it was."""
        if not is_reference(value):
            return value
        with self._artifacts.open(value["digest"]) as file:
            return json.load(file)

    def opened(self, form: Any) -> Any:
        """Give the form of a value of Python that is a blob of its own, any other as it is.

        Raises
        ------
        TaskFailed : the blob is gone.
        """
        try:
            return opened(form, self._artifacts)
        except NotFound as error:
            hint = "run the step again that gave it: start the replay there"
            raise TaskFailed(error.message, hint=hint, code="artifact-missing") from error

    def missing(self, outputs: JsonMap) -> tuple[str, ...]:
        """Name the outputs of which a blob is not in the artifact store any more."""
        return _with_blobs(outputs, lambda digest: not self._artifacts.exists(digest))

    def damaged(self, outputs: JsonMap) -> tuple[str, ...]:
        """Name the outputs of which a blob is there, and its content is not what its digest says. All of it is read."""
        return _with_blobs(outputs, lambda digest: not self._artifacts.intact(digest))

    def _files(self, output: str, value: Any, *, run: str, task_run: str) -> Iterator[Artifact]:
        for uri in uris_in(value):
            found = parse_uri(uri)
            if found is not None and self._artifacts.exists(found[0]):
                size = self._artifacts.path(found[0]).stat().st_size
                yield self.record(found[0], size, "file", name=found[1], run=run, task_run=task_run, output=output)


def _with_blobs(outputs: JsonMap, such: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(name for name, value in outputs.items() if any(such(digest) for digest in digests_in(value)))


def as_shown(properties: JsonMap) -> JsonMap:
    """Give rendered properties as they are recorded: they are there to be looked at, so of a large one its beginning."""
    return {name: _beginning(value) for name, value in properties.items()}


def _beginning(value: Any) -> Any:
    if isinstance(value, str):
        text = value
    elif isinstance(value, list | dict):
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        return value
    return value if len(text) <= LARGEST_IN_ROW else f"{text[:_SHOWN]}... ({len(text)} characters)"


def as_stored(outputs: JsonMap) -> JsonMap:
    """Give outputs as they will be when they are read back.

    Raises
    ------
    TaskFailed : a value is of a type that cannot be stored.
    """
    return {str(name): json.loads(_as_json(str(name), value)) for name, value in outputs.items()}


def is_reference(value: Any) -> bool:
    """Whether a stored value is a reference to a blob."""
    return isinstance(value, dict) and REFERENCE in value


def uris_in(value: Any) -> Iterator[str]:
    """Give the URIs of stored files anywhere in a value."""
    if isinstance(value, str):
        if value.startswith("dalsegno://"):
            yield value
    elif isinstance(value, Mapping):
        for item in cast("JsonMap", value).values():
            yield from uris_in(item)
    elif isinstance(value, list | tuple):
        for item in cast("list[Any]", value):
            yield from uris_in(item)


def digests_in(value: Any) -> Iterator[str]:
    """Give the digests of all blobs that a stored value needs."""
    if is_reference(value):
        yield value["digest"]
        return
    if isinstance(value, dict | list):
        # what a step in Python gave: forms, at any depth
        yield from (digest for digest in references(value) if _DIGEST.match(str(digest)))
        return
    for uri in uris_in(value):
        found = parse_uri(uri)
        if found is not None:
            yield found[0]


def _as_json(name: str, value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError) as error:
        message = f"the output `{name}` cannot be stored: {error}"
        raise TaskFailed(
            message, hint="give text, numbers, true or false, lists and maps with text keys", code="bad-output"
        ) from error
