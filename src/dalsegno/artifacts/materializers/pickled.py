"""Pickle, the last resort: exact, and unsafe to load from a store that others write to.

The content is the pickle's own stream, then the large buffers of arrays in it (protocol 5, out of band), each at a multiple
of 64 bytes, then where they lie. So a buffer is written from where it lies in memory, and on loading it is mapped into
memory, copy-on-write, as that of an array is.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Sequence
from struct import Struct
from types import FunctionType
from typing import Any, BinaryIO, cast

from blake3 import blake3

from dalsegno.artifacts.materializers.base import Materializer, Source, Target
from dalsegno.artifacts.materializers.errors import CannotKeep, class_missing, of_class
from dalsegno.artifacts.materializers.objects import importable
from dalsegno.artifacts.materializers.refused import hint_for, refuse_bound

_PROTOCOL = 5
_ALIGNED = 64
_NUMBER = Struct("<Q")
_MAIN = b"__main__"

Buffers = Sequence[memoryview]


class Pickled(Materializer):
    """Any value that pickle or cloudpickle can write; classes and functions of `__main__` with their code."""

    kind = "pickle"
    suffix = ".pickle"
    unsafe = True

    def save(self, value: Any, target: Target) -> None:
        """Write a value."""
        refuse_bound(value)
        stream, buffers, same = _dumped(value)
        with target.open() as file:
            for piece in _pieces(stream, buffers):
                file.write(piece)
        if same:
            target.counts_as(same)

    def load(self, source: Source) -> Any:
        """Read a value."""
        with source.open() as file:
            places = _places(file)
            memory = source.memory() if places else memoryview(b"")
            file.seek(0)
            return _Unpickler(file, buffers=[memory[start : start + size] for start, size in places]).load()


class Code(Pickled):
    """A class with its code. It never stands in the row: many objects share it."""

    inline = False


def _dumped(value: Any) -> tuple[bytes, Buffers, str | None]:
    """Give the stream of a value, its buffers, and a digest of its content where that of the bytes would be another one in
    each process, as it is where a class is written with its code.
    """
    found: list[pickle.PickleBuffer] = []
    try:
        stream = pickle.dumps(value, _PROTOCOL, buffer_callback=found.append)
    except Exception:  # noqa: BLE001 - whatever it is, cloudpickle may do better
        stream = _MAIN
    if _MAIN not in stream:
        return stream, [buffer.raw() for buffer in found], None
    return *_by_value(value), _digest_by_name(value)


def _by_value(value: Any) -> tuple[bytes, Buffers]:
    import cloudpickle

    found: list[pickle.PickleBuffer] = []
    try:
        stream = cloudpickle.dumps(value, _PROTOCOL, buffer_callback=found.append)
    except Exception as error:
        if isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError):
            raise CannotKeep("nested too deeply", "return a flatter value, such as a list of rows") from error
        raise CannotKeep(f"{of_class(value)}, which cannot be pickled: {error}", hint_for(str(error))) from error
    return stream, [buffer.raw() for buffer in found]


def _digest_by_name(value: Any) -> str | None:
    """Give a digest in which classes count by their names."""
    hasher = blake3()
    try:
        _ByName(
            cast("Any", _Hashing(hasher)), _PROTOCOL, buffer_callback=lambda buffer: hasher.update(buffer.raw())
        ).dump(value)
    except Exception:  # noqa: BLE001 - then the bytes are compared, and differ more often than they would have to
        return None
    return hasher.hexdigest()


class _Hashing:
    """A file of which nothing but the hash is kept."""

    def __init__(self, hasher: blake3) -> None:
        self._hasher = hasher

    def write(self, data: Any) -> int:
        self._hasher.update(data)
        return len(data)


class _ByName(pickle.Pickler):
    """Writes a class that cannot be imported by its name. A function is what it does: such a one is written with its code."""

    def reducer_override(self, obj: Any, /) -> Any:
        if not isinstance(obj, type | FunctionType) or importable(obj):
            return NotImplemented
        if isinstance(obj, type):
            return str, (f"{obj.__module__}:{obj.__qualname__}",)
        import cloudpickle

        return str, (blake3(cloudpickle.dumps(obj)).hexdigest(),)


def _pieces(stream: bytes, buffers: Buffers) -> Iterator[bytes | memoryview]:
    yield stream
    at = len(stream)
    places: list[int] = []
    for buffer in buffers:
        gap = -at % _ALIGNED
        yield bytes(gap)
        yield buffer
        places += (at + gap, buffer.nbytes)
        at += gap + buffer.nbytes
    yield b"".join(_NUMBER.pack(number) for number in (*places, len(buffers)))


def _places(file: BinaryIO) -> list[tuple[int, int]]:
    """Read where the buffers lie."""
    size = _NUMBER.size
    file.seek(-size, os.SEEK_END)
    count = _NUMBER.unpack(file.read(size))[0]
    file.seek(-size * (2 * count + 1), os.SEEK_END)
    numbers = [_NUMBER.unpack(file.read(size))[0] for _ in range(2 * count)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


class _Unpickler(pickle.Unpickler):
    """Says which class is gone."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return super().find_class(module_name, global_name)
        except (ImportError, AttributeError) as error:
            raise class_missing(module_name, global_name, str(error)) from error
