"""Values that a caller gives in place of what a run would make: for inputs of steps, and as results of steps."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from dalsegno.artifacts.materializers import decode, encode
from dalsegno.client.pipeline_runs import Output, PipelineRun, StepRun
from dalsegno.engine.invocations import SAVED
from dalsegno.errors import NotFound, Refusal, TaskFailed, closest, did_you_mean
from dalsegno.model.address import parse
from dalsegno.model.binding import bound
from dalsegno.model.flow import Flow, Kind
from dalsegno.model.graph import index
from dalsegno.replay.request import ORIGIN
from dalsegno.settings import allow_pickle

if TYPE_CHECKING:
    from dalsegno.artifacts.port import ArtifactStore
    from dalsegno.client.client import Client

#: stands for the key of an item in messages
_ITEM = "key"
_NUMBERED = re.compile(r"(?P<name>.+)_[0-9]+\Z")


def form_of(client: Client, value: Any, what: str, store: ArtifactStore | None = None) -> Any:
    """Give the stored form of a value; a `UUID` or an `Output` names one that is stored already.

    Parameters
    ----------
    store : where the value is kept; by default where all values are.
    """
    if isinstance(value, Output):
        return value.form
    if isinstance(value, UUID):
        step_run = client.task_run_by_id(str(value))
        if step_run is not None and len(step_run.outputs) == 1:
            return next(iter(step_run.outputs.values()))
        artifact = client.get_artifact(str(value))
        task_run = client.task_run_by_id(artifact.task_run) if artifact.task_run is not None else None
        held = {} if task_run is None else {**task_run.metadata.get(SAVED, {}), **task_run.outputs}
        if artifact.output is None or artifact.output not in held:
            raise NotFound(f"{what}: the artifact {value} is no output of a step", code="unknown-artifact")
        return held[artifact.output]
    try:
        return encode(value, store or client.values, allow_unsafe=allow_pickle()).form
    except TaskFailed as error:
        _, cannot, why = error.message.partition("cannot be stored")
        message = f"{what} {cannot}{why}" if cannot else f"{what}: {error.message}"
        raise Refusal(f"{message}; {error.hint}" if error.hint else message, code=error.code) from error


def loaded(client: Client, value: Any) -> Any:
    """Give a value itself where a `UUID` or an `Output` names it."""
    if not isinstance(value, UUID | Output):
        return value
    return decode(form_of(client, value, "the value"), client.values, allow_unsafe=allow_pickle())


def task_inputs(
    client: Client, given: Mapping[str, Mapping[str, Any]], store: ArtifactStore | None = None
) -> dict[str, dict[str, Any]]:
    """Give overrides of steps' inputs as a request holds them."""
    return {
        step: {
            name: bound("value", form_of(client, value, f"`{name}` of `{step}`", store))
            for name, value in values.items()
        }
        for step, values in given.items()
    }


def inner_names(flow: Flow) -> Callable[[str], str]:
    """Give what an override of a mapped step names: the step in it, of all items (`train`) or of one (`train[paris]`)."""
    loops = {task.id: task.tasks[0].id for task in flow.walk() if task.kind is Kind.LOOP and task.tasks}

    def inner(name: str) -> str:
        if name in loops:
            return loops[name]
        loop = name.partition("[")[0]
        return f"{name}.{loops[loop]}" if loop in loops and name.endswith("]") else name

    return inner


Overrides = Mapping[str, Mapping[str, Any]]


def with_defaults(own: Overrides, defaults: Overrides, flow: Flow) -> dict[str, dict[str, Any]]:
    """Spread the defaults of a step over all its invocations; one that has a value of its own keeps it.

    Parameters
    ----------
    own : invocation id -> parameter -> value.
    defaults : name of a step -> parameter -> value.
    """
    given = {name: dict(values) for name, values in own.items()}
    for step, values in defaults.items():
        found = [task.id for task in flow.walk() if task.kind is not Kind.LOOP and is_of(task.id, task.function, step)]
        if not found:
            every = dict.fromkeys(_step_name(task.function) for task in flow.walk() if task.function)
            near = closest(step, every)
            raise Refusal(f"there is no step `{step}`{did_you_mean(near)}", code="unknown-task", closest=near)
        for invocation in found:
            given[invocation] = {**values, **given.get(invocation, {})}
    return given


def is_of(invocation: str, function: str | None, step: str) -> bool:
    """Whether an invocation is one of a step, by its own name, its function's, or its name without the number."""
    numbered = _NUMBERED.match(invocation)
    return step in (invocation, _step_name(function), numbered["name"] if numbered else None)


def _step_name(function: str | None) -> str:
    return (function or "").rpartition(":")[2].rpartition(".")[2]


def pins(client: Client, flow: Flow, given: Mapping[str, Any], store: ArtifactStore | None = None) -> dict[str, Any]:
    """Give results of steps as a request holds them: a run of the step, a value, or a map of its outputs."""
    nodes = index(flow) if given else {}
    found: dict[str, Any] = {}
    for selector, value in given.items():
        if value is ORIGIN:
            found[selector] = value
            continue
        try:
            parsed = parse(selector)
        except ValueError:
            parsed = None
        name = None if parsed is None else (parsed.task or parsed.items[-1][0])
        task = nodes[name].task if name is not None and name in nodes else None
        if task is not None and task.kind is Kind.LOOP:
            if not selector.endswith("]"):
                message = f"`{selector}` is mapped: give the result of an item, such as `{selector}[{_ITEM}]`"
                raise Refusal(f"{message}; or override what reads it with step_input_overrides", code="bad-pin")
            task = task.tasks[0]
            selector = f"{selector}.{task.id}"  # noqa: PLW2901 - what is meant is the step of the item
        names = (task.outputs or ()) if task is not None else ("output",)
        found[selector] = _pin(client, selector, value, names, store or client.values)
    return found


def _pin(client: Client, selector: str, value: Any, names: tuple[str, ...], store: ArtifactStore) -> dict[str, Any]:
    what = f"the result of `{selector}`"
    if isinstance(value, PipelineRun):
        value = _step_of(value, selector, what)
    if isinstance(value, StepRun):
        return {name: form_of(client, output, what, store) for name, output in value.outputs.items()}
    if len(names) == 1:
        return {names[0]: form_of(client, value, what, store)}
    if isinstance(value, tuple | list) and len(cast("tuple[Any, ...]", value)) == len(names):
        return {
            name: form_of(client, one, what, store)
            for name, one in zip(names, cast("tuple[Any, ...]", value), strict=True)
        }
    if isinstance(value, Mapping):
        return {str(name): form_of(client, one, what, store) for name, one in cast("Mapping[Any, Any]", value).items()}
    if not names:
        return {}
    raise Refusal(f"{what} has {len(names)} outputs: give a tuple, or a map of {', '.join(names)}", code="bad-pin")


def _step_of(run: PipelineRun, selector: str, what: str) -> StepRun:
    """Give the step of a run that is meant by giving the run: the one of this name, or its only one."""
    by_address = {step.address: step for step in run.steps.values()}
    if selector in by_address:
        return by_address[selector]
    if len(by_address) == 1:
        return next(iter(by_address.values()))
    near = closest(selector, run.steps)
    message = f"{what}: {run.name} has no step `{selector}`{did_you_mean(near)}; give a value, or one of its step runs"
    raise Refusal(message, code="bad-pin", closest=near)
