"""Pipelines in Python: their runs, steps and values, and replays with the code that was stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from dalsegno import pipeline, step
from dalsegno.client.client import Client
from dalsegno.client.pipeline_runs import PipelineRun
from dalsegno.errors import NotFound, RequestRefused
from dalsegno.pipelines.session import close_all


@step
def load(rows: int) -> list[int]:
    print("loading")
    return list(range(rows))


@step
def train(data: list[int], rate: float) -> float:
    return sum(data) * rate


@pipeline
def training(rows: int = 5, rate: float = 0.5) -> None:
    train(load(rows), rate)


@pytest.fixture
def run(client: Client, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PipelineRun]:
    """A run that was made on the data directory itself."""
    monkeypatch.setenv("DALSEGNO_HOME", str(home))
    made = training()
    yield client.get_pipeline_run(made.id)
    close_all()


def test_runs_and_steps_are_seen(client: Client, run: PipelineRun) -> None:
    assert run.status == "SUCCESS"
    assert list(run.steps) == ["load", "train"]
    assert run.steps["load"].output.load() == [0, 1, 2, 3, 4]
    assert run.steps["train"].output.load() == 5.0
    assert run.steps["load"].logs == ["loading"]
    assert [each.id for each in client.list_pipeline_runs(pipeline="training")] == [run.id]
    assert [each.id for each in client.list_pipelines()] == ["training"]
    assert client.get_run_step(run.steps["train"].id).name == "train"
    with pytest.raises(NotFound, match="did you mean `train`"):
        run.steps["trian"]


def test_each_step_is_read_as_it_is_written(client: Client, run: PipelineRun) -> None:
    assert run.status == "SUCCESS"
    sources = client.step_sources("training", 1)
    assert [each["task"] for each in sources] == ["load", "train"]
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    for each in sources:
        assert each["function"] == f"{__name__}:{each['task']}"
        written = each["text"].splitlines()
        assert written == lines[each["line"] - 1 :][: len(written)]
        assert (written[0], written[-1].split()[0]) == ("@step", "return")
    client.save_flow("id: none\nnamespace: a\ntasks: [{id: say, type: core.log.Log, message: x}]\n")
    assert client.step_sources("none") == []


def test_it_is_replayed_with_its_stored_code(client: Client, run: PipelineRun) -> None:
    replay = client.replay_pipeline_run(run.name, {"steps_to_skip": ["load"], "parameters": {"rate": 2.0}})
    assert {name: step.action for name, step in replay.steps.items()} == {"load": "REUSE", "train": "RUN"}
    assert replay.steps["train"].output.load() == 20.0
    data = UUID(replay.steps["load"].output.id)
    again = client.replay_pipeline_run(
        replay.name, {"start": ["train"], "step_input_overrides": {"train": {"data": data, "rate": 3.0}}}
    )
    assert again.steps["train"].output.load() == 30.0
    assert [each.name for each in again.lineage] == [run.name, replay.name, again.name]


def test_a_value_may_be_given_in_line(client: Client, run: PipelineRun) -> None:
    configuration = {"step_input_overrides": {"train": {"data": list(range(5000))}}}
    assert client.plan_pipeline_replay(run.id, configuration).refusals == ()
    replay = client.replay_pipeline_run(run.id, configuration)
    assert replay.steps["train"].output.load() == sum(range(5000)) * 0.5


def test_what_is_wrong_is_refused(client: Client, run: PipelineRun) -> None:
    with pytest.raises(RequestRefused, match="`trian`"):
        client.replay_pipeline_run(run.id, {"steps_to_skip": ["trian"]})
    assert len(client.list_pipeline_runs()) == 1
