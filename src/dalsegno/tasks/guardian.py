"""Sees to it that no script outlives the process that runs it.

Nothing tells a script that the process which waits for it was killed, so it would work on while another process makes
the same attempt again. One small shell stands beside this process, with a pipe between them. It is told the process
groups that run; when the pipe ends, however this process ended, it kills those that are left.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from threading import Lock

_WATCH = """
trap '' HUP INT TERM
while read -r what group; do
  kept=
  for known in $groups; do [ "$known" = "$group" ] || kept="$kept $known"; done
  groups=$kept
  [ "$what" = add ] && groups="$groups $group"
done
for known in $groups; do kill -s KILL -- "-$known" 2>/dev/null; done
"""

_lock = Lock()


def guard(group: int) -> None:
    """Have a process group killed when this process is gone."""
    _tell("add", group)


def release(group: int) -> None:
    """Leave a process group alone again. Call it while its number cannot yet belong to somebody else."""
    _tell("drop", group)


def _tell(what: str, group: int) -> None:
    # whoever ended the guardian has done without it
    with _lock, suppress(OSError):
        os.write(_pipe(os.getpid()), f"{what} {group}\n".encode())


@cache
def _pipe(process: int) -> int:  # noqa: ARG001 - a fork of this process needs a guardian of its own
    """Start the guardian, and give the end of the pipe that it listens to."""
    read, write = os.pipe()
    silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    try:
        # a group of its own: what the terminal sends to this process is not meant for it
        os.posix_spawn(
            "/bin/sh", ["sh", "-c", _WATCH], {}, file_actions=[(os.POSIX_SPAWN_DUP2, read, 0), *silent], setpgroup=0
        )
    finally:
        os.close(read)
    return write
