"""Errors, as lines for a person and as the one JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dalsegno.cli.render.lines import Line, count, labelled, line, wrapped
from dalsegno.errors import DalSegnoError, FlowInvalid, PlanMoved, Problem, Refusal, RequestRefused


def error_lines(error: DalSegnoError, width: int) -> list[Line]:
    """Say what went wrong: every problem of a flow on a line of its own, every reason of a refusal likewise."""
    if isinstance(error, FlowInvalid):
        return [*problem_lines(error.problems), _verdict(error.problems)]
    word = "refused" if isinstance(error, RequestRefused) else "error"
    messages = [each.message for each in error.refusals] if isinstance(error, RequestRefused) else [error.message]
    lines = [each for message in messages for each in labelled(word, message, width, style="bold red")]
    lines += _what_the_message_lacks(error, width)
    if isinstance(error, RequestRefused):
        lines.append(line(("nothing was written", "dim")))
    return lines


def _what_the_message_lacks(error: DalSegnoError, width: int) -> list[Line]:
    lines: list[Line] = []
    place = ":".join(str(part) for part in (error.file, error.line, error.column) if part is not None)
    if place and place not in error.message:
        lines.append(line(("  at: ", "dim"), place))
    unsaid = [name for name in error.closest if name not in error.message]
    if unsaid:
        lines += wrapped(f"closest: {', '.join(unsaid)}", width, indent="  ")
    hint = getattr(error, "hint", None)
    if hint:
        lines += [line("  ", *each) for each in labelled("what to do", str(hint), width - 2, style="green")]
    return lines


def problem_lines(problems: Sequence[Problem]) -> list[Line]:
    """Write `file:line:column: message`, one a line and never broken, so that editors can follow them."""
    return [_problem(problem) for problem in problems]


def _problem(problem: Problem) -> Line:
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part is not None)
    word = {"warning": (("warning: ", "yellow"),), "note": (("note: ", "dim"),)}.get(problem.severity, ())
    return line(*([(f"{place}: ", "bold")] if place else []), *word, " ".join(problem.message.split()))


def _verdict(problems: Sequence[Problem]) -> Line:
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = sum(problem.severity == "warning" for problem in problems)
    parts = [count(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number]
    return line((f"{' and '.join(parts)}; nothing was written", "dim"))


def error_json(error: DalSegnoError) -> dict[str, Any]:
    """Give the document of an error: `error`, and what the kind of error has to add."""
    data: dict[str, Any] = {"error": error.as_json()}
    if isinstance(error, FlowInvalid):
        data["problems"] = [problem.as_json() for problem in error.problems]
    if isinstance(error, RequestRefused):
        data["refusals"] = [refusal.as_json() for refusal in error.refusals]
    if isinstance(error, PlanMoved):
        data["plan"] = error.plan
    return data


def fault_lines(error: BaseException, *, traceback_shown: bool) -> list[Line]:
    """Say that Dal Segno itself is at fault, and how to get what a report needs."""
    lines = [line(("error: ", "bold red"), f"{type(error).__name__}: {' '.join(str(error).split())}")]
    lines.append(line("  This is a fault of Dal Segno, not of your flow."))
    if not traceback_shown:
        lines.append(line("  To see where it happened, call it again with ", ("DALSEGNO_DEBUG=1", "bold"), "."))
    return lines


def is_refusal(error: DalSegnoError) -> bool:
    """Whether the request was wrong, so that nothing was written."""
    return isinstance(error, Refusal)
