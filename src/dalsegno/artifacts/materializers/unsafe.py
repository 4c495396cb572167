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


def unsafe_forms(form: Any, store: ArtifactStore, *, strict: bool = True) -> Iterator[Form]:
    """Give each form in a value that is kept by pickle, or by something that is not known to be safe.

    Parameters
    ----------
    strict : whether a blob that has to be looked into must be there; else it may still have to be uploaded.

    Raises
    ------
    NotFound : such a blob is gone (code `artifact-missing`).
    """
    if isinstance(form, list | tuple):
        for item in cast("list[Any]", form):
            yield from unsafe_forms(item, store, strict=strict)
    elif isinstance(form, dict):
        fields = cast("dict[str, Any]", form)
        kind = fields.get(TAG)
        if kind is None:
            yield from unsafe_forms(list(fields.values()), store, strict=strict)
        elif kind == JSON:
            if strict or store.exists(str(fields.get("digest"))):
                yield from unsafe_forms(opened(fields, store), store, strict=strict)
        elif not _safe(kind):
            yield fields
        else:
            yield from unsafe_forms([value for name, value in fields.items() if name != TAG], store, strict=strict)


def _safe(kind: Any) -> bool:
    return isinstance(kind, str) and (kind in plain.DECODE or kind in KINDS or kind in safe_kinds())
