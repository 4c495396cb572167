"""Dal Segno: a workflow engine built around replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dalsegno.artifacts.materializers import File, Folder, Materializer, register_materializer
    from dalsegno.client.client import Client
    from dalsegno.client.pipeline_runs import PipelineRun
    from dalsegno.errors import DalSegnoError, PipelineInvalid, Refusal, RequestRefused, RunFailed
    from dalsegno.pipelines.artifacts import ExternalArtifact, load_artifact, log_metadata, save_artifact
    from dalsegno.pipelines.context import StepContext, get_step_context
    from dalsegno.pipelines.mapped import unmapped
    from dalsegno.pipelines.pipeline import Pipeline, pipeline
    from dalsegno.pipelines.retrying import Retry, StepRetryConfig
    from dalsegno.pipelines.step import Step, step
    from dalsegno.replay.request import ORIGIN, Expression, ReplayRequest

__all__ = [
    "ORIGIN",
    "Client",
    "DalSegnoError",
    "Expression",
    "ExternalArtifact",
    "File",
    "Folder",
    "Materializer",
    "Pipeline",
    "PipelineInvalid",
    "PipelineRun",
    "Refusal",
    "ReplayRequest",
    "RequestRefused",
    "Retry",
    "RunFailed",
    "Step",
    "StepContext",
    "StepRetryConfig",
    "get_step_context",
    "load_artifact",
    "log_metadata",
    "pipeline",
    "register_materializer",
    "save_artifact",
    "step",
    "unmapped",
]  # fmt: skip

_HOMES = {
    "Client": "dalsegno.client.client",
    "ExternalArtifact": "dalsegno.pipelines.artifacts",
    "load_artifact": "dalsegno.pipelines.artifacts",
    "log_metadata": "dalsegno.pipelines.artifacts",
    "save_artifact": "dalsegno.pipelines.artifacts",
    "ORIGIN": "dalsegno.replay.request",
    "register_materializer": "dalsegno.artifacts.materializers",
    "Materializer": "dalsegno.artifacts.materializers",
    "File": "dalsegno.artifacts.materializers",
    "Folder": "dalsegno.artifacts.materializers",
    "DalSegnoError": "dalsegno.errors",
    "Expression": "dalsegno.replay.request",
    "Pipeline": "dalsegno.pipelines.pipeline",
    "PipelineInvalid": "dalsegno.errors",
    "PipelineRun": "dalsegno.client.pipeline_runs",
    "Refusal": "dalsegno.errors",
    "ReplayRequest": "dalsegno.replay.request",
    "RequestRefused": "dalsegno.errors",
    "RunFailed": "dalsegno.errors",
    "Retry": "dalsegno.pipelines.retrying",
    "Step": "dalsegno.pipelines.step",
    "StepContext": "dalsegno.pipelines.context",
    "StepRetryConfig": "dalsegno.pipelines.retrying",
    "get_step_context": "dalsegno.pipelines.context",
    "pipeline": "dalsegno.pipelines.pipeline",
    "step": "dalsegno.pipelines.step",
    "unmapped": "dalsegno.pipelines.mapped",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from dalsegno.settings import VERSION

        return VERSION
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `dalsegno` has no attribute `{name}`")
    from importlib import import_module  # names resolve when they are first used

    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return __all__
