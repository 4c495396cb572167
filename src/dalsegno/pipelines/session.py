"""The one Client of each data directory that pipelines of this process use."""

from __future__ import annotations

import atexit
from contextlib import suppress
from pathlib import Path
from threading import Lock

from dalsegno.client.client import Client
from dalsegno.settings import read_settings

_lock = Lock()
_clients: dict[tuple[Path, str], Client] = {}


def session() -> Client:
    """Give the Client of the data directory that the settings name now; it is closed when the process ends."""
    settings = read_settings()
    with _lock:
        found = _clients.get((settings.home, settings.store_url))
        if found is None:
            if not _clients:
                atexit.register(close_all)
            found = _clients[settings.home, settings.store_url] = Client()
        return found


def close(home: Path) -> None:
    """Close the Clients of a data directory."""
    with _lock:
        for key in [key for key in _clients if key[0] == home]:
            _clients.pop(key).close()


def close_all() -> None:
    """Close all of them."""
    with _lock:
        while _clients:
            with suppress(Exception):
                _clients.popitem()[1].close()
