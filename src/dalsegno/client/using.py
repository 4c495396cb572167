"""Which Client the pipelines of this process use, where one was chosen."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dalsegno.client.client import Client

_lock = Lock()
#: those that were chosen, the last one at the end
_chosen: list[Client] = []


class Using:
    """A Client that was chosen. At the end of a `with` block what was chosen before it holds again."""

    def __init__(self, client: Client) -> None:
        self._client = client
        with _lock:
            _chosen.append(client)

    def __enter__(self) -> Client:
        return self._client

    def __exit__(self, *error: object) -> None:
        forget(self._client, all_of_it=False)


def in_use() -> Client | None:
    """Give the Client that was chosen last."""
    with _lock:
        return _chosen[-1] if _chosen else None


def forget(client: Client, *, all_of_it: bool = True) -> None:
    """Take back the last choice of a Client, or all of them."""
    with _lock:
        for place in range(len(_chosen) - 1, -1, -1):
            if _chosen[place] is client:
                del _chosen[place]
                if not all_of_it:
                    return
