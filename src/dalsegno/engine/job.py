"""What the execution of one run takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dalsegno.engine.children import Children
from dalsegno.engine.expansion import Expansion
from dalsegno.engine.holding import Hold
from dalsegno.engine.leaving import Leave
from dalsegno.engine.limits import Limits
from dalsegno.engine.logs import LogWriter
from dalsegno.engine.memory import Memory
from dalsegno.engine.worker import Tools
from dalsegno.executors.port import Executor
from dalsegno.model.flow import Flow, FlowOutput, Input
from dalsegno.model.progress import Observer
from dalsegno.model.run import Run
from dalsegno.replay.resolve import Resolved
from dalsegno.store.port import Lease, Store

#: gives the answers that a pause has where nobody was asked: the defaults of its inputs
Defaults = Callable[[str, Sequence[Input]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is to be executed, and what it takes.

    Parameters
    ----------
    limits : what is expected of the run as a whole.
    read_output : gives the value of an output of the flow in its type.
    leave : the wish that the run is let go of.
    hold : the wish that it pauses.
    """

    run: Run
    flow: Flow
    resolved: Resolved
    lease: Lease
    store: Store
    memory: Memory
    expansion: Expansion
    tools: Tools
    logs: LogWriter
    executor: Executor
    defaults: Defaults
    limits: Limits
    read_output: Callable[[FlowOutput, Any], Any]
    children: Children
    observer: Observer | None = None
    leave: Leave = field(default_factory=Leave)
    hold: Hold = field(default_factory=Hold)
