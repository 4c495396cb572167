"""When a failed attempt is tried again."""

from __future__ import annotations

from random import Random

from dalsegno.model.flow import Retry


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
