"""What a role may give to a run: overrides and pins, and which of them are code.

A route says who may ask for a replay; here it is looked at what is asked, for every door that knows who asks. In this process
nobody is asked for a role.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn, cast

from dalsegno.artifacts.materializers.unsafe import unsafe_forms
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import NotAllowed, NotFound, Refusal
from dalsegno.model.access import Role
from dalsegno.model.flow import Task
from dalsegno.model.forms import content_of, digest_of
from dalsegno.replay.request import Expression, ReplayRequest, request_from_json
from dalsegno.replay.resolve import Resolved, keeps_origin
from dalsegno.replay.select import Nodes
from dalsegno.service.acting import actor
from dalsegno.service.coded import Coded
from dalsegno.store.port import Store
from dalsegno.tasks.registry import load


def need(role: Role, what: str) -> None:
    """Refuse unless who asks has a role.

    Parameters
    ----------
    what : what needs it, as a sentence begins.
    """
    who = actor()
    if who is not None and not who.role.covers(role):
        _refuse(role, what, who.role)


def _refuse(role: Role, what: str, has: Role) -> NoReturn:
    raise NotAllowed(f"{what} needs the role {role}, and you are {has}: ask an admin, or somebody who is {role}")


def permit_given(
    resolved: Resolved, nodes: Nodes, store: Store, artifacts: ArtifactStore, *, debug: bool = False
) -> None:
    """Refuse overrides and pins of a request that who asks may not give.

    Parameters
    ----------
    debug : whether the run is executed by who asks, and not by the server.
    """
    who = actor()
    if who is None:
        return
    for target, values in resolved.task_inputs.given:
        need(Role.OPERATOR, f"an override of `{target.text}`")
        for name, value in values.items():
            _permit_override(f"{target.text}.{name}", name, value, nodes[target.task].task)
    for target, outputs in resolved.pins.given:
        if not keeps_origin(outputs):
            need(Role.OPERATOR, f"a pin of `{target.text}`")
    if debug and who.role.covers(Role.EDITOR):
        return
    given = (
        *resolved.task_inputs.given,
        *resolved.pins.given,
        *resolved.carried_inputs.given,
        *resolved.carried_pins.given,
    )
    for target, values in given:
        refuse_unsafe(target.text, values, store, artifacts, strict=False)


def permit_asked(
    request: ReplayRequest,
    store: Store,
    artifacts: ArtifactStore,
    *,
    text: str | None = None,
    code: Coded | None = None,
) -> None:
    """Refuse a request that who asks may not make, before anything is worked out from it.

    Parameters
    ----------
    text, code : what would be saved as a revision with it.
    """
    who = actor()
    if who is None:
        return
    if text is not None or code is not None:
        need(Role.EDITOR, "a run with a flow or code of its own, which is saved with it,")
    if not (request.debug and who.role.covers(Role.EDITOR)):
        refuse_unsafe("the inputs", request.inputs, store, artifacts, strict=False)


def _permit_override(place: str, name: str, value: Any, task: Task) -> None:
    text = value.text if isinstance(value, Expression) else value
    if any("{{" in each or "{%" in each for each in _texts(text)):
        need(Role.EDITOR, f"an override with an expression in it (`{place}`)")
    if task.function is None and name in load(task.type).code:
        need(Role.EDITOR, f"an override of `{place}`, which is code,")


def refuse_unsafe(place: str, values: Any, store: Store, artifacts: ArtifactStore, *, strict: bool = True) -> None:
    """Refuse values that are kept by pickle, unless they are of a task of this store: loading one executes what is in it.

    Parameters
    ----------
    strict : whether what is stored apart must be there to be looked into; for a plan it need not be.
    """
    try:
        found = unsafe_forms(_forms(values), artifacts, strict=strict)
        unsafe = [form for form in found if not _made_here(form, store)]
    except NotFound as error:
        raise Refusal(f"what is given for `{place}` is not stored here: {error.message}", code=error.code) from error
    if unsafe:
        kind = str(unsafe[0].get("$type"))[:60]
        message = f"what is given for `{place}` is kept by `{kind}`: a server takes no value of which the loading executes code"
        raise NotAllowed(
            f"{message}. Give plain values, name a stored artifact, or replay with `debug` in your own process",
            code="unsafe-override",
        )


def permit_creation(request: ReplayRequest, store: Store, artifacts: ArtifactStore, *, queue: bool) -> None:
    """Refuse to make a run that was given values which a server does not load, unless an editor executes it himself.

    Parameters
    ----------
    queue : whether the server executes it.
    """
    who = actor()
    if who is not None and not (request.debug and not queue and who.role.covers(Role.EDITOR)):
        permit_execution(request.as_json(), store, artifacts)


def permit_execution(request: Mapping[str, Any], store: Store, artifacts: ArtifactStore) -> None:
    """Refuse to have the server execute a run that was given values which a server does not load."""
    if actor() is None:
        return
    asked = request_from_json(request)
    refuse_unsafe("the inputs", asked.inputs, store, artifacts)
    for given in (asked.task_inputs, asked.outputs, asked.carried.task_inputs, asked.carried.outputs):
        for name, values in given.items():
            refuse_unsafe(name, values, store, artifacts)


def _forms(values: Any) -> Any:
    """Leave out what is no value: expressions, and the mark of the origin's result."""
    if isinstance(values, Mapping):
        return {name: _forms(value) for name, value in cast("Mapping[str, Any]", values).items()}
    if isinstance(values, list | tuple):
        return [_forms(value) for value in cast("Sequence[Any]", values)]
    return values if isinstance(values, str | int | float | bool) else None


def _made_here(form: Mapping[str, Any], store: Store) -> bool:
    """Whether a task has given a value of this content, kept in the same way."""
    content = content_of(form) or {}
    digests = {form.get("digest"), content.get("digest"), digest_of(form)}
    found = (each for digest in digests if isinstance(digest, str) for each in store.artifacts.find(digest))
    return any(each.digest in digests and each.task_run is not None and each.summary.get("unsafe") for each in found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in cast("Mapping[Any, Any]", value).items():
            yield from _texts(name)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("Sequence[Any]", value):
            yield from _texts(inner)
