"""What is read of runs once, and asked for often."""

from __future__ import annotations

from tests.integration.service.conftest import Home

from dalsegno.model.plan import Action, Plan
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.resuming import Resumption

WAITS = """
id: waits
namespace: shop
tasks:
  - {id: first, type: core.debug.Return, value: 1}
  - {id: ask, type: core.flow.Pause}
  - {id: last, type: core.debug.Return, value: 2}
"""
MANY = "id: many\nnamespace: shop\ntasks:\n" + "".join(
    f"  - {{id: t{number}, type: core.debug.Return, value: 1}}\n" for number in range(20)
)


def _plan(home: Home, origin: str, text: str | None = None, *, changed: bool = False) -> Plan:
    request = ReplayRequest(origin=origin, skip_successful=not changed, changed=changed)
    return home.runs.plan_replay(request, text=text)


def test_a_run_that_goes_on_after_it_was_looked_at_is_seen_as_it_is_then(home: Home) -> None:
    run = home.run(WAITS)
    assert run.state is State.PAUSED
    assert _plan(home, run.id).by_address["last"].action is Action.RUN
    assert home.runs.resume(run.id, Resumption()).state is State.SUCCESS
    for _ in range(2):
        assert _plan(home, run.id).by_address["last"].action is Action.REUSE


def test_all_changed_definitions_are_named_however_many_there_are(home: Home) -> None:
    run = home.run(MANY)
    plan = _plan(home, run.id, MANY.replace("value: 1", "value: 2"), changed=True)
    assert {decision.reason for decision in plan.decisions} == {"definition changed: `value`"}
