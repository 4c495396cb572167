"""Values that are kept by pickle: those that tasks gave may be used again, those that somebody brings may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from tests.support.people import People, settle
from tests.support.servers import RunningServer

from dalsegno import pipeline, step
from dalsegno.client.client import Client
from dalsegno.client.pipeline_runs import PipelineRun
from dalsegno.errors import NotAllowed
from dalsegno.model.access import Role
from dalsegno.pipelines.session import close_all


class Model:
    """Nothing keeps it but pickle; a large one is a blob of its own."""

    def __init__(self, weights: list[int]) -> None:
        self.weights = {f"w{place}": weight for place, weight in enumerate(weights)}


@step
def fit(rows: int) -> Model:
    return Model(list(range(rows)))


@step
def score(model: Model, rate: float) -> float:
    return sum(model.weights.values()) * rate


@pipeline
def scoring(rows: int = 5, rate: float = 0.5) -> None:
    score(fit(rows), rate)


@pytest.fixture(params=[5, 5000], ids=["small", "large"])
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[PipelineRun]:
    monkeypatch.setenv("DALSEGNO_HOME", str(tmp_path / "home"))
    yield scoring(rows=request.param)
    close_all()


@pytest.fixture
def people(tmp_path: Path) -> People:
    return settle(tmp_path / "home")


def test_what_a_task_gave_may_be_given_to_another_run(run: PipelineRun, people: People, tmp_path: Path) -> None:
    rows = len(run.steps["fit"].output.load().weights)
    with (
        RunningServer(tmp_path / "home", "--login") as server,
        Client(url=server.url, token=people.tokens[Role.OPERATOR]) as client,
    ):
        given = {
            "start": ["score"],
            "step_input_overrides": {"score": {"model": UUID(run.steps["fit"].output.id), "rate": 2.0}},
        }
        replay = client.replay_pipeline_run(run.id, given)
        assert replay.steps["score"].output.load() == sum(range(rows)) * 2.0
        with pytest.raises(NotAllowed, match="is kept by `pickle`: a server takes no value") as refused:
            client.replay_pipeline_run(run.id, {"step_input_overrides": {"score": {"model": Model([1, 2])}}})
        assert refused.value.code == "unsafe-override"
