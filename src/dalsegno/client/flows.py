"""What the Client offers about flows, their revisions, and task types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dalsegno.client.transport import Transport
    from dalsegno.errors import Problem
    from dalsegno.model.flow import Revision
    from dalsegno.service.flow_search import FoundFlow
    from dalsegno.service.service import Saved
    from dalsegno.store.listing import FlowSummary


class FlowClient:
    """The part of the Client that speaks of flows."""

    _service: Transport

    def save_flow(
        self, text: str, *, file: str | None = None, strict: bool = False, expected_revision: int | None = None
    ) -> Saved:
        """Save a flow; equal text makes no new revision.

        Parameters
        ----------
        expected_revision : the number that its latest revision must have; 0 for a flow that must not be there yet.

        Raises
        ------
        FlowInvalid : with all its problems.
        FlowMoved : the latest revision is another; the error holds it, and what it changes.
        """
        return self._service.flows.save(text, file=file, strict=strict, expected_revision=expected_revision)

    def validate_flow(self, text: str, *, file: str | None = None) -> list[Problem]:
        """Give all problems of a flow's text, errors and warnings, in the order of the text."""
        return self._service.flows.check(text, file=file)

    def list_flows(self, namespace: str | None = None, *, deleted: bool = False) -> list[FlowSummary]:
        """Give all flows; deleted ones only if they are asked for."""
        return self._service.flows.list(namespace, deleted=deleted)

    def search_flows(self, text: str, *, namespace: str | None = None, limit: int = 100) -> list[FoundFlow]:
        """Give the flows whose latest text has `text` in it, in capitals or not, with the lines."""
        return self._service.flows.search(text, namespace=namespace, limit=limit)

    def flow_graph(self, name: str, revision: int | None = None) -> dict[str, Any]:
        """Give what a picture of a flow shows: `nodes`, `edges`, `groups`."""
        return self._service.flows.graph(name, revision)

    def disable_flow(self, name: str) -> FlowSummary:
        """Switch a flow off: no run and no replay of it is made until it is enabled. What runs goes on."""
        return self._service.flows.disable(name)

    def enable_flow(self, name: str) -> FlowSummary:
        """Switch a flow on again."""
        return self._service.flows.enable(name)

    def delete_flow(self, name: str) -> FlowSummary:
        """Delete a flow: lists leave it out, and no run and no replay of it is made. Its revisions and its runs stay.

        `restore_flow`, or a new save of it, brings it back.
        """
        return self._service.flows.delete(name)

    def get_flow(self, name: str, revision: int | None = None) -> Revision:
        """Give a revision of a flow, the latest by default. `name` is `namespace.id`, or the id where it is unambiguous.

        Raises `NotFound` with the closest names, or `Ambiguous` with the list.
        """
        return self._service.flows.get(name, revision)

    def flow_text(self, name: str, revision: int | None = None) -> str:
        """Give the text of a flow, to the letter; of a pipeline, the modules and scripts that its code is of."""
        return self._service.flows.text(self.get_flow(name, revision))

    def step_sources(self, name: str, revision: int | None = None) -> list[dict[str, Any]]:
        """Give the steps of a pipeline, as they are written: `task, function, file, line, text`; none of a flow in YAML."""
        return self._service.flows.step_sources(name, revision)

    def flow_revisions(self, name: str) -> list[Revision]:
        """Give all revisions of a flow, oldest first."""
        return self._service.flows.revisions(name)

    def diff_flow(self, name: str, old: int | None = None, new: int | None = None) -> str:
        """Give the unified difference of two revisions; by default of the last two."""
        return self._service.flows.diff(name, old, new)

    def restore_flow(self, name: str, revision: int | None = None) -> Saved:
        """Save the text of an earlier revision as the newest one. A deleted flow is there again, and needs no revision."""
        return self._service.flows.restore(name, revision)

    def flow_schema(self) -> dict[str, Any]:
        """Give the JSON Schema of the flow language, for editors."""
        return self._service.flows.schema()

    def task_types(self) -> Sequence[str]:
        """Give the names of all task types."""
        return self._service.flows.task_types()

    def task_type(self, name: str) -> dict[str, Any]:
        """Give the description of a task type: `name, summary, properties: [{name, type, required, default, description}],
        outputs: [{name, type, description}]`. Raises `NotFound` with the closest names.
        """
        return self._service.flows.task_type(name)
