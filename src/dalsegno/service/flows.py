"""Use cases about flows, revisions and task types."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import (
    Ambiguous,
    FlowInvalid,
    FlowMoved,
    MoveRefused,
    NotFound,
    Problem,
    Refusal,
    closest,
    did_you_mean,
)  # fmt: skip
from dalsegno.flows import compiled, diff, load
from dalsegno.model.clock import Clock
from dalsegno.model.flow import Flow, Revision
from dalsegno.model.run import Run
from dalsegno.model.times import iso
from dalsegno.service.acting import author
from dalsegno.service.coded import Coded, own_graph, readable
from dalsegno.service.flow_graph import graph_as_json
from dalsegno.service.flow_search import FoundFlow, found_in
from dalsegno.service.flows_called import unknown_calls
from dalsegno.service.saved import Saved
from dalsegno.service.switched import refuse_off
from dalsegno.service.views import revision_as_json
from dalsegno.store.listing import FlowSummary
from dalsegno.store.port import DeleteFlow, DisableFlow, RunFilter, SaveRevision, Store, Write


class FlowCases:
    """Save, find, compare and check flows."""

    def __init__(self, store: Store, artifacts: ArtifactStore, clock: Clock) -> None:
        self._store = store
        self._artifacts = artifacts
        self._clock = clock

    def prepare(self, text: str, *, file: str | None = None, strict: bool = False) -> Saved:
        """Compile a text, and give the revision that it is or would become. Nothing is written."""
        loaded = load(text, file=file, strict=strict)
        flow, warnings = loaded.flow, loaded.warnings
        calls = tuple(unknown_calls(flow, self._store, file=file))
        if calls:
            warnings = tuple(_in_order([*warnings, *calls]))
            if strict and any(problem.severity == "warning" for problem in calls):
                raise FlowInvalid([replace(each, severity="error") for each in calls if each.severity == "warning"])
        latest = self._store.flows.latest(flow.namespace, flow.id)
        if latest is not None and latest.digest == loaded.digest:
            return Saved(latest, created=False, warnings=warnings)
        number = 1 if latest is None else latest.number + 1
        revision = Revision(flow, number, loaded.digest, text, self._clock.now(), author())
        return Saved(revision, created=True, warnings=warnings)

    def prepare_code(self, coded: Coded) -> Saved:
        """Give the revision that the code of a pipeline is or would become, with the graph of this call."""
        flow = coded.flow
        if coded.of is not None:
            found = self.revision(flow.namespace, flow.id, coded.of)
            return Saved(replace(found, flow=flow, graph=own_graph(flow)), created=False)
        latest = self._store.flows.latest(flow.namespace, flow.id)
        if latest is not None and latest.digest == coded.digest:
            graph = own_graph(flow) if coded.graph is None else coded.graph
            return Saved(replace(latest, flow=flow, graph=graph), created=False)
        number = 1 if latest is None else latest.number + 1
        return Saved(Revision(flow, number, coded.digest, coded.source, self._clock.now(), author()), created=True)

    def save(
        self,
        text: str,
        *,
        file: str | None = None,
        strict: bool = False,
        name: str | None = None,
        expected_revision: int | None = None,
    ) -> Saved:
        """Save a text; equal content makes no new revision. A flow that was deleted is there again.

        Parameters
        ----------
        name : the flow that the text must be of, where one is meant: `namespace.id`, or the id of one that is there.
        expected_revision : the number that the latest revision must have; 0 for a flow that must not be there yet.

        Raises
        ------
        FlowMoved : the latest revision is another; nothing was written.
        """

        def prepare() -> Saved:
            saved = self.prepare(text, file=file, strict=strict)
            flow = saved.revision.flow
            if name is not None and flow.full_id != name and flow.full_id != self.find(name).full_id:
                message = f"this is the text of the flow `{flow.full_id}`, not of `{name}`"
                raise Refusal(message, code="other-flow", file=file)
            if expected_revision is not None:
                self._refuse_moved(flow, expected_revision)
            return saved

        return self._save(prepare)

    def _refuse_moved(self, flow: Flow, expected: int) -> None:
        latest = self._store.flows.latest(flow.namespace, flow.id)
        there = 0 if latest is None else latest.number
        if there == expected:
            return
        if latest is None:
            raise FlowMoved(f"`{flow.full_id}` is not there yet, and revision {expected} of it was expected")
        by = f" by {latest.author}" if latest.author else ""
        saved = f"`{flow.full_id}` has revision {there}, saved {iso(latest.created)}{by}"
        if not 0 < expected < there:
            which = "no flow of this name" if expected == 0 else f"revision {expected}"
            raise FlowMoved(f"{saved}; {which} was expected", revision_as_json(latest))
        told = self.diff(flow.full_id, expected, there)
        message = f"{saved}; revision {expected} was expected: look at what is newer, and save on top of it"
        raise FlowMoved(message, revision_as_json(latest), told)

    def save_code(self, coded: Coded) -> Saved:
        """Save the code of a pipeline, whose contents are in the artifact store. Equal code makes no new revision."""
        return self._save(lambda: self.prepare_code(coded))

    def _save(self, prepare: Callable[[], Saved]) -> Saved:
        """Save what is prepared. Each time that another process has saved a revision first, it is prepared anew."""
        while True:
            saved = prepare()
            flow = saved.revision.flow
            writes: list[Write] = [SaveRevision(saved.revision)] if saved.created else []
            if self._store.flows.marks(flow.namespace, flow.id)[1] is not None:
                writes.append(DeleteFlow(flow.namespace, flow.id, None))
            try:
                if writes:
                    self._store.commit(None, writes)
            except MoveRefused:
                if self.is_next(saved.revision):
                    raise
            else:
                return saved

    def is_next(self, revision: Revision) -> bool:
        """Whether a revision that is not saved has the number after the latest one's."""
        latest = self._store.flows.latest(revision.flow.namespace, revision.flow.id)
        return revision.number == (1 if latest is None else latest.number + 1)

    def check(self, text: str, *, file: str | None = None) -> list[Problem]:
        """Give all problems of a text."""
        flow, problems = compiled(text, file)
        if flow is not None:
            problems = _in_order([*problems, *unknown_calls(flow, self._store, file=file)])
        return problems

    def draw(self, text: str, *, file: str | None = None) -> dict[str, Any] | None:
        """Give what a picture of a text shows, also where something is wrong with it; `None` if it cannot be read at all."""
        flow, _ = compiled(text, file)
        return None if flow is None else graph_as_json(flow)

    def list(self, namespace: str | None = None, *, deleted: bool = False) -> list[FlowSummary]:
        """Give all flows; deleted ones only if they are asked for."""
        return self._store.flows.all(namespace, deleted=deleted)

    def disable(self, name: str) -> FlowSummary:
        """Switch a flow off: no run and no replay of it is made until it is enabled. What runs goes on."""
        flow = self.find(name)
        if flow.off is None:
            self._store.commit(None, [DisableFlow(flow.namespace, flow.id, self._clock.now())])
        return self._now(flow)

    def enable(self, name: str) -> FlowSummary:
        """Switch a flow on again.

        Raises
        ------
        Refusal : it is its text that says that the flow is disabled.
        """
        flow = self.find(name)
        if self.get(name).flow.disabled:
            message = f"the text of `{flow.full_id}` says `disabled: true`; take that out of it, and save it"
            raise Refusal(message, code="flow-disabled")
        if flow.off is not None:
            self._store.commit(None, [DisableFlow(flow.namespace, flow.id, None)])
        return self._now(flow)

    def delete(self, name: str) -> FlowSummary:
        """Delete a flow: lists leave it out, and no run and no replay of it is made. Its revisions and runs stay.

        `restore`, or a new save of it, brings it back.
        """
        flow = self.find(name)
        if flow.deleted is not None:
            raise Refusal(f"`{flow.full_id}` has been deleted already", code="flow-deleted")
        self._store.commit(None, [DeleteFlow(flow.namespace, flow.id, self._clock.now())])
        return self._now(flow)

    def _now(self, flow: FlowSummary) -> FlowSummary:
        return self._store.flows.summary(flow.namespace, flow.id) or flow

    def refuse_off(self, namespace: str, id: str) -> None:
        """Refuse to make a run of a flow that is switched off or deleted."""
        refuse_off(self._store, namespace, id)

    def search(self, text: str, *, namespace: str | None = None, limit: int = 100) -> builtins.list[FoundFlow]:
        """Give the flows whose latest text has `text` in it, in capitals or not, with the lines; at most `limit` flows."""
        if not text.strip():
            raise Refusal("there is nothing to search for: give a text", code="bad-argument")
        every = self.list(namespace)
        found = (
            found_in(flow, self.text(self.revision(flow.namespace, flow.id, flow.revision)), text) for flow in every
        )
        return [*islice((flow for flow in found if flow.lines), limit)]

    def graph(self, name: str, revision: int | None = None) -> dict[str, Any]:
        """Give what a picture of a flow shows: `nodes`, `edges`, `groups`."""
        found = self.get(name, revision)
        return {**revision_as_json(found), **graph_as_json(found.flow)}

    def find(self, name: str) -> FlowSummary:
        """Give the flow of this name: `namespace.id`, or the id alone where only one namespace has it."""
        found = self._store.flows.named(name)
        if not found:
            every = self._store.flows.all()
            near = closest(name, [f"{flow.namespace}.{flow.id}" for flow in every] + [flow.id for flow in every])
            hint = did_you_mean(near) or "; `dalsegno flow list` lists them, `dalsegno run FILE` runs a file"
            raise NotFound(f"there is no flow `{name}`{hint}", code="unknown-flow", closest=near)
        if len(found) > 1:
            found = [flow for flow in found if flow.deleted is None] or found
        if len(found) > 1:
            listed = ", ".join(f"`{flow.namespace}.{flow.id}`" for flow in found)
            raise Ambiguous(f"several flows are called `{name}`: {listed}", code="ambiguous-flow")
        return found[0]

    def get(self, name: str, revision: int | None = None) -> Revision:
        """Give a revision of a flow, the latest by default."""
        flow = self.find(name)
        return self.revision(flow.namespace, flow.id, flow.revision if revision is None else revision)

    def revision(self, namespace: str, id: str, number: int) -> Revision:
        """Give one revision by its number."""
        found = self._store.flows.revision(namespace, id, number)
        if found is None:
            known = [str(item.number) for item in self._store.flows.revisions(namespace, id)]
            message = f"`{namespace}.{id}` has no revision {number}; it has {', '.join(known) or 'none'}"
            raise NotFound(message, code="unknown-revision", closest=known[-3:])
        return found

    def latest(self, namespace: str, id: str) -> Revision | None:
        """Give the latest revision."""
        return self._store.flows.latest(namespace, id)

    def revisions(self, name: str) -> builtins.list[Revision]:
        """Give all revisions of a flow, oldest first."""
        flow = self.find(name)
        return self._store.flows.revisions(flow.namespace, flow.id)

    def diff(self, name: str, old: int | None = None, new: int | None = None) -> str:
        """Give the unified difference of two revisions; by default of the last two."""
        flow = self.find(name)
        new = flow.revision if new is None else new
        before = self.revision(flow.namespace, flow.id, max(1, new - 1) if old is None else old)
        after = self.revision(flow.namespace, flow.id, new)
        names = [f"{flow.id} revision {revision.number}" for revision in (before, after)]
        return diff(self.text(before), self.text(after), old_name=names[0], new_name=names[1])

    def text(self, revision: Revision) -> str:
        """Give the source of a revision as a person reads it."""
        return readable(revision, self._read)

    def step_sources(self, name: str, revision: int | None = None) -> builtins.list[dict[str, Any]]:
        """Give each step of a pipeline with its function and what that says; none of a flow in YAML."""
        from dalsegno.service.step_sources import step_sources

        return step_sources(self.get(name, revision), self._read)

    def last_runs(self, flow: FlowSummary, limit: int) -> builtins.list[Run]:
        """Give the newest runs of a flow, the newest first; those that others called are among them."""
        return self._store.runs.list(RunFilter(namespace=flow.namespace, flow=flow.id, limit=limit))

    def _read(self, digest: str) -> bytes:
        with self._artifacts.open(digest) as file:
            return file.read()

    def restore(self, name: str, number: int | None = None) -> Saved:
        """Save the text of an earlier revision as the newest one. A flow that was deleted is there again.

        Parameters
        ----------
        number : may be left out for a deleted flow, which comes back as it was.
        """
        return self._save(lambda: self._prepare_earlier(name, number))

    def _prepare_earlier(self, name: str, number: int | None) -> Saved:
        flow = self.find(name)
        if number is None and flow.deleted is None:
            message = f"say which revision of `{flow.full_id}` is to be the newest; it has {flow.revision}"
            raise Refusal(message, code="no-revision")
        number = flow.revision if number is None else number
        wanted = self.revision(flow.namespace, flow.id, number)
        latest = self.revision(flow.namespace, flow.id, flow.revision)
        if latest.digest == wanted.digest:
            return Saved(latest, created=False)
        restored = replace(wanted, number=latest.number + 1, created=self._clock.now(), author=author())
        return Saved(restored, created=True)

    def schema(self) -> dict[str, Any]:
        """Give the JSON Schema of the flow language."""
        from dalsegno.flows.schema import flow_schema

        return flow_schema()

    def task_types(self) -> Sequence[str]:
        """Give the names of all task types."""
        from dalsegno.tasks.registry import names

        return names()

    def task_type(self, name: str) -> dict[str, Any]:
        """Describe a task type."""
        from dalsegno.service.task_types import describe

        return describe(name)


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))
