"""Blocks of a file, worked on side by side and handed on in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, TypeVar

BLOCK = 8 << 20
#: the first block is small, so that a wrong pattern or a wrong file shows at once
FIRST_BLOCK = 64 << 10

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def side_by_side(
    items: Iterator[_In], work: Callable[[_In], _Out], *, check: Callable[[], None], ahead: int = 2
) -> Generator[_Out, None, None]:
    """Give `work(item)` for each item, in order; some are worked on ahead, several at once.

    Parameters
    ----------
    check : called before every result is handed on; what it raises ends the work.
    ahead : how many results may wait, beyond what is being worked on, while the one before them is used.
    """
    threads = max(2, min(4, os.cpu_count() or 2))
    pending: deque[Future[_Out]] = deque()
    # the first result is handed on before anything else is begun: what is wrong with a file mostly shows there
    waiting = 0
    pool = ThreadPoolExecutor(threads, thread_name_prefix="dalsegno-serdes")
    try:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) > waiting:
                check()
                yield pending.popleft().result()
                waiting = threads + ahead
        while pending:
            check()
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def cut_blocks(
    file: BinaryIO, cut: Callable[[bytes], int], *, first: int = FIRST_BLOCK, size: int = BLOCK
) -> Iterator[tuple[int, bytes]]:
    """Give a file as blocks with their offsets, each cut where `cut` says a record ends; what is left comes last.

    Parameters
    ----------
    cut : gives the length of the whole records at the start of some bytes, 0 if there is none.
    """
    offset = file.tell()
    rest = b""
    wanted = first
    while chunk := file.read(wanted):
        wanted = size
        rest += chunk
        end = cut(rest)
        if end:
            yield offset, rest[:end]
            offset += end
            rest = rest[end:]
    if rest:
        yield offset, rest
