"""Every error that Dal Segno raises on purpose, in one tree.

    DalSegnoError
    |- Refusal                  the request is wrong; nothing was written (exit code 2)
    |   |- FlowInvalid          a flow file has problems; all of them are listed
    |   |- PipelineInvalid      a pipeline, a step or a call of one is wrong
    |   |- NotFound             no such run, flow, revision, task, artifact
    |   |- Ambiguous            a name or prefix fits several things
    |   |- RequestRefused       a plan cannot be drawn up for this request
    |   |- PlanMoved            the digest given is not the plan's any more
    |   |- FlowMoved            the flow has a newer revision than the one that was expected
    |   |- KeyInUse             a request with the same idempotency key is being carried out
    |   |- RequestInvalid       a request over HTTP is not written as it has to be; all that is wrong is listed
    |   |- StoreTooNew          the store was written by a newer Dal Segno
    |   |- RunIsLive            the run is being executed by another live process
    |   |- BulkIsLive           the bulk replay is being driven by another live process
    |   |- NotKnown             a server does not know who asks: log in, or show a token
    |   |- NotAllowed           who asks may not do this
    |   |- TooManyTries         too many logins have failed: wait
    |   |- TooLarge             a request's body is larger than its route takes
    |   `- ExtraMissing         an optional dependency is not installed
    |- TaskFailed               a task's own failure: what the user's work ran into
    |   `- ExpressionFailed     an expression could not be rendered
    |- Cancelled                the task was told to stop and did
    |- LeaseLost                another process has taken the run over
    |- MoveRefused              a state may not follow another (a fault of ours, or two writers)
    `- StoreUnavailable         the metadata store cannot be reached or written

An error says what happened, to what, and what to do next. Every part is a field, so that the CLI, REST and Python show
the same thing; errors survive pickling, because they cross process borders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


def closest(name: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Give the known names most like `name`, best first, at most `limit`."""
    names = list(known)
    by_lower = {candidate.lower(): candidate for candidate in names}
    found = get_close_matches(name.lower(), list(by_lower), n=limit, cutoff=0.5)
    return tuple(by_lower[lower] for lower in found)


def did_you_mean(names: Iterable[str]) -> str:
    """Give the sentence part `; did you mean 'a' or 'b'?`, or nothing where there is no candidate."""
    quoted = [f"`{name}`" for name in names]
    return f"; did you mean {' or '.join(quoted)}?" if quoted else ""


class DalSegnoError(Exception):
    """Base of all errors raised on purpose.

    Parameters
    ----------
    message : what happened, to what, and what to do next; a whole sentence or two.
    code : a stable word for programs, such as `unknown-task`.
    address : the task run concerned, if any.
    file, line, column : where in a file (1-based), if any.
    closest : the names most like a wrong one, best first.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        address: str | None = None,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        closest: Iterable[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.address = address
        self.file = file
        self.line = line
        self.column = column
        self.closest = tuple(closest)

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message, dict(self.__dict__)))

    def as_json(self) -> dict[str, Any]:
        """Give the error as the `error` object that every door shows."""
        return {
            "code": self.code,
            "message": self.message,
            "address": self.address,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "closest": list(self.closest),
        }


def _rebuild(cls: type[DalSegnoError], message: str, fields: dict[str, Any]) -> DalSegnoError:
    error = cls.__new__(cls)
    Exception.__init__(error, message)
    error.__dict__.update(fields)
    return error


class Refusal(DalSegnoError):
    """The request is wrong. Nothing was written."""

    code = "refused"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a flow file: `file:line:column: message`."""

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    closest: tuple[str, ...] = ()
    #: an error refuses the file; a warning is only told
    severity: str = "error"

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.message}" if place else self.message

    def as_json(self) -> dict[str, Any]:
        """Give the problem in the shape of an error object, with its severity."""
        return {
            "code": self.code, "message": self.message, "address": None, "file": self.file, "line": self.line,
            "column": self.column, "closest": list(self.closest), "severity": self.severity,
        }  # fmt: skip


class FlowInvalid(Refusal):
    """A flow has problems. `problems` lists all of them, in the order of the file."""

    code = "flow-invalid"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(
            "\n".join(str(problem) for problem in self.problems),
            code=first.code if len(self.problems) == 1 else None,
            file=first.file,
            line=first.line,
            column=first.column,
            closest=first.closest,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.problems,))


class PipelineInvalid(Refusal):
    """A pipeline, a step, or a call of one is wrong. Its text begins with the place of the user's call."""

    code = "pipeline-invalid"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.file else self.message


class NotFound(Refusal):
    """There is no such thing."""

    code = "not-found"


class Ambiguous(Refusal):
    """A name or prefix fits several things."""

    code = "ambiguous"


class PlanMoved(Refusal):
    """The plan is not the one whose digest was given; `plan` is the new one, as JSON."""

    code = "plan-moved"

    def __init__(self, message: str, plan: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.plan = dict(plan)


class FlowMoved(Refusal):
    """The latest revision of a flow is not the one that was expected.

    Parameters
    ----------
    newest : the latest revision, as JSON; `None` if there is no such flow.
    diff : what was changed since the one that was expected, as a unified difference.
    """

    code = "flow-moved"

    def __init__(self, message: str, newest: Mapping[str, Any] | None = None, diff: str = "") -> None:
        super().__init__(message)
        self.newest = None if newest is None else dict(newest)
        self.diff = diff


class KeyInUse(Refusal):
    """A request with the same idempotency key is being carried out."""

    code = "key-in-use"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request.

    Parameters
    ----------
    place : where it is, such as `body.request.skip[0]` or `query.limit`.
    """

    place: str
    code: str
    message: str
    closest: tuple[str, ...] = ()
    line: int | None = None
    column: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {
            "place": self.place, "code": self.code, "message": self.message, "closest": list(self.closest),
            "line": self.line, "column": self.column,
        }  # fmt: skip


class RequestInvalid(Refusal):
    """A request is not written as it has to be. `faults` lists all that is wrong with it."""

    code = "request-invalid"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        super().__init__(
            "\n".join(f"`{fault.place}`: {fault.message}" for fault in self.faults),
            code=first.code if len(self.faults) == 1 else None,
            line=first.line,
            column=first.column,
            closest=first.closest,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.faults,))


class StoreTooNew(Refusal):
    """The store was written by a newer Dal Segno."""

    code = "store-too-new"


class RunIsLive(Refusal):
    """The run is being executed by another live process."""

    code = "run-is-live"


class BulkIsLive(Refusal):
    """The bulk replay is being driven by another live process."""

    code = "bulk-is-live"


class NotKnown(Refusal):
    """A server does not know who asks."""

    code = "not-logged-in"


class NotAllowed(Refusal):
    """Who asks may not do this."""

    code = "not-allowed"


class TooManyTries(Refusal):
    """Too many logins have failed.

    Parameters
    ----------
    wait : how many seconds to wait before the next one.
    """

    code = "too-many-tries"

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class TooLarge(Refusal):
    """A request's body is larger than its route takes."""

    code = "too-large"


class ExtraMissing(Refusal):
    """An optional dependency is not installed."""

    code = "extra-missing"


@dataclass(frozen=True, slots=True)
class PlanRefusal:
    """One reason why a request cannot be planned."""

    code: str
    message: str
    address: str | None = None
    closest: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give the refusal as one entry of a plan's `refusals`."""
        return {"code": self.code, "message": self.message, "address": self.address, "closest": list(self.closest)}


class RequestRefused(Refusal):
    """A plan cannot be drawn up for this request. `refusals` lists every reason."""

    code = "request-refused"

    def __init__(self, refusals: Iterable[PlanRefusal]) -> None:
        self.refusals = tuple(refusals)
        first = self.refusals[0]
        super().__init__(
            "\n".join(refusal.message for refusal in self.refusals),
            code=first.code,
            address=first.address,
            closest=first.closest,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.refusals,))


class TaskFailed(DalSegnoError):
    """A task's own failure: what the user's work ran into.

    `details` holds what a screen shows in columns (row, field, value, pattern, ...); `hint` says what to do next.
    """

    code = "task-failed"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        details: Mapping[str, Any] | None = None,
        code: str | None = None,
        line: int | None = None,
        column: int | None = None,
        closest: Iterable[str] = (),
    ) -> None:
        super().__init__(message, code=code, line=line, column=column, closest=closest)
        self.hint = hint
        self.details = dict(details or {})

    def as_json(self) -> dict[str, Any]:
        """Give the error object with the hint and the details."""
        return {**super().as_json(), "hint": self.hint, "details": self.details}


class ExpressionFailed(TaskFailed):
    """An expression could not be parsed or rendered."""

    code = "expression-failed"


class RunFailed(DalSegnoError):
    """A pipeline that was called from Python has failed. What the user's code raised is its cause.

    Parameters
    ----------
    run : the run (`pipelines.runs.PipelineRun`).
    """

    code = "run-failed"

    def __init__(self, message: str, run: Any = None) -> None:
        super().__init__(message)
        self.run = run

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.message,))


class Cancelled(DalSegnoError):
    """The task was told to stop and did."""

    code = "cancelled"


class LeaseLost(DalSegnoError):
    """Another process has taken the run over; this one must stop writing to it."""

    code = "lease-lost"


class MoveRefused(DalSegnoError):
    """A state may not follow another. The message tells what the task run has been through."""

    code = "move-refused"


class StoreUnavailable(DalSegnoError):
    """The metadata store cannot be reached or written."""

    code = "store-unavailable"
