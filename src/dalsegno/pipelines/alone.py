"""Runs one step alone, with what it got in an earlier run: as a run of its own, of one step."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dalsegno.client.given import form_of
from dalsegno.code import collect, digest_of
from dalsegno.errors import Refusal, closest, did_you_mean
from dalsegno.model.binding import bound
from dalsegno.model.digest import digest
from dalsegno.model.flow import Flow, Task
from dalsegno.model.run import Run
from dalsegno.pipelines.recording import told_name
from dalsegno.pipelines.running import RunOptions, execute
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.coded import Coded

if TYPE_CHECKING:
    from dalsegno.client.client import Client


def run_alone(
    client: Client,
    step: Any,
    origin: Run,
    address: str,
    task: Task,
    overrides: Mapping[str, Any],
    *,
    debug: bool,
) -> Any:
    """Run a step, and give what calling it gives.

    Raises
    ------
    RunFailed : it raised; the user's exception is the cause.
    """
    parameters = step.__signature__.parameters
    for name in overrides:
        if name not in parameters:
            near = closest(name, parameters)
            hint = did_you_mean(near) or f"; it has {', '.join(f'`{one}`' for one in parameters) or 'none'}"
            raise Refusal(f"`{step.name}` has no input `{name}`{hint}", code="unknown-property", closest=near)
    code = digest_of(step.function).digest
    if task.digests.get("code") not in (None, code):
        message = f"`{step.name}` is not the code that ran in {origin.name}: this runs what is here now"
        warnings.warn(message, stacklevel=4)
    forms = {name: form for name, form in client.step_arguments(origin.id, address).items() if name in parameters}
    forms |= {name: form_of(client, value, f"`{name}` of `{step.name}`") for name, value in overrides.items()}
    lacking = [name for name, one in parameters.items() if name not in forms and one.default is one.empty]
    if lacking:
        names = ", ".join(f"`{name}`" for name in lacking)
        message = (
            f"`{step.name}` has inputs now that {origin.name} did not give: {names}; give them with input_overrides"
        )
        raise Refusal(message, code="missing-input")
    flow, function = _flow(step, task, forms, code, origin)
    bundle = collect(step)
    source = json.dumps({"kind": "python", "bundle": bundle.to_json()}, ensure_ascii=False)
    made = Coded(flow, code, source, bundle.files())
    reason = f"`{address}` of {origin.name} alone"
    created = client.start_run(flow.id, ReplayRequest(reason=reason, debug=debug), coded=made)
    ended = execute(client, step, created, {function: step.__dalsegno_function__}, RunOptions(debug=debug))
    outputs = ended.steps[step.name].outputs
    values = tuple(outputs[name].load() for name in flow.tasks[0].outputs or ())
    return values if len(values) > 1 else (values[0] if values else None)


def _flow(step: Any, task: Task, forms: Mapping[str, Any], code: str, origin: Run) -> tuple[Flow, str]:
    name = told_name(step.function)
    properties = {key: bound("value", form) for key, form in forms.items()}
    digests = {"type": digest("property", task.type), "code": code}
    digests |= {key: digest("property", value) for key, value in properties.items()}
    alone = Task(
        id=step.name,
        type="python.Invocation",
        function=name,
        properties=properties,
        digests=digests,
        definition=digest("definition", digests),
        raw=tuple(properties),
        outputs=step.signature.outputs,
    )
    return Flow(origin.namespace, step.name, (alone,), depends={step.name: ()}), name
