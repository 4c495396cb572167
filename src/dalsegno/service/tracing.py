"""The graph that stored code has for a run: the origin's, or one that is traced anew, with other values, by the code itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.stored_steps import StoredSteps
from dalsegno.errors import Refusal
from dalsegno.model.codec import flow_from_json
from dalsegno.model.flow import Flow, Revision
from dalsegno.model.run import Run
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.coded import own_graph, with_code_of, with_overridden
from dalsegno.service.revisions import revision_of
from dalsegno.store.port import Store


class Tracing:
    """Has stored code traced, in a worker process."""

    def __init__(self, store: Store, artifacts: ArtifactStore) -> None:
        self._store = store
        self._artifacts = artifacts

    def for_replay(self, revision: Revision, origin: Run, request: ReplayRequest) -> tuple[Revision, ReplayRequest]:
        """Give a revision with the graph that it has for a replay, and the request with values as the code reads them."""
        if revision.flow.depends is None:
            return revision, request
        before = revision_of(self._store, origin)
        given = {name: form for name, form in request.inputs.items() if form != origin.inputs.get(name)}
        if before is not None and revision.number == origin.revision and not given:
            return before, request
        names = {item.id for item in revision.flow.inputs}
        inputs = {name: form for name, form in {**origin.inputs, **request.inputs}.items() if name in names}
        known = [revision.flow, *([before.flow] if before is not None and before.digest == revision.digest else [])]
        flow, arguments = self._traced(revision, inputs, known)
        read = {name: arguments.get(name, form) for name, form in request.inputs.items()}
        flow = flow if before is None else with_overridden(flow, before.flow, {name: read[name] for name in given})
        return replace(revision, flow=flow, graph=own_graph(flow)), replace(request, inputs=read)

    def for_run(self, revision: Revision, request: ReplayRequest) -> tuple[Revision, ReplayRequest]:
        """Give a revision with the graph of a fresh run with these inputs, and the request with all inputs as they are read."""
        if revision.flow.depends is None:
            return revision, request
        flow, arguments = self._traced(revision, dict(request.inputs), [revision.flow])
        return replace(revision, flow=flow, graph=own_graph(flow)), replace(request, inputs=arguments)

    def _traced(self, revision: Revision, inputs: Mapping[str, Any], known: list[Flow]) -> tuple[Flow, dict[str, Any]]:
        found = json.loads(StoredSteps(revision.source, self._artifacts).trace(inputs))
        if "refused" in found:
            raise Refusal(**found["refused"])
        flow = replace(flow_from_json(found["flow"]), namespace=revision.flow.namespace, id=revision.flow.id)
        return with_code_of(flow, known), found["arguments"]
