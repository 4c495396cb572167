"""Use cases about flows, revisions and task types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import Ambiguous, FlowInvalid, MoveRefused, NotFound, Problem, closest, did_you_mean
from dalsegno.flows import compiled, diff, load
from dalsegno.model.clock import Clock
from dalsegno.model.flow import Revision
from dalsegno.service.coded import Coded, own_graph, readable
from dalsegno.service.flows_called import unknown_calls
from dalsegno.store.port import FlowSummary, SaveRevision, Store


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a flow's text: its revision, whether that is new, and what to warn of."""

    revision: Revision
    created: bool
    warnings: tuple[Problem, ...] = ()


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
        latest = self._store.flows.latest(flow.namespace, flow.id)
        if latest is not None and latest.digest == coded.digest:
            graph = own_graph(flow) if coded.graph is None else coded.graph
            return Saved(replace(latest, flow=flow, graph=graph), created=False)
        number = 1 if latest is None else latest.number + 1
        return Saved(Revision(flow, number, coded.digest, coded.source, self._clock.now(), author()), created=True)

    def save(self, text: str, *, file: str | None = None, strict: bool = False) -> Saved:
        """Save a flow. Equal text makes no new revision."""
        return self._save(lambda: self.prepare(text, file=file, strict=strict))

    def save_code(self, coded: Coded) -> Saved:
        """Save the code of a pipeline, whose contents are in the artifact store. Equal code makes no new revision."""
        return self._save(lambda: self.prepare_code(coded))

    def _save(self, prepare: Callable[[], Saved]) -> Saved:
        """Save what is prepared. Each time that another process has saved a revision first, it is prepared anew."""
        while True:
            saved = prepare()
            try:
                if saved.created:
                    self._store.commit(None, [SaveRevision(saved.revision)])
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

    def list(self, namespace: str | None = None) -> list[FlowSummary]:
        """Give all flows."""
        return self._store.flows.all(namespace)

    def find(self, name: str) -> FlowSummary:
        """Give the flow of this name: `namespace.id`, or the id alone where only one namespace has it."""
        namespace, _, last = name.rpartition(".")
        found = self._store.flows.named(name)
        if not found and namespace:
            found = [flow for flow in self._store.flows.named(last) if flow.namespace == namespace]
        if not found:
            every = self._store.flows.all()
            near = closest(name, [f"{flow.namespace}.{flow.id}" for flow in every] + [flow.id for flow in every])
            hint = did_you_mean(near) or "; `dalsegno flow list` lists them, `dalsegno run FILE` runs a file"
            raise NotFound(f"there is no flow `{name}`{hint}", code="unknown-flow", closest=near)
        if len(found) > 1:
            listed = ", ".join(f"`{flow.namespace}.{flow.id}`" for flow in found)
            raise Ambiguous(f"several flows are called `{name}`: {listed}", code="ambiguous-flow")
        return found[0]

    def get(self, name: str, revision: int | None = None) -> Revision:
        """Give a revision of a flow, the latest by default."""
        flow = self.find(name)
        return self.revision(flow.namespace, flow.id, revision or flow.revision)

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

    def revisions(self, name: str) -> list[Revision]:
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

    def _read(self, digest: str) -> bytes:
        with self._artifacts.open(digest) as file:
            return file.read()

    def restore(self, name: str, number: int) -> Saved:
        """Save the text of an earlier revision as the newest one."""
        return self._save(lambda: self._prepare_earlier(name, number))

    def _prepare_earlier(self, name: str, number: int) -> Saved:
        flow = self.find(name)
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


def author() -> str | None:
    """Give the name of the user who asks."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
