"""Where in the user's own code something was written, and the errors that say so."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from dalsegno.errors import DalSegnoError, PipelineInvalid, did_you_mean
from dalsegno.errors import closest as closest_to

if TYPE_CHECKING:
    from dalsegno.model.inputs import Place

_OURS = "dalsegno"


def users_frame() -> FrameType | None:
    """Give the innermost frame that is not of Dal Segno: the line that called it."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - `inspect.stack` reads the source of every frame
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    return frame


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] == _OURS


class users_line_last:  # noqa: N801 - used like a function; a generator would cost more at each call of a step
    """Have the traceback of an error of ours end in the user's own line: the frames of ours behind it say nothing to them."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cut what is behind the last line of the user's."""
        if isinstance(error, DalSegnoError):
            error.__traceback__ = _from_first_to_last_of_the_user(trace)


def _from_first_to_last_of_the_user(trace: TracebackType | None) -> TracebackType | None:
    first = last = None
    while trace is not None:
        if not _is_ours(trace.tb_frame):
            first, last = first or trace, trace
        trace = trace.tb_next
    if last is not None:
        last.tb_next = None
    return first


def here() -> Place:
    """Give the line of the user's that called."""
    from dalsegno.model.inputs import Place

    frame = users_frame()
    return Place(frame.f_lineno if frame is not None else 1, 1)


def invalid(
    message: str, *, code: str | None = None, name: str | None = None, known: Iterable[str] = ()
) -> PipelineInvalid:
    """Make an error about a pipeline at the line of the user's that called.

    Parameters
    ----------
    name, known : a name that is wrong, and those that there are: the closest of them are told.
    """
    frame = users_frame()
    closest = closest_to(name, known) if name is not None else ()
    return PipelineInvalid(
        message + did_you_mean(closest),
        code=code,
        file=shown(frame.f_code.co_filename) if frame is not None else None,
        line=frame.f_lineno if frame is not None else None,
        closest=closest,
    )


def shown(file: str) -> str:
    """Give the name of a file as a person looks for it: from the working directory, if it lies in there."""
    try:
        inside = os.path.relpath(file)
    except (ValueError, OSError):
        return file
    return file if file.startswith("<") or inside.startswith(os.pardir) else inside
