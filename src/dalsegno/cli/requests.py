"""From the words of the command line to the one request, and from a request to a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalsegno.cli.arguments import read_pairs, read_pins, read_task_inputs
from dalsegno.cli.executing import group_types
from dalsegno.cli.exit_codes import OK, REFUSED
from dalsegno.cli.render.plan import SHORT_DIGEST, Heading, plan_view
from dalsegno.cli.terminal import Terminal
from dalsegno.errors import RequestRefused
from dalsegno.model.plan import Plan

if TYPE_CHECKING:
    from dalsegno.replay.request import ReplayRequest

Texts = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Given:
    """What every request for a run may have, as it stands on the command line."""

    inputs: Texts = None
    task_inputs: Texts = None
    expressions: Texts = None
    pins: Texts = None
    labels: Texts = None
    reason: str | None = None
    keeps: Texts = None
    stops: Texts = None

    def request(self) -> ReplayRequest:
        """Read it all. Raises `Refusal` for what cannot be read."""
        from dalsegno.replay.request import ReplayRequest

        return ReplayRequest(
            inputs=read_pairs("--input", self.inputs or ()),
            task_inputs=read_task_inputs(self.task_inputs or (), self.expressions or ()),
            outputs=read_pins(self.pins or (), self.keeps or ()),
            breakpoints=tuple(self.stops or ()),
            labels=read_pairs("--label", self.labels or ()),
            reason=self.reason,
        )


def show_plan(plan: Plan, title: str, terminal: Terminal, command: Callable[[str], str]) -> int:
    """Show a plan that is not to be carried out now, and give the exit code.

    Parameters
    ----------
    command : gives, for a digest, the command line that carries the plan out.
    """
    if terminal.as_json:
        data = plan.as_json()
        if plan.refusals:
            data["error"] = RequestRefused(plan.refusals).as_json()
        terminal.document(data)
    else:
        groups = group_types({decision.type for decision in plan.decisions})
        to_do_it = None if plan.refusals else command(plan.digest[:SHORT_DIGEST])
        terminal.show(*plan_view(plan, Heading(title, to_do_it), groups=groups, width=terminal.width()))
    return REFUSED if plan.refusals else OK
