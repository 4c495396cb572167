"""What is remembered of runs that this process has just created."""

from __future__ import annotations

from dataclasses import replace

from tests.support.graphs import chain, draw, past

from dalsegno.service.begun import Begun, BegunRuns


def begun(decisions: int) -> Begun:
    """Give what is known of a run with a plan of so many decisions."""
    flow = chain("a")
    plan = draw(flow, past(flow), start="a")
    return Begun(replace(plan, decisions=plan.decisions * decisions), {}, {})


def test_a_run_is_given_once() -> None:
    runs = BegunRuns()
    runs.put("one", begun(1))
    assert (runs.take("one") is not None, runs.take("one")) == (True, None)


def test_many_small_runs_are_remembered_and_the_oldest_forgotten() -> None:
    runs, small = BegunRuns(), begun(1)
    for at in range(300):
        runs.put(str(at), small)
    assert [runs.take(str(at)) is not None for at in (0, 43, 44, 299)] == [False, False, True, True]


def test_of_large_plans_few_are_remembered_and_the_last_in_any_case() -> None:
    runs, large = BegunRuns(), begun(30_000)
    runs.put("first", large)
    runs.put("second", large)
    assert (runs.take("first"), runs.take("second") is not None) == (None, True)
    runs.put("third", begun(80_000))
    assert runs.take("third") is not None
    # what was forgotten and taken counts no more
    runs.put("fourth", begun(20_000))
    runs.put("fifth", large)
    assert (runs.take("fourth") is not None, runs.take("fifth") is not None) == (True, True)
