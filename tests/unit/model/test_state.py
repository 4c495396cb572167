from __future__ import annotations

import itertools
import pickle

import pytest

from dalsegno.errors import MoveRefused
from dalsegno.model.state import ENDED, MOVES, RESULTS, State, move, worst

S = State


@pytest.mark.parametrize("state", list(State))
def test_nothing_follows_an_end_and_something_follows_everything_else(state: State) -> None:
    assert bool(MOVES[state]) != state.ended


@pytest.mark.parametrize(("current", "target"), list(itertools.product(State, State)))
def test_a_move_is_made_if_and_only_if_the_table_has_it(current: State, target: State) -> None:
    if target in MOVES[current]:
        assert move("load", current, target) is target
    else:
        with pytest.raises(MoveRefused):
            move("load", current, target)


def test_the_ways_that_runs_go_are_allowed() -> None:
    ways = [
        (S.CREATED, S.RUNNING, S.SUCCESS),
        (S.CREATED, S.QUEUED, S.RUNNING, S.RETRYING, S.RUNNING, S.FAILED),
        (S.CREATED, S.RUNNING, S.PAUSED, S.RUNNING, S.WARNING),
        (S.CREATED, S.KILLED),
        (S.RUNNING, S.SKIPPED),
    ]
    for way in ways:
        for current, target in itertools.pairwise(way):
            assert move("load", current, target) is target


def test_nothing_goes_back_to_created_or_queued_once_it_runs() -> None:
    for state in State:
        assert S.CREATED not in MOVES[state]
        assert (S.QUEUED in MOVES[state]) == (state is S.CREATED)


def test_a_refused_move_tells_the_story() -> None:
    with pytest.raises(MoveRefused) as refused:
        move("each[paris].load", S.SUCCESS, S.RUNNING, [S.CREATED, S.RUNNING])
    expected = "`each[paris].load` cannot move to RUNNING: it has been through CREATED -> RUNNING -> SUCCESS"
    assert str(refused.value) == expected
    assert refused.value.address == "each[paris].load"
    assert str(pickle.loads(pickle.dumps(refused.value))) == expected


def test_a_story_that_ends_with_the_current_state_does_not_say_it_twice() -> None:
    with pytest.raises(MoveRefused, match=r"been through CREATED -> FAILED$"):
        move("load", S.FAILED, S.RUNNING, [S.CREATED, S.FAILED])


def test_results_are_what_a_replay_may_keep() -> None:
    assert {S.SUCCESS, S.WARNING, S.SKIPPED} == RESULTS
    assert RESULTS < ENDED
    assert [state for state in State if state.has_result] == [S.SUCCESS, S.WARNING, S.SKIPPED]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], S.SUCCESS),
        ([S.SUCCESS, S.SKIPPED], S.SUCCESS),
        ([S.SUCCESS, S.WARNING], S.WARNING),
        ([S.WARNING, S.FAILED], S.FAILED),
        ([S.FAILED, S.KILLED], S.KILLED),
    ],
)
def test_a_group_ends_as_the_worst_inside_it(states: list[State], expected: State) -> None:
    assert worst(states) is expected
