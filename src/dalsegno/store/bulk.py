"""Bulk replays: their rows, how they are written, how they are read."""

from __future__ import annotations

import builtins
from collections import Counter
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from dalsegno.errors import LeaseLost, MoveRefused, NotFound
from dalsegno.model.bulk import BULK_MOVES, BulkJob, BulkRow, BulkState, Pace, RowState, Tally, row_state
from dalsegno.model.state import State
from dalsegno.store import bulk_statements as sql
from dalsegno.store.bulk_port import BulkLease, CreateBulk, MadeReplay, MoveBulk, PassRow
from dalsegno.store.jsontext import from_text, map_to_text, optional_from_text, to_text
from dalsegno.store.statements import LAST_CHARACTER, NEXT_RUN_NUMBER

if TYPE_CHECKING:
    from dalsegno.store.rows import Row
    from dalsegno.store.uses import Fetch
    from dalsegno.store.writes import Step, Transaction


def create_bulk(write: CreateBulk) -> Step:
    """Give the step that adds a bulk replay with its rows."""
    job = write.job
    values = {
        "id": job.id, "state": job.state.value, "why": job.why, "created": job.created, "started": job.started,
        "ended": job.ended, "author": job.author, "hosted": int(job.hosted), "approved": int(job.approved),
        "forgiven_ended": job.forgiven_ended, "forgiven_failed": job.forgiven_failed,
        "first_failed": int(job.first_failed), "fixed_too": int(job.fixed_too), "pace": to_text(asdict(job.pace)),
        "request": map_to_text(job.request), "selection": map_to_text(job.selection),
    }  # fmt: skip
    rows = [
        {
            "job": job.id, "position": position, "origin": row.origin, "code": row.code, "why": row.why,
            "state": (RowState.WAITING if row.code is None else RowState.SKIPPED).value,
        }
        for position, row in enumerate(write.rows)
    ]  # fmt: skip

    def step(transaction: Transaction) -> None:
        ((number,),) = transaction.fetch(NEXT_RUN_NUMBER, sql.NUMBERED)
        if not transaction.change(sql.ADD_JOB, {**values, "name": f"bulk-{number}"}):
            raise MoveRefused(f"there is a bulk replay with the id {job.id} already")
        for row in rows:
            if not transaction.change(sql.ADD_ROW, row):
                raise MoveRefused(f"the run {row['origin']} stands twice in one bulk replay; nothing was written")

    return step


def move_bulk(write: MoveBulk) -> Step:
    """Give the step that moves a bulk replay."""
    expected = frozenset(state for state in write.expected if write.to in BULK_MOVES[state])
    ended, failed = (None, None) if write.forgiven is None else write.forgiven
    row = {
        "job": write.job,
        "state": write.to.value,
        "why": write.why,
        "expected": to_text(sorted(expected)),
        "started": write.at if write.to is BulkState.RUNNING else None,
        "ended": write.at if write.to.ended else None,
        "approved": int(write.approved),
        "hosted": None if write.hosted is None else int(write.hosted),
        "forgiven_ended": ended,
        "forgiven_failed": failed,
    }

    def step(transaction: Transaction) -> None:
        if write.lease is not None:
            _hold(transaction, write.lease, write.at)
        if not transaction.change(sql.MOVE, row):
            name, state = _there(transaction, write.job)
            raise MoveRefused(f"`{name}` cannot become {write.to}: it is {state}")

    return step


def made_replay(write: MadeReplay) -> Step:
    """Give the step that notes the replay of a run."""
    row = {"job": write.lease.job, "position": write.position, "replay": write.replay, "at": write.at}

    def step(transaction: Transaction) -> None:
        _hold_running(transaction, write.lease, write.at)
        if not transaction.change(sql.ROW_MADE, row):
            raise MoveRefused(f"run {write.position} of the bulk replay {write.lease.job} has had its turn already")

    return step


def pass_row(write: PassRow) -> Step:
    """Give the step that notes that a run is not replayed."""
    row = {
        "job": write.lease.job, "position": write.position, "state": write.state.value, "code": write.code,
        "why": write.why, "at": write.at,
    }  # fmt: skip

    def step(transaction: Transaction) -> None:
        _hold_running(transaction, write.lease, write.at)
        if not transaction.change(sql.ROW_PASSED, row):
            raise MoveRefused(f"run {write.position} of the bulk replay {write.lease.job} has had its turn already")

    return step


def _hold(transaction: Transaction, lease: BulkLease, at: float) -> None:
    if not transaction.change(sql.HOLD, {"job": lease.job, "number": lease.number, "at": at}):
        check_bulk_lease(lease, transaction.fetch(sql.READ_LEASE, {"job": lease.job}))


def _hold_running(transaction: Transaction, lease: BulkLease, at: float) -> None:
    _hold(transaction, lease, at)
    name, state = _there(transaction, lease.job)
    if state is not BulkState.RUNNING:
        raise MoveRefused(f"`{name}` begins no replays: it is {state}")


def _there(transaction: Transaction, job: str) -> tuple[str, BulkState]:
    found = transaction.fetch(sql.NAME_AND_STATE, {"job": job})
    if not found:
        raise NotFound(f"there is no bulk replay {job} in this store")
    return found[0][0], BulkState(found[0][1])


def check_bulk_lease(lease: BulkLease, found: builtins.list[Row]) -> None:
    """Refuse unless `found`, number and owner as the job's row has them, is this lease."""
    if not found:
        raise LeaseLost(f"the bulk replay {lease.job} is no longer in the store")
    number, owner = found[0]
    if number != lease.number or owner is None:
        taken = f"was taken over by {owner}" if owner else "has nobody who drives it any more"
        raise LeaseLost(
            f"the bulk replay {lease.job} {taken}: nothing was written, and this process must stop driving it"
        )


class Bulk:
    """Bulk replays."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def get(self, id: str) -> BulkJob | None:
        found = [self._with_tally(_job(row)) for row in self._fetch(sql.GET_JOB, {"job": id})]
        return next(iter(found), None)

    def find(self, text: str, limit: int = 10) -> builtins.list[BulkJob]:
        found = self._fetch(sql.FIND_JOBS, {"text": text, "end": text + LAST_CHARACTER, "limit": limit})
        return [self._with_tally(_job(row)) for row in found]

    def list(self, *, limit: int = 50, before: tuple[float, str] | None = None) -> builtins.list[BulkJob]:
        if before is None:
            found = self._fetch(sql.JOBS, {"limit": limit})
        else:
            found = self._fetch(sql.JOBS_BEFORE, {"limit": limit, "created": before[0], "id": before[1]})
        return [self._with_tally(_job(row)) for row in found]

    def hosted(self) -> builtins.list[BulkJob]:
        return [_job(row) for row in self._fetch(sql.HOSTED_JOBS, {})]

    def brief(self, id: str) -> BulkJob | None:
        return next((_job(row) for row in self._fetch(sql.GET_JOB, {"job": id})), None)

    def tally(self, id: str) -> Tally:
        counts: Counter[str] = Counter()
        for state, run, fixed, count in self._fetch(sql.TALLY, {"job": id}):
            counts[_state(state, run, fixed=bool(fixed)).value.lower()] += count
        return Tally(**counts)

    def next_row(self, id: str) -> BulkRow | None:
        return next((_row(row) for row in self._fetch(sql.NEXT_ROW, {"job": id})), None)

    def rows(
        self, id: str, *, after: int = -1, limit: int = 1000, states: frozenset[RowState] = frozenset()
    ) -> builtins.list[BulkRow]:
        found = self._fetch(sql.rows_in(states), {"job": id, "after": after, "limit": limit})
        return [_row(row) for row in found]

    def _with_tally(self, job: BulkJob) -> BulkJob:
        return replace(job, tally=self.tally(job.id))


def _job(row: Row) -> BulkJob:
    values: dict[str, Any] = dict(zip(sql.JOB, row, strict=True))
    owner = values.pop("lease_owner")
    for name in ("hosted", "approved", "first_failed", "fixed_too"):
        values[name] = bool(values[name])
    for name in ("request", "selection"):
        values[name] = from_text(values[name])
    values["pace"] = Pace(**from_text(values["pace"]))
    values["state"] = BulkState(values["state"])
    return BulkJob(**values, owner=owner)


def _state(stored: str, run: str | None, *, fixed: bool) -> RowState:
    """Give what has become of a run: what its row says, or what became of its replay."""
    return RowState(stored) if stored != sql.MADE else row_state(State(run or State.CREATED), fixed=fixed)


def _row(row: Row) -> BulkRow:
    position, origin, origin_name, stored, replay, name, run, fixed, code, why, at, error = row
    state = _state(stored, run, fixed=fixed is not None)
    if state is RowState.FAILED:
        told = optional_from_text(error) or {}
        code, why = told.get("code") or "stopped", told.get("message") or f"{name} was stopped"
    return BulkRow(position, origin, origin_name or origin, state, replay, name, run, code, why, at)
