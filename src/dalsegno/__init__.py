"""Dal Segno: a workflow engine built around replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dalsegno.artifacts.materializers.base import Materializer
    from dalsegno.artifacts.materializers.paths import File, Folder
    from dalsegno.artifacts.materializers.registry import register_materializer
    from dalsegno.client.client import Client
    from dalsegno.errors import DalSegnoError, Refusal, RequestRefused
    from dalsegno.replay.request import Expression, ReplayRequest

__all__ = [
    "Client", "DalSegnoError", "Expression", "File", "Folder", "Materializer", "Refusal", "ReplayRequest", "RequestRefused",
    "register_materializer",
]  # fmt: skip

_HOMES = {
    "Client": "dalsegno.client.client",
    "DalSegnoError": "dalsegno.errors",
    "Expression": "dalsegno.replay.request",
    "File": "dalsegno.artifacts.materializers.paths",
    "Folder": "dalsegno.artifacts.materializers.paths",
    "Materializer": "dalsegno.artifacts.materializers.base",
    "Refusal": "dalsegno.errors",
    "ReplayRequest": "dalsegno.replay.request",
    "RequestRefused": "dalsegno.errors",
    "register_materializer": "dalsegno.artifacts.materializers.registry",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from dalsegno.settings import VERSION

        return VERSION
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `dalsegno` has no attribute `{name}`")
    from importlib import import_module  # names resolve when they are first used

    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return __all__
