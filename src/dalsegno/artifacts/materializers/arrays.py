"""Arrays and numbers of numpy: arrays as `.npy`, mapped into memory on loading, copy-on-write."""

from __future__ import annotations

import math
from io import BytesIO
from struct import Struct
from typing import Any

import numpy as np
from numpy.lib import format as npy

from dalsegno.artifacts.materializers.base import Declined, Materializer, Output, Source, Target

#: kinds of numbers that `item()` turns into a number of Python without loss
_EXACT = frozenset({"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32",
                    "float64"})  # fmt: skip

_LENGTH = Struct("<I")
#: numpy refuses headers that are longer than it likes, and one of many fields is
_LONGEST_HEADER = 1 << 30
#: so many bytes of an array that does not lie in one piece are brought together at a time
_PIECE = 16 << 20


class Array(Materializer):
    """`numpy.ndarray`, of any shape and of any dtype but those that hold objects."""

    kind = "numpy.ndarray"
    suffix = ".npy"

    def save(self, value: Any, target: Target) -> None:
        """Write an array as `numpy.save` does."""
        if type(value) not in (np.ndarray, np.memmap) or not _plain(value.dtype):
            raise Declined
        header = _header(value)
        with target.open() as file:
            file.write(header)
            _write(value, file)

    def load(self, source: Source) -> Any:
        """Map an array into memory: it is read when it is looked at, and what is changed is a copy."""
        path = source.path
        if path is None:
            return np.load(BytesIO(source.read()), allow_pickle=False, max_header_size=_LONGEST_HEADER)
        try:
            return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False, max_header_size=_LONGEST_HEADER))
        except ValueError:
            # what has no elements cannot be mapped
            return np.load(path, allow_pickle=False, max_header_size=_LONGEST_HEADER)

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell shape, dtype and size, and the first numbers."""
        first = [str(item)[:60] for item in value.flat[:3]]
        return {"shape": list(value.shape), "dtype": str(value.dtype), "size": value.nbytes, "first": first}


def _plain(dtype: Any) -> bool:
    """Whether `.npy` keeps a dtype exactly: no objects, none of numpy's newer kinds, no metadata."""
    if dtype.hasobject or dtype.kind not in "?biufcSUVmM" or dtype.metadata is not None:
        return False
    return npy.descr_to_dtype(npy.dtype_to_descr(dtype)) == dtype


def _header(array: Any) -> bytes:
    """Give the first bytes of the `.npy` file of an array."""
    header = BytesIO()
    described = npy.header_data_from_array_1_0(array)
    try:
        npy.write_array_header_1_0(header, described)
    except UnicodeError:
        return _header_in_utf8(described)
    except ValueError:
        npy.write_array_header_2_0(header, described)
    return header.getvalue()


def _header_in_utf8(described: dict[str, Any]) -> bytes:
    """Give the header of version 3, for names of fields beyond Latin-1."""
    text = repr(described).encode()
    start = npy.magic(3, 0)
    size = len(text) + 1
    size += -(len(start) + _LENGTH.size + size) % npy.ARRAY_ALIGN
    return start + _LENGTH.pack(size) + text.ljust(size - 1) + b"\n"


def _write(array: Any, file: Output) -> None:
    """Write an array from where it lies in memory; one that does not lie in one piece piece by piece."""
    if not array.nbytes:
        return
    if array.flags.c_contiguous or array.flags.f_contiguous:
        lying = array if array.flags.c_contiguous else array.T
        file.write(memoryview(lying.reshape(-1).view(np.uint8)))
        return
    size = max(_PIECE // array.itemsize, 1)
    for piece in np.nditer(array, flags=["external_loop", "buffered"], buffersize=size, order="C"):
        lying: Any = np.ascontiguousarray(piece)
        file.write(memoryview(lying.view(np.uint8)))


class Scalar(Materializer):
    """Numbers and other single values of numpy."""

    kind = "numpy.scalar"

    def save(self, value: Any, target: Target) -> None:
        """Keep a number as a number, anything else as an array without dimensions."""
        dtype = value.dtype
        if type(value) is not dtype.type or not _plain(dtype):
            raise Declined
        if dtype.name in _EXACT and not (dtype.kind == "f" and math.isnan(value)):
            target.keep("dtype", dtype.name)
            target.keep("value", value.item())
        else:
            array = np.asarray(value)
            header = _header(array)
            with target.open() as file:
                file.write(header)
                _write(array, file)

    def load(self, source: Source) -> Any:
        """Make the number again."""
        dtype = source.kept("dtype")
        if dtype is not None:
            return np.dtype(dtype).type(source.kept("value"))
        return np.load(BytesIO(source.read()), allow_pickle=False, max_header_size=_LONGEST_HEADER)[()]

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell the number."""
        return {"dtype": str(value.dtype), "value": str(value)[:60]}
