"""Reading and writing stored files in pieces, and what their names become."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from dalsegno.artifacts.port import parse_uri
from dalsegno.tasks.base import TaskContext

CHUNK = 1 << 20
#: files that are open at once; the others are opened again when it is their turn
_OPEN = 64


def chunks(file: BinaryIO, context: TaskContext) -> Iterator[bytes]:
    """Give what is left of a file in pieces."""
    while piece := file.read(CHUNK):
        context.check_cancelled()
        yield piece


def lines(file: BinaryIO, context: TaskContext) -> Iterator[bytes]:
    """Give the lines of a file without what ends them."""
    for number, line in enumerate(file):
        if not number % 1000:
            context.check_cancelled()
        yield line.rstrip(b"\n").removesuffix(b"\r")


def stem_and_suffix(uri: str, *, default: str) -> tuple[str, str]:
    """Give the two parts of a stored file's name; `default` is the suffix of one that has none."""
    found = parse_uri(uri)
    name = PurePosixPath(found[1] if found else "")
    return name.stem or "file", name.suffix or default


class Parts(AbstractContextManager["Parts"]):
    """New files that are written side by side, however many they are."""

    def __init__(self, context: TaskContext, suffix: str) -> None:
        self._context = context
        self._suffix = suffix
        self._paths: dict[str, Path] = {}
        self._open: OrderedDict[str, BinaryIO] = OrderedDict()

    def write(self, name: str, data: bytes) -> None:
        """Add to a file; it is made when it is first named."""
        file = self._open.get(name)
        if file is None:
            if name not in self._paths:
                self._paths[name] = self._context.files.new(self._suffix)
            file = self._open[name] = self._paths[name].open("ab")
            if len(self._open) > _OPEN:
                self._open.popitem(last=False)[1].close()
        else:
            self._open.move_to_end(name)
        file.write(data)

    def __exit__(self, *_: object) -> None:
        for file in self._open.values():
            file.close()
        self._open.clear()

    def store(self, name_of: Callable[[int], str]) -> list[str]:
        """Store all files, in the order in which they were made, each under the name for its number; give their URIs."""
        self.__exit__()
        numbered = enumerate(self._paths.values(), start=1)
        return [self._context.files.store(path, name_of(number)) for number, path in numbered]
