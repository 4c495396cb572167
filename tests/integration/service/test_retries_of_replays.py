"""A replay has all attempts of a task again, and their numbers go on from those of its origin."""

from __future__ import annotations

from tests.integration.service.conftest import Home

FLOW = """
id: rides
namespace: bikes
tasks:
  - id: flaky
    type: core.execution.Fail
    retry: {type: constant, interval: PT0S, maxAttempts: 3}
"""


def test_rule_06_a_retry_that_was_used_up_in_the_origin_is_whole_again_in_a_replay(home: Home) -> None:
    first = home.run(FLOW)
    again = home.replay(first)
    made = {run.name: home.store.task_runs.at(run.id, "flaky") for run in (first, again)}
    numbers = [[each.number for each in home.store.task_runs.attempts(found.id)] for found in made.values() if found]
    assert numbers == [[1, 2, 3], [4, 5, 6]]
