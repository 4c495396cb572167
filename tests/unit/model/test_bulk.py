"""What comes next in a bulk replay, for any pace and any outcomes."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dalsegno.model.bulk import (
    Begin,
    BulkJob,
    BulkState,
    GoOn,
    Hold,
    Pace,
    RowState,
    Settle,
    Tally,
    next_due,
    what_next,
)

PACES = st.builds(
    Pace,
    rate=st.none() | st.floats(0.1, 50),
    at_once=st.integers(1, 5),
    canary=st.integers(0, 6),
    approve=st.booleans(),
    stop_above=st.none() | st.floats(0, 1),
)


@given(PACES, st.integers(1, 40), st.data())
def test_a_job_keeps_to_its_pace_and_ends(pace: Pace, total: int, data: st.DataObject) -> None:
    """Plays a job: whatever fails, its limits hold at every step, and each run has its turn once."""
    job = BulkJob("id", "bulk-1", BulkState.RUNNING, 0.0, pace, {})
    tally, now, due = Tally(waiting=total), 0.0, 0.0
    begun: list[float] = []
    for _ in range(40 * total + 100):
        match what_next(job, tally, now, due):
            case Begin():
                begun.append(now)
                due = next_due(pace, now, due)
                tally = tally.moved(RowState.WAITING, RowState.RUNNING)
            case Hold(None):
                assert tally.running
                became = data.draw(st.sampled_from([RowState.SUCCEEDED, RowState.FAILED]))
                tally = tally.moved(RowState.RUNNING, became)
            case Hold(until):
                assert until is not None
                assert until > now
                now = until
            case GoOn():
                assert not pace.approve
                assert tally.failed == 0
                job = replace(job, approved=True)
            case Settle(BulkState.DONE):
                assert tally.waiting == tally.running == 0
                break
            case Settle(to):
                assert to is BulkState.STOPPED or (to is BulkState.WAITING and pace.approve)
                # a person has it go on
                job = replace(job, approved=True, forgiven_ended=tally.ended, forgiven_failed=tally.failed)
        assert tally.running <= pace.at_once
        if pace.canary and not job.approved:
            assert tally.made <= pace.canary
    else:
        raise AssertionError("the job does not end")
    assert len(begun) == total
    if pace.rate is not None:
        assert all(later - earlier >= 1 / pace.rate - 1e-6 for earlier, later in itertools.pairwise(begun))


def test_it_stops_when_more_than_the_share_failed() -> None:
    job = BulkJob("id", "bulk-1", BulkState.RUNNING, 0.0, Pace(stop_above=0.1), {})
    assert what_next(job, Tally(waiting=5, succeeded=9, failed=1), 0, 0) == Begin()
    stopped = what_next(job, Tally(waiting=5, succeeded=8, failed=2), 0, 0)
    assert stopped == Settle(BulkState.STOPPED, "2 of 10 replays failed, which is more than 10 %")
    forgiven = replace(job, forgiven_ended=10, forgiven_failed=2)
    assert what_next(forgiven, Tally(waiting=5, succeeded=8, failed=2), 0, 0) == Begin()
