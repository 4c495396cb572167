"""A plan: for every address what will be done, and why. What the engine executes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from dalsegno.errors import PlanRefusal
from dalsegno.model.light import light

#: how many decisions a plan shows where it is printed
SHOWN = 60


class Action(StrEnum):
    """What a plan does with one address."""

    #: execute it
    RUN = "RUN"
    #: keep the result of the origin's task run
    REUSE = "REUSE"
    #: take a given output without executing it
    PIN = "PIN"
    #: evaluate a group again, because something inside it runs; its children are decided one by one
    ENTER = "ENTER"
    #: decided at its turn: it runs if a value that it uses differs, or if what stands directly before it moved
    CHECK = "CHECK"
    #: it would run, but lies outside of what was asked for
    LEAVE = "LEAVE"


@light
class Decision:
    """What will be done at one address.

    Parameters
    ----------
    address, task, type : which task run, and the task that it is a run of.
    action, reason : what, and why, as a person reads it.
    warnings : what a person should know before agreeing.
    origin_task_run : the id of the matched task run of the origin, whatever its action.
    estimate_s : seconds that the origin's task run took, or else that of the last run in which the task succeeded.
    keys : for a loop whose items are known, their keys in order, for a choice the branch; `None` where they are not known yet.
    waits_for : for a loop whose items are not known, the address that decides them.
    forced : everything inside it runs.
    stops : whether the run stops before it and waits (a breakpoint).
    child : for a subflow that runs in a replay, what is asked of the run that the origin's task run called: `start`,
        `skip_successful` or `changed`, as in a request; with none of them all of it runs again.
    wave, ran, check : for a loop or a choice, what came along the edges to it (`replay.edges.Flowing`), for what only the
        run can know.
    """

    address: str
    task: str
    type: str
    action: Action
    reason: str
    warnings: tuple[str, ...] = ()
    origin_task_run: str | None = None
    estimate_s: float | None = None
    keys: tuple[str, ...] | None = None
    waits_for: str | None = None
    forced: bool = False
    wave: str | None = None
    ran: str | None = None
    check: str | None = None
    stops: bool = False
    child: Mapping[str, Any] | None = None

    def estimated(self, seconds: float) -> Decision:
        """Give the decision with what it is expected to take: a large plan has many, and `replace` takes ten times as long."""
        return Decision(
            self.address, self.task, self.type, self.action, self.reason, self.warnings, self.origin_task_run, seconds,
            self.keys, self.waits_for, self.forced, self.wave, self.ran, self.check, self.stops, self.child,
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Give the decision as the CLI and REST show it."""
        return {
            "address": self.address,
            "task": self.task,
            "type": self.type,
            "action": self.action.value,
            "reason": self.reason,
            "warnings": list(self.warnings),
            "origin_task_run": self.origin_task_run,
            "estimate_s": self.estimate_s,
            "keys": None if self.keys is None else list(self.keys),
            "waits_for": self.waits_for,
            "breakpoint": self.stops,
            "subflow": None if self.child is None else dict(self.child),
        }


@dataclass(frozen=True)
class Plan:
    """Decisions in the order of the flow, and what is said about the whole.

    Parameters
    ----------
    digest : over the revision's content, the request, the matched results and the actions.
    revision : the number of the revision that will be executed.
    decisions : one for each address that is known.
    dropped : addresses of the origin that are no longer in the flow.
    not_reached : addresses of the origin in a branch that is no longer taken.
    unchecked : names of the request that only the run can know.
    refusals : why the request cannot be carried out; a plan with any is never executed.
    warnings : what concerns the plan as a whole, the most important first.
    """

    digest: str
    revision: int
    decisions: tuple[Decision, ...]
    dropped: tuple[str, ...] = ()
    not_reached: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    refusals: tuple[PlanRefusal, ...] = ()
    warnings: tuple[str, ...] = ()

    @cached_property
    def by_address(self) -> Mapping[str, Decision]:
        """The decisions by address."""
        return {decision.address: decision for decision in self.decisions}

    def count(self, action: Action) -> int:
        """How many decisions have this action."""
        return sum(1 for decision in self.decisions if decision.action is action)

    def __str__(self) -> str:
        """Give the plan as lines: how many of each action, what is done at each address and why, refusals and warnings."""
        counts = {action: self.count(action) for action in Action}
        lines = [f"refused: {refusal.message}" for refusal in self.refusals]
        lines.append(
            ", ".join(f"{count} {action.value}" for action, count in counts.items() if count) or "nothing to do"
        )
        width = max((len(decision.address) for decision in self.decisions[:SHOWN]), default=0)
        lines += [f"  {one.action.value:<5}  {one.address:<{width}}  {one.reason}" for one in self.decisions[:SHOWN]]
        if len(self.decisions) > SHOWN:
            lines.append(f"  ... and {len(self.decisions) - SHOWN:,} more")
        lines += [f"  warning: `{one.address}`: {text}" for one in self.decisions for text in one.warnings][:SHOWN]
        lines += [f"warning: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Give the plan as the CLI and REST show it."""
        return {
            "digest": self.digest,
            "revision": self.revision,
            "decisions": [decision.as_json() for decision in self.decisions],
            "dropped": list(self.dropped),
            "not_reached": list(self.not_reached),
            "unchecked": list(self.unchecked),
            "warnings": list(self.warnings),
            "refusals": [refusal.as_json() for refusal in self.refusals],
        }
