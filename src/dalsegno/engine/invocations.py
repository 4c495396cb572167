"""One attempt of a step in Python: what it gets, who runs it, and what is recorded of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from dalsegno.artifacts.materializers.forms import references
from dalsegno.engine.bindings import Bound
from dalsegno.engine.identity import idempotency_key
from dalsegno.errors import TaskFailed
from dalsegno.executors.steps import StepCall, StepDoors, StepFacts, StepResult, StepRunner, StepValue
from dalsegno.model.digest import digest
from dalsegno.model.forms import digest_of
from dalsegno.model.kv import ValueType
from dalsegno.model.run import Artifact
from dalsegno.replay.edges import Scope

if TYPE_CHECKING:
    from dalsegno.engine.variables import Facts
    from dalsegno.engine.worker import Attempted

JsonMap = Mapping[str, Any]

#: under this name a step's metadata holds what it saved beside its outputs
SAVED = "$artifacts"


def bound_of(order: Attempted) -> tuple[dict[str, Any], dict[str, str]]:
    """Give the forms of a step's arguments, and the digests of what they read."""
    bound = Bound(order.task, order.scope, order.tools.facts)
    return bound.arguments(order.overrides), bound.used


def used_by(task: Any, scope: Scope, facts: Facts) -> dict[str, str]:
    """Give the digests of the values that a step would read now."""
    bound = Bound(task, scope, facts)
    bound.arguments({})
    return bound.used


def call(order: Attempted, arguments: JsonMap, steps: StepRunner | None) -> StepResult:
    """Have a step run."""
    task = order.task
    if steps is None:
        message = f"the code of `{task.id}` is not there"
        raise TaskFailed(message, code="code-missing", hint="run the pipeline again from Python, or deploy it")
    facts = order.tools.facts
    run = facts.run
    told = StepFacts(
        run.id, run.name, run.namespace, run.flow, task.id, order.address, order.attempt,
        order.scope.keys[-1] if order.scope.keys else None, run.origin is not None,
        lambda: idempotency_key(run, order.address, arguments),
    )  # fmt: skip
    apart = task.apart or order.timeout is not None
    step = StepCall(task.function or "", arguments, task.outputs or (), told, apart, task.hooks, order.last)
    stop = order.timeout or order.tools.stop
    doors = StepDoors(_lines(order), order.tools.packages.note, lambda: _check(order, stop))
    return steps.call(step, doors)


#: where it is kept what steps gave that may be taken again
CACHE = "dalsegno.cache"
#: under this name a step's metadata holds the task run whose result it took
TAKEN = "$taken"


def cached(order: Attempted, arguments: JsonMap) -> StepResult | None:
    """Give what the step gave in an earlier run for the same code and the same values; `None` if that is not known or gone."""
    found = order.tools.entries.find(_cache_key(order, arguments), CACHE)
    if found is None or not isinstance(found.value, Mapping):
        return None
    kept = cast("Mapping[str, Any]", found.value)
    outputs = {name: StepValue(**value) for name, value in kept["outputs"].items()}
    if not all(order.tools.artifacts.exists(blob) for value in outputs.values() for blob in references(value.form)):
        return None
    text = f"taken from {kept['run']}, which ran the same code with the same values"
    order.log.info(text)
    return StepResult(outputs, {TAKEN: kept["task_run"]})


def remember(order: Attempted, arguments: JsonMap, result: StepResult) -> None:
    """Keep what a step gave for later runs."""
    outputs = {
        name: {"form": value.form, "digest": value.digest, "kind": value.kind, "summary": dict(value.summary)}
        for name, value in result.outputs.items()
    }
    kept = {"run": order.tools.facts.run.name, "task_run": order.task_run, "outputs": outputs}
    order.tools.entries.set(
        _cache_key(order, arguments), kept, namespace=CACHE, type=ValueType.JSON, writer=order.task_run
    )


def _cache_key(order: Attempted, arguments: JsonMap) -> str:
    task = order.task
    values = {name: digest_of(form) for name, form in arguments.items()}
    return digest("cache", [task.function, task.digests.get("code"), list(task.outputs or ()), values])


def _check(order: Attempted, stop: Any) -> None:
    if stop.wanted:
        from dalsegno.errors import Cancelled

        raise Cancelled(f"`{order.address}` was told to stop", address=order.address)


def _lines(order: Attempted) -> Any:
    log = order.log
    levels = {"DEBUG": log.debug, "INFO": log.info, "WARNING": log.warning, "ERROR": log.error}

    def take(stream: str, text: str) -> None:
        if stream in levels:
            levels[stream](text)
        else:
            log.stream("stderr" if stream == "stderr" else "stdout", text)

    return take


def outputs_digest(outputs: Mapping[str, StepValue]) -> str:
    """Give the digest of a step's result."""
    return digest("outputs", {name: value.digest for name, value in outputs.items()})


def metadata_of(result: StepResult) -> JsonMap:
    """Give what a step said of itself, and the forms of what it saved beside its outputs."""
    saved = {name: value.form for name, value in result.artifacts.items()}
    return {**result.metadata, SAVED: saved} if saved else result.metadata


def artifacts_of(order: Attempted, result: StepResult) -> tuple[Artifact, ...]:
    """Give the records of all that a step stored."""
    made: list[Artifact] = []
    # the one output of a step is named by the id of its task run, where it stands in the row and says all of itself
    alone = len(result.outputs) == 1
    for name, value in (*result.outputs.items(), *result.artifacts.items()):
        own = () if alone and name in result.outputs and value.kind == "json" else ((value.digest, 0, value.kind),)
        for blob, size, kind in value.blobs or own:
            record = order.tools.values.record(
                blob, size, kind, name=name, run=order.tools.facts.run.id, task_run=order.task_run, output=name,
                summary=value.summary,
            )  # fmt: skip
            made.append(record)
    return tuple(made)
