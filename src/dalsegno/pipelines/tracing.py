"""Runs a pipeline function once, with plain values, and gives the flow that it writes down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.code import CodeDigest, digest_of
from dalsegno.model.binding import KEY
from dalsegno.model.conduct import Conduct
from dalsegno.model.flow import Flow, FlowOutput, Input, InputType
from dalsegno.pipelines.annotations import MISSING
from dalsegno.pipelines.current import CURRENT
from dalsegno.pipelines.places import invalid
from dalsegno.pipelines.recording import Recorder, TaskOptions, told_name

if TYPE_CHECKING:
    from dalsegno.pipelines.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Traced:
    """The flow of one call of a pipeline.

    Parameters
    ----------
    flow : the graph, checked.
    functions : the user's functions, by the names that tasks have for them (`Task.function`, and `key` of mapped steps).
    arguments : the pipeline's parameters as given or defaulted, converted to their types.
    result : what binds to what the pipeline function returned (a property); `None` where that was `None`.
    code : the digest of the pipeline's code, with the steps that it reaches and what was chosen for them.
    entry : the name of the pipeline function, as `module:qualname`.
    options : what holds for each call of a step, by the id of its task (of a mapped step, of the task of its items).
    """

    flow: Flow
    functions: Mapping[str, Callable[..., Any]]
    arguments: Mapping[str, Any]
    result: Any
    code: CodeDigest
    entry: str
    options: Mapping[str, TaskOptions]

    @property
    def digest(self) -> str:
        """The digest of the pipeline's code."""
        return self.code.digest


def trace(
    pipeline: Pipeline,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    store: ArtifactStore,
    allow_unsafe: bool = True,
) -> Traced:
    """Run a pipeline function once to find its graph. No step is run.

    Parameters
    ----------
    args, kwargs : what the pipeline is called with.
    store : where values go that are too large to stand in the graph.
    allow_unsafe : whether values may be kept that only pickle can keep.

    Raises
    ------
    PipelineInvalid : the arguments, or a call of a step, are wrong. What the pipeline function itself raises comes through.
    """
    arguments = pipeline.arguments(args, kwargs)
    recorder = Recorder(pipeline.options, store, allow_unsafe=allow_unsafe)
    token = CURRENT.set(recorder)
    try:
        returned = pipeline.function(**arguments)
    finally:
        CURRENT.reset(token)
    if not recorder.tasks:
        raise invalid(f"{pipeline.what} calls no step, so that there is nothing to run", code="no-steps")
    result = _result(pipeline, recorder, returned)
    outputs = () if result is None else (FlowOutput("result", result),)
    hooks = recorder.hooks(pipeline.options.on_failure, pipeline.options.on_success)
    return Traced(
        flow=replace(_flow(pipeline, recorder), outputs=outputs, hooks=hooks),
        functions=recorder.functions,
        arguments=arguments,
        result=result,
        code=digest_of(pipeline),
        entry=told_name(pipeline.function),
        options=recorder.options,
    )


def _flow(pipeline: Pipeline, recorder: Recorder) -> Flow:
    options = pipeline.options
    return Flow(
        namespace=pipeline.namespace,
        id=pipeline.name,
        tasks=tuple(recorder.tasks.values()),
        inputs=_inputs(pipeline, recorder),
        labels=options.labels,
        description=pipeline.description,
        conduct=Conduct(timeout=options.timeout),
        retry=options.retry.conduct() if options.retry is not None else None,
        depends=recorder.depends,
    )


def _inputs(pipeline: Pipeline, recorder: Recorder) -> tuple[Input, ...]:
    binder = recorder.binder(pipeline.what)
    made: list[Input] = []
    for name, default in pipeline.signature.defaults.items():
        given = default is not MISSING
        form = binder.value(default, name)["value"] if given else None
        made.append(Input(name, InputType.PYTHON, required=not given, has_default=given, default=form))
    return tuple(made)


def _result(pipeline: Pipeline, recorder: Recorder, returned: Any) -> Any:
    if returned is None:
        return None
    return {KEY: recorder.binder(pipeline.what).binding(returned, "return")}
