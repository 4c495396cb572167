"""How a form becomes a value again."""

from __future__ import annotations

import mmap
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import uuid4

from dalsegno.artifacts.materializers import plain
from dalsegno.artifacts.materializers.errors import unsafe_to_load
from dalsegno.artifacts.materializers.forms import JSON, Form, opened
from dalsegno.artifacts.materializers.objects import KINDS, decode_object
from dalsegno.artifacts.materializers.registry import materializer_of
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import DalSegnoError, ExtraMissing, Refusal
from dalsegno.model.digest import TAG


def decode(form: Form, store: ArtifactStore, *, allow_unsafe: bool = True) -> Any:
    """Make the value of a form: a fresh object at each call, which shares nothing with the one that was encoded.

    Raises
    ------
    Refusal : it is kept by pickle, and that is not allowed (code `unsafe-artifact`); a class or materializer that it needs
        cannot be imported (`class-missing`); a library is not installed (`extra-missing`).
    NotFound : a blob is gone (code `artifact-missing`).
    """
    return Decoder(store, allow_unsafe=allow_unsafe).value(form)


class Decoder:
    """Makes the value of a form, with all that is in it."""

    def __init__(self, store: ArtifactStore, *, allow_unsafe: bool) -> None:
        self._store = store
        self._allow_unsafe = allow_unsafe

    def value(self, form: Form) -> Any:
        """Make a value."""
        if type(form) is list:
            return [self.value(item) for item in cast("list[Form]", form)]
        if type(form) is not dict:
            return form
        fields = cast("dict[str, Form]", form)
        if TAG not in fields:
            return {key: self.value(item) for key, item in fields.items()}
        return self._of_kind(fields[TAG], fields)

    def _of_kind(self, kind: str, form: dict[str, Form]) -> Any:
        if kind in plain.DECODE:
            return plain.DECODE[kind](self, form)
        if kind in KINDS:
            return decode_object(self, form)
        if kind == JSON:
            return self.value(opened(form, self._store))
        return self._of_materializer(kind, form)

    def _of_materializer(self, kind: str, form: dict[str, Form]) -> Any:
        try:
            materializer = materializer_of(kind, form.get("by"))
        except ImportError as error:
            raise _not_installed(kind, error) from error
        if materializer.unsafe and not self._allow_unsafe:
            raise unsafe_to_load(f"a value of the kind `{kind}`")
        try:
            return materializer.load(_FormSource(form, self._store, self))
        except DalSegnoError:
            raise
        except ImportError as error:
            raise _not_installed(kind, error) from error
        except Exception as error:
            raise Refusal(
                f"the value of the kind `{kind}` cannot be loaded: {type(error).__name__}: {error}; "
                "run the task that made it again",
                code="bad-artifact",
            ) from error


class _FormSource:
    """What a materializer reads from."""

    def __init__(self, form: dict[str, Form], store: ArtifactStore, decoder: Decoder) -> None:
        self._form = form
        self._store = store
        self._decoder = decoder

    def read(self) -> bytes:
        """Give the content."""
        with self.open() as file:
            return file.read()

    def open(self) -> BinaryIO:
        """Open the content."""
        if "bytes" in self._form:
            return BytesIO(b64decode(self._form["bytes"]))
        return self._store.open(self._form["digest"])

    def memory(self) -> memoryview:
        """Give the content as memory of its own."""
        path = self.path
        if path is None or not path.stat().st_size:
            return memoryview(bytearray(self.read()))
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))

    @property
    def path(self) -> Path | None:
        """Give a local file with the content."""
        return self._store.path(self._form["digest"]) if "digest" in self._form else None

    def folder(self) -> Path:
        """Give an empty folder."""
        folder = self._store.scratch() / uuid4().hex
        folder.mkdir()
        return folder

    def kept(self, name: str) -> Any:
        """Give what was kept beside the content."""
        return self._decoder.value(self._form.get("data", {}).get(name))


def _not_installed(kind: str, error: ImportError) -> Refusal:
    library = (error.name or kind).partition(".")[0]
    return ExtraMissing(
        f"a value of the kind `{kind}` needs `{library}` to be loaded, which is not installed here: {error}"
    )
