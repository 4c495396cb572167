"""The entry point of an executor's order: render a task's properties, run it, bring its result into stored form."""

from __future__ import annotations

import traceback
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.bindings import Bound
from dalsegno.engine.context import Calling, Context, Resting
from dalsegno.engine.exiting import exit_error
from dalsegno.engine.files import NamespaceFiles, RunFiles
from dalsegno.engine.identity import TaskVariables
from dalsegno.engine.invocations import artifacts_of, cached, call, metadata_of, outputs_digest, remember
from dalsegno.engine.items import holds
from dalsegno.engine.kv import KeyValues
from dalsegno.engine.logs import AttemptLog
from dalsegno.engine.packages import Packages
from dalsegno.engine.removing import Removal
from dalsegno.engine.stopping import Stop, Timeout
from dalsegno.engine.used import used_values
from dalsegno.engine.values import Kept, Values, as_shown, as_stored
from dalsegno.engine.variables import Facts, expression_scope, own_item, render_properties, variables
from dalsegno.errors import Cancelled, DalSegnoError, TaskFailed, closest, did_you_mean
from dalsegno.executors.steps import StepRunner
from dalsegno.expressions import Scope as ExpressionScope
from dalsegno.expressions import parse, render_value
from dalsegno.model.address import item_key
from dalsegno.model.clock import Clock, Ids
from dalsegno.model.flow import Task
from dalsegno.model.run import Artifact
from dalsegno.model.state import State
from dalsegno.replay.edges import Scope
from dalsegno.tasks.base import TaskRuns, TaskType
from dalsegno.tasks.registry import load

JsonMap = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tools:
    """What every attempt of a run uses."""

    facts: Facts
    values: Values
    artifacts: ArtifactStore
    entries: KeyValues
    files: NamespaceFiles
    runs: TaskRuns
    removal: Removal
    clock: Clock
    ids: Ids
    stop: Stop
    packages: Packages
    #: who runs steps in Python
    steps: StepRunner | None = None


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt that is to be made."""

    task: Task
    scope: Scope
    task_run: str
    address: str
    attempt: int
    started: float
    overrides: JsonMap
    log: AttemptLog
    tools: Tools
    #: when the task run began, an attempt before this one included
    began: float
    #: from when a wait counts, for an attempt after one that failed; else from when the task run began
    since: float | None = None
    waited: bool = False
    timeout: Timeout | None = None
    #: the wish that a group around it ends, if one has a limit of time
    stop: Stop | None = None
    #: the task run of the group around it
    parent: str | None = None
    #: what went wrong before the attempt could begin
    doomed: DalSegnoError | None = None
    #: the folder that its group shares
    folder: Path | None = None
    #: how it calls flows
    calling: Calling | None = None
    #: of a group, what stands before its first task or after the last
    phase: str = ""
    #: whether a failure of it is final
    last: bool = True

    @property
    def stopping(self) -> Stop:
        """The wish that it ends, whether its own time has passed or not."""
        return self.stop or self.tools.stop


@dataclass(frozen=True, slots=True)
class Waiting:
    """The attempt goes on at this time, and holds no thread until then."""

    until: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended."""

    state: State
    at: float
    outputs: JsonMap
    plain: JsonMap
    output_digest: str | None
    used: Mapping[str, str]
    properties: JsonMap
    artifacts: tuple[Artifact, ...] = ()
    error: JsonMap | None = None
    #: labels that it puts on the run, and whether the run ends with it
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    ends_run: bool = False
    #: what a step in Python logged about itself
    metadata: JsonMap = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class _Seen:
    """What is known of an attempt so far, however it ends. `begun` says whether its body is carried out."""

    begun: bool = False
    rendered: JsonMap = field(default_factory=dict[str, Any])
    used: dict[str, str] = field(default_factory=dict[str, str])
    context: Context | None = None


def attempt(order: Attempted) -> Outcome | Waiting:
    """Make one attempt, or begin it. Whatever goes wrong in the task is an outcome, not an exception."""
    seen = _Seen()
    try:
        return _step_made(order, seen) if order.task.function is not None else _made(order, seen)
    except Resting:
        return _ended(order, State.PAUSED, used=seen.used, properties=seen.rendered)
    except Cancelled:
        if order.timeout is not None and order.timeout.passed:
            return _failed(order, _timed_out(order.timeout.seconds), used=seen.used, properties=seen.rendered)
        if not seen.begun:
            return stopped(order)
        return _ended(order, State.KILLED, used=seen.used, properties=seen.rendered, error=_why_stopped(order))
    except DalSegnoError as error:
        return _failed(order, error, used=seen.used, properties=seen.rendered)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
        return _failed(order, _unexpected(order, error), used=seen.used, properties=seen.rendered)
    finally:
        if seen.context is not None:
            seen.context.close()


def _made(order: Attempted, seen: _Seen) -> Outcome | Waiting:
    tools = order.tools
    found = _variables(order)
    scope = expression_scope(tools.facts, found, seen.used)
    if not order.phase and not runs_at_all(order.task, scope):
        return _ended(order, State.SKIPPED, used={}, properties={})
    seen.rendered = render_properties(order.task, order.overrides, scope)
    seen.used |= used_values(order.task, order.scope, scope.variables, tools.facts.nodes)
    properties = validate(load(order.task.type), seen.rendered)
    if order.doomed is not None:
        raise order.doomed
    seen.context = context = _context(order, found, seen.rendered, seen.used)
    context.check_cancelled()
    pause = 0.0 if order.waited else properties.waits()
    if pause > 0:
        return Waiting((order.began if order.since is None else order.since) + pause)
    seen.begun = True
    plain = _carried_out(order, properties, context)
    return _done(order, context, plain, used=seen.used, properties=seen.rendered)


def _step_made(order: Attempted, seen: _Seen) -> Outcome:
    """Have a step in Python run, and give how that ended."""
    tools = order.tools
    if order.doomed is not None:
        raise order.doomed
    if order.task.run_if is not None and not runs_at_all(order.task, expression_scope(tools.facts, _variables(order))):
        return _ended(order, State.SKIPPED, used={}, properties={})
    bound = Bound(order.task, order.scope, tools.facts)
    seen.rendered = bound.arguments(order.overrides)
    seen.used = bound.used
    result = cached(order, seen.rendered) if order.task.cache else None
    if result is None:
        seen.begun = True
        result = call(order, seen.rendered, tools.steps)
        if order.task.cache:
            remember(order, seen.rendered, result)
    forms = {name: value.form for name, value in result.outputs.items()}
    return Outcome(
        State.SUCCESS, tools.clock.now(), forms, forms, outputs_digest(result.outputs), seen.used, as_shown(seen.rendered),
        artifacts_of(order, result), metadata=metadata_of(result),
    )  # fmt: skip


def _carried_out(order: Attempted, properties: TaskType, context: Context) -> JsonMap:
    """Run a task, or what stands before or after the tasks of a group; give the outputs."""
    if order.phase == "begin":
        properties.begin(context)
        return {}
    result = properties.end(context) if order.phase else properties.run(context)
    return _as_outputs(order.task.type, properties, result)


def runs_at_all(task: Task, scope: ExpressionScope) -> bool:
    """Whether `runIf` lets a task run."""
    return task.run_if is None or holds(render_value(task.run_if, scope))


def stopped(order: Attempted) -> Outcome:
    """Give the outcome of an attempt that was told to stop before its body began, or while it waited: it used nothing."""
    return _ended(order, State.KILLED, used={}, properties={}, error=_why_stopped(order))


def _why_stopped(order: Attempted) -> JsonMap | None:
    why = order.stopping.why
    return None if why is None or order.phase else {**why, "address": order.address}


def _variables(order: Attempted) -> TaskVariables:
    taskrun = {
        "id": order.task_run,
        "startDate": datetime.fromtimestamp(order.started, UTC),
        "attemptsCount": order.attempt,
        **({} if order.parent is None else {"parentId": order.parent}),
    }
    own = {} if order.task.function is not None else load(order.task.type).stand_ins
    return variables(order.tools.facts, order.scope, order.task, taskrun=taskrun, own=own)


def _context(order: Attempted, found: TaskVariables, rendered: JsonMap, used: dict[str, str]) -> Context:
    tools = order.tools
    scope = expression_scope(tools.facts, found, used)
    item = own_item(tools.facts.nodes, order.scope)
    return Context(
        run=tools.facts.run,
        address=order.address,
        item=None if item is None else item_key(item.value),
        attempt=order.attempt,
        key=lambda: found.key(rendered),
        variables=found["vars"],
        evaluate=lambda text, own: parse(text).evaluate(replace(scope, variables=ChainMap(dict(own), found))),
        log=order.log,
        artifacts=tools.artifacts,
        entries=tools.entries,
        namespace_files=RunFiles(tools.files, tools.artifacts, tools.facts.run.namespace, used),
        runs=tools.runs,
        removal=tools.removal,
        clock=tools.clock,
        ids=tools.ids,
        stop=order.timeout or order.stopping,
        packages=tools.packages,
        folder=order.folder,
        caller=order.calling,
    )


def validate(task_type: type[TaskType], rendered: JsonMap) -> TaskType:
    """Make the model of a task's properties from rendered values.

    Raises
    ------
    TaskFailed : a value is of a type that the property cannot take; the message names all of them.
    """
    try:
        return task_type.model_validate(rendered)
    except ValidationError as error:
        problems = [_problem(task_type, dict(item)) for item in error.errors(include_url=False)]
        raise TaskFailed(
            "; ".join(problems), code="bad-property", hint="see `dalsegno tasks` for its properties"
        ) from error


def _problem(task_type: type[TaskType], item: Mapping[str, Any]) -> str:
    name = ".".join(str(part) for part in cast("Sequence[Any]", item["loc"]))
    if item["type"] == "extra_forbidden":
        known = [field.alias or key for key, field in task_type.model_fields.items()]
        return f"there is no property `{name}`{did_you_mean(closest(name, known))}"
    if item["type"] == "missing":
        return f"the property `{name}` is missing"
    given = repr(item.get("input"))
    shown = given if len(given) <= 80 else f"{given[:80]}..."
    return f"the property `{name}` cannot be {shown}: {str(item['msg']).removeprefix('Value error, ')}"


def _as_outputs(name: str, task: TaskType, result: Any) -> JsonMap:
    """Give a result as plain data: what reads it now finds what a later reader will."""
    declared = task.Output
    try:
        if isinstance(declared, type) and issubclass(declared, BaseModel) and not isinstance(result, declared):
            result = declared.model_validate(result)
        if isinstance(result, BaseModel):
            return result.model_dump(mode="json", by_alias=True)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        where = "".join(f"`{part}`: " for part in found["loc"][:1])
        raise _bad_output(name, result, f"{where}{found['msg']}") from error
    except PydanticSerializationError as error:
        raise _bad_output(name, result, str(error)) from error
    if result is None:
        return {}
    if isinstance(result, Mapping):
        return as_stored(cast("JsonMap", result))
    raise _bad_output(name, result, "a map of outputs was expected")


def _bad_output(name: str, result: Any, why: str) -> TaskFailed:
    message = f"the task type `{name}` gave a {type(result).__name__} that cannot be its outputs: {why}"
    return TaskFailed(message, hint="this is a fault of the task type, not of your flow", code="bad-output")


def _done(
    order: Attempted, context: Context, plain: JsonMap, *, used: Mapping[str, str], properties: JsonMap
) -> Outcome:
    """Give the outcome of work that was done, with what it asked of the run."""
    if context.exit is not None and not context.exit.has_result:
        error = exit_error(order.address) if context.exit is State.FAILED else None
        return replace(_ended(order, context.exit, used=used, properties=properties, error=error), ends_run=True)
    kept = order.tools.values.keep(plain, run=order.tools.facts.run.id, task_run=order.task_run)
    state = context.exit or (State.WARNING if context.warned else State.SUCCESS)
    outcome = _with_result(order, state, kept, plain, used=used, properties=properties)
    return replace(outcome, labels=context.labels, ends_run=context.exit is not None)


def _with_result(
    order: Attempted, state: State, kept: Kept, plain: JsonMap, *, used: Mapping[str, str], properties: JsonMap
) -> Outcome:
    at = order.tools.clock.now()
    return Outcome(state, at, kept.outputs, plain, kept.digest, used, as_shown(properties), kept.artifacts)


def _ended(
    order: Attempted, state: State, *, used: Mapping[str, str], properties: JsonMap, error: JsonMap | None = None
) -> Outcome:
    return Outcome(state, order.tools.clock.now(), {}, {}, None, used, as_shown(properties), (), error)


def _failed(order: Attempted, error: DalSegnoError, *, used: Mapping[str, str], properties: JsonMap) -> Outcome:
    order.log.error(error.message)
    shown = {**error.as_json(), "address": order.address}
    return _ended(order, State.FAILED, used=used, properties=properties, error=shown)


def _timed_out(seconds: float) -> TaskFailed:
    hint = "give it more time with `timeout`, or find out what it waits for in its log"
    return TaskFailed(f"the attempt took longer than its timeout of {seconds:g} s", hint=hint, code="timeout")


def _unexpected(order: Attempted, error: BaseException) -> TaskFailed:
    text = "".join(traceback.format_exception(error))
    return TaskFailed(
        f"the task type `{order.task.type}` broke: {type(error).__name__}: {error}",
        code="task-type-broke",
        hint="this is a fault of the task type, not of your flow; the traceback is in the details",
        details={"traceback": text},
    )
