"""How a value becomes a form."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from dalsegno.artifacts.materializers import plain
from dalsegno.artifacts.materializers.base import Declined, Materializer
from dalsegno.artifacts.materializers.errors import CannotKeep, of_class, unsafe_class, unsafe_to_keep
from dalsegno.artifacts.materializers.forms import (
    JSON,
    LARGEST_IN_ROW,
    REFERENCE,
    Form,
    as_bytes,
    digest_of,
    to_bytes,
)
from dalsegno.artifacts.materializers.objects import encode_object
from dalsegno.artifacts.materializers.pickled import Code, Pickled
from dalsegno.artifacts.materializers.pieces import blob_of
from dalsegno.artifacts.materializers.registry import by, made, materializers_for
from dalsegno.artifacts.materializers.summaries import summary_of
from dalsegno.artifacts.materializers.target import FormTarget, Part
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import DalSegnoError
from dalsegno.model.digest import TAG, digest_bytes, is_json, json_text


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value in its stored form.

    Parameters
    ----------
    form : what stands in a row, as JSON; it shares nothing with the value.
    digest : equal for equal values.
    kind : `json` for a value that JSON holds as it is, else the kind of the outermost form, such as `numpy.ndarray`.
    blobs : what was stored for it; all of it is in place.
    summary : what it is, in a few words of JSON.
    unsafe : whether pickle is needed to load it.
    """

    form: Form
    digest: str
    kind: str = JSON
    blobs: tuple[Part, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict[str, Any])
    unsafe: bool = False


def encode(value: Any, store: ArtifactStore, *, allow_unsafe: bool = True, name: str | None = None) -> Encoded:
    """Bring a value into its stored form. What it needs of blobs is in place afterwards.

    Parameters
    ----------
    value : any value; it is only read.
    store : where blobs go.
    allow_unsafe : whether pickle may be used where nothing else keeps the value.
    name : the output's name, for errors.

    Raises
    ------
    TaskFailed : the value cannot be kept (code `bad-output`), or only by pickle, which is not allowed (`unsafe-artifact`).
    """
    try:
        return _as_json(value, store) or _with_kinds(value, store, allow_unsafe=allow_unsafe)
    except CannotKeep as error:
        raise error.as_failure(name) from error.__cause__


def _as_json(value: Any, store: ArtifactStore) -> Encoded | None:
    """Encode what JSON holds as it is; `None` for anything else."""
    try:
        if not is_json(value):
            return None
        content = as_bytes(json_text(value))
    except (RecursionError, ValueError):
        # it holds itself, or a number of many thousand digits
        return None
    digest = digest_bytes("value", content)
    if len(content) <= LARGEST_IN_ROW:
        if type(value) is dict and REFERENCE in value:
            return None
        return Encoded(_copy(value), digest, summary=summary_of(value))
    data = content if type(value) is str else to_bytes(value)
    return _large(data, value, Encoded(None, digest, summary=summary_of(value, len(data))), store)


def _copy(value: Any) -> Any:
    if type(value) is list:
        return [_copy(item) for item in cast("list[Any]", value)]
    if type(value) is dict:
        return {key: _copy(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


def _large(data: bytes, form: Form, encoded: Encoded, store: ArtifactStore) -> Encoded:
    """Make a form, written as `data`, a blob of its own."""
    stands, parts = blob_of(data, form, store)
    return replace(encoded, form=stands, blobs=(*parts, *encoded.blobs))


def _with_kinds(value: Any, store: ArtifactStore, *, allow_unsafe: bool) -> Encoded:
    encoder = Encoder(store, allow_unsafe=allow_unsafe)
    form = encoder.outermost(value)
    kind: str = form[TAG] if type(form) is dict and TAG in form else type(value).__name__
    summary = {**summary_of(value, encoder.size), **encoder.said}
    encoded = Encoded(form, digest_of(form), kind, tuple(encoder.parts.values()), summary, encoder.unsafe)
    data = to_bytes(form)
    return encoded if len(data) <= LARGEST_IN_ROW else _large(data, form, encoded, store)


class _HoldsItself(Exception):
    """The value is a part of itself, so that it has no form of its own."""


class Encoder:
    """Brings one value into its form, with all that is in it."""

    def __init__(self, store: ArtifactStore, *, allow_unsafe: bool) -> None:
        self._store = store
        self._allow_unsafe = allow_unsafe
        self._open: set[int] = set()
        self._depth = 0
        self._codes: dict[type, Form] = {}
        self.parts: dict[str, Part] = {}
        self.unsafe = False
        self.said: Mapping[str, Any] = {}

    @property
    def size(self) -> int | None:
        """How many bytes were stored as blobs."""
        return sum(part.size for part in self.parts.values()) if self.parts else None

    def outermost(self, value: Any) -> Form:
        """Give the form of the value that was given; one that has none is pickled as a whole."""
        try:
            form = self.form(value)
        except (_HoldsItself, RecursionError):
            self.parts.clear()
            return self.pickled(value)
        return plain.mapping(self, value) if type(form) is dict and REFERENCE in form else form

    def form(self, value: Any) -> Form:
        """Give the form of a value."""
        kind = type(value)
        if kind is str or kind is bool or value is None:
            return value
        if kind is float and math.isfinite(value):
            return value
        handler = _OF_PYTHON.get(kind)
        if handler is None:
            return self._of_class(value)
        if kind in _NO_PARTS:
            return handler(self, value)
        return self._with_parts(handler, value)

    def _with_parts(self, handler: Callable[[Encoder, Any], Form], value: Any) -> Form:
        key = id(value)
        if key in self._open:
            raise _HoldsItself
        self._open.add(key)
        try:
            return handler(self, value)
        except plain.Unfit:
            return self.pickled(value)
        finally:
            self._open.discard(key)

    def forms(self, values: Iterable[Any]) -> list[Form]:
        """Give the forms of several values."""
        made: list[Form] = []
        try:
            for value in values:
                made.append(self.form(value))  # noqa: PERF401 - their number says where one cannot be kept
        except CannotKeep as error:
            error.steps.append(f"[{len(made)}]")
            raise
        return made

    def text_map(self, value: Mapping[Any, Any]) -> Form:
        """Give the form of a map: as it is if its keys are text."""
        if TAG in value or not all(type(key) is str for key in value):
            return plain.mapping(self, value)
        made: dict[str, Form] = {}
        key = ""
        try:
            for key, item in value.items():
                made[key] = self.form(item)
        except CannotKeep as error:
            error.steps.append(f".{key}" if key.isidentifier() else f"[{key!r}]")
            raise
        return made

    def _of_class(self, value: Any) -> Form:
        """Give the form of a value of a class that is not one of Python's own."""
        for materializer in materializers_for(type(value)):
            try:
                return self._saved(materializer, value)
            except Declined:
                continue
        form = self._with_parts(encode_object, value)
        return self.pickled(value) if form is None else form

    def pickled(self, value: Any) -> Form:
        """Give the form of a value by pickle."""
        return self._saved(made(Pickled), value)

    def code_of(self, cls: type) -> Form:
        """Give the form of a class with its code; many objects of it share one blob."""
        if cls not in self._codes:
            if not self._allow_unsafe:
                raise unsafe_class(cls)
            self._codes[cls] = self._saved(made(Code), cls)
        return self._codes[cls]

    def _saved(self, materializer: Materializer, value: Any) -> Form:
        if materializer.unsafe and not self._allow_unsafe:
            raise unsafe_to_keep(value)
        outermost = not self._depth
        self._depth += 1
        target = FormTarget(materializer, self._store, self.form)
        try:
            materializer.save(value, target)
        except (Declined, DalSegnoError, CannotKeep, _HoldsItself, RecursionError):
            raise
        except Exception as error:
            raise _broken(materializer, value, error) from error
        finally:
            self._depth -= 1
        if target.part:
            self.parts[target.part.digest] = target.part
        self.unsafe |= materializer.unsafe
        if outermost and not self._open:
            self.said = _said(materializer, value)
        return target.form(by(materializer))


def _said(materializer: Materializer, value: Any) -> Mapping[str, Any]:
    """Ask for the summary. The value is kept already: that it cannot be summed up is said and does no harm."""
    try:
        said = dict(materializer.summary(value))
        return said if is_json(said) else json.loads(json.dumps(said, default=str), parse_constant=str)
    except Exception as error:  # noqa: BLE001 - it may ask the user's own classes
        return {"summary": f"failed: {error}"}


def _broken(materializer: Materializer, value: Any, error: Exception) -> CannotKeep:
    return CannotKeep(
        f"{of_class(value)}, which the materializer `{type(materializer).__qualname__}` could not write: "
        f"{type(error).__name__}: {error}",
        "mend the materializer, or have its `save` raise `Declined` for values that it cannot keep",
    )


_OF_PYTHON: dict[type, Callable[[Encoder, Any], Form]] = {
    **plain.ENCODE,
    list: lambda encoder, value: encoder.forms(value),
    dict: lambda encoder, value: encoder.text_map(value),
}
_NO_PARTS = frozenset({int, float, *plain.WHOLE})
