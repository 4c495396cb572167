"""What tests ask of runs of pipelines: what was done with each step, and why, and what it gave."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from dalsegno.client.pipeline_runs import PipelineRun
from dalsegno.model.plan import Plan


def actions(run: PipelineRun) -> dict[str, str]:
    """Give what was done with each step that is known."""
    return {name: step.action for name, step in run.steps.items()}


def ran(run: PipelineRun) -> list[str]:
    """Name the steps that were executed in this run."""
    return [name for name, action in actions(run).items() if action == "RUN"]


def planned(plan: Plan) -> dict[str, str]:
    """Give what a plan does at each address."""
    return {decision.address: decision.action.value for decision in plan.decisions}


def value(run: PipelineRun, step: str) -> Any:
    """Load the one output of a step."""
    return run.steps[step].output.load()


@contextmanager
def nothing_written() -> Generator[None]:
    """Check that what stands inside leaves runs and artifacts as they were."""
    from dalsegno.pipelines.session import session
    from dalsegno.store.port import RunFilter

    def held() -> tuple[list[str], set[str]]:
        runs = [run.id for run in session().list_runs(RunFilter(limit=0))]
        return runs, {blob.digest for blob in session().values.blobs()}

    before = held()
    yield
    assert held() == before
