"""Errors over the wire: problem+json (RFC 9457) with the fields that an error has in Python, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno import errors
from dalsegno.errors import (
    Ambiguous,
    BulkIsLive,
    DalSegnoError,
    ExtraMissing,
    Fault,
    FlowInvalid,
    FlowMoved,
    KeyInUse,
    LeaseLost,
    MoveRefused,
    NotAllowed,
    NotFound,
    NotKnown,
    PlanMoved,
    PlanRefusal,
    Problem,
    Refusal,
    RequestInvalid,
    RequestRefused,
    RunIsLive,
    StoreTooNew,
    StoreUnavailable,
    TooLarge,
    TooManyTries,
)

MEDIA_TYPE = "application/problem+json"

#: the status of an error, by its class or the nearest class above it
_STATUS: Mapping[type[DalSegnoError], int] = {
    NotFound: 404,
    Ambiguous: 409,
    PlanMoved: 409,
    FlowMoved: 409,
    KeyInUse: 409,
    RunIsLive: 409,
    BulkIsLive: 409,
    MoveRefused: 409,
    LeaseLost: 409,
    NotKnown: 401,
    NotAllowed: 403,
    TooLarge: 413,
    TooManyTries: 429,
    ExtraMissing: 422,
    StoreTooNew: 503,
    StoreUnavailable: 503,
    Refusal: 422,
    DalSegnoError: 500,
}
_TITLES = {
    401: "Not logged in",
    403: "Not allowed",
    413: "Too large",
    429: "Too many tries",
    404: "Not found",
    409: "Conflict",
    422: "Refused",
    503: "Unavailable",
    500: "Failed",
}


def status_of(error: DalSegnoError) -> int:
    """Give the HTTP status of an error."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def problem_of(error: DalSegnoError, status: int | None = None) -> dict[str, Any]:
    """Give an error as a problem: `type, title, status, detail`, and the error's own fields.

    Parameters
    ----------
    status : the HTTP status, in place of that of its class.
    """
    status = status or status_of(error)
    shown: dict[str, Any] = {
        "type": f"urn:dalsegno:{error.code}",
        "title": _TITLES.get(status, "Refused"),
        "status": status,
        "detail": error.message,
        "kind": type(error).__name__,
        **error.as_json(),
    }
    if isinstance(error, RequestRefused):
        shown["refusals"] = [refusal.as_json() for refusal in error.refusals]
    if isinstance(error, FlowInvalid):
        shown["problems"] = [problem.as_json() for problem in error.problems]
    if isinstance(error, PlanMoved):
        shown["plan"] = error.plan
    if isinstance(error, FlowMoved):
        shown |= {"newest": error.newest, "diff": error.diff}
    if isinstance(error, TooManyTries):
        shown["wait"] = error.wait
    if isinstance(error, RequestInvalid):
        shown["faults"] = [fault.as_json() for fault in error.faults]
    return shown


def error_from(problem: Mapping[str, Any]) -> DalSegnoError:
    """Give the error that a problem tells of, as the service in this process would have raised it."""
    kind = problem.get("kind")
    if kind == RequestRefused.__name__:
        return RequestRefused([_refusal(each) for each in problem["refusals"]])
    if kind == FlowInvalid.__name__:
        return FlowInvalid([problem_from(each) for each in problem["problems"]])
    if kind == RequestInvalid.__name__:
        return RequestInvalid([_fault(each) for each in problem["faults"]])
    message = str(problem.get("message") or problem.get("detail") or problem.get("title") or "the server refused")
    if kind == PlanMoved.__name__:
        return PlanMoved(message, problem["plan"])
    if kind == TooManyTries.__name__:
        return TooManyTries(message, problem["wait"])
    if kind == FlowMoved.__name__:
        return FlowMoved(message, problem["newest"], problem["diff"])
    found = getattr(errors, str(kind), None)
    made = found if isinstance(found, type) and issubclass(found, DalSegnoError) else Refusal
    return made(
        message,
        code=problem.get("code"),
        address=problem.get("address"),
        file=problem.get("file"),
        line=problem.get("line"),
        column=problem.get("column"),
        closest=problem.get("closest", ()),
    )


def _refusal(data: Mapping[str, Any]) -> PlanRefusal:
    return PlanRefusal(data["code"], data["message"], data.get("address"), tuple(data.get("closest", ())))


def _fault(data: Mapping[str, Any]) -> Fault:
    return Fault(
        data["place"], data["code"], data["message"], tuple(data["closest"]), data.get("line"), data.get("column")
    )


def problem_from(data: Mapping[str, Any]) -> Problem:
    """Read a problem of a flow's text."""
    return Problem(
        data["code"],
        data["message"],
        data.get("file"),
        data.get("line"),
        data.get("column"),
        tuple(data.get("closest", ())),
        data.get("severity", "error"),
    )
