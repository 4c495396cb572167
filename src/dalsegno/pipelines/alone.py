"""Runs one step alone, with what it got in an earlier run: a replay of that run in which only this step runs."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dalsegno.artifacts.materializers.forms import references
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.artifacts.weighed import Weighed
from dalsegno.client.asked import check_asked
from dalsegno.client.given import form_of
from dalsegno.client.pipeline_runs import Output
from dalsegno.client.spelling import refusing_in_python
from dalsegno.code import digest_of
from dalsegno.errors import Refusal, RequestRefused, closest, did_you_mean
from dalsegno.model.binding import bound
from dalsegno.model.state import State
from dalsegno.pipelines.importing import refuse_while_importing
from dalsegno.pipelines.invoked import Invoked, Which, find_invoked
from dalsegno.pipelines.places import users_frame
from dalsegno.pipelines.present import Known, Present, ended_tasks, present, unreadable
from dalsegno.pipelines.running import RunOptions, execute
from dalsegno.pipelines.session import session
from dalsegno.replay.request import ReplayRequest

if TYPE_CHECKING:
    from dalsegno.client.client import Client


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
    kept = client.step_arguments(found.run.id, found.address) if found.task_run is not None else {}
    own, gone = step.signature.defaults, _gone(client, kept)
    # what the call left to its default is what it was then
    _refuse_lacking(step, found, {*kept, *given})
    _refuse_gone(step, found, [name for name in gone if name in own and name not in given])
    _warn_of_other_code(step, found)
    weighed = Weighed(client.values)
    asked, now = _drawn(client, step, found, options, _Arguments(given, gone, weighed))
    with refusing_in_python():
        if weighed.lacks:
            # nothing is stored of what is refused
            plan = client.plan_replay(asked, coded=now.coded)
            if plan.refusals:
                raise RequestRefused(plan.refusals)
            asked, now = _drawn(client, step, found, options, _Arguments(given, gone, client.values))
        created = client.start_replay(asked, coded=now.coded)
    told = RunOptions(debug=options.debug, post_mortem=options.post_mortem)
    ended = execute(client, step, created, now.functions, told, again=f', invocation_id="{found.name}"')
    outputs = ended.steps[found.name].outputs
    values = tuple(outputs[name].load() for name in step.signature.outputs)
    return values if step.signature.returns_tuple else (values[0] if values else None)


@dataclass(frozen=True, slots=True)
class _Arguments:
    """What a step gets that is run alone: what is given, what of that of then is gone, and where values are kept."""

    given: Mapping[str, Any]
    gone: Collection[str]
    store: ArtifactStore


def _drawn(
    client: Client, step: Any, found: Invoked, options: AloneOptions, arguments: _Arguments
) -> tuple[ReplayRequest, Present]:
    """Draw up the request, and the graph and the code that it is for."""
    forms = {
        name: form_of(client, value, f"`{name}` of `{step.name}`", arguments.store)
        for name, value in arguments.given.items()
    }
    lost = unreadable(found.task, ended_tasks(client.task_runs(found.run.id)), arguments.gone)
    known = Known(forms, lost & forms.keys() if found.task_run is not None else lost)
    skipped = found.task_run is not None and found.task_run.state is State.SKIPPED
    now = present(step, client.revision_of(found.run.id), found.task, known, arguments.store, skipped=skipped)
    request = ReplayRequest(
        origin=found.run.id,
        revision="local",
        only=(found.address,),
        task_inputs={found.address: {name: bound("value", form) for name, form in forms.items()}} if forms else {},
        reason=options.reason or f"`{found.name}` of {found.run.name} alone",
        labels=options.labels,
        debug=options.debug,
    )
    return request, now


def _warn_of_other_code(step: Any, found: Invoked) -> None:
    if found.task.digests.get("code") not in (None, digest_of(step.function).digest):
        _warn(f"`{step.name}` is not the code that ran in {found.run.name}: this runs what is here now")


def _gone(client: Client, forms: Mapping[str, Any]) -> list[str]:
    """Name the arguments whose content is gone from the artifact store."""
    return [name for name, form in forms.items() if not all(client.values.exists(blob) for blob in references(form))]


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


def _refuse_gone(step: Any, found: Invoked, gone: Sequence[str]) -> None:
    for name in gone:
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
