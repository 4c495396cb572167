"""What a step can know of itself while it runs."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalsegno.errors import DalSegnoError

if TYPE_CHECKING:
    from logging import Logger, LoggerAdapter


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step can know of itself and of its run.

    Parameters
    ----------
    run_id, run_name : the run.
    pipeline_name : the id of its flow.
    step_name : the id of the call, such as `train_2`.
    address : the stable name of the task run, such as `train_item[paris]`; of a call that is not mapped it is the id.
    attempt : which attempt this is, from 1; numbers go on over replays.
    item : in a mapped step, the key of the item; else `None`.
    is_replay : whether the run is a replay.
    key : works out `idempotency_key`.
    log : takes lines for the log of the step.
    log_metadata : keeps values with the step: `log_metadata(rows=3)`.
    metrics : keeps a number with the step: `metrics("accuracy", 0.93)`.
    save : keeps a value beside the outputs: `save(figure, "roc")`.
    """

    run_id: str
    run_name: str
    pipeline_name: str
    step_name: str
    address: str
    attempt: int
    item: str | None
    is_replay: bool
    key: Callable[[], str]
    log: Logger | LoggerAdapter[Any]
    log_metadata: Callable[..., None]
    metrics: Callable[..., None]
    save: Callable[[Any, str], None]

    @property
    def idempotency_key(self) -> str:
        """Equal over retries, recovery and replays of the same step with the same inputs."""
        return self.key()


#: what the step that runs here can know; set by whoever runs it
STEP_CONTEXT: ContextVar[StepContext | None] = ContextVar("dalsegno_step", default=None)


def get_step_context() -> StepContext:
    """Give what the step that runs here can know of itself.

    Raises
    ------
    DalSegnoError : no step runs here (code `no-step`).
    """
    context = STEP_CONTEXT.get()
    if context is None:
        raise DalSegnoError(
            "`get_step_context()` was called where no step runs; it tells a step of its run, and only while it runs in one",
            code="no-step",
        )
    return context
