"""The port by which users' steps in Python are run: what is called, and what comes back. Values are in stored form.

Whoever runs a step finds its function, makes values of the forms, calls it, and brings what it gives into forms again: in
this process (`pipelines`), or in a worker process from stored code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Protocol

Form = Any

#: under this name a step's metadata holds what it told of its outputs and of what it saved, by their names
TOLD_OF = "$told"


@dataclass(frozen=True)
class StepFacts:
    """What a step may know of itself.

    Parameters
    ----------
    key : works out `idempotency_key`.
    """

    run_id: str
    run_name: str
    namespace: str
    pipeline: str
    step: str
    address: str
    attempt: int
    item: str | None
    is_replay: bool
    key: Callable[[], str]

    @cached_property
    def idempotency_key(self) -> str:
        """Equal over retries, recovery and replays."""
        return self.key()

    def as_json(self) -> dict[str, Any]:
        """Give the facts as data, with the key worked out."""
        plain = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "key"}
        return {**plain, "idempotency_key": self.idempotency_key}


def facts_from_json(data: Mapping[str, Any]) -> StepFacts:
    """Read what `as_json` gave."""
    plain = dict(data)
    key = str(plain.pop("idempotency_key"))
    return StepFacts(**plain, key=lambda: key)


@dataclass(frozen=True, slots=True)
class StepCall:
    """One call of a step.

    Parameters
    ----------
    function : `module:qualname`, as the graph names it.
    arguments : by parameter.
    outputs : the names of what it gives; none for a step that gives nothing.
    apart : whether it has to run in a process of its own, which can be ended.
    hooks : the user's functions that are called when it has failed (`failure`), or succeeded (`success`).
    last : whether a failure is final.
    """

    function: str
    arguments: Mapping[str, Form]
    outputs: tuple[str, ...]
    facts: StepFacts
    apart: bool = False
    hooks: Mapping[str, str] = field(default_factory=dict[str, str])
    last: bool = True


@dataclass(frozen=True, slots=True)
class StepValue:
    """One output, as it is stored.

    Parameters
    ----------
    kind : what it is, such as `json` or `numpy.ndarray`.
    blobs : digest, size and kind of all that was stored for it.
    summary : in a few words of JSON; with `unsafe` where loading it needs pickle.
    """

    form: Form
    digest: str
    kind: str
    blobs: tuple[tuple[str, int, str], ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step gave, and what it said of itself."""

    outputs: Mapping[str, StepValue]
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    #: what was stored beside the outputs, by name
    artifacts: Mapping[str, StepValue] = field(default_factory=dict[str, StepValue])


@dataclass(frozen=True, slots=True)
class StepDoors:
    """What a step reaches of the engine while it runs.

    Parameters
    ----------
    on_line : takes what it prints or logs, a line at a time: `stdout`, `stderr` or a level of the log, and the text.
    on_imported : takes the versions of the packages that it has imported.
    check_cancelled : raises where the step is to end.
    """

    on_line: Callable[[str, str], None]
    on_imported: Callable[[Mapping[str, str]], None]
    check_cancelled: Callable[[], None]


class StepRunner(Protocol):
    """Runs the steps of one run."""

    @property
    def alone(self) -> bool:
        """Whether one step runs at a time, on the thread that executes the run, as a debugger needs it."""
        ...

    def call(self, call: StepCall, doors: StepDoors) -> StepResult:
        """Call a step.

        Raises
        ------
        TaskFailed : it could not be found or called, or raised.
        """
        ...

    def hook(self, function: str, error: Mapping[str, Any] | None) -> None:
        """Call a function of the user's when the run has ended; with what went wrong, if anything did."""
        ...

    def keys(self, function: str, items: Sequence[Form]) -> list[Any]:
        """Give the keys that a function of the user's names items by. Raises `TaskFailed` likewise."""
        ...
