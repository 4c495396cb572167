"""Bulk replays: many runs replayed by one request, paced. What a job is, and what comes next in it; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from dalsegno.model.state import ENDED_WELL, UNFINISHED, State

#: a share of failures says nothing before so many replays have ended
LEAST_ENDED = 10
#: how many replays at once where nothing else is asked for
AT_ONCE = 10


class BulkState(StrEnum):
    """What a bulk replay does at the moment."""

    #: it begins replays as its pace says
    RUNNING = "RUNNING"
    #: its first replays have ended, and a person is to say whether it goes on
    WAITING = "WAITING"
    #: a person has it wait
    PAUSED = "PAUSED"
    #: too many of its replays failed
    STOPPED = "STOPPED"
    #: a person ended it
    ABORTED = "ABORTED"
    #: every run has had its turn
    DONE = "DONE"

    @property
    def ended(self) -> bool:
        """Whether nothing can follow."""
        return self in (BulkState.ABORTED, BulkState.DONE)


#: what may follow which state
BULK_MOVES: Mapping[BulkState, frozenset[BulkState]] = {
    # it stays RUNNING when what follows the canaries may follow
    BulkState.RUNNING: frozenset(
        {BulkState.RUNNING, BulkState.WAITING, BulkState.PAUSED, BulkState.STOPPED, BulkState.ABORTED, BulkState.DONE}
    ),
    BulkState.WAITING: frozenset({BulkState.RUNNING, BulkState.ABORTED}),
    BulkState.PAUSED: frozenset({BulkState.RUNNING, BulkState.ABORTED}),
    BulkState.STOPPED: frozenset({BulkState.RUNNING, BulkState.ABORTED}),
    BulkState.ABORTED: frozenset(),
    BulkState.DONE: frozenset(),
}


class RowState(StrEnum):
    """What has become of one run of a bulk replay."""

    #: its turn has not come
    WAITING = "WAITING"
    #: its replay is executed, or is about to be
    RUNNING = "RUNNING"
    #: its replay waits for a person, or a time
    PAUSED = "PAUSED"
    #: its replay ended well
    SUCCEEDED = "SUCCEEDED"
    #: its replay failed or was stopped
    FAILED = "FAILED"
    #: it could not be replayed
    REFUSED = "REFUSED"
    #: there was no need to replay it
    SKIPPED = "SKIPPED"


def row_state(replay: State, *, fixed: bool) -> RowState:
    """Give what has become of a run whose replay is in this state.

    Parameters
    ----------
    fixed : whether a later run fixed the replay, such as one that its flow has made again.
    """
    if fixed or replay in ENDED_WELL:
        return RowState.SUCCEEDED
    if replay in UNFINISHED:
        return RowState.FAILED
    return RowState.PAUSED if replay is State.PAUSED else RowState.RUNNING


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a bulk replay goes, and what holds it up.

    Parameters
    ----------
    rate : replays begun a second at the most; `None` is no limit.
    at_once : replays that are executed at once at the most.
    canary : how many are replayed first, alone; the others follow when those have ended.
    approve : whether a person says that they follow; else they do when all of the first ended well.
    stop_above : the share of failures, from 0 to 1, above which it stops; `None` is none.
    """

    rate: float | None = None
    at_once: int = AT_ONCE
    canary: int = 0
    approve: bool = True
    stop_above: float | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many runs of a bulk replay are in which state."""

    waiting: int = 0
    running: int = 0
    paused: int = 0
    succeeded: int = 0
    failed: int = 0
    refused: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.waiting + self.made + self.refused + self.skipped

    @property
    def made(self) -> int:
        """Those of which there is a replay."""
        return self.running + self.paused + self.ended

    @property
    def ended(self) -> int:
        """Those whose replay has ended."""
        return self.succeeded + self.failed

    def moved(self, before: RowState, after: RowState) -> Tally:
        """Give the tally when one has moved."""
        counts = self.as_json()
        counts[before.value.lower()] -= 1
        counts[after.value.lower()] += 1
        return replace(self, **counts)

    def as_json(self) -> dict[str, int]:
        """Give the counts by state."""
        return {state.value.lower(): getattr(self, state.value.lower()) for state in RowState}


@dataclass(frozen=True, slots=True)
class BulkJob:
    """A bulk replay.

    Parameters
    ----------
    why : why it is in its state, where that is no matter of course.
    hosted : whether the engine of a server drives it.
    approved : whether what follows the canaries may follow.
    forgiven_ended, forgiven_failed : what had ended, and failed, when a person last had it go on: the share of failures counts
        from there.
    request : what is asked of each replay (a `ReplayRequest` as JSON data, without its origin).
    first_failed : whether each begins at the task that failed first in its origin.
    fixed_too : whether runs are replayed that a later replay has fixed.
    selection : how the runs were chosen, for people to read.
    owner : who drives it, where somebody does.
    """

    id: str
    name: str
    state: BulkState
    created: float
    pace: Pace
    request: Mapping[str, Any]
    why: str | None = None
    started: float | None = None
    ended: float | None = None
    author: str | None = None
    hosted: bool = False
    approved: bool = False
    forgiven_ended: int = 0
    forgiven_failed: int = 0
    first_failed: bool = False
    fixed_too: bool = False
    selection: Mapping[str, Any] = field(default_factory=dict[str, Any])
    owner: str | None = None
    tally: Tally = Tally()


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One run of a bulk replay, and what has become of it.

    Parameters
    ----------
    position : its place, from 0.
    origin, origin_name : the run.
    replay, replay_name, replay_state : its replay, where there is one.
    code, why : why it was refused, skipped, or failed.
    at : when its turn came.
    """

    position: int
    origin: str
    origin_name: str
    state: RowState
    replay: str | None = None
    replay_name: str | None = None
    replay_state: str | None = None
    code: str | None = None
    why: str | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Begin:
    """The next run has its turn now."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing begins before this time; without one, before a replay has ended."""

    until: float | None = None


@dataclass(frozen=True, slots=True)
class GoOn:
    """The canaries have ended well: the others may follow."""


@dataclass(frozen=True, slots=True)
class Settle:
    """The job moves to another state."""

    to: BulkState
    why: str | None = None


Next = Begin | Hold | GoOn | Settle


def what_next(job: BulkJob, tally: Tally, now: float, due: float) -> Next:
    """Give what comes next in a job that is RUNNING.

    Parameters
    ----------
    due : before which the rate lets none begin.
    """
    too_many = _too_many_failed(job, tally)
    if too_many is not None:
        return Settle(BulkState.STOPPED, too_many)
    if not tally.waiting:
        return Hold() if tally.running else Settle(BulkState.DONE, _unfinished(tally))
    canary = job.pace.canary
    if canary and not job.approved and tally.made >= canary:
        return Hold() if tally.running else _after_canaries(job.pace, tally)
    if tally.running >= job.pace.at_once:
        return Hold()
    return Hold(due) if now < due else Begin()


def next_due(pace: Pace, now: float, due: float) -> float:
    """Give when the next may begin, after one has begun now: evenly, and never in a burst that makes up for lost time."""
    return now if pace.rate is None else max(now, due) + 1 / pace.rate


def seconds_needed(pace: Pace, count: int, work: float) -> float:
    """Estimate how long a job takes.

    Parameters
    ----------
    count : how many runs are replayed.
    work : how long all their replays take one after the other.
    """
    side_by_side = max(min(pace.at_once, count), 1)
    paced = 0.0 if pace.rate is None or not count else (count - 1) / pace.rate
    longest = work / count if count else 0.0
    return max(work / side_by_side, paced + longest)


def _too_many_failed(job: BulkJob, tally: Tally) -> str | None:
    most = job.pace.stop_above
    if most is None:
        return None
    ended, failed = tally.ended - job.forgiven_ended, tally.failed - job.forgiven_failed
    # where nothing waits any more, stopping keeps nothing from failing
    if not tally.waiting or ended < LEAST_ENDED or failed <= most * ended:
        return None
    return f"{failed} of {ended} replays failed, which is more than {percent(most)}"


def _after_canaries(pace: Pace, tally: Tally) -> Next:
    ended = f"{tally.succeeded} of the first {tally.made} replays ended well"
    if pace.approve:
        return Settle(BulkState.WAITING, ended)
    if tally.paused and not tally.failed:
        return Settle(BulkState.WAITING, f"{ended}, and {tally.paused} wait")
    return Settle(BulkState.STOPPED, ended) if tally.failed else GoOn()


def _unfinished(tally: Tally) -> str | None:
    if not tally.paused:
        return None
    return f"{tally.paused} {'replay waits' if tally.paused == 1 else 'replays wait'} for a person or a time"


def percent(share: float) -> str:
    """Write a share as people do."""
    text = f"{share * 100:.1f}".removesuffix(".0")
    return f"{text} %"


def wrong_with(pace: Pace) -> str | None:
    """Say what is wrong with a pace; `None` where nothing is."""
    if pace.rate is not None and not (math.isfinite(pace.rate) and pace.rate > 0):
        return f"the rate is {pace.rate:g} a second: give one above 0, such as 5/s, or none"
    if pace.at_once < 1:
        return f"{pace.at_once} replays at once are none: give 1 or more"
    if pace.canary < 0:
        return f"{pace.canary} cannot go first: give 0 or more"
    if pace.stop_above is not None and not 0 <= pace.stop_above <= 1:
        return f"the share of failures above which it stops is {percent(pace.stop_above)}: give 0 % to 100 %"
    return None
