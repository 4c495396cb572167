"""Replays pipelines and single steps from Python, with the code that is here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.artifacts.weighed import Weighed
from dalsegno.client.asked import check_asked, names
from dalsegno.client.given import form_of, inner_names, loaded, pins, task_inputs, with_defaults
from dalsegno.client.pipeline_runs import Output, PipelineRun
from dalsegno.client.spelling import plan_in_python, refusing_in_python
from dalsegno.code import digest_of
from dalsegno.errors import NotFound, Refusal, RequestRefused, closest, did_you_mean
from dalsegno.model.binding import binding_of
from dalsegno.model.flow import Flow, Kind
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.pipelines.annotations import MISSING
from dalsegno.pipelines.importing import refuse_while_importing
from dalsegno.pipelines.reached import functions_of
from dalsegno.pipelines.running import RunOptions, coded, execute
from dalsegno.pipelines.session import session
from dalsegno.pipelines.signatures import Signature
from dalsegno.pipelines.tracing import trace
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.coded import Coded
from dalsegno.store.port import RunFilter

if TYPE_CHECKING:
    from dalsegno.client.client import Client
    from dalsegno.model.plan import Plan


_LAST = ("last", "last-failed")


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What is asked of a replay of a pipeline, beside which run it replays. Names are invocation ids.

    Parameters
    ----------
    skip : what to reuse.
    skip_successful_steps : reuse whatever has a result.
    input_overrides : new values of the pipeline's parameters; the rest carries over.
    step_input_overrides : invocation id -> parameter -> value, `UUID` of an artifact, or `Output` of a step run.
    step_default_input_overrides : name of a step -> parameter -> value, for all its invocations that give none of their own.
    debug : in this process, one step at a time, with terminal and debugger left as they are.
    start, only, until, changed, outputs, renamed, breakpoints, effects, acknowledge, stale, verify, fresh_clock,
    carry_overrides, reason, labels : as in `ReplayRequest`.
    revision : `local`, the code in this process; or `original`, `latest` or a number, from stored code.
    raise_on_failure, post_mortem : as for a run.
    """

    skip: Sequence[str] = ()
    skip_successful_steps: bool = False
    input_overrides: Mapping[str, Any] = field(default_factory=dict[str, Any])
    step_input_overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    step_default_input_overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    debug: bool = False
    start: Sequence[str] = ()
    only: Sequence[str] = ()
    until: Sequence[str] = ()
    changed: bool = False
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    breakpoints: Sequence[str] = ()
    effects: Any = "ask"
    acknowledge: Sequence[str] = ()
    stale: Any = "warn"
    verify: bool = False
    fresh_clock: bool = False
    carry_overrides: bool = True
    reason: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    revision: str | int = "local"
    raise_on_failure: bool = True
    post_mortem: bool = False


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A replay that is to be planned or begun: the request, and the code, if it is that of this process."""

    request: ReplayRequest
    coded: Coded | None
    functions: Mapping[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class _Given:
    """Values that are given for a graph: forms of parameters, values for steps, and where they are kept."""

    flow: Flow
    inputs: Mapping[str, Any]
    steps: Mapping[str, Mapping[str, Any]]
    store: ArtifactStore


def replay(pipeline: Any, *, pipeline_run: str | PipelineRun | None, other: Any, options: ReplayOptions) -> PipelineRun:
    """Replay a run with the code of this process.

    Parameters
    ----------
    pipeline_run : the run, by name, id, a unique prefix, `last` or `last-failed`.
    other : in its place, a pipeline or its name: the latest run of it.
    """
    refuse_while_importing(pipeline)
    client = session()
    origin = origin_of(client, pipeline, pipeline_run, other)
    with refusing_in_python():
        drawn = _drawn(client, pipeline, origin, options)
        created = client.start_replay(drawn.request, coded=drawn.coded)
    told = RunOptions(raise_on_failure=options.raise_on_failure, debug=options.debug, post_mortem=options.post_mortem)
    if drawn.coded is None and not options.debug:
        return execute(client, pipeline, created, None, told)
    return execute(client, pipeline, created, drawn.functions, told)


def plan_replay(pipeline: Any, *, pipeline_run: str | PipelineRun | None, other: Any, options: ReplayOptions) -> Plan:
    """Give the plan of a replay; nothing runs."""
    client = session()
    drawn = _drawn(client, pipeline, origin_of(client, pipeline, pipeline_run, other), options, dry=True)
    return plan_in_python(client.plan_replay(drawn.request, coded=drawn.coded))


def read_request(pipeline: Any, request: Mapping[str, Any]) -> tuple[dict[str, Any], ReplayOptions]:
    """Tell which run is meant from what is asked of its replay. Raises `Refusal` for what nobody knows, with the closest."""
    which = {"pipeline_run": "pipeline_run", "pipeline": "other"}
    known = [item.name for item in fields(ReplayOptions)]
    check_asked(request, [*which, *known], f"`{pipeline.name}.replay`", "argument")
    options = ReplayOptions(**{name: value for name, value in request.items() if name in known})
    return {to: request.get(name) for name, to in which.items()}, options


def origin_of(client: Client, pipeline: Any, pipeline_run: str | PipelineRun | None, other: Any) -> Run:
    """Give the run that is replayed: the one that is named, or else the latest of a pipeline."""
    if pipeline is not None and pipeline_run in _LAST:
        # of this pipeline, whatever else has run since
        pipeline_run = _last_of(client, pipeline, failed=pipeline_run == "last-failed")
    if pipeline_run is not None:
        found = client.get_run(pipeline_run.id if isinstance(pipeline_run, PipelineRun) else str(pipeline_run))
        if found.deleted is not None:
            raise Refusal(f"{found.name} was deleted: it cannot be replayed any more", code="run-deleted")
        return found
    named: Any = pipeline if other is None else other
    name = named if isinstance(named, str) else named.name
    namespace = None if isinstance(named, str) else named.namespace
    if isinstance(named, str) and "." in name:
        namespace, _, name = name.rpartition(".")
    latest = client.list_runs(RunFilter(namespace, name, whole=True, limit=1))
    if not latest:
        raise _never_ran(client, name, here=not isinstance(named, str))
    return latest[0]


def _last_of(client: Client, pipeline: Any, *, failed: bool) -> str:
    states = (State.FAILED,) if failed else ()
    found = client.list_runs(RunFilter(pipeline.namespace, pipeline.name, states, whole=not failed, limit=1))
    if not found:
        what = "failed run" if failed else "whole run"
        raise NotFound(f"there is no {what} of the pipeline `{pipeline.name}`", code="unknown-run")
    return found[0].id


def _never_ran(client: Client, name: str, *, here: bool) -> NotFound:
    known = list(dict.fromkeys(flow.id for flow in client.list_flows()))
    if here or name in known:
        return NotFound(f"there is no whole run of the pipeline `{name}` yet; run it first", code="unknown-run")
    near = closest(name, known)
    hint = did_you_mean(near) or (f"; there are {', '.join(f'`{one}`' for one in known[:8])}" if known else "")
    return NotFound(f"there is no pipeline `{name}`{hint}", code="unknown-run", closest=near)


def _drawn(client: Client, pipeline: Any, origin: Run, options: ReplayOptions, *, dry: bool = False) -> _Drawn:
    """Draw up a request, with its values in the artifact store; with nothing stored where it is dry, or refused."""
    weighed = Weighed(client.values)
    drawn = _drawn_with(client, pipeline, origin, options, weighed)
    if dry or not weighed.lacks:
        return drawn
    plan = client.plan_replay(drawn.request, coded=drawn.coded)
    if plan.refusals:
        raise RequestRefused(plan.refusals)
    return _drawn_with(client, pipeline, origin, options, client.values)


def _drawn_with(client: Client, pipeline: Any, origin: Run, options: ReplayOptions, store: ArtifactStore) -> _Drawn:
    _check_inputs(pipeline, options.input_overrides)
    if options.revision != "local":
        # the stored code reads them before there is a plan, in a process of its own
        forms = {
            name: form_of(client, value, f"the parameter `{name}`") for name, value in options.input_overrides.items()
        }
        made, flow, functions = None, client.revision_of(origin.id).flow, dict(functions_of(pipeline))
    else:
        made, forms, functions = _local(client, pipeline, origin, options.input_overrides, store)
        flow = made.flow
    given = with_defaults(options.step_input_overrides, options.step_default_input_overrides, flow)
    given = _converted(given, flow, functions) if made is not None and given else given
    return _Drawn(_request(client, origin, options, _Given(flow, forms, given, store)), made, functions)


def _converted(
    given: Mapping[str, Mapping[str, Any]], flow: Flow, functions: Mapping[str, Callable[..., Any]]
) -> dict[str, dict[str, Any]]:
    """Give the overrides of steps as the types that their annotations name; what is stored already stays as it is."""
    inner = inner_names(flow)
    known = {task.id: task.function for task in flow.walk()}
    made: dict[str, dict[str, Any]] = {}
    for step, values in given.items():
        made[step] = dict(values)
        function = functions.get(known.get(inner(step).rpartition(".")[2]) or "")
        signature = None if function is None else Signature(function, f"the step `{step}`")
        for name, value in values.items():
            if signature is not None and name in signature.defaults and not isinstance(value, UUID | Output):
                made[step][name] = signature.convert(name, value)
    return made


def local_code(
    client: Client, pipeline: Any, origin: Run, given: Mapping[str, Any]
) -> tuple[Coded, dict[str, Any], Mapping[str, Callable[..., Any]]]:
    """Give the code of a pipeline as it is in this process, for a replay with other values of these parameters, the stored
    forms of these, and the functions that steps call.
    """
    _check_inputs(pipeline, given)
    return _local(client, pipeline, origin, given, client.values)


def _local(
    client: Client, pipeline: Any, origin: Run, given: Mapping[str, Any], store: ArtifactStore
) -> tuple[Coded, dict[str, Any], Mapping[str, Callable[..., Any]]]:
    if (pipeline.namespace, pipeline.name) != (origin.namespace, origin.flow):
        message = f"`{pipeline.name}` is another pipeline; {origin.name} is a run of `{origin.namespace}.{origin.flow}`"
        raise Refusal(message, code="other-flow")
    revision = client.revision_of(origin.id)
    digest = digest_of(pipeline).digest
    kept = revision.digest == digest and not given and revision.flow.depends is not None
    if kept and (functions := dict(functions_of(pipeline))).keys() >= _functions_in(revision.flow):
        return Coded(revision.flow, digest, revision.source, graph=revision.graph), {}, functions
    own, carried = pipeline.signature.defaults, PipelineRun(client, origin).parameters
    arguments = {name: value for name, value in carried.items() if name in own}
    for name, value in given.items():
        arguments[name] = loaded(client, value)
    _refuse_lacking(pipeline, origin, arguments)
    traced = trace(pipeline, (), arguments, store=store)
    if kept:
        # the graph is that of the origin; some of its functions are made by the pipeline's function
        return Coded(revision.flow, digest, revision.source, graph=revision.graph), {}, traced.functions
    # as the pipeline reads them: coerced by its annotations
    forms = {name: form_of(client, traced.arguments[name], f"the parameter `{name}`", store) for name in given}
    return coded(pipeline, traced), forms, traced.functions


def _functions_in(flow: Flow) -> set[str]:
    """Name the functions that a graph needs: of steps, and of what names items."""
    names: set[str] = set()
    for task in flow.walk():
        if task.function is not None:
            names.add(task.function)
        if task.kind is Kind.LOOP:
            key = binding_of(task.properties["key"])[1]
            if isinstance(key, str) and ":" in key:
                names.add(key)
    return names


def _refuse_lacking(pipeline: Any, origin: Run, arguments: Mapping[str, Any]) -> None:
    given = {*arguments, *pipeline.options.parameters}
    lacking = [name for name, one in pipeline.signature.defaults.items() if one is MISSING and name not in given]
    if lacking:
        listed = ", ".join(f"`{name}`" for name in lacking)
        message = f"the pipeline `{pipeline.name}` needs {listed} now, which {origin.name} did not have"
        raise Refusal(f"{message}; give {listed} with input_overrides", code="missing-input")


def _check_inputs(pipeline: Any, given: Iterable[str]) -> None:
    own = pipeline.signature.defaults
    for name in given:
        if name not in own:
            near = closest(name, own)
            hint = did_you_mean(near) or f"; it has {', '.join(f'`{one}`' for one in own) or 'none'}"
            message = f"the pipeline `{pipeline.name}` has no parameter `{name}`{hint}"
            raise Refusal(message, code="unknown-input", closest=near)


def _request(client: Client, origin: Run, options: ReplayOptions, given: _Given) -> ReplayRequest:
    inner = inner_names(given.flow) if given.steps else str
    return ReplayRequest(
        origin=origin.id,
        revision=options.revision,
        start=names(options.start),
        only=names(options.only),
        until=names(options.until),
        skip=names(options.skip),
        skip_successful=options.skip_successful_steps,
        changed=options.changed,
        inputs=given.inputs,
        task_inputs=task_inputs(client, {inner(name): values for name, values in given.steps.items()}, given.store),
        outputs=pins(client, given.flow, options.outputs, given.store),
        renamed=options.renamed,
        breakpoints=names(options.breakpoints),
        effects=options.effects,
        acknowledge=names(options.acknowledge),
        stale=options.stale,
        verify=options.verify,
        fresh_clock=options.fresh_clock,
        carry_overrides=options.carry_overrides,
        reason=options.reason,
        labels=options.labels,
        debug=options.debug,
    )
