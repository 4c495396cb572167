"""Resuming a run that waits: answers checked and recorded, amendments put on record, then executed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.values import Values
from dalsegno.errors import NotFound, PlanRefusal, Refusal, RequestRefused, closest, did_you_mean
from dalsegno.flows.inputs import coerce_answers
from dalsegno.model.address import parse
from dalsegno.model.clock import Clock, Ids
from dalsegno.model.flow import Kind
from dalsegno.model.plan import Action
from dalsegno.model.progress import Observer
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.model.times import iso
from dalsegno.replay.fingerprint import definition_of, effective_digests
from dalsegno.replay.request import Amendment, ReplayRequest, TaskInputs, request_from_json, task_inputs_as_json
from dalsegno.replay.resolve import Resolved, resolve_request
from dalsegno.replay.select import Nodes, Target
from dalsegno.replay.stored import plan_from_bytes
from dalsegno.service.acting import author, note
from dalsegno.service.audit import told
from dalsegno.service.checking import check_values
from dalsegno.service.executing import Executing, owner
from dalsegno.service.finding import find_run
from dalsegno.service.given import given_artifacts
from dalsegno.service.graphs import Graphs
from dalsegno.service.permitted import permit_given
from dalsegno.service.planning import hashed_into
from dalsegno.service.revisions import revision_of
from dalsegno.service.sealing import Sealing
from dalsegno.service.waits import Wait, waits_of
from dalsegno.store.port import (
    AmendRun,
    EndTask,
    Lease,
    MoveRun,
    MoveTask,
    NewAttempt,
    RequestPause,
    SaveArtifact,
    Store,
    Write,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resumption:
    """What a person says to a run that waits.

    Parameters
    ----------
    answers : to what the pauses ask, by the name of the input.
    task_inputs : property values that hold from now on.
    breakpoints : in place of the earlier ones; `None` leaves those.
    at : the addresses that are meant; all where none is named.
    """

    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    task_inputs: TaskInputs = field(default_factory=dict[str, Mapping[str, Any]])
    breakpoints: tuple[str, ...] | None = None
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Checked:
    """What a person said, read: which waits are meant, the answers in their types, the request as it is from now on."""

    now: float
    nodes: Nodes
    chosen: Sequence[Wait]
    answered: Sequence[tuple[Wait, Mapping[str, Any]]]
    files: Sequence[Path]
    request: Mapping[str, Any]
    amendment: Resolved | None = None


class Resuming:
    """Resumes runs, and tells what they wait for."""

    def __init__(
        self,
        store: Store,
        artifacts: ArtifactStore,
        executing: Executing,
        graphs: Graphs,
        sealing: Sealing,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._sealing = sealing
        self._store = store
        self._artifacts = artifacts
        self._executing = executing
        self._graphs = graphs
        self._clock = clock
        self._values = Values(artifacts, clock=clock, ids=ids)

    def waits(self, run: Run) -> list[Wait]:
        """Give what a paused run waits for."""
        return waits_of(self._store, run, self._nodes(run), self._nodes) if run.state is State.PAUSED else []

    def meant(self, run: Run, said: Resumption) -> tuple[Run, Resumption]:
        """Give the run that is to be resumed, and what is said to it: itself, or its subflow where it waits for that."""
        waits = [wait for wait in self.waits(run) if not said.at or wait.address in said.at]
        inner = [wait for wait in waits if wait.run is not None]
        if not inner:
            return run, said
        if len(waits) > 1:
            listed = ", ".join(f"`{wait.address}`" for wait in waits)
            message = f"{run.name} waits at {listed}, and for a subflow among them: say which is meant with `--pause`"
            raise Refusal(message, code="several-waits")
        return self.meant(find_run(self._store, inner[0].run or ""), replace(said, at=()))

    def resume(
        self,
        run: Run,
        said: Resumption,
        *,
        observer: Observer | None,
        stop: Callable[[Callable[[], None]], None] | None,
    ) -> Run:
        """Resume a run that waits, and execute it to its end or to where it waits next.

        Raises
        ------
        Refusal : it does not wait, or what was said cannot be taken. Nothing was written.
        RunIsLive : another live process executes it.
        """
        self._refuse_unless_paused(run)
        # what is refused leaves no trace, not even that of a lease
        self._check(run, said)
        return self._executing.execute(
            run, observer=observer, stop=stop, before=lambda now, lease: self._begin(now, said, lease)
        )

    def record(self, run: Run, said: Resumption) -> None:
        """Record that a run that waits goes on, and leave it to an engine to execute it.

        Raises
        ------
        Refusal, RunIsLive : as `resume` does.
        """
        self._refuse_unless_paused(run)
        self._check(run, said)
        lease = self._store.acquire(run.id, owner())
        try:
            self._begin(self._store.runs.get(run.id) or run, said, lease)
        finally:
            self._store.release(lease)

    def _refuse_unless_paused(self, run: Run) -> None:
        if run.state is State.PAUSED:
            return
        if run.state.ended:
            what = f"has ended already ({run.state}); `dalsegno replay {run.name}` plays it again"
        elif self._store.runs.wishes(run.id).pause:
            what = f"is about to pause: what is running in it ends first; `dalsegno show {run.name}` tells when it has"
        else:
            what = (
                f"does not wait, it is {run.state}; if its process died, `dalsegno run resume {run.name}` carries it on"
            )
        raise Refusal(f"{run.name} {what}", code="run-not-paused")

    def _begin(self, run: Run, said: Resumption, lease: Lease) -> None:
        self._refuse_unless_paused(run)
        self._store.commit(lease, self._writes(run, self._check(run, said)))

    def _nodes(self, run: Run) -> Nodes:
        revision = revision_of(self._store, run)
        if revision is None:
            raise NotFound(f"{run.name} has no revision in the store any more", code="unknown-revision")
        return self._graphs.of(revision)

    def _check(self, run: Run, said: Resumption) -> _Checked:
        """Read what was said. Nothing is written."""
        nodes, now = self._nodes(run), self._clock.now()
        waits = waits_of(self._store, run, nodes, self._nodes)
        # who paused the run, and says nothing to what waits in it besides, answers nothing in passing
        lifts = not (said.at or said.answers) and self._store.runs.wishes(run.id).pause
        chosen = [] if lifts else _chosen(run, waits, said.at)
        files: list[Path] = []
        answered = self._answers(chosen, said.answers, files, now)
        if not said.task_inputs and said.breakpoints is None:
            return _Checked(now, nodes, chosen, answered, files, run.request)
        request = Amendment(now, author(), said.task_inputs, said.breakpoints).added_to(run.request)
        note(run=run.id, overrides=told(task_inputs_as_json(said.task_inputs)))
        amendment = self._amendment(run, said, waits, nodes)
        return _Checked(now, nodes, chosen, answered, files, request, amendment)

    def _writes(self, run: Run, checked: _Checked) -> list[Write]:
        now = checked.now
        for path in checked.files:
            self._artifacts.put_file(path)
        writes: list[Write] = [MoveRun(run.id, State.PAUSED, State.RUNNING, now), RequestPause(run.id, wanted=False)]
        if checked.amendment is not None:
            writes.append(AmendRun(run.id, checked.request))
            given = given_artifacts(checked.amendment, run.id, self._artifacts, self._values)
            writes.extend(SaveArtifact(artifact) for artifact in given)
        for wait, answers in checked.answered:
            writes.extend(self._answered(wait, answers, now))
        resolved = resolve_request(request_from_json(checked.request), checked.nodes)
        for wait in checked.chosen:
            if wait.kind == "breakpoint":
                writes.extend(_released(wait, resolved, checked.nodes, now))
        return writes

    # answers

    def _answers(
        self, chosen: Sequence[Wait], given: Mapping[str, Any], files: list[Path], now: float
    ) -> list[tuple[Wait, Mapping[str, Any]]]:
        """Give the answers to each pause that takes some, each in its declared type."""
        pauses = [wait for wait in chosen if wait.kind == "pause"]
        refusals = list(_unknown_answers(pauses, given))
        found: list[tuple[Wait, Mapping[str, Any]]] = []
        for wait in pauses:
            own = {item.id: given[item.id] for item in wait.asks if item.id in given}
            if wait.is_over(now) and not (own and wait.then in (State.SUCCESS, State.WARNING)):
                # the engine ends it as its time says
                continue
            try:
                found.append((wait, self._coerced(wait, own, files, now)))
            except RequestRefused as error:
                refusals += error.refusals
        if refusals:
            raise RequestRefused(refusals)
        return found

    def _coerced(self, wait: Wait, given: Mapping[str, Any], files: list[Path], now: float) -> Mapping[str, Any]:
        at = datetime.fromtimestamp(now, UTC)
        return coerce_answers(
            wait.address, wait.asks, given, files=hashed_into(files), now=lambda: at, secrets=self._sealing
        )

    def _answered(self, wait: Wait, answers: Mapping[str, Any], now: float) -> Iterator[Write]:
        item = wait.task_run
        resumed = {"by": author(), "on": iso(now), "to": State.SUCCESS.value}
        kept = self._values.keep({"onResume": dict(answers), "resumed": resumed}, run=item.run, task_run=item.id)
        yield from (SaveArtifact(artifact) for artifact in kept.artifacts)
        yield EndTask(item.id, State.SUCCESS, now, kept.outputs, kept.digest, item.used, item.properties)

    # amendments

    def _amendment(self, run: Run, said: Resumption, waits: Sequence[Wait], nodes: Nodes) -> Resolved:
        asked = ReplayRequest(task_inputs=said.task_inputs, breakpoints=said.breakpoints or ())
        resolved = resolve_request(asked, nodes)
        permit_given(resolved, nodes, self._store, self._artifacts)
        refusals = [*resolved.refusals, *check_values(resolved, nodes)]
        held = {wait.address for wait in waits if wait.kind == "breakpoint"}
        overridden = ((target, "overridden") for target, _ in resolved.task_inputs.given)
        stopped = ((target, "stopped at") for target in resolved.breakpoints.targets)
        for target, what in (*overridden, *stopped):
            refusals += self._too_late(run, target, what, held, nodes)
        if refusals:
            raise RequestRefused(refusals)
        return resolved

    def _too_late(self, run: Run, target: Target, what: str, held: set[str], nodes: Nodes) -> Iterator[PlanRefusal]:
        """Refuse to amend what has begun, or does not run."""
        some = None in target.keys
        loops = nodes[target.task].loops
        for result in self._store.task_runs.results(run.id):
            kept = result.action is Action.REUSE
            if result.task == target.task and _covers(target, result.address) and not some:
                if result.address not in held:
                    why = "it is kept" if kept else "it has begun already"
                    message = f"`{result.address}` cannot be {what} any more: {why}"
                    yield PlanRefusal("begun-already", message, target.text)
                return
            if some and result.address == loops[0] and result.state.ended:
                message = f"`{target.text}` cannot be {what} any more: the loop `{result.address}` has ended"
                yield PlanRefusal("begun-already", message, target.text)
                return
        plan = plan_from_bytes(self._store.runs.plan(run.id) or b"{}")
        for decision in plan.decisions if not some else ():
            out = decision.action in (Action.REUSE, Action.PIN, Action.LEAVE)
            if out and decision.task == target.task and _covers(target, decision.address):
                message = f"`{decision.address}` cannot be {what}: it does not run ({decision.reason})"
                yield PlanRefusal("does-not-run", message, target.text)


def _covers(target: Target, address: str) -> bool:
    return target.covers([str(key) for key in parse(address).keys])


def _chosen(run: Run, waits: Sequence[Wait], named: Sequence[str]) -> list[Wait]:
    """Give the waits that are meant."""
    known = {wait.address: wait for wait in waits}
    refusals: list[PlanRefusal] = []
    for name in named:
        if name not in known:
            near = closest(name, known)
            listed = did_you_mean(near) or f"; it waits at {', '.join(f'`{each}`' for each in known)}"
            refusals.append(PlanRefusal("not-waiting", f"{run.name} does not wait at `{name}`{listed}", name, near))
    if refusals:
        raise RequestRefused(refusals)
    return [known[name] for name in dict.fromkeys(named)] if named else list(waits)


def _unknown_answers(pauses: Sequence[Wait], given: Mapping[str, Any]) -> Iterator[PlanRefusal]:
    known = [item.id for wait in pauses for item in wait.asks]
    for name in given:
        if name not in known:
            near = closest(name, known)
            asked = ", ".join(f"`{each}`" for each in dict.fromkeys(known))
            listed = did_you_mean(near) or (f"; it is {asked}" if asked else "; it asks nothing")
            yield PlanRefusal("unknown-input", f"what the run waits for asks no `{name}`{listed}", closest=near)


def _released(wait: Wait, resolved: Resolved, nodes: Nodes, now: float) -> Iterator[Write]:
    """Begin what a breakpoint held, as it is defined now. A task's attempt begins when the engine gets there."""
    item = wait.task_run
    task = nodes[item.task].task
    overrides = resolved.overrides(item.task, tuple(str(key) for key in parse(item.address).keys))
    yield MoveTask(
        item.id,
        State.RUNNING,
        now,
        definition=definition_of(task, overrides),
        digests=effective_digests(task, overrides),
    )
    if task.kind is not Kind.WORK:
        yield NewAttempt(item.id, item.attempt + 1, now, State.KILLED)
