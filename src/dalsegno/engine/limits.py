"""What a flow expects of a run as a whole: its `timeout` and `sla`, and what becomes of a run that does not meet them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dalsegno.engine.items import holds
from dalsegno.engine.variables import Facts, expression_scope, variables
from dalsegno.errors import DalSegnoError, TaskFailed
from dalsegno.expressions import parse, render_value
from dalsegno.model.conduct import Sla
from dalsegno.model.durations import parse_duration
from dalsegno.model.state import State
from dalsegno.replay.edges import Scope

_STATES = {"FAIL": State.FAILED, "CANCEL": State.KILLED}
_HINT = "find out with `dalsegno gantt` what took so long, or give it more time"


@dataclass(frozen=True, slots=True)
class Limit:
    """A time by which a run is to have ended.

    Parameters
    ----------
    state : how it ends if it has not.
    """

    seconds: float
    state: State
    error: Mapping[str, Any]
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Settled:
    """How a run ends, once it is known whether it met what was expected of it."""

    state: State
    error: Mapping[str, Any] | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


class Limits:
    """The limits of one run. The first that is broken decides.

    Parameters
    ----------
    began : when the run began, in whatever process.
    """

    def __init__(self, facts: Facts, began: float) -> None:
        self._facts = facts
        self._began = began
        self._broken: Limit | None = None
        self._stopping = sorted(_stopping(facts), key=lambda limit: limit.seconds)

    def due(self, now: float) -> bool:
        """Tell whether the run is to stop because its time has passed. Once it is, it stays so."""
        if self._broken is None and self._stopping and now - self._began >= self._stopping[0].seconds:
            self._broken = self._stopping[0]
        return self._broken is not None

    def over(self) -> None:
        """Take note that it is settled how the run ends: its time cannot run out any more."""
        self._stopping = []

    def settle(self, state: State, error: Mapping[str, Any] | None, at: float) -> Settled:
        """Give how the run ends that has come to an end in `state`."""
        if self._broken is not None and state is State.KILLED:
            failed = self._broken.state is State.FAILED
            return Settled(self._broken.state, self._broken.error if failed else None, self._broken.labels)
        labels: dict[str, str] = {}
        for sla in self._facts.flow.conduct.slas:
            complaint = self._complaint(sla, at) if state in (State.SUCCESS, State.WARNING) or sla.seconds else None
            if complaint is None:
                continue
            labels.update(sla.labels)
            if sla.type == "EXECUTION_ASSERTION" and sla.behavior in _STATES:
                failed = sla.behavior == "FAIL"
                return Settled(_STATES[sla.behavior], complaint.as_json() if failed else None, labels)
        return Settled(state, error, labels)

    def _complaint(self, sla: Sla, at: float) -> DalSegnoError | None:
        if sla.type == "MAX_DURATION":
            late = sla.behavior == "NONE" and at - self._began > sla.seconds
            return _too_long(f"its `sla` `{sla.id}`", sla.seconds) if late else None
        try:
            scope = expression_scope(self._facts, variables(self._facts, Scope()))
            if holds(render_value(sla.condition, scope)):
                return None
        except DalSegnoError as error:
            return TaskFailed(f"the `sla` `{sla.id}` cannot be looked at: {error.message}", code="sla-broken")
        return TaskFailed(f"the `sla` `{sla.id}` does not hold: `{sla.condition}`", code="sla-broken")


def _stopping(facts: Facts) -> Iterator[Limit]:
    conduct = facts.flow.conduct
    if conduct.timeout is not None:
        yield _timeout(conduct.timeout, facts)
    for sla in conduct.slas:
        if sla.type == "MAX_DURATION" and sla.behavior in _STATES:
            error = _too_long(f"its `sla` `{sla.id}`", sla.seconds).as_json()
            yield Limit(sla.seconds, _STATES[sla.behavior], error, sla.labels)


def _timeout(written: str, facts: Facts) -> Limit:
    """Give the flow's own limit; one that cannot be read fails the run at once."""
    try:
        scope = expression_scope(facts, variables(facts, Scope()))
        seconds = parse_duration(str(parse(written).evaluate(scope))).total_seconds()
    except DalSegnoError as error:
        return Limit(0.0, State.FAILED, {**error.as_json(), "message": f"the flow's `timeout`: {error.message}"})
    except ValueError as error:
        return Limit(0.0, State.FAILED, TaskFailed(f"the flow's `timeout`: {error}", code="bad-property").as_json())
    return Limit(seconds, State.FAILED, _too_long("its timeout", seconds).as_json())


def _too_long(what: str, seconds: float) -> TaskFailed:
    return TaskFailed(f"the run took longer than {what} of {seconds:g} s", code="timeout", hint=_HINT)
