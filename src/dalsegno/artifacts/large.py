"""Large pieces of blobs: one thread copies what the other one hashes, straight from where it lies in memory."""

from __future__ import annotations

import os
import sys
from threading import Event, Thread
from typing import BinaryIO

from blake3 import blake3

#: pieces of at least so many bytes are worth a thread
LARGE = 4 << 20
#: so much is hashed before the thread looks whether it should stop
_CHUNK = 64 << 20
#: from so many bytes on, space on the disk is asked for in one piece: then it takes two thirds of the time to write them
_WORTH_RESERVING = 32 << 20
_KEEP_SIZE = 1


def write_and_hash(file: BinaryIO, hasher: blake3, data: memoryview) -> None:
    """Write a large piece to a file and into a hash, both at once.

    Raises
    ------
    OSError : it could not be written. Neither the file nor the hash is of use then.
    """
    stop = Event()
    hashing = Thread(target=_hash, args=(hasher, data, stop), name="dalsegno-hash")
    hashing.start()
    try:
        if data.nbytes >= _WORTH_RESERVING:
            _reserve(file, data.nbytes)
        file.write(data)
    except BaseException:
        stop.set()
        raise
    finally:
        hashing.join()


def _hash(hasher: blake3, data: memoryview, stop: Event) -> None:
    for at in range(0, data.nbytes, _CHUNK):
        if stop.is_set():
            return
        hasher.update(data[at : at + _CHUNK])


def _reserve(file: BinaryIO, size: int) -> None:
    """Ask for space at once. Whether it is given or not: writing tells what is wrong. (`os.posix_fallocate` would write to
    every block where the file system cannot reserve.)
    """
    if sys.platform != "linux":
        return
    from ctypes import CDLL, c_int, c_long

    file.flush()
    reserve = getattr(CDLL(None), "fallocate", None)
    if reserve is not None:
        at = os.lseek(file.fileno(), 0, os.SEEK_CUR)
        reserve(c_int(file.fileno()), c_int(_KEEP_SIZE), c_long(at), c_long(size))
