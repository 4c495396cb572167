"""How long a plan expects tasks to take: as in the origin, or else as in the last run in which they succeeded."""

from __future__ import annotations

import pytest
from tests.integration.service.conftest import FLOW, Home

from dalsegno.model.plan import Plan
from dalsegno.replay.request import ReplayRequest


def estimates(plan: Plan) -> dict[str, float | None]:
    return {item.address: item.estimate_s for item in plan.decisions}


def plan_fresh(home: Home, text: str = FLOW) -> Plan:
    return home.runs.plan_fresh("rides.yaml", ReplayRequest(inputs={"trips": str(home.trips)}), text=text)


def test_the_first_run_of_a_flow_is_estimated_by_nobody(home: Home) -> None:
    assert set(estimates(plan_fresh(home)).values()) == {None}


def test_a_fresh_run_takes_as_long_as_the_last_one_in_which_each_task_succeeded(home: Home) -> None:
    good = home.run(bad="false")
    home.run()
    took = home.store.task_runs.took(good.id)
    assert took["report", "core.debug.Return"] > 0
    found = estimates(plan_fresh(home))
    assert found["report"] == took["report", "core.debug.Return"]
    assert None not in found.values()


def test_what_the_origin_did_not_come_to_takes_as_long_as_in_an_earlier_run(home: Home) -> None:
    good = home.run(bad="false")
    failed = home.run()
    took = home.store.task_runs.took(good.id)
    plan = home.runs.plan_replay(ReplayRequest(origin=failed.id, skip_successful=True))
    assert estimates(plan)["report"] == took["report", "core.debug.Return"]
    of_origin = {item.address: item.seconds for item in home.store.task_runs.results(failed.id)}
    assert estimates(plan)["check"] == of_origin["check"]
    assert home.runs.plan_of(home.runs.create_replay(ReplayRequest(origin=failed.id)).id).decisions[-1].estimate_s


def test_a_task_of_another_type_tells_nothing(home: Home) -> None:
    home.run(bad="false")
    text = FLOW.replace("report, type: core.debug.Return, value", "report, type: core.log.Log, message")
    assert estimates(plan_fresh(home, text))["report"] is None


def test_the_items_of_a_loop_take_their_mean(home: Home) -> None:
    text = """
    id: rides
    namespace: bikes
    tasks:
      - {id: each, type: core.flow.ForEach, values: [a, b], tasks: [{id: one, type: core.debug.Return, value: 1}]}
    """.replace("\n    ", "\n")
    run = home.run(text)
    each = [item.seconds or 0.0 for item in home.store.task_runs.results(run.id) if item.task == "one"]
    found = estimates(home.runs.plan_fresh("rides.yaml", ReplayRequest(), text=text))
    assert found["each[a].one"] == pytest.approx(sum(each) / 2)
