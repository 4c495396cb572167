"""What goes over the socket between a pool and its worker processes: frames of a length and a pickle.

Both ends are the same installation, and each worker's socket is its own: nobody else can write to it. Messages are tuples of
builtin types and `TaskFailed`; users' values travel inside them as bytes of their own, so that a message can be read
where a user's module cannot be imported.

A pool asks with a `Request`. The worker answers `STALE` (a module it has loaded was changed on disk since; nothing was
run) or `STARTED`, and later `IMPORTED` (the versions of the packages that its process has imported), then `RETURNED` or
`FAILED`.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from typing import Any, TypedDict

STALE = "stale"
STARTED = "started"
IMPORTED = "imported"
RETURNED = "returned"
FAILED = "failed"

#: what the names of variables begin with that may differ from call to call; others are fixed when a worker starts
VARIABLES = "DALSEGNO_"
CHUNK = 1 << 18
_LENGTH = struct.Struct("!Q")


class Request(TypedDict):
    """One call. `variables` are the environment variables that may differ from call to call in one worker."""

    function: str
    arguments: bytes
    cwd: str
    variables: dict[str, str]
    plain: bool


def frame(message: Any) -> bytes:
    """Give a message in the form in which it is sent."""
    data = pickle.dumps(message, protocol=5)
    return _LENGTH.pack(len(data)) + data


class FrameReader:
    """Puts messages together from the pieces in which they arrive."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Any]:
        """Add bytes and give the messages that are complete now."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._buffer)[0]
            if len(self._buffer) < end:
                return
            message = bytes(memoryview(self._buffer)[_LENGTH.size : end])
            del self._buffer[:end]
            yield pickle.loads(message)  # noqa: S301 (the other end is our own process)


def dump_value(value: Any) -> bytes:
    """Pickle a user's value; by value, where it comes from a script that the other end cannot import.

    Raises
    ------
    Exception : whatever the value raises when it cannot be pickled.
    """
    try:
        data = pickle.dumps(value, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError):
        data = b"__main__"
    if b"__main__" not in data:
        return data
    import cloudpickle

    return cloudpickle.dumps(value, protocol=5)


def load_value(data: bytes) -> Any:
    """Read a value that `dump_value` wrote."""
    return pickle.loads(data)  # noqa: S301 (the other end is our own process)
