"""Subflows: the runs that task runs call, created once for each attempt, and executed here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from dalsegno.engine.children import Call, Stops
from dalsegno.errors import MoveRefused, NotFound, Refusal, TaskFailed
from dalsegno.model.flow import Flow, Revision
from dalsegno.model.progress import Observer, Progress, TaskMoved
from dalsegno.model.run import Run
from dalsegno.replay.request import ReplayRequest, request_from_json
from dalsegno.service.acting import on_behalf_of
from dalsegno.service.called import asked_of, called_by
from dalsegno.service.creating import Creating
from dalsegno.service.planning import Planning
from dalsegno.service.switched import refuse_off
from dalsegno.store.port import RunFilter, Store

#: flows that call each other are not followed deeper than this
DEEPEST = 20


class Executes(Protocol):
    """Executes runs, as `executing.Executing` does."""

    def execute(self, run: Run, *, observer: Observer | None, stop: Stops | None) -> Run:
        """Execute a run to its end, or until it waits."""
        ...

    def aside(self, run: Run, *, observer: Observer | None, stop: Stops) -> None:
        """Begin to execute a run that nobody waits for."""
        ...


class Calling:
    """Has the subflows of one run run (`engine.children.Children`)."""

    def __init__(
        self, store: Store, planning: Planning, creating: Creating, executing: Executes, observer: Observer | None
    ) -> None:
        self._store = store
        self._planning = planning
        self._creating = creating
        self._executing = executing
        self._observer = observer

    def call(self, call: Call, stops: Stops) -> Run:
        """Create the run that is called, unless it is there, and execute it."""
        run = self._called(call) or self._create(call)
        observer = self._relay(call)
        if call.wait:
            return self._executing.execute(run, observer=observer, stop=stops)
        if not run.state.ended:
            self._executing.aside(run, observer=observer, stop=stops)
        return run

    def kill(self, task_run: str) -> None:
        """End what a task run has called and that waits."""
        for run in self._store.runs.list(RunFilter(caller=task_run, limit=1)):
            if not run.state.ended:
                self._executing.execute(run, observer=None, stop=lambda stop: stop())

    def _called(self, call: Call) -> Run | None:
        """Give what this attempt has called already."""
        found = self._store.runs.list(RunFilter(caller=call.caller.task_run, limit=0))
        return next(
            (run for run in found if run.caller is not None and run.caller.attempt == call.caller.attempt), None
        )

    def _create(self, call: Call) -> Run:
        revision = self._revision(call)
        refuse_off(self._store, call.namespace, call.flow)
        parent = self._refuse_endless(call, revision.flow)
        origin, asked = self._origin(call)
        if origin is not None and (origin.namespace, origin.flow) != (call.namespace, call.flow):
            origin = None
        request = self._request(call, parent, revision, origin, asked)
        try:
            drawn = self._planning.draw(revision, request, new_revision=False, origin=origin)
            with on_behalf_of(parent.author):
                return self._creating.create(drawn, digest=None, caller=call.caller)
        except MoveRefused:
            found = self._called(call)
            if found is None:
                raise
            return found

    def _request(
        self, call: Call, parent: Run, revision: Revision, origin: Run | None, asked: dict[str, Any]
    ) -> ReplayRequest:
        if origin is None:
            return ReplayRequest(inputs=call.inputs, labels=call.labels, revision=revision.number)
        from_parent = request_from_json(parent.request)
        asked_for = asked_of(asked, origin, from_parent, revision=revision.number, inputs=call.inputs)
        return replace(asked_for, labels=call.labels)

    def _origin(self, call: Call) -> tuple[Run | None, dict[str, Any]]:
        """Give the run that is replayed, and how: what an earlier attempt called, or else what the origin's task run did."""
        before = self._store.runs.list(RunFilter(caller=call.caller.task_run, limit=1))
        if before:
            return before[0], {"skip_successful": True}
        called = called_by(self._store, call.origin) if call.child is not None else None
        return called, dict(call.child or {})

    def _revision(self, call: Call) -> Revision:
        flows = self._store.flows
        number = call.revision
        found = (
            flows.latest(call.namespace, call.flow)
            if number is None
            else flows.revision(call.namespace, call.flow, number)
        )
        if found is None:
            which = f"the flow `{call.namespace}.{call.flow}`"
            what = which if number is None else f"revision {number} of {which}"
            message = f"{what} is not in the store; save it first: `dalsegno flow save FILE`"
            raise NotFound(message, code="unknown-flow")
        return found

    def _refuse_endless(self, call: Call, flow: Flow) -> Run:
        """Give the run that calls. Refuse a call too deep inside others: flows that call each other have no end."""
        chain: list[str] = [flow.full_id]
        parent = at = self._store.runs.get(call.caller.run)
        if parent is None:
            raise Refusal(f"the run {call.caller.run}, which calls, is not in the store", code="unknown-run")
        while at is not None:
            chain.append(f"{at.namespace}.{at.flow}")
            if len(chain) > DEEPEST:
                shown = " → ".join(reversed(chain[:4]))
                raise TaskFailed(
                    f"`{call.address}` would stand {DEEPEST} subflows deep (... → {shown}): they call each other without end",
                    code="endless-subflows",
                    hint="let something end the chain: `runIf` on the Subflow, or an If around it",
                )
            at = self._store.runs.get(at.caller.run) if at.caller is not None else None
        return parent

    def _relay(self, call: Call) -> Observer | None:
        """Tell what happens in the run that is called as what happens inside the task that calls it."""
        observer = self._observer
        if observer is None:
            return None

        def tell(progress: Progress) -> None:
            if isinstance(progress, TaskMoved):
                observer(replace(progress, address=f"{call.address}.{progress.address}"))

        return tell
