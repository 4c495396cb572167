"""What a materializer writes to: content goes straight to the artifact store, or into the form where it is small."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from dalsegno.artifacts.materializers.base import Materializer, Output
from dalsegno.artifacts.materializers.forms import LARGEST_INLINE, Form
from dalsegno.artifacts.port import ArtifactStore, Blob, BlobWriter
from dalsegno.model.digest import TAG


@dataclass(frozen=True, slots=True)
class Part:
    """A blob that was stored for a value: its digest, its size in bytes, the kind of its content, and how the name of a file
    with it should end.
    """

    digest: str
    size: int
    kind: str
    suffix: str = ""


class FormTarget:
    """The form of one value, while its materializer makes it.

    Parameters
    ----------
    keeps : brings a nested value into its form.
    """

    def __init__(self, materializer: Materializer, store: ArtifactStore, keeps: Callable[[Any], Form]) -> None:
        self._kind = materializer.kind
        self._suffix = materializer.suffix
        self._store = store
        self._keeps = keeps
        self._largest_inline = LARGEST_INLINE if materializer.inline else -1
        self._data: dict[str, Form] = {}
        self._content: dict[str, Form] = {}
        self._same: str | None = None
        self.part: Part | None = None

    @property
    def started(self) -> bool:
        """Whether anything was put in."""
        return bool(self._content or self._data)

    @contextmanager
    def open(self) -> Generator[Output]:
        """Begin the content."""
        with _Content(self._store, self._largest_inline) as content:
            yield content
            done = content.finish()
        if isinstance(done, Blob):
            self._stored(done)
        else:
            self._content = {"bytes": b64encode(done).decode()}

    @contextmanager
    def file(self) -> Generator[Path]:
        """Begin the content as a path."""
        path = self._store.scratch() / f"{uuid4().hex}{self._suffix}"
        try:
            yield path
            if path.stat().st_size <= self._largest_inline:
                self._content = {"bytes": b64encode(path.read_bytes()).decode()}
            else:
                self._stored(self._store.adopt(path))
        finally:
            path.unlink(missing_ok=True)

    def keep(self, name: str, value: Any) -> None:
        """Keep another value beside the content."""
        self._data[name] = self._keeps(value)

    def counts_as(self, digest: str) -> None:
        """Give a digest of the content to be compared."""
        self._same = digest

    def _stored(self, blob: Blob) -> None:
        self.part = Part(blob.digest, blob.size, self._kind, self._suffix)
        self._content = {"digest": blob.digest, "size": blob.size}

    def form(self, by: str | None) -> Form:
        """Give the form."""
        form: dict[str, Form] = {TAG: self._kind, **self._content}
        if self._data:
            form["data"] = self._data
        if self._same:
            form["same"] = self._same
        if by:
            form["by"] = by
        return form


class _Content:
    """Content being written: held while it is small, a blob of the store as soon as it is not."""

    def __init__(self, store: ArtifactStore, largest_inline: int) -> None:
        self._store = store
        self._left = largest_inline
        self._held = bytearray()
        self._writer: BlobWriter | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:  # noqa: PYI036 - handed on as it comes
        self._stack.__exit__(*error)

    def write(self, data: Any, /) -> int:
        """Add bytes."""
        view = memoryview(data)
        if view.format != "B" or view.ndim != 1:
            view = view.cast("B")
        if self._writer is None:
            self._left -= view.nbytes
            if self._left >= 0:
                self._held += view
                return view.nbytes
            self._begin()
        return self._into().write(view)

    def finish(self) -> Blob | bytes:
        """Give the blob, or the content itself."""
        return bytes(self._held) if self._left >= 0 else self._into().finish()

    def _into(self) -> BlobWriter:
        return self._writer or self._begin()

    def _begin(self) -> BlobWriter:
        self._writer = self._stack.enter_context(self._store.writer())
        self._writer.write(bytes(self._held))
        return self._writer
