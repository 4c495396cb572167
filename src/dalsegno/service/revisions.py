"""The revision that a run is of, with the run's own graph where it has one."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import replace
from threading import Lock

from blake3 import blake3

from dalsegno.model.codec import flow_from_json
from dalsegno.model.flow import Flow, Revision
from dalsegno.model.run import Run
from dalsegno.store.port import Store

_MOST = 32
_MOST_RUNS = 256


class GraphTexts:
    """Reads graphs from their stored form, and keeps those that were read last."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Flow, str]] = OrderedDict()
        #: by the id of a run, the digest of the graph of its own
        self._of_runs: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def of(self, text: str, digest: str) -> Flow:
        """Give the graph of a text with this digest."""
        with self._lock:
            found = self._known.get(digest)
        if found is None:
            found = flow_from_json(json.loads(text)), text
            self.keep(digest, *found)
        return found[0]

    def of_run(self, run: str) -> tuple[Flow, str] | None:
        """Give the graph of a run, and its digest, where both are at hand: it never changes."""
        with self._lock:
            digest = self._of_runs.get(run)
            found = None if digest is None else self._known.get(digest)
        return None if found is None or digest is None else (found[0], digest)

    def note_run(self, run: str, digest: str) -> None:
        """Take note of which graph a run has."""
        with self._lock:
            self._of_runs[run] = digest
            while len(self._of_runs) > _MOST_RUNS:
                self._of_runs.popitem(last=False)

    def text(self, digest: str) -> str | None:
        """Give the text of a graph that is at hand."""
        with self._lock:
            found = self._known.get(digest)
        return None if found is None else found[1]

    def keep(self, digest: str, graph: Flow, text: str) -> None:
        """Keep a graph that need not be read."""
        with self._lock:
            self._known[digest] = graph, text
            while len(self._known) > _MOST:
                self._known.popitem(last=False)


GRAPHS = GraphTexts()


def graph_digest(text: str) -> str:
    """Give the digest of a graph's stored form."""
    return blake3(text.encode()).hexdigest()


def revision_of(store: Store, run: Run) -> Revision | None:
    """Give the revision of a run. One of code has, for each run, the graph that was traced with that run's values."""
    return with_graph(store, store.flows.revision(run.namespace, run.flow, run.revision), run)


def with_graph(store: Store, revision: Revision | None, run: Run) -> Revision | None:
    """Give a revision with the graph of a run."""
    if revision is None or revision.flow.depends is None:
        return revision
    at_hand = GRAPHS.of_run(run.id)
    if at_hand is None:
        text = store.runs.graph(run.id)
        if text is None:
            return revision
        digest = graph_digest(text)
        at_hand = GRAPHS.of(text, digest), digest
        GRAPHS.note_run(run.id, digest)
    return replace(revision, flow=at_hand[0], graph=at_hand[1])
