"""The worker processes that all runs of this process share."""

from __future__ import annotations

import os
from functools import cache
from threading import Lock

from dalsegno.executors.processes import WorkerPool

_FEWEST_WORKERS = 4
_lock = Lock()


def shared_pool() -> WorkerPool:
    """Give the workers of this process; they end with it."""
    with _lock:
        return _made()


@cache
def _made() -> WorkerPool:
    return WorkerPool(max(_FEWEST_WORKERS, os.cpu_count() or 1))
