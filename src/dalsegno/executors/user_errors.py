"""Tells a user's exception in the user's terms: type, text, the place in the user's own file, and a traceback."""

from __future__ import annotations

from pathlib import Path
from traceback import FrameSummary, StackSummary, TracebackException
from typing import Any

from dalsegno.errors import TaskFailed
from dalsegno.model.libraries import library_folders

_MOST_TEXT = 4_000
_MOST_TRACEBACK = 40_000
_OURS = str(Path(__file__).parents[1])
_ASYNCIO = ("/asyncio/runners.py", "/asyncio/base_events.py")


class Terminated(BaseException):
    """The worker was told to end. Raised in the user's code, so that its `finally` blocks run."""


def describe(error: BaseException, what: str, *, code: str = "python-error") -> TaskFailed:
    """Give a user's exception as the failure of a task; one that is `TaskFailed` keeps its code and hint.

    Parameters
    ----------
    what : what failed, the beginning of the message.
    """
    told = TracebackException.from_exception(error)
    _leave_ours_out(told)
    details: dict[str, Any] = {"exception": type(error).__qualname__, "traceback": _end("".join(told.format()))}
    place = _place(error, told)
    if place is not None:
        details |= {"file": place.filename, "line": place.lineno, "function": place.name}
    if isinstance(error, TaskFailed):
        return TaskFailed(
            error.message,
            code=error.code,
            hint=error.hint,
            details={**details, **error.details},
            closest=error.closest,
        )
    message = f"{what}: {type(error).__qualname__}: {_text(error)}"
    code = "out-of-memory" if isinstance(error, MemoryError) else code
    return TaskFailed(message, code=code, hint=_hint(error, place), details=details)


def no_folder(cwd: str, error: OSError) -> TaskFailed:
    """Give the failure of a call whose working directory cannot be entered."""
    message = f"the working directory `{cwd}` cannot be entered: {error.strerror}"
    return TaskFailed(message, code="no-working-directory", hint="start the run from a folder that exists")


def _hint(error: BaseException, place: FrameSummary | None) -> str:
    if isinstance(error, SystemExit):
        return "let the function return a value or raise an error instead of ending the interpreter"
    if isinstance(error, ModuleNotFoundError):
        return f"install `{error.name}` in the environment that runs the flow, then replay from this task"
    where = f"see line {place.lineno} of {place.filename}; " if place is not None else ""
    return f"{where}mend the code and replay from this task"


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 (a user's __str__ may raise anything)
        text = "(its text cannot be shown)"
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]} ... ({len(text):,} characters)"


def _end(text: str) -> str:
    return text if len(text) <= _MOST_TRACEBACK else f"...\n{text[-_MOST_TRACEBACK:]}"


def _place(error: BaseException, told: TracebackException) -> FrameSummary | None:
    if isinstance(error, SyntaxError) and error.filename is not None:
        return FrameSummary(error.filename, error.lineno, "<module>")
    users = [one for one in told.stack if not one.filename.startswith(library_folders())]
    return (users or [*told.stack] or [None])[-1]


def _leave_ours_out(told: TracebackException | None, depth: int = 20) -> None:
    """Drop the frames between the worker's loop and the user's code, here and in the errors that led to this one."""
    if told is None or depth == 0:
        return
    told.stack = StackSummary.from_list([one for one in told.stack if not _is_ours(one)])
    _leave_ours_out(told.__cause__, depth - 1)
    _leave_ours_out(told.__context__, depth - 1)


def _is_ours(one: FrameSummary) -> bool:
    return one.filename.startswith((_OURS, "<frozen importlib")) or one.filename.endswith(_ASYNCIO)
