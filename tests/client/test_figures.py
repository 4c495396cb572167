"""Figures of many runs, through the Client."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import Refusal, RequestRefused
from dalsegno.model.run import Run
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.figures import StatisticsQuery

FLOW = """
id: rides
namespace: bikes
inputs: [{id: wrong, type: BOOLEAN, defaults: false}]
tasks:
  - {id: load, type: core.debug.Return, value: hello}
  - {id: check, type: core.execution.Fail, condition: "{{ inputs.wrong }}"}
"""


def run_of(client: Client, **inputs: object) -> Run:
    return client.execute(client.start_run("flow.yaml", ReplayRequest(inputs=inputs), text=FLOW).id)


def test_runs_are_counted_by_days_and_hours(client: Client) -> None:
    run_of(client)
    run_of(client, wrong=True)
    days = client.statistics(StatisticsQuery(zone="Pacific/Auckland"))
    assert (days.by, len(days.periods)) == ("day", 14)
    assert days.periods[-1].counts == days.total.counts == {"SUCCESS": 1, "FAILED": 1}
    assert days.total.half_s == days.total.most_s is not None
    assert [period.end for period in days.periods[:-1]] == [period.begin for period in days.periods[1:]]
    hours = client.statistics(StatisticsQuery(by="hour", flow="bikes.rides", since="2h"))
    assert len(hours.periods) == 3
    assert sum(sum(period.counts.values()) for period in hours.periods) == 2
    assert client.statistics(StatisticsQuery(since="3d", until="1d")).total.counts == {}


def test_a_day_is_as_long_as_its_zone_has_it(client: Client) -> None:
    # in Chicago clocks are set back in the night to 2 November 2025
    told = client.statistics(
        StatisticsQuery(since="2025-11-01T12:00:00-05:00", until="2025-11-03T12:00:00-06:00", zone="America/Chicago")
    )
    assert [(each.end - each.begin) / 3600 for each in told.periods] == [24.0, 25.0, 24.0]
    assert datetime.fromtimestamp(told.periods[0].begin, UTC).hour == 5


def test_what_is_no_period_is_refused(client: Client) -> None:
    for query, message in (
        (StatisticsQuery(by="week"), "day"),
        (StatisticsQuery(zone="Mars/North"), "no time zone `Mars/North`"),
        (StatisticsQuery(zone="../secret"), "no time zone"),
        (StatisticsQuery(since="900d"), "more than 400 periods"),
        (StatisticsQuery(flow="ridse"), "no flow `ridse`"),
    ):
        with pytest.raises((Refusal, RequestRefused), match=message):
            client.statistics(query)


def test_flows_that_fail_are_told_until_they_are_fixed(client: Client) -> None:
    run_of(client)
    assert client.failing_flows() == []
    failed = run_of(client, wrong=True)
    (told,) = client.failing_flows("1d")
    assert (told.namespace, told.flow, told.runs, told.last.id) == ("bikes", "rides", 1, failed.id)
    assert told.first == pytest.approx(failed.created, abs=0.01)
    assert client.failing_flows("2040-01-01") == []
    client.execute(client.start_replay(ReplayRequest(failed.id, start=("check",), inputs={"wrong": False})).id)
    assert client.failing_flows() == []


def test_task_runs_are_counted_by_decision_and_state(client: Client) -> None:
    failed = run_of(client, wrong=True)
    replay = client.execute(client.start_replay(ReplayRequest(failed.id, start=("check",), inputs={"wrong": False})).id)
    told = client.task_counts([failed.id, replay.name])
    assert [(each.action, each.state, each.count) for each in told[failed.id]] == [
        ("RUN", "SUCCESS", 1),
        ("RUN", "FAILED", 1),
    ]
    assert [(each.action, each.state, each.count) for each in told[replay.id]] == [
        ("REUSE", "SUCCESS", 1),
        ("RUN", "SUCCESS", 1),
    ]
