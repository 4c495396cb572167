"""Runs pipelines from Python: plans, creates and executes a run in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from dalsegno.artifacts.materializers import encode
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.artifacts.weighed import Weighed
from dalsegno.client.asked import check_asked, names
from dalsegno.client.pipeline_runs import PipelineRun
from dalsegno.engine.stored_steps import StoredSteps
from dalsegno.errors import RequestRefused, RunFailed
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.pipelines.importing import refuse_while_importing
from dalsegno.pipelines.local import LocalSteps
from dalsegno.pipelines.session import session
from dalsegno.pipelines.tracing import Traced, trace
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.coded import Coded
from dalsegno.service.keyed import KEY
from dalsegno.settings import allow_pickle
from dalsegno.store.port import RunFilter

if TYPE_CHECKING:
    from dalsegno.client.client import Client
    from dalsegno.model.plan import Plan


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a pipeline is run, beside its parameters.

    Parameters
    ----------
    raise_on_failure : whether a failure is raised as `RunFailed`, rather than only told by the run.
    key : names the run: a call with a key that was used before gives the earlier run, and nothing runs.
    debug : one step at a time, on this thread, with terminal and debugger left as they are.
    post_mortem : whether a debugger is opened at the line that failed.
    labels, reason : kept on the run.
    outputs : results that are given without running the step: invocation id -> value, or -> output -> value.
    step_input_overrides : invocation id -> parameter -> value.
    breakpoints : invocation ids before which the run stops and waits.
    """

    raise_on_failure: bool = True
    key: str | None = None
    debug: bool = False
    post_mortem: bool = False
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    reason: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    step_input_overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    breakpoints: tuple[str, ...] = ()


def run(pipeline: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> PipelineRun:
    """Run a pipeline and give the run.

    Raises
    ------
    RunFailed : a step failed; the user's exception is its cause, and the message has the line that replays it.
    """
    options, arguments = _options(pipeline, kwargs)
    refuse_while_importing(pipeline)
    client = session()
    if options.key is not None:
        earlier = _with_key(client, pipeline, options.key)
        if earlier is not None:
            return PipelineRun(client, earlier)
    if options.outputs or options.step_input_overrides or options.breakpoints:
        # only these can be refused; nothing is stored before they are looked at
        planned = plan(pipeline, args, kwargs)
        if planned.refusals:
            raise RequestRefused(planned.refusals)
    traced = trace(pipeline, args, arguments, store=client.values)
    request = _request(client, traced, options, client.values)
    created = client.start_run(traced.flow.id, request, coded=coded(pipeline, traced), key=options.key)
    if created.state is not State.CREATED:
        # another call with this key was faster
        return PipelineRun(client, created)
    return execute(client, pipeline, created, traced.functions, options)


def plan(pipeline: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Plan:
    """Give the plan of a run; nothing runs and nothing is recorded."""
    options, arguments = _options(pipeline, kwargs)
    client = session()
    store = Weighed(client.values)
    traced = trace(pipeline, args, arguments, store=store)
    return client.plan_run(traced.flow.id, _request(client, traced, options, store), coded=coded(pipeline, traced))


def coded(pipeline: Any, traced: Traced) -> Coded:
    """Give a traced pipeline as the service takes it."""
    source, contents = source_of(pipeline, traced.digest)
    return Coded(traced.flow, traced.digest, source, contents)


def source_of(pipeline: Any, digest: str) -> tuple[str, Mapping[str, bytes]]:
    """Give the stored form of a pipeline's code, and what that needs in the artifact store."""
    from dalsegno.code import collect

    known = _COLLECTED.get(id(pipeline))
    if known is None or known[0] is not pipeline or known[1] != digest:
        bundle = collect(pipeline)
        source = json.dumps({"kind": "python", "bundle": bundle.to_json()}, ensure_ascii=False)
        known = _COLLECTED[id(pipeline)] = (pipeline, digest, source, bundle.files())
    return known[2], known[3]


#: the stored form of code, by the pipeline: with its digest, its source, and what that needs
_COLLECTED: dict[int, tuple[Any, str, str, Mapping[str, bytes]]] = {}


def execute(
    client: Client,
    pipeline: Any,
    created: Run,
    functions: Mapping[str, Callable[..., Any]] | None,
    options: RunOptions,
    *,
    again: str = ", skip_successful_steps=True",
) -> PipelineRun:
    """Execute a created run: with the functions of this process, or without any in worker processes, from stored code.

    Parameters
    ----------
    again : what the line that replays a failed run says beside the run.
    """
    source, inputs = client.revision_of(created.id).source, created.inputs
    apart = StoredSteps(source, client.values, inputs=inputs, allow_unsafe=allow_pickle())
    if functions is None:
        ended = client.execute(created.id)
        _tell(ended)
        if ended.state is not State.FAILED:
            return PipelineRun(client, ended)
        return _failed(pipeline, PipelineRun(client, ended), {}, options, again)
    steps = LocalSteps(
        functions, client.values, apart=apart, debug=options.debug or options.post_mortem, allow_unsafe=allow_pickle()
    )
    ended = client.execute(created.id, steps=steps, stop=lambda stop: setattr(steps, "stop", stop))
    if steps.interrupt is not None:
        raise steps.interrupt
    _tell(ended)
    if ended.state is not State.FAILED:
        return PipelineRun(client, ended)
    return _failed(pipeline, PipelineRun(client, ended), steps.errors, options, again)


def _failed(
    pipeline: Any, found: PipelineRun, errors: Mapping[str, BaseException], options: RunOptions, again: str
) -> PipelineRun:
    error = found.model.error or {}
    address = str(error.get("address") or "")
    cause = errors.get(address)
    if options.post_mortem and cause is not None:
        import pdb  # noqa: T100 - it was asked for

        pdb.post_mortem(cause.__traceback__)
    if not options.raise_on_failure:
        return found
    failure = RunFailed(
        f"{found.name} failed: {error.get('message', 'it says no more')}\n"
        f"  Fix it, then run it again from there:\n"
        f'    {pipeline.__name__}.replay(pipeline_run="{found.name}"{again})',
        found,
    )
    raise failure from cause


def _tell(run: Run) -> None:
    if sys.stderr.isatty():
        took = "" if run.started is None or run.ended is None else f" in {run.ended - run.started:.2g} s"
        with suppress(OSError):
            sys.stderr.write(f"{run.name} {run.state.value}{took}\n")


def _with_key(client: Client, pipeline: Any, key: str) -> Run | None:
    found = client.list_runs(RunFilter(pipeline.namespace, pipeline.name, labels=((KEY, key),), limit=1))
    return found[0] if found else None


def _options(pipeline: Any, kwargs: Mapping[str, Any]) -> tuple[RunOptions, dict[str, Any]]:
    """Tell options of a run from the pipeline's own parameters, which win where both have a name."""
    known = {item.name for item in fields(RunOptions)} - pipeline.signature.defaults.keys()
    options = {name: value for name, value in kwargs.items() if name in known}
    check_asked(options, known, f"the pipeline `{pipeline.name}`", "option")
    return RunOptions(**options), {name: value for name, value in kwargs.items() if name not in known}


def _request(client: Client, traced: Traced, options: RunOptions, store: ArtifactStore) -> ReplayRequest:
    from dalsegno.client.given import inner_names, pins, task_inputs

    inner = inner_names(traced.flow)
    given = {inner(step): values for step, values in options.step_input_overrides.items()}
    forms = {name: encode(value, store, name=name).form for name, value in traced.arguments.items()}
    return ReplayRequest(
        inputs=forms,
        task_inputs=task_inputs(client, given, store),
        outputs=pins(client, traced.flow, options.outputs, store),
        breakpoints=names(options.breakpoints),
        labels=options.labels,
        reason=options.reason,
    )


def replay(pipeline: Any, request: Mapping[str, Any]) -> PipelineRun:
    """Replay a run of a pipeline, as `Pipeline.replay` is asked to."""
    from dalsegno.pipelines.replaying import read_request
    from dalsegno.pipelines.replaying import replay as carry_out

    which, options = read_request(pipeline, request)
    return carry_out(pipeline, options=options, **which)


def plan_replay(pipeline: Any, request: Mapping[str, Any]) -> Plan:
    """Give the plan of a replay, as `Pipeline.plan_replay` is asked for it."""
    from dalsegno.pipelines.replaying import plan_replay as draw
    from dalsegno.pipelines.replaying import read_request

    which, options = read_request(pipeline, request)
    return draw(pipeline, options=options, **which)


def replay_step(step: Any, request: Mapping[str, Any]) -> Any:
    """Replay a single step, as `Step.replay` is asked to."""
    from dalsegno.pipelines.alone import replay_alone

    return replay_alone(step, request)
