"""Runs one step alone, with what it got in an earlier run: as a run of its own, of one step."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dalsegno.artifacts.materializers.forms import references
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.artifacts.weighed import Weighed
from dalsegno.client.asked import check_asked
from dalsegno.client.given import form_of
from dalsegno.client.pipeline_runs import Output
from dalsegno.code import collect, digest_of
from dalsegno.errors import Refusal, closest, did_you_mean
from dalsegno.model.binding import bound
from dalsegno.model.digest import digest
from dalsegno.model.flow import Flow, Task
from dalsegno.pipelines.importing import refuse_while_importing
from dalsegno.pipelines.invoked import Invoked, Which, find_invoked
from dalsegno.pipelines.places import users_frame
from dalsegno.pipelines.recording import told_name
from dalsegno.pipelines.running import RunOptions, execute
from dalsegno.pipelines.session import session
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.coded import Coded

if TYPE_CHECKING:
    from dalsegno.client.client import Client

#: the labels by which the runs of steps alone tell what they replay
REPLAYED_RUN = "system.replayed-run"
REPLAYED_STEP = "system.replayed-step"


@dataclass(frozen=True, slots=True)
class AloneOptions:
    """What is asked of a replay of a step, beside which run of it."""

    input_overrides: Mapping[str, Any] = field(default_factory=dict[str, Any])
    debug: bool = False
    post_mortem: bool = False
    reason: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


def replay_alone(step: Any, request: Mapping[str, Any]) -> Any:
    """Run a step alone, as it is here, with what it got in an earlier run, and give what calling it gives.

    Parameters
    ----------
    request : names as in `Which` and `AloneOptions`.

    Raises
    ------
    Refusal : the request is wrong; nothing was written.
    RunFailed : it raised; the user's exception is the cause.
    """
    which, options = ({item.name for item in fields(of)} for of in (Which, AloneOptions))
    check_asked(
        request, [*(item.name for item in fields(Which)), *sorted(options)], f"`{step.name}.replay`", "argument"
    )
    refuse_while_importing(step)
    client = session()
    found = find_invoked(client, step, Which(**{name: value for name, value in request.items() if name in which}))
    return _run(client, step, found, AloneOptions(**{name: request[name] for name in options & request.keys()}))


def _run(client: Client, step: Any, found: Invoked, options: AloneOptions) -> Any:
    given = _converted(step, options.input_overrides)
    code = digest_of(step.function).digest
    kept = client.step_arguments(found.run.id, found.address) if found.task_run is not None else {}
    forms = {name: form for name, form in kept.items() if name in step.signature.defaults and name not in given}
    _refuse_lacking(step, found, {*forms, *given})
    _refuse_gone(client, step, found, forms)
    if found.task.digests.get("code") not in (None, code):
        _warn(f"`{step.name}` is not the code that ran in {found.run.name}: this runs what is here now")
    forms |= _forms(client, step, given)
    flow, function = _flow(step, found, forms, code)
    bundle = collect(step)
    source = json.dumps({"kind": "python-step", "bundle": bundle.to_json()}, ensure_ascii=False)
    labels = {**options.labels, REPLAYED_RUN: found.run.id}
    labels |= {REPLAYED_STEP: found.task_run.id} if found.task_run is not None else {}
    asked = ReplayRequest(
        reason=options.reason or f"`{found.name}` of {found.run.name} alone", labels=labels, debug=options.debug
    )
    created = client.start_run(flow.id, asked, coded=Coded(flow, code, source, bundle.files()))
    told = RunOptions(debug=options.debug, post_mortem=options.post_mortem)
    ended = execute(client, step, created, {function: step.function}, told)
    outputs = ended.steps[step.name].outputs
    values = tuple(outputs[name].load() for name in step.signature.outputs)
    return values if step.signature.returns_tuple else (values[0] if values else None)


def _converted(step: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the overrides as the types that the step's annotations name; what is stored already stays as it is."""
    known = step.signature.defaults
    for name in given:
        if name not in known:
            near = closest(name, known)
            hint = did_you_mean(near) or f"; it has {', '.join(f'`{one}`' for one in known) or 'none'}"
            raise Refusal(f"`{step.name}` has no input `{name}`{hint}", code="unknown-property", closest=near)
    return {
        name: value if isinstance(value, UUID | Output) else step.signature.convert(name, value)
        for name, value in given.items()
    }


def _forms(client: Client, step: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the stored forms of overrides; all of them can be stored, or nothing is."""

    def kept(store: ArtifactStore) -> dict[str, Any]:
        return {name: form_of(client, value, f"`{name}` of `{step.name}`", store) for name, value in given.items()}

    weighed = Weighed(client.values)
    forms = kept(weighed)
    return kept(client.values) if weighed.lacks else forms


def _refuse_lacking(step: Any, found: Invoked, names: set[str]) -> None:
    parameters = step.signature.python.parameters.items()
    lacking = [name for name, one in parameters if name not in names and one.default is one.empty]
    if not lacking:
        return
    listed = ", ".join(f"`{name}`" for name in lacking)
    why = (
        f"{found.run.name} did not give"
        if found.task_run is not None
        else f"it never got: it did not run in {found.run.name}"
    )
    raise Refusal(
        f"`{found.name}` needs inputs that {why}: {listed}; give them with input_overrides", code="missing-input"
    )


def _refuse_gone(client: Client, step: Any, found: Invoked, forms: Mapping[str, Any]) -> None:
    for name, form in forms.items():
        if not all(client.values.exists(blob) for blob in references(form)):
            raise Refusal(
                f"`{name}` of `{step.name}`, as {found.run.name} had it, is gone from the artifact store; "
                f"replay {found.run.name}, which makes it again, or give it with input_overrides",
                code="artifact-missing",
            )


def _warn(message: str) -> None:
    frame = users_frame()
    if frame is None:
        warnings.warn(message, stacklevel=2)
        return
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    warnings.warn_explicit(message, UserWarning, frame.f_code.co_filename, frame.f_lineno, registry=registry)


def _flow(step: Any, found: Invoked, forms: Mapping[str, Any], code: str) -> tuple[Flow, str]:
    name = told_name(step.function)
    properties = {key: bound("value", form) for key, form in forms.items()}
    digests = {"type": digest("property", found.task.type), "code": code}
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
    run = found.run
    # `-` stands in no name of a function, so that no pipeline is called so by chance; alone once more keeps its name
    last = run.flow if run.flow.endswith(f"-{step.name}") else f"{run.flow}-{step.name}"
    return Flow(run.namespace, last, (alone,), depends={step.name: ()}), name
