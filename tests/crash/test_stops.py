"""A run may be stopped at any write: what was recorded stays, and what was not is made up for, once.

`DALSEGNO_CRASH_RUNS` is how many runs are stopped; what goes beyond the scenarios written down is random.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.crash.harness import Mode, Trial
from tests.crash.random_scenarios import random_scenario
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.crash.waiting import WAITING

from dalsegno.service import watching

RUNS = int(os.environ.get("DALSEGNO_CRASH_RUNS", "0"))
WRITTEN = (*SCENARIOS, *WAITING)
RANDOM = [random_scenario(seed) for seed in range(max(4, RUNS - len(WRITTEN)))]

# the thread that writes the log dies at a stop, as all threads of a process do
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.mark.parametrize("mode", ["before", "after"])
@pytest.mark.parametrize("scenario", [*WRITTEN, *RANDOM], ids=lambda scenario: scenario.name)
def test_a_run_that_is_stopped_at_any_write_ends_as_if_it_had_not_been(
    scenario: Scenario,
    mode: Mode,
    tmp_path: Path,
    record_property: Callable[[str, Any], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "WATCH_EVERY", 0.005)

    tried = Trial(scenario, tmp_path).stop_everywhere(mode)

    record_property("stops", [tried.stops, len(tried.lost), len(tried.doubled)])
    # it is created in one write, and where nothing runs it ends in another
    assert tried.stops >= 2
    assert not tried.lost + tried.doubled, "\n".join([*tried.lost, *tried.doubled])
