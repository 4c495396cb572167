"""The scratch folder of one process, and the sweeping up after processes that were killed.

Each process has `tmp/<name>/` and holds a lock on `tmp/<name>.lock` for as long as it lives. The kernel lets go of the
lock with the process, however it ends, so a folder whose lock is free belongs to nobody any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


class Scratch:
    """Scratch space below `folder`, made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mutex = threading.Lock()
        self._own: Path | None = None
        self._pid = 0

    def path(self) -> Path:
        """Give this process's own folder."""
        with self._mutex:
            # a forked child must not share a folder that goes when its parent ends
            if self._own is None or self._pid != os.getpid():
                self._own = self._claim()
                self._pid = os.getpid()
            return self._own

    def _claim(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._sweeping():
            own = self._folder / uuid4().hex
            # held until this object goes, or the process: whichever is first
            weakref.finalize(self, os.close, _take(own.with_suffix(".lock")))
            own.mkdir()
        return own

    @contextmanager
    def _sweeping(self) -> Generator[None]:
        """Hold the lock of the whole folder: a folder just being made must not look abandoned to another process."""
        lock = os.open(self._folder / "sweep.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._sweep()
            yield
        finally:
            os.close(lock)

    def _sweep(self) -> None:
        for path in self._folder.glob("*.lock"):
            if path.name != "sweep.lock":
                _remove_if_abandoned(path)


def _take(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(lock)
        raise
    return lock


def _remove_if_abandoned(path: Path) -> None:
    try:
        lock = _take(path)
    except OSError:
        return
    try:
        shutil.rmtree(path.with_suffix(""), ignore_errors=True)
        path.unlink(missing_ok=True)
    finally:
        os.close(lock)
