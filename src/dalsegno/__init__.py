"""Dal Segno: a workflow engine built around replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dalsegno.client.client import Client
    from dalsegno.errors import DalSegnoError, Refusal, RequestRefused
    from dalsegno.replay.request import Expression, ReplayRequest

__all__ = ["Client", "DalSegnoError", "Expression", "Refusal", "ReplayRequest", "RequestRefused"]

_HOMES = {
    "Client": "dalsegno.client.client",
    "DalSegnoError": "dalsegno.errors",
    "Expression": "dalsegno.replay.request",
    "Refusal": "dalsegno.errors",
    "ReplayRequest": "dalsegno.replay.request",
    "RequestRefused": "dalsegno.errors",
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
