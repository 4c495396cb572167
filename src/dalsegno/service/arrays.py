"""What a stored array looks like: its shape, its first numbers, and between what they lie. Objects are never loaded."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

#: rows and columns that are shown
CORNER = 12
#: bytes up to which all numbers are looked at
_ALL = 64 * 1024 * 1024
_NUMBERS = "biuf"


@dataclass(frozen=True, slots=True)
class ArraySummary:
    """The beginning of an array.

    Parameters
    ----------
    corner : the first numbers of the last two dimensions, at 0 of all others.
    least, most, mean : of all its numbers, where it is not too large.
    """

    shape: tuple[int, ...]
    dtype: str
    corner: tuple[tuple[str, ...], ...]
    least: str | None = None
    most: str | None = None
    mean: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return asdict(self)


def array_in(content: Path | bytes) -> ArraySummary | None:
    """Sum up a file of numpy's; `None` where numpy is not installed, or it is none that holds plain values."""
    try:
        import numpy as np

        if isinstance(content, Path):
            found: Any = np.load(content, mmap_mode="r", allow_pickle=False)
        else:
            found = np.load(BytesIO(content), allow_pickle=False)
        return _summed_up(found, np)
    except (ImportError, ValueError, OSError, EOFError, TypeError, AttributeError):
        return None


def _summed_up(array: Any, np: Any) -> ArraySummary:
    shown = array
    while shown.ndim > 2:
        shown = shown[0] if shown.shape[0] else shown.reshape(-1)[:0]
    shown = np.atleast_2d(shown)[:CORNER, :CORNER]
    corner = tuple(tuple(str(cell)[:40] for cell in row) for row in shown)
    shape, dtype = tuple(int(each) for each in array.shape), str(array.dtype)
    if array.dtype.kind not in _NUMBERS or array.size == 0 or array.nbytes > _ALL:
        return ArraySummary(shape, dtype, corner)
    mean = f"{float(np.mean(array, dtype='float64')):.6g}"
    return ArraySummary(shape, dtype, corner, str(array.min()), str(array.max()), mean)
