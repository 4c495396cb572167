"""What is asked for: one model behind the CLI, Python and every later door, for fresh runs and replays alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import Any, Final, Literal, cast

Stale = Literal["warn", "refuse"]
#: `ask`: what runs again and is seen outside must be acknowledged; `reuse`: its old result is kept
Effects = Literal["ask", "reuse"]

#: selector -> name of a property -> value
TaskInputs = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Expression:
    """A value that is text to be rendered, where a plain text would be taken as it is."""

    text: str


class _Origin(Enum):
    ORIGIN = "origin"


#: a pin that keeps the old result, whatever has changed
ORIGIN: Final = _Origin.ORIGIN


@dataclass(frozen=True, slots=True)
class Overrides:
    """Overrides and pins that a person set on the origin, or on a run before it. They make nothing run.

    Parameters
    ----------
    inputs : the names of the run inputs that were given anew; their values are the run's own.
    """

    task_inputs: TaskInputs = field(default_factory=dict[str, Mapping[str, Any]])
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """A request for a run. Names are those of the requested revision; a name is a selector (`replay.select`).

    Parameters
    ----------
    origin : the id of the run to replay; `None` for a fresh run.
    revision : `original`, `latest` or a number.
    start : what to run again, each with everything downstream of it.
    only : run just these, and stop; `until`: stop after these.
    skip : what to reuse.
    skip_successful : reuse whatever has a result.
    changed : run only what changed, what failed, and what depends on it.
    inputs : new values for run inputs; the rest carries over.
    task_inputs : property values that hold for this run; an `Expression` is rendered, anything else is a literal.
    outputs : results given without running the task; with one output the value itself; `ORIGIN` keeps the old one.
    renamed : new name -> the origin's name.
    breakpoints : before which the run stops and waits.
    effects, acknowledge : what to do about tasks whose effects are seen outside and that ran before; which of them may run
        again (`*` for all).
    stale : what to do about kept results whose definition has changed since.
    verify : whether every stored file and value that is kept is read and compared with its digest, not only looked up
        where something that runs reads it.
    fresh_clock : take today's time for `execution.startDate`, in place of the origin's.
    carry_overrides : whether overrides, pins and labels of the origin carry over.
    debug : whether it runs under a debugger, one task at a time; such a run is never "the latest", and fixes nothing.
    reason, labels : kept on the run.
    carried : overrides and pins of the origin.
    """

    origin: str | None = None
    revision: str | int = "original"
    start: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    skip_successful: bool = False
    changed: bool = False
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    task_inputs: TaskInputs = field(default_factory=dict[str, Mapping[str, Any]])
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    breakpoints: tuple[str, ...] = ()
    effects: Effects = "ask"
    acknowledge: tuple[str, ...] = ()
    stale: Stale = "warn"
    verify: bool = False
    fresh_clock: bool = False
    carry_overrides: bool = True
    debug: bool = False
    reason: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    carried: Overrides = field(default_factory=Overrides)

    @property
    def keeps(self) -> bool:
        """Whether tasks that are not named are kept where they have a result."""
        return bool(self.start) or bool(self.only) or self.skip_successful or self.changed

    def for_replay_of_it(self) -> Overrides:
        """Give what a replay of the run that this request made carries over: its own overrides over the carried ones."""
        task_inputs = _over(self.carried.task_inputs, self.task_inputs)
        earlier = {name: value for name, value in self.carried.outputs.items() if name not in self.outputs}
        return Overrides(task_inputs, {**earlier, **self.outputs}, self.overridden_inputs)

    @property
    def overridden_inputs(self) -> tuple[str, ...]:
        """The run inputs that a person gave in place of earlier ones, here or on the way: a fresh run's replace nothing."""
        own = self.inputs if self.origin is not None else ()
        return tuple(dict.fromkeys((*self.carried.inputs, *own)))

    def as_json(self) -> dict[str, Any]:
        """Give the request as JSON data, without what is at its default."""
        data: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "carried":
                carried = {
                    "task_inputs": _inputs_to_json(value.task_inputs),
                    "outputs": _pins_to_json(value.outputs),
                    "inputs": list(value.inputs),
                }
                value = {name: part for name, part in carried.items() if part}
            elif item.name == "outputs":
                value = _pins_to_json(value)
            elif value == item.default:
                continue
            elif item.name == "task_inputs":
                value = _inputs_to_json(value)
            elif isinstance(value, tuple):
                value = list(cast("tuple[str, ...]", value))
            if value not in (None, [], {}):
                data[item.name] = value
        return data


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a person asked for on the way, when resuming a run that waited.

    Parameters
    ----------
    task_inputs : as those of the request; they count from then on.
    breakpoints : in place of the earlier ones; `None` leaves those as they are.
    at, by : when, and who.
    """

    at: float
    by: str | None = None
    task_inputs: TaskInputs = field(default_factory=dict[str, Mapping[str, Any]])
    breakpoints: tuple[str, ...] | None = None

    def added_to(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Give a request, as JSON data, with this at the end of what it was amended with."""
        data: dict[str, Any] = {"at": self.at, "by": self.by}
        if self.task_inputs:
            data["task_inputs"] = _inputs_to_json(self.task_inputs)
        if self.breakpoints is not None:
            data["breakpoints"] = list(self.breakpoints)
        return {**request, "amendments": [*request.get("amendments", ()), data]}


def request_from_json(data: Mapping[str, Any]) -> ReplayRequest:
    """Read a request that `as_json` wrote, as it has been amended since."""
    carried = data.get("carried", {})
    known = {item.name for item in fields(ReplayRequest)}
    values = {name: value for name, value in data.items() if name in known}
    for name in ("start", "only", "until", "skip", "breakpoints", "acknowledge"):
        values[name] = tuple(data.get(name, ()))
    values["task_inputs"] = _inputs_from_json(data.get("task_inputs", {}))
    values["outputs"] = _pins_from_json(data.get("outputs", {}))
    values["carried"] = Overrides(
        _inputs_from_json(carried.get("task_inputs", {})),
        _pins_from_json(carried.get("outputs", {})),
        tuple(carried.get("inputs", ())),
    )
    request = replace(ReplayRequest(), **values)
    for amendment in data.get("amendments", ()):
        later = _inputs_from_json(amendment.get("task_inputs", {}))
        stops = amendment.get("breakpoints")
        request = replace(
            request,
            task_inputs=_over(request.task_inputs, later),
            breakpoints=request.breakpoints if stops is None else tuple(stops),
        )
    return request


def _over(earlier: TaskInputs, later: TaskInputs) -> dict[str, Mapping[str, Any]]:
    """Put values over earlier ones."""
    found: dict[str, Mapping[str, Any]] = dict(earlier)
    for name, values in later.items():
        # what was given later stands later, so that it wins where another selector names the same task run
        found[name] = {**found.pop(name, {}), **values}
    return found


def counts_as_whole(request: Mapping[str, Any]) -> bool:
    """Whether a run made by a request, given as JSON data, does all that its flow says.

    A run of some tasks alone, or under a debugger, is never "the latest", and never fixes the run that it replays.
    """
    return not any(request.get(name) for name in ("only", "until", "debug"))


def _inputs_to_json(inputs: TaskInputs) -> dict[str, dict[str, Any]]:
    return {
        name: {key: {"expr": value.text} if isinstance(value, Expression) else {"value": value}
               for key, value in values.items()}
        for name, values in inputs.items()
    }  # fmt: skip


def _pins_to_json(pins: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"$origin": True} if value is ORIGIN else value for name, value in pins.items()}


def _pins_from_json(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: ORIGIN if value == {"$origin": True} else value for name, value in data.items()}


def task_inputs_of(data: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Read overrides of properties: `{"value": ...}`, or `{"expr": ...}` for a text that is to be rendered."""
    return _inputs_from_json(data)


def task_inputs_as_json(inputs: TaskInputs) -> dict[str, dict[str, Any]]:
    """Give overrides of properties as JSON data."""
    return _inputs_to_json(inputs)


def _inputs_from_json(data: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        name: {key: Expression(value["expr"]) if "expr" in value else value["value"] for key, value in values.items()}
        for name, values in data.items()
    }
