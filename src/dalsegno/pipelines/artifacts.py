"""Values beside the outputs of steps: saved by a step, loaded by their id, given to a step from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dalsegno.errors import Refusal
from dalsegno.pipelines.context import get_step_context

#: stands for no value, where `None` is one
_NOTHING: Any = object()


@dataclass(frozen=True, slots=True)
class ExternalArtifact:
    """A value for a step that no step of this pipeline makes.

    Parameters
    ----------
    value : the value itself.
    id : the id of an artifact of an earlier run, in its place: it is not stored again.
    """

    value: Any = _NOTHING
    id: Any = None

    def __post_init__(self) -> None:
        if (self.value is _NOTHING) == (self.id is None):
            raise Refusal("an ExternalArtifact needs a value, or the id of an artifact; not both", code="bad-artifact")

    def form(self) -> Any:
        """Give the stored form, where the artifact is named by its id."""
        from uuid import UUID

        from dalsegno.client.given import form_of
        from dalsegno.pipelines.session import session

        return form_of(session(), UUID(str(self.id)), "the artifact")


def log_metadata(metadata: Mapping[str, Any] | None = None, **named: Any) -> None:
    """Keep values with the step that runs here: `log_metadata(rows=3)`; or with what it makes.

    Parameters
    ----------
    metadata : the values; then `artifact_name="model"` keeps them with that output or saved value of the step, and
        `infer_artifact=True` with its one output.
    named : values, by name.

    Raises
    ------
    DalSegnoError : no step runs here.
    Refusal : the step makes nothing of that name, or ZenML's `model_name`, `step_name` and such mean something else.
    """
    get_step_context().log_metadata(metadata, **named)


def save_artifact(value: Any, name: str) -> None:
    """Keep a value beside the outputs of the step that runs here. Raises `DalSegnoError` outside of a step."""
    get_step_context().save(value, name)


def load_artifact(id: Any) -> Any:
    """Give the value of an artifact: an output of a step, or what a step saved.

    Parameters
    ----------
    id : its id, as `Output.id` and `StepRun.artifacts` tell it.

    Raises
    ------
    NotFound : there is none.
    """
    from uuid import UUID

    from dalsegno.client.given import loaded
    from dalsegno.pipelines.session import session

    return loaded(session(), UUID(str(id)))
