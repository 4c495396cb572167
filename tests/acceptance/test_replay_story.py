"""The story of the documentation on a clock that the test sets: two months pass between the failure and the replay."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.clock import SetClock

from dalsegno.demo.server import DemoServer
from dalsegno.demo.story import ARCHIVE, flow_text
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import Expression, ReplayRequest
from dalsegno.service.open import open_service
from dalsegno.service.service import Service

ROWS = 300
#: NOON of the clock is in August 2024, and the flow asks for the month three before
MONTH, TWO_ON = "202405", "202407"
DAY = 86_400.0
KEPT = ["get_zipfile", "unzip", "convert"]


@dataclass(frozen=True, slots=True)
class Story:
    """A run that failed, two months ago, and a flow that is fixed."""

    service: Service
    clock: SetClock
    trips: Path
    url: str
    failed: Run

    def replay(self, origin: Run | None = None, **request: Any) -> Run:
        origin = origin or self.failed
        asked = ReplayRequest(origin=origin.id, **request)
        return self.service.runs.execute(self.service.runs.create_replay(asked).id)

    def shown(self, run: Run | None = None) -> dict[str, Any]:
        return self.service.runs.as_json((run or self.failed).id)

    def actions(self, run: Run) -> dict[str, str]:
        return {task_run["address"]: task_run["action"] for task_run in self.shown(run)["task_runs"]}

    def month(self, run: Run) -> str:
        """Give the month whose file the run has unpacked."""
        (name,) = self.service.runs.task_run(run.id, "unzip").outputs["files"]
        return name.removesuffix("-divvy-tripdata.csv")

    def asked_for(self) -> set[str]:
        """Give the months that anybody has ever downloaded."""
        return {path.name[:6] for path in self.trips.iterdir()}


@pytest.fixture
def story(tmp_path: Path) -> Generator[Story]:
    clock = SetClock(tick=0.001)
    service = open_service(tmp_path / "home", clock=clock)
    with DemoServer(tmp_path / "trips", rows=ROWS) as server:
        request = ReplayRequest(task_inputs={"get_zipfile": {"uri": Expression(f"{server.url}/{ARCHIVE}")}})
        created = service.runs.create_fresh("divvy.yaml", request, text=flow_text("failing"))
        failed = service.runs.execute(created.id)
        assert failed.state is State.FAILED
        clock.move(61 * DAY)
        service.flows.save(flow_text("corrected"))
        yield Story(service, clock, tmp_path / "trips", server.url, failed)
    service.close()


def test_the_replay_from_the_failed_task_two_months_later_reads_the_same_month(story: Story) -> None:
    replayed = story.replay(start=("to_parquet",), revision="latest")
    assert (replayed.state, replayed.attempt, replayed.revision) == (State.SUCCESS, 2, 2)
    assert story.actions(replayed) == {**dict.fromkeys(KEPT, "REUSE"), "to_parquet": "RUN"}
    assert story.month(replayed) == story.month(story.failed) == MONTH
    assert story.asked_for() == {MONTH}
    assert replayed.clock == story.failed.clock


def test_a_replay_from_the_beginning_downloads_the_same_month_from_where_the_origin_did(story: Story) -> None:
    replayed = story.replay(start=("get_zipfile",), revision="latest")
    assert replayed.state is State.SUCCESS
    assert set(story.actions(replayed).values()) == {"RUN"}
    assert story.month(replayed) == MONTH
    assert story.asked_for() == {MONTH}


def test_a_whole_replay_does_the_same(story: Story) -> None:
    replayed = story.replay(revision="latest")
    assert replayed.state is State.SUCCESS
    assert set(story.actions(replayed).values()) == {"RUN"}
    assert story.asked_for() == {MONTH}


def test_a_fresh_run_two_months_later_asks_for_another_month(story: Story) -> None:
    request = ReplayRequest(task_inputs={"get_zipfile": {"uri": Expression(f"{story.url}/{ARCHIVE}")}})
    fresh = story.service.runs.execute(story.service.runs.create_fresh("divvy_tripdata", request).id)
    assert fresh.state is State.SUCCESS
    assert story.month(fresh) == TWO_ON
    assert story.asked_for() == {MONTH, TWO_ON}


def test_skipping_what_was_successful_comes_to_the_same_as_starting_at_the_failed_task(story: Story) -> None:
    started = story.replay(start=("to_parquet",), revision="latest")
    skipped = story.replay(skip_successful=True, revision="latest")
    assert story.actions(skipped) == story.actions(started)
    assert story.month(skipped) == MONTH
    results = [story.service.runs.task_run(run.id, "to_parquet") for run in (started, skipped)]
    assert results[0].outputs == results[1].outputs
    assert [result.attempt for result in results] == [2, 2]


def test_the_override_of_the_origin_is_carried_and_makes_nothing_run(story: Story) -> None:
    runs = story.service.runs
    kept = runs.plan_replay(ReplayRequest(origin=story.failed.id, start=("to_parquet",), revision="latest"))
    assert [kept.by_address[name].action for name in KEPT] == [Action.REUSE] * 3
    replayed = story.replay(start=("get_zipfile",), revision="latest")
    assert runs.task_run(replayed.id, "get_zipfile").properties["uri"] == f"{story.url}/{MONTH}-divvy-tripdata.zip"


def test_a_replay_of_the_replay_carries_the_override_and_the_clock_on(story: Story) -> None:
    first = story.replay(start=("to_parquet",), revision="latest")
    story.clock.move(61 * DAY)
    second = story.replay(first)
    assert (second.state, second.attempt, second.origin, second.root) == (
        State.SUCCESS, 3, first.id, story.failed.id,
    )  # fmt: skip
    assert set(story.actions(second).values()) == {"RUN"}
    assert story.asked_for() == {MONTH}


def test_the_original_revision_fails_again_in_the_same_way(story: Story) -> None:
    again = story.replay(start=("to_parquet",), revision="original")
    assert (again.state, again.attempt, again.revision) == (State.FAILED, 2, 1)
    before, after = (story.service.runs.task_run(run.id, "to_parquet") for run in (story.failed, again))
    assert after.error == before.error
    assert (before.attempt, after.attempt) == (1, 2)


def test_the_original_revision_is_taken_where_none_was_named_and_the_plan_says_that_there_is_a_newer_one(
    story: Story,
) -> None:
    plan = story.service.runs.plan_replay(
        ReplayRequest(origin=story.failed.id, start=("to_parquet",), revision="original")
    )
    assert plan.revision == 1
    assert "--revision latest" in plan.warnings[0]


@pytest.mark.parametrize(
    "request_",
    [
        {"start": ("to_parquet",), "revision": "latest"},
        {"start": ("get_zipfile",), "revision": "latest"},
        {"skip_successful": True, "revision": "latest"},
        {"start": ("to_parquet",), "revision": "original"},
    ],
    ids=["from the failed task", "from the beginning", "skipping", "original"],
)
def test_rule_07_the_origin_stays_as_it_was(story: Story, request_: dict[str, Any]) -> None:
    before, plan = did(story.shown()), story.service.runs.plan_of(story.failed.id)
    attempts = story.service.runs.attempts(story.failed.id, "to_parquet")
    lines = story.service.runs.logs(story.failed.id)
    replayed = story.replay(**request_)
    assert replayed.id != story.failed.id
    assert did(story.shown()) == before
    assert story.service.runs.plan_of(story.failed.id) == plan
    assert story.service.runs.attempts(story.failed.id, "to_parquet") == attempts
    assert story.service.runs.logs(story.failed.id) == lines


def did(shown: dict[str, Any]) -> dict[str, Any]:
    """Give what a run did, without what was told of it since."""
    return {name: value for name, value in shown.items() if name != "fixed_by"}


def test_rule_13_a_corrected_file_becomes_a_revision_with_the_run_that_replays_on_it(story: Story) -> None:
    text = flow_text("corrected").replace("yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd HH:mm:ss[.SSS]")
    asked = ReplayRequest(origin=story.failed.id, start=("to_parquet",), revision="latest")
    runs = story.service.runs
    assert runs.plan_replay(asked, text=text, file="divvy.yaml").revision == 3
    assert [revision.number for revision in story.service.flows.revisions("divvy_tripdata")] == [1, 2]
    replayed = runs.execute(runs.create_replay(asked, text=text, file="divvy.yaml").id)
    assert (replayed.state, replayed.revision) == (State.SUCCESS, 3)
    assert [revision.number for revision in story.service.flows.revisions("divvy_tripdata")] == [1, 2, 3]
