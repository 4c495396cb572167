"""Whether a loop that repeats does so once more: a rule that is fixed before the run, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a loop repeats: turns and seconds at the most, and the seconds between two turns."""

    turns: int
    seconds: float
    interval: float


@dataclass(frozen=True, slots=True)
class Turn:
    """What comes after a turn.

    Parameters
    ----------
    at : when the next one begins; `None` where the loop ends.
    limit : which of the limits ended it, in words; `None` where its condition holds.
    """

    at: float | None = None
    limit: str | None = None


def after_turn(limits: Limits, *, holds: bool, turns: int, began: float, now: float) -> Turn:
    """Give what comes after `turns` turns of a loop that began at a time."""
    if holds:
        return Turn()
    if turns >= limits.turns:
        return Turn(limit=f"after {turns} turn{'' if turns == 1 else 's'}, as many as `maxIterations` allows")
    if now - began >= limits.seconds:
        return Turn(limit=f"after {limits.seconds:g} s, as long as `maxDuration` allows")
    return Turn(at=now + limits.interval)


def key_of(turn: int) -> str:
    """Give the key of a turn, counted from 0."""
    return str(turn)
