"""What an engine tells about a run while it executes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dalsegno.model.plan import Action
from dalsegno.model.run import LogLine
from dalsegno.model.state import State


@dataclass(frozen=True, slots=True)
class TaskMoved:
    """A task run has begun (RUNNING) or ended. Told after it was recorded. `seconds` is given when it has ended."""

    at: float
    address: str
    task: str
    type: str
    state: State
    attempt: int
    action: Action
    seconds: float | None = None
    error: Mapping[str, Any] | None = None
    group: bool = False


@dataclass(frozen=True, slots=True)
class RunMoved:
    """The run has begun or ended."""

    at: float
    state: State
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RunRetried:
    """A run has failed, and another one begins in its place after `delay` seconds. What is told from then on is of that one."""

    at: float
    failed: str
    delay: float
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """A task wrote a line."""

    address: str
    attempt: int
    line: LogLine


Progress = TaskMoved | RunMoved | RunRetried | Logged
Observer = Callable[[Progress], None]
