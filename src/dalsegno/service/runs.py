"""Use cases about runs: plan, create, execute, look at."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.outside import Surroundings
from dalsegno.engine.values import Values
from dalsegno.errors import MoveRefused, NotFound, Refusal, RunIsLive
from dalsegno.executors.steps import StepRunner
from dalsegno.model.clock import Clock, Ids
from dalsegno.model.flow import Revision
from dalsegno.model.plan import Plan
from dalsegno.model.progress import Observer
from dalsegno.model.quiet import without_collection
from dalsegno.model.run import Attempt, Event, Run, TaskRun
from dalsegno.model.sealed import mask_sealed
from dalsegno.model.state import State
from dalsegno.replay.matching import matched_calls
from dalsegno.replay.request import ReplayRequest
from dalsegno.replay.stored import plan_from_bytes
from dalsegno.service.begun import BegunRuns
from dalsegno.service.coded import Coded, entry_of, refuse_other, with_overridden
from dalsegno.service.creating import Creating
from dalsegno.service.evaluating import Evaluating
from dalsegno.service.executing import Executing, owner
from dalsegno.service.finding import find_run, find_task_run, refuse_deleted, refuse_to_unlabel
from dalsegno.service.flow_graph import graph_as_json
from dalsegno.service.flows import FlowCases
from dalsegno.service.following import Following
from dalsegno.service.graphs import Graphs
from dalsegno.service.hosting import HostedRuns
from dalsegno.service.keyed import run_with_key, with_key
from dalsegno.service.listing import ListedRuns, Listing, RunQuery
from dalsegno.service.marked import Marked
from dalsegno.service.permitted import permit_asked, permit_creation
from dalsegno.service.planning import Drawn, Planning
from dalsegno.service.resuming import Resuming, Resumption
from dalsegno.service.retrying import Retrying
from dalsegno.service.revisions import revision_of
from dalsegno.service.saved import Saved
from dalsegno.service.sealing import Sealing
from dalsegno.service.switched import refuse_off
from dalsegno.service.tracing import Tracing
from dalsegno.service.views import event_as_json, in_flow_order, run_as_json
from dalsegno.service.waits import Wait
from dalsegno.store.port import LabelRun, RequestKill, RequestPause, RunFilter, Store, StoredLine, Write


class RunCases:
    """Plan, create, execute and look at runs."""

    def __init__(
        self,
        store: Store,
        artifacts: ArtifactStore,
        flows: FlowCases,
        sealing: Sealing,
        around: Surroundings,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._flows = flows
        self._listing = Listing(store, clock)
        self._tracing = Tracing(store, artifacts)
        self._values = Values(artifacts, clock=clock, ids=ids)
        self._clock = clock
        graphs, begun = Graphs(), BegunRuns()
        self._graphs = graphs
        self._marked = Marked(store, graphs)
        self._planning = Planning(store, artifacts, graphs, sealing, around, clock=clock, ids=ids)
        self._creating = Creating(store, artifacts, begun, clock=clock, ids=ids)
        self._executing = Executing(
            store, artifacts, self._planning, graphs, begun, self._creating, clock=clock, ids=ids
        )
        self._evaluating = Evaluating(store, artifacts, graphs, sealing, around, clock=clock, ids=ids)
        self._resuming = Resuming(store, artifacts, self._executing, graphs, sealing, clock=clock, ids=ids)
        self._executing.resume = lambda run, answers: self._resuming.resume(
            run, Resumption(answers), observer=None, stop=None
        )
        self._following = Following(store, self._executing, Retrying(store, graphs), self.create_replay, clock)
        #: what the engine of a server does
        self.hosted = HostedRuns(store, artifacts, self._executing, self._resuming, self._following, clock)

    # plans and creation

    def plan_fresh(
        self, flow: str, request: ReplayRequest, *, text: str | None = None, coded: Coded | None = None
    ) -> Plan:
        """Give the plan of a fresh run."""
        with without_collection():
            return self._draw_fresh(flow, request, text, coded).plan

    def create_fresh(
        self,
        flow: str,
        request: ReplayRequest,
        *,
        text: str | None = None,
        coded: Coded | None = None,
        digest: str | None = None,
        queue: bool = False,
        key: str | None = None,
    ) -> Run:
        """Create a fresh run, or give the one that was made with the same key; `queue` hands it to the engine of a server."""
        asked = with_key(request, key)
        return self._create(lambda: self._draw_fresh(flow, asked, text, coded), digest, coded, queue=queue, key=key)

    def plan_replay(
        self,
        request: ReplayRequest,
        *,
        text: str | None = None,
        file: str | None = None,
        coded: Coded | None = None,
    ) -> Plan:
        """Give the plan of a replay."""
        with without_collection():
            return self._draw_replay(request, text, file, coded).plan

    def create_replay(
        self,
        request: ReplayRequest,
        *,
        text: str | None = None,
        file: str | None = None,
        coded: Coded | None = None,
        digest: str | None = None,
        queue: bool = False,
        key: str | None = None,
    ) -> Run:
        """Create the run of a replay, as `create_fresh` does."""
        asked = with_key(request, key)
        return self._create(lambda: self._draw_replay(asked, text, file, coded), digest, coded, queue=queue, key=key)

    def draw_replay(self, request: ReplayRequest) -> Drawn:
        """Give the plan of a replay with all that it was drawn up from."""
        return self._draw_replay(request, None, None, None)

    def create_replay_with(
        self, request: ReplayRequest, also: Callable[[Run], Sequence[Write]], *, queue: bool = False
    ) -> Run:
        """Create the run of a replay, and write something about it in the same commit."""
        return self._create(lambda: self.draw_replay(request), None, queue=queue, also=also)

    def _create(
        self,
        draw: Callable[[], Drawn],
        digest: str | None,
        coded: Coded | None = None,
        *,
        queue: bool = False,
        key: str | None = None,
        also: Callable[[Run], Sequence[Write]] | None = None,
    ) -> Run:
        """Create a run. Each time that another process has saved a revision of the flow first, the plan is drawn up anew."""
        while True:
            with without_collection():
                drawn = draw()
                earlier = run_with_key(self._store, drawn.revision.flow, key)
                if earlier is not None:
                    return earlier
                try:
                    permit_creation(drawn.request, self._store, self._artifacts, queue=queue)
                    contents = {} if coded is None else coded.contents
                    return self._creating.create(
                        drawn, digest=digest, queue=queue, contents=contents, key=key, also=also
                    )
                except MoveRefused:
                    earlier = run_with_key(self._store, drawn.revision.flow, key)
                    if earlier is not None:
                        return earlier
                    if not drawn.new_revision or self._flows.is_next(drawn.revision):
                        raise

    def _draw_fresh(self, flow: str, request: ReplayRequest, text: str | None, coded: Coded | None) -> Drawn:
        if request.start or request.skip or request.skip_successful or request.only or request.changed:
            raise Refusal("a fresh run has no origin to start in or to keep results of; replay a run", code="no-origin")
        permit_asked(request, self._store, self._artifacts, text=text, code=coded)
        if coded is not None:
            saved = self._flows.prepare_code(coded)
        elif text is not None:
            saved = self._flows.prepare(text, file=flow)
        else:
            number = request.revision if isinstance(request.revision, int) else None
            found, request = self._tracing.for_run(self._flows.get(flow, number), request)
            saved = Saved(found, created=False)
        flow_of = saved.revision.flow
        refuse_off(self._store, flow_of.namespace, flow_of.id)
        request = replace(request, origin=None, revision=saved.revision.number)
        return self._planning.draw(saved.revision, request, new_revision=saved.created)

    def _draw_replay(self, request: ReplayRequest, text: str | None, file: str | None, coded: Coded | None) -> Drawn:
        if request.origin is None:
            raise Refusal("a replay needs a run to replay", code="no-origin")
        permit_asked(request, self._store, self._artifacts, text=text, code=coded)
        origin = refuse_deleted(self.get(request.origin), "replayed")
        refuse_off(self._store, origin.namespace, origin.flow)
        if coded is None:
            saved, request = self._revision_for(origin, request, text, file)
        else:
            saved = self._code_for(origin, request, coded)
        request = replace(request, origin=origin.id)
        request = self._with_calls_matched(saved.revision, origin, request)
        drawn = self._planning.draw(saved.revision, request, new_revision=saved.created, origin=origin)
        warning = self._newer_revision(origin, request) if text is None and coded is None else None
        if warning is None:
            return drawn
        return replace(drawn, plan=replace(drawn.plan, warnings=(warning, *drawn.plan.warnings)))

    def _with_calls_matched(self, revision: Revision, origin: Run, request: ReplayRequest) -> ReplayRequest:
        """Match the calls of a step that is called several times by what they are given, not by their number (rule 11)."""
        before = revision_of(self._store, origin) if revision.flow.depends is not None else None
        if before is None or before.flow is revision.flow:
            return request
        names = matched_calls(revision.flow, before.flow)
        return replace(request, renamed={**names, **request.renamed}) if names else request

    def _revision_for(
        self, origin: Run, request: ReplayRequest, text: str | None, file: str | None
    ) -> tuple[Saved, ReplayRequest]:
        if text is not None:
            saved = self._flows.prepare(text, file=file)
            flow = saved.revision.flow
            if (flow.namespace, flow.id) != (origin.namespace, origin.flow):
                message = f"{file or 'the text'} is the flow `{flow.full_id}`; {origin.name} is a run of"
                raise Refusal(f"{message} `{origin.namespace}.{origin.flow}`", code="other-flow", file=file)
            return saved, request
        if request.revision == "latest":
            latest = self._flows.latest(origin.namespace, origin.flow)
            if latest is not None:
                found, request = self._tracing.for_replay(latest, origin, request)
                return Saved(found, created=False), request
        number = request.revision if isinstance(request.revision, int) else origin.revision
        found = self._flows.revision(origin.namespace, origin.flow, number)
        found, request = self._tracing.for_replay(found, origin, request)
        return Saved(found, created=False), request

    def _code_for(self, origin: Run, request: ReplayRequest, coded: Coded) -> Saved:
        refuse_other(coded, origin.namespace, origin.flow, origin.name)
        before = revision_of(self._store, origin)
        if before is not None and request.inputs:
            given = {name: form for name, form in request.inputs.items() if form != origin.inputs.get(name)}
            coded = replace(coded, flow=with_overridden(coded.flow, before.flow, given))
        return self._flows.prepare_code(coded)

    def _newer_revision(self, origin: Run, request: ReplayRequest) -> str | None:
        latest = self._flows.latest(origin.namespace, origin.flow)
        if request.revision != "original" or latest is None or latest.number <= origin.revision:
            return None
        return (
            f"this replays revision {origin.revision}, the one that {origin.name} ran; revision {latest.number} is newer: "
            f"`--revision latest` takes it"
        )

    # execution

    def execute(
        self,
        run: str,
        *,
        observer: Observer | None = None,
        stop: Callable[[Callable[[], None]], None] | None = None,
        steps: StepRunner | None = None,
    ) -> Run:
        """Execute a run that was created, or carry one on whose process died.

        Where it fails and its flow has it made again, that run is executed in its turn; the last one is given.
        """
        ended = self._executing.execute(self.get(run), observer=observer, stop=stop, steps=steps)
        return self._following.again(ended, observer, stop)

    def resume(
        self,
        run: str,
        said: Resumption,
        *,
        observer: Observer | None = None,
        stop: Callable[[Callable[[], None]], None] | None = None,
    ) -> Run:
        """Resume a run that waits for a person, and execute it.

        Where it waits for its subflow, that is resumed; what called it goes on after it.
        """
        found, said = self._resuming.meant(self.get(run), said)
        ended = self._resuming.resume(found, said, observer=observer, stop=stop)
        return self._following.all_of(ended, observer, stop)

    def label(self, run: str, labels: Mapping[str, str], remove: Sequence[str] = ()) -> Run:
        """Give a run labels, beside those that it has, and take others away. Raises `RunIsLive` while it is executed.

        Raises
        ------
        Refusal : a label that is to go is not there, or is to be given as well.
        """
        found = refuse_deleted(self.get(run), "labelled")
        for name in remove:
            refuse_to_unlabel(found, name, labels)
        lease = self._store.acquire(found.id, owner())
        try:
            self._store.commit(lease, [LabelRun(found.id, labels, tuple(remove))])
        finally:
            self._store.release(lease)
        return self.get(found.id)

    def waits(self, run: str) -> list[Wait]:
        """Give what a paused run waits for."""
        return self._resuming.waits(self.get(run))

    def kill(self, run: str) -> Run:
        """Ask the engine that executes a run to stop it; a run that nobody executes is ended here."""
        return self._ask(self.get(run), RequestKill)

    def pause(self, run: str) -> Run:
        """Ask the engine that executes a run to pause it: what is running ends, and nothing begins until it is resumed.

        A run that nobody executes is paused here.
        """
        found = self.get(run)
        if found.state is State.PAUSED:
            raise Refusal(f"{found.name} waits already; `dalsegno show {found.name}` says for what", code="run-paused")
        return self._ask(found, RequestPause)

    def _ask(self, found: Run, wish: Callable[[str], RequestKill | RequestPause]) -> Run:
        """Put a wish on record, and see to it where nobody executes the run."""
        if found.state.ended:
            raise Refusal(f"{found.name} has ended already: {found.state}", code="run-ended")
        try:
            self._store.commit(None, [wish(found.id)])
        except MoveRefused as error:
            raise Refusal(f"{found.name} has ended already", code="run-ended") from error
        self._executing.look_at(found.id)
        with suppress(RunIsLive):
            return self._executing.execute(found, observer=None, stop=None)
        return found

    # looking

    def get(self, run: str) -> Run:
        """Give a run by id, unique prefix of an id, name, `last` or `last-failed`."""
        return find_run(self._store, run)

    def list(self, filter: RunFilter) -> list[Run]:
        """Give runs, newest first."""
        return self._store.runs.list(filter)

    def page(self, query: RunQuery) -> ListedRuns:
        """Give part of a list of runs, newest first, and the cursor of the next part."""
        return self._listing.page(query)

    def counts(self, query: RunQuery) -> Mapping[str, int]:
        """Count the runs of a list by state; 1,000 is as many or more."""
        return self._listing.counts(query)

    def as_json(self, run: str, *, task_runs: bool = True) -> dict[str, Any]:
        """Give a run, by default with its task runs, as every door shows it."""
        found = self.get(run)
        own = self._ordered(found) if task_runs else None
        given = self._marked.of(found, own) if own is not None else None
        shown = run_as_json(found, own, given, full=True)
        shown["last_event"] = self._store.events.last(found.id)
        if found.state is State.PAUSED:
            shown["waits"] = [wait.as_json() for wait in self._resuming.waits(found)]
            shown["held"] = self._store.runs.wishes(found.id).pause
        return shown

    def plan_of(self, run: str) -> Plan:
        """Give the plan of a run."""
        found = self.get(run)
        stored = self._store.runs.plan(found.id)
        if stored is None:
            raise NotFound(f"{found.name} was deleted, and its plan with it", code="unknown-plan")
        return plan_from_bytes(stored)

    def task_runs(self, run: str, *, in_short: bool = False) -> list[TaskRun]:
        """Give the task runs of a run; `in_short` without what a list does not show: digests, properties and the like."""
        return self._ordered(self.get(run), in_short=in_short)

    def gantt(self, run: str) -> Mapping[str, Any]:
        """Give what a drawing of a run needs, of ten thousand task runs too: rows, whose `columns` are named once."""
        found = self.get(run)
        columns, bars = self._store.task_runs.bars(found.id)
        times = {"started": found.started, "ended": found.ended}
        return {"run": found.id, "state": found.state.value, **times, "columns": columns, "bars": bars}

    def given(self, run: str) -> Mapping[str, tuple[str, ...]]:
        """Name, by the address of a task run, the values that it used and that a person gave."""
        found = self.get(run)
        return self._marked.of(found, self._store.task_runs.of_run(found.id))

    def _ordered(self, run: Run, *, in_short: bool = False) -> list[TaskRun]:
        flow = (revision_of(self._store, run) or self._flows.revision(run.namespace, run.flow, run.revision)).flow
        reads = self._store.task_runs
        return in_flow_order(reads.in_short(run.id) if in_short else reads.of_run(run.id), flow)

    def task_run(self, run: str, address: str) -> TaskRun:
        """Give the task run at an address."""
        return find_task_run(self._store, self.get(run), address)

    def task_run_by_id(self, id: str) -> TaskRun | None:
        """Give a task run by its id."""
        return self._store.task_runs.get(id)

    def revision_of(self, run: str) -> Revision:
        """Give the revision of a run, with the run's own graph."""
        found = self.get(run)
        return revision_of(self._store, found) or self._flows.revision(found.namespace, found.flow, found.revision)

    def graph(self, run: str) -> dict[str, Any]:
        """Give what a picture of a run shows: `nodes`, `edges` and `groups` of its own graph."""
        return graph_as_json(self.revision_of(run).flow)

    def code_of(self, run: str) -> str | None:
        """Give the name of the pipeline whose code a run is of; `None` for a flow in YAML."""
        return entry_of(self.revision_of(run))

    def step_arguments(self, run: str, address: str) -> Mapping[str, Any]:
        """Give what a step in Python got in a run."""
        found = self.get(run)
        return self._evaluating.arguments(found, find_task_run(self._store, found, address))

    def attempts(self, run: str, address: str) -> list[Attempt]:
        """Give the attempts of a task run, from where it really ran."""
        found = self.task_run(run, address)
        return self._store.task_runs.attempts(found.reused_from or found.id)

    def lineage(self, run: str) -> list[Run]:
        """Give all runs of a run's lineage, deleted ones too, the root first."""
        root = self.get(run).root
        found = self._store.runs.list(RunFilter(root=root, limit=0, deleted=True))
        return sorted(found, key=lambda each: (each.created, each.id))

    def logs(self, run: str, *, address: str | None = None, after: int = 0, limit: int = 1000) -> list[StoredLine]:
        """Give log lines of a run, or of one of its task runs."""
        found = self.get(run)
        if address is None:
            return self._store.logs.of_run(found.id, after, limit)
        task_run = find_task_run(self._store, found, address)
        return self._store.logs.of_task_run(task_run.reused_from or task_run.id, after, limit)

    def events(self, run: str, *, after: int = 0, limit: int = 1000) -> builtins.list[dict[str, Any]]:
        """Give what happened to a run after an event's number, as every door shows it."""
        found = self.get(run)
        nodes = self._graphs.of(self.revision_of(found.id))
        return [event_as_json(each, nodes) for each in self._store.events.told(found.id, after, limit)]

    def events_of_runs(self, since: float, limit: int = 1000) -> builtins.list[tuple[Event, dict[str, Any]]]:
        """Give what happened to runs themselves at or after a time, oldest first, each with its run as a list shows it."""
        found = self._store.events.of_runs(since, limit)
        runs = {name: self._store.runs.get(name) for name in {event.run for event in found}}
        return [(event, run_as_json(run)) for event in found if (run := runs[event.run]) is not None]

    def evaluate(self, run: str, text: str, *, task: str | None = None) -> Any:
        """Render an expression as a run sees it, or one task run in it; secrets are masked."""
        found = self.get(run)
        task_run = None if task is None else find_task_run(self._store, found, task)
        return self._evaluating.evaluate(found, text, task_run)

    def outputs(self, run: str) -> Mapping[str, Any]:
        """Give the outputs of a run: of its tasks by address, and of the flow."""
        found = self.get(run)
        tasks = {
            item.address: mask_sealed(self._values.read(item.outputs)) for item in self._ordered(found, in_short=True)
        }
        return {
            "tasks": {name: value for name, value in tasks.items() if value},
            "flow": mask_sealed(self._values.read(found.outputs)),
        }
