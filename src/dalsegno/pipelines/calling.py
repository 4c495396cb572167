"""Calls one step: makes values of its arguments, calls the user's function, and brings what it gives into stored form."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from dalsegno.artifacts.materializers import decode, encode
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import DalSegnoError, TaskFailed
from dalsegno.executors.capture import level_of
from dalsegno.executors.steps import TOLD_OF, StepCall, StepResult, StepValue
from dalsegno.executors.user_errors import describe
from dalsegno.pipelines.context import STEP_CONTEXT, StepContext
from dalsegno.pipelines.describing import about
from dalsegno.pipelines.returned import outputs_from

_AS_TEXT = logging.Formatter()


def call_step(
    call: StepCall,
    function: Callable[..., Any],
    store: ArtifactStore,
    *,
    on_log: Callable[[str, str], None],
    find: Callable[[str], Callable[..., Any]],
    allow_unsafe: bool = True,
) -> StepResult:
    """Call a step.

    Parameters
    ----------
    on_log : takes the level and the text of what the step writes to the log of its context.
    find : gives another function of the user's by its name, for hooks.

    Raises
    ------
    TaskFailed : the function raised (the exception is its cause), or a value cannot be loaded or stored.
    """
    arguments = {name: decode(form, store, allow_unsafe=allow_unsafe) for name, form in call.arguments.items()}
    told = _Told(store, call, allow_unsafe=allow_unsafe)
    token = STEP_CONTEXT.set(_context(call, told, on_log))
    try:
        result = function(**arguments)
        if inspect.iscoroutine(result):
            import asyncio

            result = asyncio.run(cast("Any", result))
    except DalSegnoError as error:
        _after(call, "failure", error, find, on_log)
        raise describe(_from_the_user(error), f"`{call.facts.step}`") from error
    except (Exception, SystemExit) as error:
        _after(call, "failure", error, find, on_log)
        raise describe(_from_the_user(error), f"`{call.facts.step}`", code="step-failed") from error
    finally:
        STEP_CONTEXT.reset(token)
    outputs = outputs_from(function, call.outputs, result, call.facts.step)
    kept = {
        name: keep(value, store, name, call.facts.step, allow_unsafe=allow_unsafe) for name, value in outputs.items()
    }
    _after(call, "success", None, find, on_log)
    return StepResult(kept, told.metadata, told.artifacts)


def _after(
    call: StepCall,
    what: str,
    error: BaseException | None,
    find: Callable[[str], Callable[..., Any]],
    on_log: Callable[[str, str], None],
) -> None:
    """Call the hook of a step that has ended, if it has one. What a hook does wrong is told in the log, and changes nothing."""
    name = call.hooks.get(what)
    if name is None or (error is not None and not call.last):
        return
    try:
        run_hook(find(name), error)
    except Exception as wrong:  # noqa: BLE001 - a hook may raise anything
        on_log("WARNING", f"the hook `{name}` raised {type(wrong).__name__}: {wrong}")


def run_hook(hook: Callable[..., Any], error: BaseException | None) -> None:
    """Call a hook: with the exception where it takes an argument and there is one."""
    takes = [
        one
        for one in inspect.signature(hook).parameters.values()
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.VAR_POSITIONAL)
    ]
    if takes and error is not None:
        hook(error)
    else:
        hook()


def keys_of(
    function: Callable[..., Any], items: Sequence[Any], store: ArtifactStore, *, allow_unsafe: bool
) -> list[Any]:
    """Have a function of the user's name items: it is called with the values of the mapped parameters, in order."""
    return [
        function(*(decode(form, store, allow_unsafe=allow_unsafe) for form in cast("Mapping[str, Any]", item).values()))
        for item in items
    ]


def keep(value: Any, store: ArtifactStore, name: str, step: str, *, allow_unsafe: bool = True) -> StepValue:
    """Bring one value into its stored form."""
    try:
        found = encode(value, store, allow_unsafe=allow_unsafe, name=name)
    except TaskFailed as error:
        message = f"`{step}`: {error.message}"
        raise TaskFailed(message, code=error.code, hint=error.hint, details=error.details) from error
    summary = {**found.summary, "unsafe": True} if found.unsafe else found.summary
    blobs = tuple((part.digest, part.size, part.kind) for part in found.blobs)
    return StepValue(found.form, found.digest, found.kind, blobs, summary)


def _from_the_user(error: Exception | SystemExit) -> Exception | SystemExit:
    """Leave our own frame out of the traceback: it begins in the user's function."""
    trace = error.__traceback__
    return error.with_traceback(trace.tb_next if trace is not None and trace.tb_next is not None else trace)


class _Told:
    """What a step says of itself while it runs."""

    def __init__(self, store: ArtifactStore, call: StepCall, *, allow_unsafe: bool) -> None:
        self._store = store
        self._step = call.facts.step
        self._outputs = call.outputs
        self._allow_unsafe = allow_unsafe
        self.metadata: dict[str, Any] = {}
        self.artifacts: dict[str, StepValue] = {}

    def log_metadata(self, metadata: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Keep values with the step, or with what it makes."""
        artifact, values = about(metadata, named, self._outputs, self.artifacts)
        into = self.metadata
        if artifact is not None:
            into = self.metadata.setdefault(TOLD_OF, {}).setdefault(artifact, {})
        for name, value in values.items():
            form = encode(value, self._store, allow_unsafe=self._allow_unsafe, name=name).form
            into[str(name)] = form

    def metrics(self, name: str, value: float) -> None:
        """Keep a number with the step."""
        self.metadata[name] = float(value)

    def save(self, value: Any, name: str) -> None:
        """Keep a value beside the outputs."""
        self.artifacts[name] = keep(value, self._store, name, self._step, allow_unsafe=self._allow_unsafe)


def _context(call: StepCall, told: _Told, on_log: Callable[[str, str], None]) -> StepContext:
    facts = call.facts
    return StepContext(
        run_id=facts.run_id,
        run_name=facts.run_name,
        pipeline_name=facts.pipeline,
        step_name=facts.step,
        address=facts.address,
        attempt=facts.attempt,
        item=facts.item,
        is_replay=facts.is_replay,
        key=lambda: facts.idempotency_key,
        log=_Logger(on_log),
        log_metadata=told.log_metadata,
        metrics=told.metrics,
        save=told.save,
    )


class _Logger(logging.Logger):
    """A logger of one attempt: what it is told goes to the log of the step, without a handler, which takes long to make."""

    def __init__(self, on_log: Callable[[str, str], None]) -> None:
        super().__init__("dalsegno.step", logging.DEBUG)
        self._on_log = on_log

    def callHandlers(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is that of logging
        """Take a record that is not filtered out."""
        self._on_log(level_of(record.levelno), _AS_TEXT.format(record))
        if self.handlers:
            super().callHandlers(record)
