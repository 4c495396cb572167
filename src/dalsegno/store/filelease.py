"""Leases that are locks on files: one ends with the process that holds it, however that ends, and never before."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from dalsegno.errors import DalSegnoError, RunIsLive


def _executed(run: str, owner: str) -> RunIsLive:
    message = f"the run {run} is being executed by {owner}, which is alive: wait for it, or end that process first"
    return RunIsLive(message)


class FileLock:
    """A lock on a file, held from construction until `release`. The file holds the owner's name, for others to read.

    It excludes other processes and other holders in this process alike.

    Parameters
    ----------
    live : gives the error that is raised where somebody holds it; by default one that speaks of a run (`RunIsLive`).
    """

    def __init__(self, folder: Path, run: str, owner: str, live: Callable[[str], DalSegnoError] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{run}.lock"
        self._descriptor = self._take(live or (lambda holder: _executed(run, holder)))
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, owner.encode("utf-8", "backslashreplace"))

    def _take(self, live: Callable[[str], DalSegnoError]) -> int:
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = os.read(descriptor, 1000).decode("utf-8", "replace") or "another process"
                os.close(descriptor)
                raise live(owner) from None
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
