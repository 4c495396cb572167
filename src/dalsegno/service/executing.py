"""Has runs executed in this process: takes the lease, puts an engine together, watches for the wish to stop."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.expansion import Expansion
from dalsegno.engine.job import Job
from dalsegno.engine.kv import KeyValues
from dalsegno.engine.leaving import Leave, Left
from dalsegno.engine.limits import Limits
from dalsegno.engine.logs import LogWriter
from dalsegno.engine.memory import Memory
from dalsegno.engine.observing import CarefulObserver
from dalsegno.engine.outside import Outside
from dalsegno.engine.packages import Packages
from dalsegno.engine.removing import Removal
from dalsegno.engine.runner import Runner
from dalsegno.engine.secrets import Secrets
from dalsegno.engine.stopping import Stop
from dalsegno.engine.stored_steps import StoredSteps
from dalsegno.engine.values import Values
from dalsegno.engine.variables import Facts, no_keys
from dalsegno.engine.worker import Tools
from dalsegno.errors import DalSegnoError, NotFound, Refusal, RunIsLive
from dalsegno.executors.inline import InlineExecutor
from dalsegno.executors.steps import StepRunner
from dalsegno.executors.threads import ThreadExecutor
from dalsegno.model.clock import Clock, Ids
from dalsegno.model.plan import Plan
from dalsegno.model.progress import Observer
from dalsegno.model.run import Run
from dalsegno.model.state import BEFORE, State
from dalsegno.replay.origin import Origin
from dalsegno.replay.request import request_from_json
from dalsegno.replay.resolve import resolve_request
from dalsegno.replay.stored import plan_from_bytes
from dalsegno.service.answers import default_answers
from dalsegno.service.begun import BegunRuns
from dalsegno.service.calling import Calling
from dalsegno.service.creating import Creating
from dalsegno.service.flow_outputs import output_reader
from dalsegno.service.graphs import Graphs
from dalsegno.service.others import OtherRuns, Resume
from dalsegno.service.planning import Planning
from dalsegno.service.revisions import revision_of
from dalsegno.service.watching import Watching
from dalsegno.store.port import Lease, RunFilter, Store

#: how many tasks of one run execute at once at the most
THREADS = 32


class Executing:
    """Executes runs."""

    def __init__(
        self,
        store: Store,
        artifacts: ArtifactStore,
        planning: Planning,
        graphs: Graphs,
        begun: BegunRuns,
        creating: Creating,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._graphs = graphs
        self._begun = begun
        self._store = store
        self._artifacts = artifacts
        self._planning = planning
        self._creating = creating
        self._watching = Watching(store, clock)
        self._aside: list[threading.Thread] = []
        self._clock = clock
        self._ids = ids
        #: how a task has another run resumed; given by the use cases of runs
        self.resume: Resume = _cannot_resume

    def execute(
        self,
        run: Run,
        *,
        observer: Observer | None,
        stop: Callable[[Callable[[], None]], None] | None,
        before: Callable[[Run, Lease], None] | None = None,
        steps: StepRunner | None = None,
        leave: Leave | None = None,
    ) -> Run:
        """Execute a run to its end, or until it waits for a person, or carry it on. A run that has ended is given as it is.

        Parameters
        ----------
        before : is called with the lease in hand, before anything else is done.
        steps : runs steps in Python here; by default worker processes run the code that was stored.
        leave : the wish that the run is let go of; it is then given as it is, and has not ended.

        Raises
        ------
        RunIsLive : another live process executes it.
        Exception : what the observer raised; the run has gone on to its end without it.
        """
        if run.state.ended:
            return run
        careful = None if observer is None else CarefulObserver(observer)
        ended = self._under_lease(run.id, careful, stop, before=before, steps=steps, leave=leave)
        if careful is not None and careful.error is not None:
            raise careful.error
        return self._not_left_at_rest(ended, observer, stop, steps)

    def carry_on(self, run: str, leave: Leave | None) -> Run:
        """Execute a run of which the id alone is known, as `execute` does."""
        return self._not_left_at_rest(self._under_lease(run, None, None, leave=leave), None, None, None)

    def _not_left_at_rest(
        self,
        ended: Run,
        observer: Observer | None,
        stop: Callable[[Callable[[], None]], None] | None,
        steps: StepRunner | None,
    ) -> Run:
        """See to it that a run ends which was to be stopped while it came to rest: nobody else may be there to do it."""
        if ended.state is State.PAUSED and self._store.runs.wishes(ended.id).kill:
            with suppress(RunIsLive):
                return self.execute(ended, observer=observer, stop=stop, steps=steps)
        return ended

    def _under_lease(
        self,
        run: str,
        observer: Observer | None,
        stop: Callable[[Callable[[], None]], None] | None,
        *,
        before: Callable[[Run, Lease], None] | None = None,
        steps: StepRunner | None = None,
        leave: Leave | None = None,
    ) -> Run:
        alone = not self._aside
        lease = self._store.acquire(run, owner())
        try:
            found = self._read(run)
            alone = alone and found.caller is None
            if before is not None:
                before(found, lease)
                found = self._read(run)
            if not found.state.ended:
                self._execute(found, lease, observer, stop, steps, leave)
                found = self._read(run)
            return found
        finally:
            self._store.release(lease)
            if alone:
                self._wait_for_others()

    def _read(self, run: str) -> Run:
        found = self._store.runs.get(run)
        if found is None:
            raise NotFound(f"there is no run {run} in this store", code="unknown-run")
        return found

    def _execute(
        self,
        run: Run,
        lease: Lease,
        observer: Observer | None,
        stop: Callable[[Callable[[], None]], None] | None,
        steps: StepRunner | None,
        leave: Leave | None,
    ) -> None:
        wish = Stop()
        if stop is not None:
            stop(wish.set)
        job = self._job(run, lease, wish, observer, steps)
        if leave is not None:
            job = replace(job, leave=leave)
        if run.state not in BEFORE:
            self._carry_on_others(run, wish)
        asked = self._store.runs.wishes(run.id)
        if asked.pause:
            job.hold.ask()
        if job.memory.was_stopping or asked.kill:
            wish.set()
        try:
            with self._watching.watch(job, wish):
                final = Runner(job).execute()
            self._call_hook(job, final)
        except Left:
            # what is still running ends, and nothing of that is recorded
            wish.set()
        except BaseException:
            wish.set()
            raise
        finally:
            job.executor.close()
            job.logs.close()

    def look_at(self, run: str) -> None:
        """See at once to what somebody has asked of a run, if it is executed here."""
        self._watching.look_at(run)

    def _call_hook(self, job: Job, final: State) -> None:
        """Call the user's function for a run of a pipeline that has ended. What it does wrong changes nothing."""
        what = "failure" if final is State.FAILED else "success" if final in (State.SUCCESS, State.WARNING) else None
        name = job.flow.hooks.get(what) if what is not None else None
        if name is None or job.tools.steps is None:
            return
        ended = self._store.runs.get(job.run.id)
        try:
            job.tools.steps.hook(name, None if ended is None or what == "success" else ended.error)
        except Exception as error:  # noqa: BLE001 - a hook may raise anything
            warnings.warn(f"the hook `{name}` of {job.run.name} raised {type(error).__name__}: {error}", stacklevel=2)

    def aside(self, run: Run, *, observer: Observer | None, stop: Callable[[Callable[[], None]], None]) -> None:
        """Begin to execute a run that nobody waits for; the process does not end before it has."""

        def execute() -> None:
            # whoever looks at it finds out how it ended
            with suppress(DalSegnoError):
                self.execute(run, observer=observer, stop=stop)

        thread = threading.Thread(target=execute, name=f"dalsegno-{run.name}")
        self._aside.append(thread)
        thread.start()

    def _carry_on_others(self, run: Run, wish: Stop) -> None:
        """Carry on what a run called and did not wait for, where the process died that executed both."""
        for called in self._store.runs.list(RunFilter(parent=run.id, limit=0)):
            task_run = self._store.task_runs.get(called.caller.task_run) if called.caller is not None else None
            live = (*BEFORE, State.RUNNING)
            if called.state in live and task_run is not None and task_run.state.ended:
                self.aside(called, observer=None, stop=wish.listen)

    def _wait_for_others(self) -> None:
        while self._aside:
            self._aside.pop().join()

    def _job(self, run: Run, lease: Lease, wish: Stop, observer: Observer | None, steps: StepRunner | None) -> Job:
        revision = revision_of(self._store, run)
        if revision is None:
            raise NotFound(f"{run.name} has no revision in the store any more", code="unknown-revision")
        if steps is None and revision.flow.depends is not None:
            steps = StoredSteps(revision.source, self._artifacts, inputs=run.inputs)
        begun = self._begun.take(run.id) if run.state in BEFORE else None
        nodes = self._graphs.of(revision)
        resolved = resolve_request(request_from_json(run.request), nodes)
        values = Values(self._artifacts, clock=self._clock, ids=self._ids)
        memory = Memory(run.id, self._store.task_runs, values, kept=None if begun is None else begun.kept)
        sealing = self._planning.sealing
        secrets = Secrets(sealing.open)
        entries = KeyValues(self._store, self._clock)
        files = self._planning.files
        seal, around = sealing.seal, self._planning.around
        outside = Outside(run, self._store, self._artifacts, entries, files, secrets, seal, around)
        facts = Facts(
            run, revision.flow, nodes, self._clock, memory.outputs_at, memory.keys_of, resolved.overrides, secrets,
            outside,
            dict(run.labels),
            no_keys if steps is None else steps.keys,
            opened=values.opened,
        )  # fmt: skip
        logs = LogWriter(self._store, run.id)
        return Job(
            run=run,
            flow=revision.flow,
            resolved=resolved,
            lease=lease,
            store=self._store,
            memory=memory,
            expansion=Expansion(
                self._plan(run) if begun is None else begun.plan,
                nodes,
                resolved,
                origin=lambda: self._origin(run),
                attempt_of=self._last_attempt,
            ),
            tools=Tools(
                facts,
                values,
                self._artifacts,
                entries,
                files,
                OtherRuns(self._store, run, logs, self.resume),
                Removal(self._store, self._artifacts, self._clock, run),
                self._clock,
                self._ids,
                wish,
                Packages(run.environment),
                steps,
            ),
            logs=logs,
            executor=InlineExecutor() if steps is not None and steps.alone else ThreadExecutor(THREADS),
            children=Calling(self._store, self._planning, self._creating, self, observer),
            defaults=lambda task, inputs: default_answers(task, inputs, self._clock, sealing),
            limits=Limits(facts, run.started or self._clock.now()),
            read_output=output_reader(sealing),
            observer=observer,
        )

    def _plan(self, run: Run) -> Plan:
        stored = self._store.runs.plan(run.id)
        if stored is None:
            raise NotFound(f"{run.name} has no plan in the store any more", code="unknown-plan")
        return plan_from_bytes(stored)

    def _origin(self, run: Run) -> Origin | None:
        origin = self._store.runs.get(run.origin) if run.origin else None
        return None if origin is None else self._planning.origin(origin)

    def _last_attempt(self, task_run: str) -> int:
        found = self._store.task_runs.get(task_run)
        return 0 if found is None else found.attempt


def _cannot_resume(run: Run, _answers: Mapping[str, Any]) -> Run:
    raise Refusal(f"{run.name} cannot be resumed from here", code="cannot-resume")


def owner() -> str:
    """Say who holds a lease."""
    import platform

    return f"process {os.getpid()} on {platform.node()}"
