"""The Client that pipelines of this process use: the one that was chosen by `Client.use`, else the one that the environment
names: that of a server (`DALSEGNO_SERVER`), or of a data directory.
"""

from __future__ import annotations

import atexit
from contextlib import suppress
from pathlib import Path
from threading import Lock

from dalsegno.client.client import Client
from dalsegno.client.using import in_use
from dalsegno.settings import read_settings

_lock = Lock()
_clients: dict[tuple[Path, str], Client] = {}


def session() -> Client:
    """Give the Client that is in use, else that of the server or data directory which the settings name now; such a one is
    closed when the process ends.
    """
    chosen = in_use()
    if chosen is not None:
        return chosen
    settings = read_settings()
    key = (settings.home, settings.server or settings.store_url)
    with _lock:
        found = _clients.get(key)
        if found is None:
            if not _clients:
                atexit.register(close_all)
            found = _clients[key] = Client()
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
