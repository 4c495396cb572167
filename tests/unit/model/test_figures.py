"""Figures of many runs: how long they took, by steps of a scale."""

from __future__ import annotations

import random

import pytest

from dalsegno.model.figures import EDGES, Tally, figures, took_no_longer
from dalsegno.model.state import State


def tally(seconds: float, count: int = 1, state: State = State.SUCCESS) -> Tally:
    return Tally(state, False, sum(edge <= seconds for edge in EDGES) - 1, count, seconds * count)


def test_of_alike_runs_the_figures_are_exact() -> None:
    told = figures(0.0, 86_400.0, [tally(4.6, 99), tally(300.0), Tally(State.FAILED, True, None, 2, 9.0)])
    assert told.half_s == pytest.approx(4.6)
    assert told.most_s == pytest.approx(4.6)
    assert (told.counts, told.fixed) == ({"SUCCESS": 100, "FAILED": 2}, 2)
    assert told.as_json()["runs"] == 102


def test_of_runs_of_all_lengths_they_are_right_to_a_tenth() -> None:
    lengths = sorted(random.Random(7).lognormvariate(2, 1) for _ in range(5_000))
    tallies = [tally(each) for each in lengths]
    assert took_no_longer(tallies, 0.5) == pytest.approx(lengths[2_500], rel=0.1)
    assert took_no_longer(tallies, 0.95) == pytest.approx(lengths[4_750], rel=0.1)


def test_where_nothing_ended_well_there_is_nothing_to_tell() -> None:
    assert took_no_longer([Tally(State.RUNNING, False, None, 3, 0.0)], 0.5) is None
