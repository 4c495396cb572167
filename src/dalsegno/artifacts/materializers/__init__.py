"""Values of any type, kept exactly: what stands in a row, what is a blob, and how both become the value again.

Contract: `decode(encode(value))` has the type and the content of the value, or `encode` refuses it and says what to give
instead; the digest is equal for equal values whatever process made them; nothing that `decode` gives is shared. A library is
imported only for a value of its own. What needs pickle is marked, and refused where a setting says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dalsegno.artifacts.materializers.base import Declined, Materializer, Output, Source, Target
    from dalsegno.artifacts.materializers.decoding import decode
    from dalsegno.artifacts.materializers.encoding import Encoded, encode
    from dalsegno.artifacts.materializers.forms import digest_of, references
    from dalsegno.artifacts.materializers.paths import File, Folder
    from dalsegno.artifacts.materializers.registry import register_materializer
    from dalsegno.artifacts.materializers.target import Part

__all__ = [
    "Declined", "Encoded", "File", "Folder", "Materializer", "Output", "Part", "Source", "Target", "decode", "digest_of",
    "encode", "references", "register_materializer",
]  # fmt: skip

_HOMES = {
    "Declined": "base",
    "Encoded": "encoding",
    "File": "paths",
    "Folder": "paths",
    "Materializer": "base",
    "Output": "base",
    "Part": "target",
    "Source": "base",
    "Target": "base",
    "decode": "decoding",
    "digest_of": "forms",
    "encode": "encoding",
    "references": "forms",
    "register_materializer": "registry",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    from importlib import import_module  # the forms are read where no value is encoded, and should cost nothing there

    return getattr(import_module(f"{__name__}.{home}"), name)
