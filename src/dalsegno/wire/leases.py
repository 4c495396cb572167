"""What requests of those may say who execute runs from afar, and who upload values."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from dalsegno.wire.requests import Body


class LeaseWanted(Body):
    """Who wants to execute a run."""

    owner: str = Field(min_length=1, max_length=300, description="Who it is, for others to read.")
    environment: dict[str, Any] | None = Field(
        default=None, description="What the run executes on from now on: versions, host."
    )


class Committed(Body):
    """What the holder of a lease writes: all of it or nothing."""

    writes: list[dict[str, Any]] = Field(description='In their order, each as `{"write": "EndTask", ...}`.')


class ReadWanted(Body):
    """What who executes a run asks the store."""

    noun: str
    method: str
    arguments: dict[str, Any] = Field(default={}, alias="with")


class Digests(Body):
    """Digests of stored bytes."""

    digests: list[str] = Field(max_length=100_000)
