"""What a request may say, checked before anything is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

#: what a number of the store may be
LARGEST = 2**31 - 1


class Body(BaseModel):
    """A request's body: nothing is taken that is not known."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """Refuse texts that no store takes."""
        for text in _texts(value):
            if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
                raise ValueError("has a sign in it that no text can have: NUL, or half of a pair of surrogates")
        return value


def _texts(value: Any) -> Iterator[str]:
    """Give all texts in a value as JSON holds it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in cast("Mapping[Any, Any]", value).items():
            yield from _texts(name)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("Sequence[Any]", value):
            yield from _texts(inner)


def _value_or_expression(given: dict[str, Any]) -> dict[str, Any]:
    if set(given) not in ({"value"}, {"expr"}):
        raise ValueError('must be {"value": ...}, or {"expr": "{{ ... }}"} for a text that is to be rendered')
    if not isinstance(given.get("expr", ""), str):
        raise ValueError("`expr` must be a text")  # noqa: TRY004 - what pydantic takes for a fault of the request
    return given


_OVERRIDE = {
    "type": "object",
    "oneOf": [
        {"properties": {"value": {}}, "required": ["value"], "additionalProperties": False},
        {"properties": {"expr": {"type": "string"}}, "required": ["expr"], "additionalProperties": False},
    ],
}
Override = Annotated[dict[str, Any], AfterValidator(_value_or_expression), WithJsonSchema(_OVERRIDE)]


class FlowText(Body):
    """The text of a flow."""

    text: str = Field(description="The YAML text of the flow.")
    file: str | None = Field(default=None, description="A name for messages.")
    strict: bool = Field(default=False, description="Take warnings for errors.")


class FlowSaved(FlowText):
    """A flow that is to be saved."""

    expected_revision: int | None = Field(
        default=None,
        ge=0,
        le=LARGEST,
        description="The number that the latest revision must have, 0 for none; refused (409) if it is another.",
    )


class FlowRestored(Body):
    """An earlier revision that is to be the newest again."""

    revision: int | None = Field(
        default=None, ge=1, le=LARGEST, description="Which one; a deleted flow needs none, and comes back as it was."
    )


class Expression(Body):
    """A text with expressions that is to be rendered as a run sees it."""

    text: str = Field(description="Such as `{{ outputs.load.uri }}`; a single expression gives its value.")
    task: str | None = Field(default=None, description="The address of a task run, for what only a task sees.")


class EntryWanted(Body):
    """A value that is to be kept under a key."""

    value: Any = Field(description="Anything that JSON holds, but null.")
    type: str | None = Field(
        default=None,
        description="What a text is read as: STRING, NUMBER, BOOLEAN, DATETIME, DATE, DURATION or JSON. "
        "By default the value's own.",
    )
    ttl: float | None = Field(
        default=None, gt=0, le=1e9, allow_inf_nan=False, description="How long it stays, in seconds; by default always."
    )
    description: str | None = None
    overwrite: bool = Field(default=True, description="Replace the value that the key has.")


class PurgeWanted(Body):
    """What is to be removed."""

    older_than: float = Field(
        ge=0, le=1e11, allow_inf_nan=False, description="Runs go that ended longer ago, in seconds."
    )
    keep_failed: bool = Field(default=False, description="Keep what failed and no later replay has fixed.")
    dry_run: bool = Field(default=False, description="Tell what would go; remove nothing.")


class Asked(Body):
    """What is asked of a run: the fields of a `ReplayRequest`, and for a replay its origin."""

    origin: str | None = None
    revision: int | Literal["original", "latest", "local"] = "original"
    start: list[str] = []
    only: list[str] = []
    until: list[str] = []
    skip: list[str] = []
    skip_successful: bool = False
    changed: bool = False
    inputs: dict[str, Any] = {}
    task_inputs: dict[str, dict[str, Override]] = Field(
        default={}, description='By address and input, `{"value": ...}` or `{"expr": "{{ ... }}"}`.'
    )
    outputs: dict[str, Any] = Field(
        default={}, description='Pins by address; `{"$origin": true}` keeps the old result.'
    )
    renamed: dict[str, str] = {}
    breakpoints: list[str] = []
    effects: Literal["ask", "reuse"] = "ask"
    acknowledge: list[str] = []
    stale: Literal["warn", "refuse"] = "warn"
    verify: bool = False
    fresh_clock: bool = False
    carry_overrides: bool = True
    reason: str | None = None
    labels: dict[str, str] = {}
    debug: bool = Field(default=False, description="It is executed in a debugger: it never counts as the latest run.")


class Code(Body):
    """A pipeline in Python. What its source names by digest is uploaded first, see `PUT /blobs/{digest}`."""

    flow: dict[str, Any] = Field(description="The graph, in its stored form.")
    digest: str = Field(description="Of the code.")
    source: str = Field(description="The code, with digests in the place of texts.")
    graph: str | None = Field(default=None, description="The digest of the graph, where it is that of an earlier run.")


class CodeWanted(Body):
    """Code that is to be saved as a revision."""

    code: Code
    packages: dict[str, str] = Field(
        default={}, description="The packages that it imports, with their versions where it was written."
    )


_RUN_KEY: Any = Field(
    default=None,
    description="Names the run: if a run of the flow was made with it before, that is given, and none is made.",
)


class RunWanted(Body):
    """A fresh run that is to be made.

    `flow` is a saved flow's name (`namespace.id`), or with `text` a name of that text for messages.
    """

    flow: str
    text: str | None = None
    code: Code | None = None
    request: Asked = Field(default_factory=Asked)
    digest: str | None = Field(
        default=None, description="Of the plan that was looked at; refused (409) if it has moved."
    )
    queue: bool = Field(
        default=True, description="Have the engine of the server execute it; else it waits to be handed over."
    )
    key: str | None = _RUN_KEY


class ResumeWanted(Body):
    """What a person says to a run that waits."""

    answers: dict[str, Any] = Field(default={}, description="To what its pauses ask, by the name of the input.")
    task_inputs: dict[str, dict[str, Override]] = Field(
        default={}, description='Property values that hold from now on, `{"value": ...}` or `{"expr": "{{ ... }}"}`.'
    )
    breakpoints: list[str] | None = Field(default=None, description="In the place of the earlier ones.")
    at: list[str] = Field(default=[], description="The addresses that are meant, where it waits at several.")


class LabelsWanted(Body):
    """Labels that a run is to have, and names of those that it is to lose."""

    labels: dict[str, str] = {}
    remove: list[str] = []

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.labels and not self.remove:
            raise ValueError("give `labels`, or the names of labels to `remove`")
        return self


class ReplayWanted(Body):
    """A replay that is to be made. `request.origin` is the run: an id, a unique prefix, a name, `last` or `last-failed`."""

    request: Asked
    text: str | None = None
    code: Code | None = None
    file: str | None = None
    digest: str | None = None
    queue: bool = True
    key: str | None = _RUN_KEY
