"""Leases that are locks on files: one ends with the process that holds it, however that ends, and never before."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from dalsegno.errors import DalSegnoError


class FileLock:
    """A lock on a file, held from construction until `release`.

    It excludes other processes and other holders in this process alike. The file stays empty: who holds the lock stands in
    the store, and a file system takes many times as long to remove a file that has content.

    Parameters
    ----------
    live : gives the error that is raised where somebody holds it.
    """

    def __init__(self, folder: Path, name: str, live: Callable[[], DalSegnoError]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{name}.lock"
        self._descriptor = self._take(live)

    def _take(self, live: Callable[[], DalSegnoError]) -> int:
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise live() from None
            except BaseException:
                os.close(descriptor)
                raise
            if self._is_in_place(descriptor):
                return descriptor
            os.close(descriptor)

    def _is_in_place(self, descriptor: int) -> bool:
        """Tell whether the file that was locked is still the one of that name: its holder removes it in the end."""
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Remove the file and end the lock. A file that somebody else has put in its place is theirs."""
        if self._is_in_place(self._descriptor):
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
