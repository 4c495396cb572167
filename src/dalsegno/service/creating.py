"""Creates runs from plans: everything that a run begins with, in one commit."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.values import Values
from dalsegno.errors import PlanMoved, RequestRefused
from dalsegno.model.clock import Clock, Ids
from dalsegno.model.graph import parent_of
from dalsegno.model.plan import Action, Decision
from dalsegno.model.run import Caller, Run
from dalsegno.model.state import State
from dalsegno.replay.request import counts_as_whole
from dalsegno.replay.stored import plan_to_bytes
from dalsegno.service.acting import author
from dalsegno.service.audit import note_request
from dalsegno.service.begun import Begun, BegunRuns
from dalsegno.service.coded import refuse_lacking, text_of_graph
from dalsegno.service.given import given_artifacts
from dalsegno.service.keyed import taking
from dalsegno.service.planning import Drawn, refusals_of
from dalsegno.settings import VERSION
from dalsegno.store.port import CreateRun, KeepTaskRuns, Kept, NewName, SaveArtifact, SaveRevision, Store, Write


class Creating:
    """Writes what a plan begins with."""

    def __init__(self, store: Store, artifacts: ArtifactStore, begun: BegunRuns, *, clock: Clock, ids: Ids) -> None:
        self._begun = begun
        self._store = store
        self._artifacts = artifacts
        self._clock = clock
        self._ids = ids
        self._values = Values(artifacts, clock=clock, ids=ids)

    def create(
        self,
        drawn: Drawn,
        *,
        digest: str | None,
        caller: Caller | None = None,
        queue: bool = False,
        contents: Mapping[str, bytes] = MappingProxyType({}),
        key: str | None = None,
        also: Callable[[Run], Sequence[Write]] | None = None,
    ) -> Run:
        """Create the run; of a subflow with the task run that calls it.

        Parameters
        ----------
        queue : hand it to the engine of a server, in the same commit.
        contents : what a new revision needs in the artifact store, by digest.
        key : is taken in the same commit, which is refused (`MoveRefused`) where another run has it.
        also : what is written in the same commit, told of the run that is created.

        Raises
        ------
        RequestRefused : the plan has refusals. Nothing was written.
        PlanMoved : `digest` is given and is not the plan's (a prefix of 8 digits or more will do). Nothing was written.
        """
        plan = drawn.plan
        if plan.refusals:
            raise RequestRefused(refusals_of(plan))
        if digest is not None and not (len(digest) >= 8 and plan.digest.startswith(digest)):
            message = f"the plan has moved: it is {plan.digest[:12]} now, not {digest[:12]}; look at it again"
            raise PlanMoved(message, plan.as_json())
        for path in drawn.files:
            self._artifacts.put_file(path)
        for content in contents.values() if drawn.new_revision else ():
            self._artifacts.put_bytes(content)
        if drawn.new_revision:
            refuse_lacking(drawn.revision, self._artifacts)
        run = replace(self._run(drawn), caller=caller)
        if queue and not run.state.ended:
            run = replace(run, state=State.QUEUED, queued=run.created)
        writes: list[Write] = [SaveRevision(drawn.revision)] if drawn.new_revision else []
        if key is not None:
            writes.insert(0, taking(drawn.revision.flow, key, run.id, run.created))
        graph = text_of_graph(drawn.revision)
        writes.append(CreateRun(run, plan_to_bytes(plan), graph))
        keeping = [decision for decision in plan.decisions if decision.action is Action.REUSE]
        new = self._ids.new
        names = _new_names(drawn, keeping) if drawn.request.renamed or drawn.regrouped else {}
        kept = tuple(
            [
                Kept(new(), item.origin_task_run, item.reason, names.get(item.address))
                for item in keeping
                if item.origin_task_run
            ]
        )
        if kept:
            writes.append(KeepTaskRuns(run.id, kept))
        writes.extend(
            SaveArtifact(artifact)
            for artifact in given_artifacts(drawn.resolved, run.id, self._artifacts, self._values)
        )
        writes.extend(() if also is None else also(run))
        note_request(run, drawn.request)
        self._store.commit(None, writes)
        created = self._store.runs.get(run.id)
        assert created is not None  # noqa: S101 - it was just committed
        if not queue:
            # what is handed over is executed by another process
            kept = {item.address: drawn.results[item.address] for item in keeping}
            self._begun.put(run.id, Begun(plan, drawn.nodes, kept))
        return created

    def _run(self, drawn: Drawn) -> Run:
        flow, origin, request = drawn.revision.flow, drawn.origin, drawn.request
        now = self._clock.now()
        identity = self._ids.new()
        asked = request.as_json()
        return Run(
            id=identity,
            name="",
            namespace=flow.namespace,
            flow=flow.id,
            revision=drawn.revision.number,
            state=State.CREATED if drawn.failure is None else State.FAILED,
            started=None if drawn.failure is None else now,
            ended=None if drawn.failure is None else now,
            error=drawn.failure,
            attempt=origin.attempt + 1 if origin else 1,
            root=origin.root if origin else identity,
            clock=origin.clock if origin and not request.fresh_clock else now,
            created=now,
            origin=origin.id if origin else None,
            inputs=drawn.inputs,
            labels=drawn.labels,
            request=asked,
            plan_digest=drawn.plan.digest,
            reason=request.reason,
            author=author(),
            environment=environment(),
            whole=counts_as_whole(asked),
        )


def environment() -> Mapping[str, Any]:
    """Give what a run ran on: versions of Dal Segno and Python, the platform, the host."""
    return {
        "dalsegno": VERSION,
        "python": platform.python_version(),
        "platform": sys.platform,
        "host": platform.node(),
    }


def _new_names(drawn: Drawn, keeping: Iterable[Decision]) -> dict[str, NewName]:
    """Give what is kept under another name, or in another group, than it has in the origin."""
    return {
        decision.address: NewName(
            decision.address, decision.task, parent_of(decision.address, decision.task, drawn.nodes)
        )
        for decision in keeping
        if decision.task in drawn.regrouped or drawn.results[decision.address].address != decision.address
    }
