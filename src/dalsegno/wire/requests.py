"""What a request may say, checked before anything is done."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A request's body: nothing is taken that is not known."""

    model_config = ConfigDict(extra="forbid")


class FlowText(Body):
    """The text of a flow."""

    text: str = Field(description="The YAML text of the flow.")
    file: str | None = Field(default=None, description="A name for messages.")
    strict: bool = Field(default=False, description="Take warnings for errors.")


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
    task_inputs: dict[str, dict[str, dict[str, Any]]] = Field(
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


class RunWanted(Body):
    """A fresh run that is to be made.

    `flow` is a saved flow's name (`namespace.id`), or with `text` a name of that text for messages.
    """

    flow: str
    text: str | None = None
    code: Code | None = None
    request: Asked = Asked()
    digest: str | None = Field(
        default=None, description="Of the plan that was looked at; refused (409) if it has moved."
    )
    queue: bool = Field(
        default=True, description="Have the engine of the server execute it; else it waits to be handed over."
    )


class ReplayWanted(Body):
    """A replay that is to be made. `request.origin` is the run: an id, a unique prefix, a name, `last` or `last-failed`."""

    request: Asked
    text: str | None = None
    code: Code | None = None
    file: str | None = None
    digest: str | None = None
    queue: bool = True
