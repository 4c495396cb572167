"""Draws up plans: looks up what the planner needs, asks it, and checks what only the task types know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dalsegno.artifacts.port import ArtifactStore, uri_of
from dalsegno.engine.files import NamespaceFiles
from dalsegno.engine.items import parts_of
from dalsegno.engine.kv import KeyValues
from dalsegno.engine.outside import Outside, Surroundings
from dalsegno.engine.secrets import Secrets
from dalsegno.engine.values import Values
from dalsegno.engine.variables import Facts
from dalsegno.errors import DalSegnoError, PlanRefusal, Refusal
from dalsegno.flows import coerce_inputs
from dalsegno.model.address import parse
from dalsegno.model.clock import Clock, Ids
from dalsegno.model.digest import digest
from dalsegno.model.flow import Kind, Revision, Task
from dalsegno.model.graph import runs_after
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.model.run import Result, Run
from dalsegno.model.sealed import is_sealed
from dalsegno.model.state import State
from dalsegno.replay.edges import NotYet, Scope
from dalsegno.replay.ending import may_end_otherwise
from dalsegno.replay.item_edges import item_digests
from dalsegno.replay.origin import Origin
from dalsegno.replay.plan import draw_up
from dalsegno.replay.reasons import WHAT
from dalsegno.replay.request import Overrides, ReplayRequest, request_from_json
from dalsegno.replay.resolve import Resolved, keeps_origin, resolve_request
from dalsegno.replay.select import Nodes
from dalsegno.service.acting import actor
from dalsegno.service.admitting import admission
from dalsegno.service.called import asked_of, called_by, graph_of, told
from dalsegno.service.checking import check_values
from dalsegno.service.differing import SYSTEM, differing
from dalsegno.service.file_changes import FileChanges
from dalsegno.service.graphs import Graphs
from dalsegno.service.happened import Happened
from dalsegno.service.history import with_estimates
from dalsegno.service.known_results import Digests, KnownResults
from dalsegno.service.named_items import keys_as_then
from dalsegno.service.permitted import permit_given
from dalsegno.service.revisions import revision_of
from dalsegno.service.sealing import Sealing
from dalsegno.service.stored_inputs import check_stored_inputs
from dalsegno.store.port import RunFilter, Store


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plan with all that it was drawn up from."""

    plan: Plan
    request: ReplayRequest
    resolved: Resolved
    revision: Revision
    new_revision: bool
    inputs: Mapping[str, Any]
    labels: Mapping[str, str]
    files: tuple[Path, ...]
    origin: Run | None
    nodes: Nodes
    #: the origin's results, by the addresses that they would have now
    results: Mapping[str, Result]
    #: the tasks around which there is another group than in the revision of the origin
    regrouped: frozenset[str] = frozenset()
    #: why the run has failed before it began
    failure: Mapping[str, Any] | None = None


class Planning:
    """Draws up plans of fresh runs and replays. Writes nothing."""

    def __init__(
        self,
        store: Store,
        artifacts: ArtifactStore,
        graphs: Graphs,
        sealing: Sealing,
        around: Surroundings,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self.sealing = sealing
        self.around = around
        self._clock = clock
        self._graphs = graphs
        self._results = KnownResults(store)
        self._values = Values(artifacts, clock=clock, ids=ids)
        self.files = NamespaceFiles(store, artifacts, clock)

    def draw(
        self, revision: Revision, request: ReplayRequest, *, new_revision: bool, origin: Run | None = None
    ) -> Drawn:
        """Draw up the plan of a request on a revision.

        Raises
        ------
        Refusal : the flow is disabled, or the inputs are wrong. What is wrong with names is in the plan's refusals.
        """
        flow = revision.flow
        if flow.disabled:
            raise Refusal(f"the flow `{flow.full_id}` is disabled (revision {revision.number})", code="flow-disabled")
        files: list[Path] = []
        carried = origin.inputs if origin is not None else {}
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        inputs = coerce_inputs(
            flow, request.inputs, carried=carried, files=hashed_into(files), now=lambda: now, secrets=self.sealing
        )
        request = replace(request, inputs=_without_secrets(request.inputs, inputs))
        labels = {**flow.labels, **(self._carried_labels(origin, request) if origin else {}), **request.labels}
        secrets = Secrets(self.sealing.open)
        admitted = admission(flow, inputs, labels, secrets=secrets, now=lambda: now)
        if origin is not None:
            carried_over = request_from_json(origin.request).for_replay_of_it()
            # the values of inputs carry over in any case
            left = carried_over if request.carry_overrides else Overrides(inputs=carried_over.inputs)
            request = replace(request, carried=left)
        nodes = self._graphs.of(revision)
        seen = None if origin is None else self.origin(origin)
        resolved = resolve_request(
            request,
            nodes,
            _overridden(request, inputs, origin),
            differing={}
            if origin is None or seen is None
            else differing(self._store, request, nodes, labels, origin=origin, results=seen.results.values()),
            subflows=lambda task: graph_of(self._store, self._graphs, nodes[task].task),
        )
        permit_given(resolved, nodes, self._store, self._artifacts, debug=request.debug)
        refusals = check_values(resolved, nodes)
        evaluate = self._evaluator(
            revision,
            nodes=nodes,
            resolved=resolved,
            inputs=inputs,
            origin=origin,
            results={} if seen is None else resolved.renamed.results(seen.results),
            labels=labels,
            fresh_clock=request.fresh_clock,
        )
        plan = draw_up(revision, request, resolved, origin=seen, evaluate=evaluate)
        plan = self._with_subflows(plan, request)
        plan = with_estimates(plan, flow, self._store, origin=origin.id if origin else None)
        refusals += check_stored_inputs(plan, request, inputs, nodes, self._values)
        plan = replace(
            plan,
            refusals=(*plan.refusals, *refusals, *admitted.refusals),
            warnings=(*plan.warnings, *admitted.warnings, *self._siblings(origin)),
        )
        results = {} if seen is None else resolved.renamed.results(seen.results)
        regrouped = frozenset[str]() if origin is None else self._regrouped(origin, nodes)
        return Drawn(
            plan,
            request,
            resolved,
            revision,
            new_revision,
            inputs,
            labels,
            tuple(files),
            origin,
            nodes,
            results,
            regrouped,
            admitted.failure,
        )

    def _tasks_of(self, run: Run) -> Nodes:
        revision = revision_of(self._store, run)
        return {} if revision is None else self._graphs.of(revision)

    def _regrouped(self, origin: Run, nodes: Nodes) -> frozenset[str]:
        """Name the tasks around which there is another group than in the origin's revision."""
        before = self._tasks_of(origin)
        if before is nodes:
            return frozenset()
        return frozenset(
            name for name, node in nodes.items() if name in before and before[name].parents[-1:] != node.parents[-1:]
        )

    def _carried_labels(self, origin: Run, request: ReplayRequest) -> dict[str, str]:
        """Give the labels of the origin that a person set: the others are the flow's, and may be others in this revision."""
        if not request.carry_overrides:
            return {}
        revision = self._store.flows.revision(origin.namespace, origin.flow, origin.revision)
        of_flow = revision.flow.labels if revision is not None else {}
        asked = origin.request.get("labels", {})
        own = ((name, text) for name, text in origin.labels.items() if not name.startswith(SYSTEM))
        return {name: text for name, text in own if name in asked or of_flow.get(name) != text}

    def origin(self, run: Run) -> Origin:
        """Give a run as the planner sees it."""
        results = self._results.of(run)
        happened = Happened(self._store, run)
        return Origin(
            run.name,
            results,
            Digests(self._store, run).of,
            lambda task_run: self._values.missing(self._outputs(task_run)),
            tasks=lambda: self._tasks_of(run),
            ran_in=happened.at,
            ran=happened.of_task,
            damaged=lambda task_run: self._values.damaged(self._outputs(task_run)),
            items=self._items,
            file_changed=FileChanges(self._store, self.files, run).of,
        )

    def _items(self, task_run: str) -> Mapping[str, Mapping[str, str]]:
        found = self._store.task_runs.get(task_run)
        if found is None or found.keys is None or found.values is None:
            return {}
        return {key: item_digests(row) for key, row in zip(found.keys, found.values, strict=False)}

    def _outputs(self, task_run: str) -> Mapping[str, Any]:
        found = self._store.task_runs.get(task_run)
        return {} if found is None else found.outputs

    def _with_subflows(self, plan: Plan, request: ReplayRequest) -> Plan:
        """Say of each subflow that runs again what that does, as far as it is known before its inputs are."""
        changed: dict[str, Decision] = {}
        refusals: list[PlanRefusal] = []
        for decision in plan.decisions:
            origin = called_by(self._store, decision.origin_task_run) if decision.child is not None else None
            drawn = self._draw_subflow(decision, origin, request) if origin is not None else None
            if drawn is None or origin is None:
                continue
            text = f"{decision.reason}; {told(drawn.plan, origin, drawn.nodes)}"
            changed[decision.address] = replace(decision, reason=text)
            for refusal in drawn.plan.refusals:
                message = f"in the subflow of `{decision.address}`: {refusal.message}"
                refusals.append(replace(refusal, message=message, address=decision.address))
        if not changed:
            return plan
        decisions = tuple([changed.get(each.address, each) for each in plan.decisions])
        return replace(plan, decisions=decisions, refusals=(*plan.refusals, *refusals))

    def _draw_subflow(self, decision: Decision, origin: Run, request: ReplayRequest) -> Drawn | None:
        revision = self._store.flows.latest(origin.namespace, origin.flow)
        if revision is None:
            return None
        asked = asked_of(decision.child or {}, origin, request, revision=revision.number, inputs={})
        try:
            return self.draw(revision, asked, new_revision=False, origin=origin)
        except DalSegnoError:
            # its inputs may be others by then
            return None

    def _siblings(self, origin: Run | None) -> list[str]:
        """Warn where the origin has a running or a successful replay already."""
        if origin is None:
            return []
        told = {State.RUNNING: "is running", State.SUCCESS: "has succeeded", State.WARNING: "has succeeded"}
        replays = self._store.runs.list(RunFilter(origin=origin.id, states=tuple(told), whole=True, limit=3))
        return [f"{origin.name} has a replay already: {run.name} {told[run.state]}" for run in replays]

    def _evaluator(
        self,
        revision: Revision,
        *,
        nodes: Nodes,
        resolved: Resolved,
        inputs: Mapping[str, Any],
        origin: Run | None,
        results: Mapping[str, Result],
        labels: Mapping[str, str],
        fresh_clock: bool,
    ) -> Callable[[Task, Scope, Mapping[str, Decision]], Sequence[Any] | NotYet]:
        flow, now, secrets = revision.flow, self._clock.now(), Secrets(self.sealing.open)
        run = Run(
            id=origin.id if origin else "",
            name="",
            namespace=flow.namespace,
            flow=flow.id,
            revision=revision.number,
            state=State.CREATED,
            attempt=origin.attempt + 1 if origin else 1,
            root=origin.root if origin else "",
            clock=origin.clock if origin and not fresh_clock else now,
            created=now,
            origin=origin.id if origin else None,
            inputs=inputs,
            labels=labels,
        )

        seal = self.sealing.seal
        entries = KeyValues(self._store, self._clock)
        outside = Outside(
            run, self._store, self._artifacts, entries, self.files, secrets, seal, self.around, planned=True
        )

        def matters(decision: Decision) -> bool:
            """Whether it may have the run end otherwise than its origin."""
            if runs_after(decision.task, nodes):
                return False
            before = results.get(decision.address)
            return decision.action is Action.LEAVE or may_end_otherwise(decision, before, nodes, resolved)

        def evaluate(task: Task, scope: Scope, decided: Mapping[str, Decision]) -> Sequence[Any] | NotYet:
            ended: dict[str, Any] = {}
            if runs_after(task.id, nodes):
                if origin is None or any(matters(each) for each in decided.values()):
                    return NotYet(None, f"{WHAT[task.kind]} decided when it is settled how the run ends")
                ended = {"state": origin.state.value, "outputs": origin.outputs}
            known = _Known(decided, resolved, self._store, self._values)
            facts = Facts(
                run,
                flow,
                nodes,
                self._clock,
                known.outputs_at,
                known.keys_of,
                resolved.overrides,
                secrets,
                outside,
                dict(labels),
                ended=ended,
                key_function=keys_as_then(self._store, origin, scope.prefix + resolved.renamed.old(task.id), task),
                opened=self._values.opened,
            )
            try:
                return parts_of(task, scope, resolved.overrides(task.id, scope.keys), facts)
            except DalSegnoError as error:
                what = "its branch" if task.kind is Kind.CHOICE else "its items"
                return NotYet(None, f"{what} cannot be worked out before it begins: {error.message}")

        return evaluate


class _Known:
    """Results as far as a plan knows them: what is kept, and what is pinned."""

    def __init__(self, decided: Mapping[str, Decision], resolved: Resolved, store: Store, values: Values) -> None:
        self._decided = decided
        self._resolved = resolved
        self._store = store
        self._values = values

    def outputs_at(self, address: str) -> Mapping[str, Any] | None:
        decision = self._decided.get(address)
        if decision is None:
            return None
        if decision.action is Action.PIN:
            given = self._resolved.pin(decision.task, tuple(str(key) for key in parse(address).keys))
            if given is not None and not keeps_origin(given):
                return given
        elif decision.action is not Action.REUSE:
            return None
        if decision.origin_task_run is None:
            return None
        found = self._store.task_runs.get(decision.origin_task_run)
        return None if found is None else self._values.read(found.outputs)

    def keys_of(self, address: str) -> Sequence[str] | None:
        decision = self._decided.get(address)
        return None if decision is None else decision.keys


def hashed_into(files: list[Path]) -> Callable[[Path], str]:
    """Give the URI that a file will have once it is stored, without storing it."""
    from blake3 import blake3

    def uri(path: Path) -> str:
        if actor() is not None:
            message = f"`{path}` would be a file of the server: upload the file, and give its `dalsegno://` address"
            raise Refusal(message, code="not-remote")
        files.append(path)
        hasher = blake3()
        hasher.update_mmap(path)
        return uri_of(hasher.hexdigest(), path.name)

    return uri


def _without_secrets(given: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was asked with secrets in the form in which the run keeps them."""
    return {name: inputs[name] if is_sealed(inputs.get(name)) else value for name, value in given.items()}


def _overridden(request: ReplayRequest, inputs: Mapping[str, Any], origin: Run | None) -> list[str]:
    """Name the inputs that this request gives another value than the origin had."""
    if origin is None:
        return list(request.inputs)
    return [
        name
        for name in request.inputs
        if name not in origin.inputs or digest("value", inputs.get(name)) != digest("value", origin.inputs[name])
    ]


def refusals_of(plan: Plan) -> tuple[PlanRefusal, ...]:
    """Give a plan's refusals, each once."""
    return tuple(dict.fromkeys(plan.refusals))
