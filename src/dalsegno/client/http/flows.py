"""Flows, revisions and task types, over HTTP."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.errors import Problem
from dalsegno.model.flow import Revision
from dalsegno.service.flow_search import FoundFlow, FoundLine
from dalsegno.service.saved import Saved
from dalsegno.store.listing import FlowSummary
from dalsegno.wire.reading import flow_from_summary, problem_from_json, revision_from_json


class HttpFlows:
    """The use cases of flows, as `service.flows` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(
        self, text: str, *, file: str | None = None, strict: bool = False, expected_revision: int | None = None
    ) -> Saved:
        """Save a text."""
        body = {"text": text, "file": file, "strict": strict, "expected_revision": expected_revision}
        return _saved(self._connection.post("flows", body, compiled=True))

    def check(self, text: str, *, file: str | None = None) -> list[Problem]:
        """Give all problems of a text."""
        found = self._connection.post("flows/validate", {"text": text, "file": file})
        return [problem_from_json(each) for each in found["problems"]]

    def list(self, namespace: str | None = None, *, deleted: bool = False) -> list[FlowSummary]:
        """Give all flows."""
        found = self._connection.pages("flows", "flows", namespace=namespace, deleted=deleted)
        return [flow_from_summary(each) for each in found]

    def search(self, text: str, *, namespace: str | None = None, limit: int = 100) -> builtins.list[FoundFlow]:
        """Give the flows whose text has this text in it."""
        found = self._connection.get("flows/search", text=text, namespace=namespace, limit=limit)
        return [_found(each) for each in found["flows"]]

    def get(self, name: str, revision: int | None = None) -> Revision:
        """Give a revision of a flow, the latest by default."""
        return revision_from_json(self._connection.get(_path(name), revision=revision, compiled=True))

    def text(self, revision: Revision) -> str:
        """Give the source of a revision as a person reads it."""
        return self._connection.text(f"{_path(revision.flow.full_id)}/text", revision=revision.number)

    def step_sources(self, name: str, revision: int | None = None) -> builtins.list[dict[str, Any]]:
        """Give the steps of a pipeline, as they are written."""
        return self._connection.get(f"{_path(name)}/steps", revision=revision)["steps"]

    def graph(self, name: str, revision: int | None = None) -> dict[str, Any]:
        """Give what a picture of a flow shows."""
        return self._connection.get(f"{_path(name)}/graph", revision=revision)

    def revisions(self, name: str) -> builtins.list[Revision]:
        """Give all revisions of a flow, oldest first."""
        found = self._connection.get(f"{_path(name)}/revisions", compiled=True)
        return [revision_from_json(each) for each in reversed(found["revisions"])]

    def diff(self, name: str, old: int | None = None, new: int | None = None) -> str:
        """Give the unified difference of two revisions."""
        return self._connection.get(f"{_path(name)}/diff", old=old, new=new)["diff"]

    def restore(self, name: str, number: int | None = None) -> Saved:
        """Save the text of an earlier revision as the newest one."""
        return _saved(self._connection.post(f"{_path(name)}/restore", {"revision": number}, compiled=True))

    def disable(self, name: str) -> FlowSummary:
        """Switch a flow off."""
        return flow_from_summary(self._connection.post(f"{_path(name)}/disable"))

    def enable(self, name: str) -> FlowSummary:
        """Switch a flow on."""
        return flow_from_summary(self._connection.post(f"{_path(name)}/enable"))

    def delete(self, name: str) -> FlowSummary:
        """Delete a flow."""
        return flow_from_summary(self._connection.delete(_path(name)))

    def schema(self) -> dict[str, Any]:
        """Give the JSON Schema of the flow language."""
        return self._connection.get("flow-schema")

    def task_types(self) -> Sequence[str]:
        """Give the names of all task types."""
        return tuple(self._connection.get("task-types")["types"])

    def task_type(self, name: str) -> dict[str, Any]:
        """Describe a task type."""
        return self._connection.get(f"task-types/{quote(name, safe='')}")


def _path(name: str) -> str:
    return f"flows/{quote(name, safe='')}"


def _saved(data: dict[str, Any]) -> Saved:
    warnings = tuple(problem_from_json(each) for each in data["warnings"])
    return Saved(revision_from_json(data), created=data["new"], warnings=warnings)


def _found(data: dict[str, Any]) -> FoundFlow:
    lines = tuple(FoundLine(each["line"], each["column"], each["text"]) for each in data["lines"])
    return FoundFlow(data["namespace"], data["id"], data["revision"], data["count"], lines)
