"""When a failed attempt is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from dalsegno.model.flow import Retry
from dalsegno.model.run import Attempt
from dalsegno.model.state import State


@dataclass(frozen=True, slots=True)
class TakenUp:
    """Where the attempts of a task run stand whose process died.

    Parameters
    ----------
    failures : how many of them failed.
    until : when the last one is to begin, if all it did was to wait for that.
    """

    failures: int = 0
    until: float | None = None


def taken_up(retry: Retry | None, attempts: Sequence[Attempt], *, began: float, now: float, seed: str) -> TakenUp:
    """Find out where the attempts of a task run stand. A wait that is not over goes on."""
    if retry is None:
        return TakenUp()
    failures = sum(1 for made in attempts if made.state is State.FAILED)
    if len(attempts) < 2 or attempts[-2].state is not State.FAILED:
        return TakenUp(failures)
    failed = attempts[-1].started
    delay = delay_of(retry, failures, began=began, now=failed, seed=seed)
    until = None if delay is None or now >= failed + delay else failed + delay
    return TakenUp(failures, until)


def delay_of(retry: Retry, failures: int, *, began: float, now: float, seed: str) -> float | None:
    """Give the seconds to wait before the next attempt; `None` where it is given up.

    Parameters
    ----------
    failures : how many attempts of this run have failed, the last one included.
    began, now : when the first attempt began; the time.
    seed : what a random delay is drawn from, so that it is the same whoever asks.
    """
    if retry.max_attempts and failures >= retry.max_attempts:
        return None
    delay = _delay(retry, failures, seed)
    if retry.max_duration and now + delay - began > retry.max_duration:
        return None
    return delay


def _delay(retry: Retry, failures: int, seed: str) -> float:
    if retry.type == "random":
        return Random(f"{seed}/{failures}").uniform(retry.interval, max(retry.interval, retry.max_interval))  # noqa: S311
    if retry.type == "exponential":
        delay = retry.interval * retry.factor ** (failures - 1)
        return min(delay, retry.max_interval) if retry.max_interval else delay
    return retry.interval
