"""Forms that cannot be loaded without executing what is in them, found without loading anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from dalsegno.artifacts.materializers import plain
from dalsegno.artifacts.materializers.forms import JSON, Form, opened
from dalsegno.artifacts.materializers.objects import KINDS
from dalsegno.artifacts.materializers.registry import safe_kinds
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.model.digest import TAG


def unsafe_forms(form: Any, store: ArtifactStore) -> Iterator[Form]:
    """Give each form in a value that is kept by pickle, or by something that is not known to be safe.

    Raises
    ------
    NotFound : a blob that has to be looked into is gone (code `artifact-missing`).
    """
    if isinstance(form, list | tuple):
        for item in cast("list[Any]", form):
            yield from unsafe_forms(item, store)
    elif isinstance(form, dict):
        fields = cast("dict[str, Any]", form)
        kind = fields.get(TAG)
        if kind is None:
            yield from unsafe_forms(list(fields.values()), store)
        elif kind == JSON:
            yield from unsafe_forms(opened(fields, store), store)
        elif not _safe(kind):
            yield fields
        else:
            yield from unsafe_forms([value for name, value in fields.items() if name != TAG], store)


def _safe(kind: Any) -> bool:
    return isinstance(kind, str) and (kind in plain.DECODE or kind in KINDS or kind in safe_kinds())
