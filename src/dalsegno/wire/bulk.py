"""Bulk replays over the wire: requests, and from answers to what the service in this process would have given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import Field

from dalsegno.engine.bulk_request import BulkRequest
from dalsegno.model.bulk import AT_ONCE, BulkJob, BulkRow, BulkState, Pace, RowState, Tally
from dalsegno.model.bulk_preview import BulkPreview, Said
from dalsegno.model.state import State
from dalsegno.model.times import exactly
from dalsegno.replay.request import request_from_json
from dalsegno.store.port import RunFilter
from dalsegno.wire.requests import Asked, Body
from dalsegno.wire.times import known_seconds, seconds


class ChosenBy(Body):
    """Which runs are replayed; parts combine. Subflow runs are left out."""

    namespace: str | None = None
    flow: str | None = None
    states: list[State] = Field(default=[])
    labels: dict[str, str] = Field(default={})
    fixed: bool | None = None
    since: str | None = Field(default=None, description="Only runs made at or after this time (ISO 8601).")


class PaceWanted(Body):
    """How fast a bulk replay goes, and what holds it up."""

    rate: float | None = Field(default=None, description="Replays begun a second at the most.")
    at_once: int = AT_ONCE
    canary: int = Field(default=0, description="How many are replayed first, alone.")
    approve: bool = Field(default=True, description="Whether a person says that the others follow.")
    stop_above: float | None = Field(
        default=None, description="The share of failures, from 0 to 1, above which it stops."
    )


class BulkWanted(Body):
    """A bulk replay that is to be made. The runs are named, or chosen by a filter."""

    runs: list[str] = Field(default=[])
    filter: ChosenBy | None = None
    request: Asked = Field(default_factory=Asked)
    first_failed: bool = Field(default=False, description="Have each begin at the task that failed first in it.")
    fixed_too: bool = Field(default=False, description="Replay runs too that a later replay has fixed.")
    pace: PaceWanted = Field(default_factory=PaceWanted)

    def asked(self) -> BulkRequest:
        """Give what is asked as the service takes it."""
        return BulkRequest(
            tuple(self.runs),
            None if self.filter is None else _filter(self.filter),
            request=request_from_json(self.request.model_dump()),
            first_failed=self.first_failed,
            fixed_too=self.fixed_too,
        )

    def paced(self) -> Pace:
        """Give the pace as the service takes it."""
        return Pace(**self.pace.model_dump())


class AbortWanted(Body):
    """How a bulk replay is ended."""

    kill: bool = Field(default=False, description="Stop the replays that are under way.")


def _filter(by: ChosenBy) -> RunFilter:
    return RunFilter(
        by.namespace, by.flow, tuple(by.states), limit=0, labels=tuple(by.labels.items()), fixed=by.fixed, top=True,
        created_from=seconds(by.since),
    )  # fmt: skip


def bulk_body(asked: BulkRequest, pace: Pace) -> dict[str, Any]:
    """Give the body that asks a server for a bulk replay."""
    request = {name: value for name, value in asked.request.as_json().items() if name not in ("carried", "debug")}
    body: dict[str, Any] = {
        "runs": list(asked.runs), "request": request, "first_failed": asked.first_failed,
        "fixed_too": asked.fixed_too, "pace": asdict(pace),
    }  # fmt: skip
    by = asked.filter
    if by is not None:
        body["filter"] = {
            "namespace": by.namespace, "flow": by.flow, "states": [state.value for state in by.states],
            "labels": dict(by.labels), "fixed": by.fixed, "since": exactly(by.created_from),
        }  # fmt: skip
    return body


def bulk_from_json(data: Mapping[str, Any]) -> BulkJob:
    """Read a bulk replay."""
    return BulkJob(
        id=data["id"],
        name=data["name"],
        state=BulkState(data["state"]),
        created=known_seconds(data["created"]),
        pace=Pace(**data["pace"]),
        request=data["request"],
        why=data["why"],
        started=seconds(data["started"]),
        ended=seconds(data["ended"]),
        author=data["author"],
        hosted=data["hosted"],
        approved=data["approved"],
        first_failed=data["first_failed"],
        fixed_too=data["fixed_too"],
        selection=data["selection"],
        owner=data["owner"],
        tally=Tally(**data["counts"]),
    )


def bulk_row_from_json(data: Mapping[str, Any]) -> BulkRow:
    """Read what has become of one run."""
    origin, replay = data["origin"], data["replay"] or {}
    return BulkRow(
        data["position"], origin["id"], origin["name"], RowState(data["state"]), replay.get("id"), replay.get("name"),
        replay.get("state"), data["code"], data["why"], seconds(data["at"]),
    )  # fmt: skip


def preview_from_json(data: Mapping[str, Any]) -> BulkPreview:
    """Read a preview."""
    tasks = data["tasks"]
    said = {name: tuple([Said(**each) for each in data[name]]) for name in ("skipped", "refusals", "warnings")}
    return BulkPreview(
        tuple(data["runs"]), data["replays"], tasks["run"], tasks["reused"], tasks["pinned"], tasks["checked"],
        tuple([(each["flow"], each["revision"], each["count"]) for each in data["revisions"]]),
        **said, work_s=data["work_s"], seconds=data["seconds"],
    )  # fmt: skip
