"""How arguments of a call become bindings of parameters, and what is digested of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from dalsegno.artifacts.materializers import encode
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import PipelineInvalid, TaskFailed
from dalsegno.pipelines.outputs import INSIDE, Invocation, StepOutput, binding_of, holds_outputs, invocation_of
from dalsegno.pipelines.places import invalid

Binding = dict[str, Any]


@dataclass(slots=True)
class Binder:
    """Makes bindings, and notes which calls they lead to.

    Parameters
    ----------
    owner : what recorded the calls that may be led to.
    what : what is called, for messages, such as "the step `train`".
    before : the ids of the tasks of the flow that were led to.
    """

    owner: object
    store: ArtifactStore
    allow_unsafe: bool
    what: str = ""
    before: dict[str, None] = field(default_factory=dict[str, None])

    def value(self, value: Any, name: str) -> Binding:
        """Bind to a value that is there.

        Parameters
        ----------
        name : the parameter, for messages.

        Raises
        ------
        PipelineInvalid : it cannot be stored.
        """
        try:
            return {"value": encode(value, self.store, allow_unsafe=self.allow_unsafe).form}
        except TaskFailed as error:
            raise self._not_stored(error, name) from error

    def _not_stored(self, error: TaskFailed, name: str) -> PipelineInvalid:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, PipelineInvalid) and cause.code == INSIDE:
                return invalid(f"{self.what}: in `{name}`, {cause.message}", code=INSIDE)
            cause = cause.__cause__ or cause.__context__
        why = error.message.removeprefix("the value cannot be stored: ")
        # the hint is meant for who returns the value
        hint = (error.hint or "").replace("return ", "pass ")
        return invalid(f"{self.what}: the value of `{name}` cannot be stored: {why}; {hint}", code=error.code)

    def binding(self, value: Any, name: str) -> Binding:
        """Bind to whatever was given: a value, an output, or a list, tuple or dict with outputs inside."""
        kind = type(value)
        if kind is StepOutput:
            return self.output(value, name)
        if kind is Invocation:
            message = f"{self.what}: `{name}` was given the result of {value.told}, which returns nothing"
            raise invalid(f"{message}; to run after it, use `after=`", code="no-output")
        if not holds_outputs(value):
            return self.value(value, name)
        if kind is dict:
            items = cast("dict[Any, Any]", value).items()
            return {"dict": [[self.value(key, name)["value"], self.binding(item, name)] for key, item in items]}
        return {kind.__name__: [self.binding(item, name) for item in value]}

    def output(self, output: StepOutput, name: str) -> Binding:
        """Bind to an output."""
        invocation = invocation_of(output)
        if invocation.recorder is not self.owner:
            message = f"{self.what}: `{name}` was given an output of another call of a pipeline"
            raise invalid(f"{message}; call the step that makes it in this one", code="foreign-output")
        self.before[invocation.id] = None
        return binding_of(output)
