"""How runs of a flow are conducted, beside what their tasks do: checks before one begins, limits while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold before a run is made.

    Parameters
    ----------
    condition : an expression over inputs, variables and labels.
    behavior : what happens where it does not hold: `BLOCK_EXECUTION` (there is no run), `FAIL_EXECUTION` (there is one, and it
        has failed) or `CREATE_EXECUTION` (it runs, and the plan warns).
    style : how a screen shows the message.
    """

    condition: Any
    message: str
    behavior: str = "BLOCK_EXECUTION"
    style: str = "INFO"


@dataclass(frozen=True, slots=True)
class Sla:
    """What is expected of a run.

    Parameters
    ----------
    type : `MAX_DURATION` (it ends within `seconds`) or `EXECUTION_ASSERTION` (`condition` holds at its end).
    behavior : what happens where it is not met: `FAIL`, `CANCEL` or `NONE`.
    labels : what the run gets then.
    """

    id: str
    type: str
    behavior: str
    seconds: float = 0.0
    condition: Any = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How many runs of a flow there may be at once, and what happens to one more: `QUEUE`, `CANCEL` or `FAIL`."""

    limit: int
    behavior: str = "QUEUE"


@dataclass(frozen=True, slots=True)
class Conduct:
    """How runs of a flow are conducted.

    Parameters
    ----------
    timeout : how long a run may take: an ISO 8601 duration, which may be an expression.
    triggers : what starts runs, as the flow has them.
    """

    checks: tuple[Check, ...] = ()
    slas: tuple[Sla, ...] = ()
    concurrency: Concurrency | None = None
    timeout: str | None = None
    triggers: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data, without what is not there."""
        data = {
            "checks": [asdict(check) for check in self.checks],
            "slas": [asdict(sla) for sla in self.slas],
            "concurrency": None if self.concurrency is None else asdict(self.concurrency),
            "timeout": self.timeout,
            "triggers": [dict(trigger) for trigger in self.triggers],
        }
        return {name: value for name, value in data.items() if value}


def conduct_from_json(data: Mapping[str, Any]) -> Conduct:
    """Read what `as_json` wrote."""
    concurrency = data.get("concurrency")
    return Conduct(
        checks=tuple(Check(**check) for check in data.get("checks", ())),
        slas=tuple(Sla(**sla) for sla in data.get("slas", ())),
        concurrency=None if concurrency is None else Concurrency(**concurrency),
        timeout=data.get("timeout"),
        triggers=tuple(data.get("triggers", ())),
    )
