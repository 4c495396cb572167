"""Collects what is wrong with a flow file, so that all of it is told at once."""

from __future__ import annotations

from collections.abc import Iterable

from dalsegno.errors import Problem, closest, did_you_mean
from dalsegno.model.flow import Place


class Report:
    """The problems of one file, each told once.

    Parameters
    ----------
    file : the name that the problems show; `None` for a text that has none.
    """

    def __init__(self, file: str | None = None) -> None:
        self._file = file
        self._problems: dict[Problem, None] = {}

    def error(self, code: str, message: str, place: Place | None, *, near: Iterable[str] = ()) -> None:
        """Add what makes the file unusable."""
        self._add(code, message, place, tuple(near), "error")

    def warning(self, code: str, message: str, place: Place | None, *, near: Iterable[str] = ()) -> None:
        """Add what makes a task fail if it comes to it."""
        self._add(code, message, place, tuple(near), "warning")

    def note(self, code: str, message: str, place: Place | None) -> None:
        """Add what is as it should be, and good to know."""
        self._add(code, message, place, (), "note")

    def unknown(self, code: str, message: str, place: Place | None, *, name: str, known: Iterable[str]) -> None:
        """Add a wrong name as an error, with the names most like it."""
        near = closest(name, known)
        self.error(code, f"{message}{did_you_mean(near)}", place, near=near)

    def unknown_reading(self, code: str, message: str, place: Place | None, *, name: str, known: Iterable[str]) -> None:
        """Add a wrong name in an expression as a warning, with the names most like it."""
        near = closest(name, known)
        self.warning(code, f"{message}{did_you_mean(near)}", place, near=near)

    def problems(self) -> list[Problem]:
        """Give all problems in the order of the text."""
        return sorted(self._problems, key=lambda problem: (problem.line or 0, problem.column or 0))

    def _add(self, code: str, message: str, place: Place | None, near: tuple[str, ...], severity: str) -> None:
        line, column = (place.line, place.column) if place else (None, None)
        self._problems[Problem(code, message, self._file, line, column, near, severity)] = None
