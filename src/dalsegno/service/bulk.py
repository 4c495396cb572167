"""Use cases about bulk replays: see what one would do, make it, drive it, have it wait, go on or end."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.bulk_request import BulkRequest
from dalsegno.errors import Ambiguous, BulkIsLive, MoveRefused, NotFound, Refusal, closest, did_you_mean
from dalsegno.model.bulk import BulkJob, BulkRow, BulkState, Pace, RowState, wrong_with
from dalsegno.model.bulk_preview import BulkPreview
from dalsegno.model.clock import Clock, Ids
from dalsegno.model.flow import Flow
from dalsegno.model.graph import index
from dalsegno.model.inputs import InputType
from dalsegno.model.sealed import is_sealed
from dalsegno.replay.request import ReplayRequest
from dalsegno.replay.resolve import resolve_request
from dalsegno.service.acting import author, note
from dalsegno.service.audit import told
from dalsegno.service.bulk_choosing import Chosen, choose
from dalsegno.service.bulk_driving import BulkObserver, Driver, Here, Wishes
from dalsegno.service.bulk_preview import Previewing
from dalsegno.service.executing import owner
from dalsegno.service.permitted import permit_asked, permit_creation, permit_given
from dalsegno.service.runs import RunCases
from dalsegno.service.sealing import Sealing
from dalsegno.store.bulk_port import CreateBulk, MoveBulk, NewBulkRow
from dalsegno.store.port import Store


class BulkCases:
    """Bulk replays."""

    def __init__(
        self, store: Store, artifacts: ArtifactStore, runs: RunCases, sealing: Sealing, *, clock: Clock, ids: Ids
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._runs = runs
        self._sealing = sealing
        self._clock = clock
        self._ids = ids

    def preview(
        self, asked: BulkRequest, pace: Pace | None = None, *, told: Callable[[int, int], None] | None = None
    ) -> BulkPreview:
        """Tell what a bulk replay would do. Nothing is written.

        Parameters
        ----------
        told : is told how many of how many runs have been looked at.
        """
        pace = _checked(pace)
        return Previewing(self._store, self._runs.draw_replay, told).of(asked, choose(self._store, asked), pace)

    def create(self, asked: BulkRequest, pace: Pace | None = None, *, hosted: bool = False) -> BulkJob:
        """Make a bulk replay. Which runs it is about is settled here, for good.

        Parameters
        ----------
        hosted : whether the engine of a server drives it; else whoever calls `drive`.

        Raises
        ------
        Refusal : nothing can be replayed, or what is asked contradicts itself. Nothing was written.
        """
        pace, chosen = _checked(pace), choose(self._store, asked)
        if all(each.code is not None for each in chosen):
            message = f"there is nothing to replay: {chosen[0].why}" if len(chosen) == 1 else (
                f"there is nothing to replay: all {len(chosen):,} runs are fixed already, such as {chosen[0].name}"
            )  # fmt: skip
            raise Refusal(f"{message}; `--also-fixed` (`fixed_too`) replays them all the same", code="no-runs")
        self._permit(asked.request, chosen)
        job = BulkJob(
            id=self._ids.new(),
            name="",
            state=BulkState.RUNNING,
            created=self._clock.now(),
            pace=pace,
            request=self._sealed(asked.request, chosen).as_json(),
            author=author(),
            hosted=hosted,
            first_failed=asked.first_failed,
            fixed_too=asked.fixed_too,
            selection=asked.selection_as_json(),
        )
        note(job=job.id, runs=len(chosen), request=told(job.request))
        self._store.commit(None, [CreateBulk(job, tuple([NewBulkRow(run.id, run.code, run.why) for run in chosen]))])
        return self.get(job.id)

    def _permit(self, request: ReplayRequest, chosen: Iterable[Chosen]) -> None:
        """Refuse what who asks may not give to runs: later nobody asks any more."""
        permit_asked(request, self._store, self._artifacts)
        permit_creation(request, self._store, self._artifacts, queue=True)
        for flow in self._flows(request, chosen) if request.task_inputs or request.outputs else ():
            nodes = index(flow)
            permit_given(resolve_request(request, nodes), nodes, self._store, self._artifacts)

    def _sealed(self, request: ReplayRequest, chosen: Iterable[Chosen]) -> ReplayRequest:
        """Give the request with the values of SECRET inputs sealed: a job is kept until its last run has had its turn."""
        if not request.inputs:
            return request
        secret = {
            item.id for flow in self._flows(request, chosen) for item in flow.inputs if item.type is InputType.SECRET
        }
        inputs = {
            name: self._sealing.seal(str(value)) if name in secret and not is_sealed(value) else value
            for name, value in request.inputs.items()
        }
        return replace(request, inputs=inputs)

    def _flows(self, request: ReplayRequest, chosen: Iterable[Chosen]) -> Iterable[Flow]:
        for namespace, flow, number in {(run.namespace, run.flow, run.revision) for run in chosen}:
            wanted = request.revision if isinstance(request.revision, int) else number
            found = (
                self._store.flows.latest(namespace, flow)
                if request.revision == "latest"
                else self._store.flows.revision(namespace, flow, wanted)
            )
            if found is not None:
                yield found.flow

    # looking

    def get(self, job: str) -> BulkJob:
        """Give a bulk replay by name, id, unique prefix of an id, or `last`.

        Raises
        ------
        NotFound : there is none; with the closest names.
        """
        if job == "last":
            newest = self._store.bulk.list(limit=1)
            if not newest:
                raise NotFound("there is no bulk replay yet; `dalsegno bulk-replay` makes one", code="unknown-bulk")
            return newest[0]
        found = self._store.bulk.find(job)
        found = [each for each in found if job in (each.name, each.id)] or found
        if not found:
            near = closest(job, [each.name for each in self._store.bulk.list(limit=200)])
            hint = did_you_mean(near) or "; `dalsegno bulk list` lists them"
            raise NotFound(f"there is no bulk replay `{job}`{hint}", code="unknown-bulk", closest=near)
        if len(found) > 1:
            listed = ", ".join(f"`{each.id}` ({each.name})" for each in found[:5])
            raise Ambiguous(f"`{job}` fits several bulk replays: {listed}", code="ambiguous-bulk")
        return found[0]

    def list(self, *, limit: int = 50, before: str | None = None) -> builtins.list[BulkJob]:
        """Give bulk replays, newest first.

        Parameters
        ----------
        before : only those that were made before this one.
        """
        last = None if before is None else self.get(before)
        return self._store.bulk.list(limit=limit, before=None if last is None else (last.created, last.id))

    def rows(
        self, job: str, *, after: int = -1, limit: int = 1000, states: Iterable[RowState] = ()
    ) -> builtins.list[BulkRow]:
        """Give what has become of the runs of a bulk replay after a position, in the order of their turns."""
        return self._store.bulk.rows(self.get(job).id, after=after, limit=limit, states=frozenset(states))

    def hosted(self) -> builtins.list[BulkJob]:
        """Give those that the engine of a server is to drive."""
        return self._store.bulk.hosted()

    # driving

    def drive(
        self,
        job: str,
        *,
        observer: BulkObserver | None = None,
        stop: Callable[[Callable[[], None]], None] | None = None,
    ) -> BulkJob:
        """Drive a bulk replay in this process until it has ended or waits, and give it as it is then.

        Parameters
        ----------
        observer : is told of the job when something about it has changed.
        stop : is given a function that has the job wait; it may be called from a signal handler. Replays that were begun run
            to their end.

        Raises
        ------
        BulkIsLive : another live process drives it.
        """
        wishes = Wishes(threading.Event())
        if stop is not None:
            stop(wishes.ask_for_pause)
        found = self.get(job)
        with Here(self._runs.execute, found.pace.at_once, wishes.woken) as hands:
            self._drive(found, lambda: hands, wishes, observer)
        return self.get(found.id)

    def drive_by_engine(self, job: str, take: Callable[[str], None], wishes: Wishes) -> None:
        """Drive a bulk replay whose replays the engine of a server executes, until it has ended, waits, or is to be left.

        Parameters
        ----------
        take : has the engine begin a replay.
        """
        self._drive(self.get(job), lambda: _Engine(take), wishes, None)

    def _drive(
        self, job: BulkJob, hands: Callable[[], Here | _Engine], wishes: Wishes, observer: BulkObserver | None
    ) -> None:
        try:
            lease = self._store.bulk_leases.acquire(job.id, owner())
        except BulkIsLive as error:
            raise BulkIsLive(f"{job.name} cannot be driven from here: {error.message}") from error
        try:
            driver = Driver(
                self._store, self._clock, self._runs, lease, hands=hands(), wishes=wishes, observer=observer
            )
            driver.drive()
        finally:
            self._store.bulk_leases.release(lease)

    # what a person says

    def pause(self, job: str) -> BulkJob:
        """Have a bulk replay wait: it begins no more replays; those under way run to their end."""
        return self._moved(self.get(job), frozenset({BulkState.RUNNING}), BulkState.PAUSED)

    def resume(self, job: str, *, hosted: bool | None = None) -> BulkJob:
        """Have a bulk replay go on that waits or was stopped; the share of failures counts from here on.

        Parameters
        ----------
        hosted : whether the engine of a server drives it from now on; by default whoever drove it.
        """
        found = self.get(job)
        if found.state is BulkState.WAITING:
            message = f"{found.name} waits for what its first replays came to: `dalsegno bulk approve {found.name}`"
            raise Refusal(f"{message} has the others follow", code="bulk-waits")
        stopped = found.state is BulkState.STOPPED
        taken_up = {BulkState.RUNNING} if hosted is False else set[BulkState]()
        expected = frozenset({BulkState.PAUSED, BulkState.STOPPED, *taken_up})
        return self._moved(
            found, expected, BulkState.RUNNING, approved=stopped, hosted=hosted, forgiven=stopped or None
        )

    def approve(self, job: str) -> BulkJob:
        """Have what follows the first replays of a bulk replay follow."""
        found = self.get(job)
        if not found.pace.canary:
            raise Refusal(f"{found.name} has no replays that go first: there is nothing to approve", code="no-canary")
        if found.approved:
            raise Refusal(f"{found.name} was approved already: it is {found.state}", code="bulk-moved")
        return self._moved(found, frozenset({BulkState.WAITING, BulkState.RUNNING}), BulkState.RUNNING, approved=True)

    def abort(self, job: str, *, kill: bool = False) -> BulkJob:
        """End a bulk replay: it begins no more replays.

        Parameters
        ----------
        kill : stop those that are under way; else they run to their end.
        """
        found = self.get(job)
        unended = frozenset(state for state in BulkState if not state.ended)
        moved = self._moved(found, unended, BulkState.ABORTED)
        if not kill:
            return moved
        under_way = frozenset({RowState.RUNNING, RowState.PAUSED})
        for row in self._store.bulk.rows(found.id, limit=1_000_000, states=under_way):
            # one that has ended meanwhile needs no stop
            with suppress(Refusal):
                self._runs.kill(row.replay or "")
        return self.get(found.id)

    def _moved(
        self,
        job: BulkJob,
        expected: frozenset[BulkState],
        to: BulkState,
        *,
        approved: bool = False,
        hosted: bool | None = None,
        forgiven: bool | None = None,
    ) -> BulkJob:
        counts = (job.tally.ended, job.tally.failed) if forgiven else None
        write = MoveBulk(
            job.id, expected, to, self._clock.now(), approved=approved, hosted=hosted, forgiven=counts
        )  # fmt: skip
        try:
            self._store.commit(None, [write])
        except MoveRefused as error:
            raise Refusal(_why_not(self.get(job.id), to), code="bulk-moved") from error
        return self.get(job.id)


class _Engine:
    """The engine of a server, which executes what is handed to it."""

    queue = True

    def __init__(self, take: Callable[[str], None]) -> None:
        self.take = take


def _checked(pace: Pace | None) -> Pace:
    wrong = None if pace is None else wrong_with(pace)
    if wrong is not None:
        raise Refusal(wrong, code="bad-pace")
    return pace or Pace()


def _why_not(job: BulkJob, to: BulkState) -> str:
    if job.state.ended:
        return f"{job.name} has ended already: {job.state}"
    cannot = {BulkState.PAUSED: "be paused", BulkState.RUNNING: "go on", BulkState.ABORTED: "be aborted"}
    return f"{job.name} cannot {cannot.get(to, f'become {to}')}: it is {job.state}"
