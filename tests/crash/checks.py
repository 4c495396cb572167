"""Looks at what a run left, and tells what of it was lost or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import State
from dalsegno.service.service import Service
from dalsegno.store.port import RunFilter, Store

#: run, address, attempt: what a task leaves outside the run each time it is executed
Mark = tuple[str, str, int]


@dataclass(frozen=True)
class Opened:
    """A service on a home, with its store."""

    service: Service
    store: Store


@dataclass(frozen=True)
class Seen:
    """What a run left, in a form in which two executions of one scenario can be compared.

    Parameters
    ----------
    marks : what was executed, of this run and of others.
    called : the subflow runs that its task runs called, with how they ended and which attempt called them.
    logs : how often each attempt's one line stands in the log.
    """

    id: str
    run: dict[str, Any]
    task_runs: dict[str, dict[str, Any]]
    attempts: dict[str, list[tuple[int, State]]]
    logs: Counter[tuple[str, int]]
    addresses: Counter[str]
    artifacts: Counter[tuple[str, str, str | None]]
    marks: list[Mark]
    called: Counter[tuple[str, State, int]] = field(default_factory=Counter[tuple[str, State, int]])

    def ended(self, address: str) -> bool:
        """Whether the task run at an address has ended."""
        found = self.task_runs.get(address)
        return found is not None and found["state"].ended

    def shares_folder(self, address: str) -> bool:
        """Whether a task run stands in a group that had not ended, and whose folder goes with the process."""
        parent = self.task_runs[address]["parent"]
        return parent is not None and self.task_runs[parent]["shares"] and not self.ended(parent)

    def made(self, address: str) -> list[int]:
        """Give the numbers of the attempts that are recorded."""
        return [number for number, _ in self.attempts.get(address, [])]

    def executions(self) -> Counter[str]:
        """Give how often each address was executed."""
        return Counter(address for _, address, _ in self.marks)


def see(at: Opened, run: Run, marks: list[Mark]) -> Seen:
    """Look at everything that a run left."""
    task_runs = at.store.task_runs.of_run(run.id)
    outputs = at.service.runs.outputs(run.id)
    lines = at.store.logs.of_run(run.id, limit=100_000)
    return Seen(
        id=run.id,
        run={"state": run.state, "outputs": dict(outputs["flow"]), "error": run.error, "attempt": run.attempt},
        task_runs={item.address: _comparable(at, item, outputs["tasks"]) for item in task_runs},
        attempts={
            item.address: [(attempt.number, attempt.state) for attempt in at.store.task_runs.attempts(item.id)]
            for item in task_runs
        },
        logs=Counter((line.address, line.attempt) for line in lines if line.line.text == f"did {line.address}"),
        addresses=Counter(item.address for item in task_runs),
        artifacts=Counter(
            (artifact.digest, item.address, artifact.output)
            for item in task_runs
            for artifact in at.store.artifacts.of_task_run(item.id)
        ),
        marks=marks,
        called=Counter(_called(at, run, {item.id: item.address for item in task_runs})),
    )


def _called(at: Opened, run: Run, addresses: Mapping[str, str]) -> Iterator[tuple[str, State, int]]:
    for called in at.store.runs.list(RunFilter(parent=run.id, limit=0)):
        assert called.caller is not None
        yield addresses[called.caller.task_run], called.state, called.caller.attempt


def _comparable(at: Opened, item: TaskRun, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Give a task run without ids and times."""
    where = at.store.task_runs.get(item.reused_from) if item.reused_from else None
    same = ("state", "action", "reason", "parent", "value", "output_digest", "used", "properties", "definition", "keys",
            "values", "error")  # fmt: skip
    found = outputs.get(item.address) or {}
    timeless: dict[str, Any] = {"output_digest": None, "outputs": found["onResume"]} if found.get("resumed") else {}
    if "executionId" in found:
        timeless |= {"output_digest": None, "outputs": {**found, "executionId": None}}
    if item.type.endswith("$Merge"):
        # it reads all that the runs of the batches gave, their ids too
        timeless["used"] = sorted(item.used)
    if "iterationCount" in found or (item.error or {}).get("code") == "max-reached":
        timeless["values"] = len(item.values or ())
    return {
        **{name: getattr(item, name) for name in same},
        "outputs": outputs.get(item.address),
        "attempts before": item.attempt - item.attempts,
        "reused": None if where is None else (where.address, where.attempt),
        "has no end": item.state.ended and item.ended is None,
        "shares": item.type.endswith("WorkingDirectory"),
        # a pause that was resumed gives when; of a loop that repeats the values are when its turns begin
        **timeless,
    }


def lost(expected: Seen, seen: Seen, *, killed: bool) -> list[str]:
    """Tell what an undisturbed run has, and this one has not; of a killed run, what ended may differ."""
    return [*_differing(expected, seen, killed=killed), *_unfinished(seen)]


def _differing(expected: Seen, seen: Seen, *, killed: bool) -> Iterator[str]:
    if expected.run != seen.run and not (_same_but_for_error(expected, seen) and _failed(expected) == _failed(seen)):
        yield f"the run came out as {seen.run}, not as {expected.run}"
    for address in sorted(expected.task_runs.keys() | seen.task_runs.keys()):
        wanted, found = expected.task_runs.get(address), seen.task_runs.get(address)
        states = [item and item["state"] for item in (wanted, found)]
        if wanted != found and not (killed and (None in states or State.KILLED in states)):
            yield f"{address} is {found}, not {wanted}"
    if expected.called != seen.called:
        yield f"subflows: {seen.called}, not {expected.called}"
    if expected.artifacts != seen.artifacts:
        yield f"artifacts: missing {expected.artifacts - seen.artifacts}, more {seen.artifacts - expected.artifacts}"


def _same_but_for_error(expected: Seen, seen: Seen) -> bool:
    """Whether the runs differ at most in which of several tasks that failed side by side was the first."""
    errors = [found.run["error"] or {} for found in (expected, seen)]
    without = [{**found.run, "error": None} for found in (expected, seen)]
    return without[0] == without[1] and all(error.get("address") in _failed(seen) for error in errors)


def _failed(seen: Seen) -> list[str]:
    return sorted(address for address, item in seen.task_runs.items() if item["state"] is State.FAILED)


def _unfinished(seen: Seen) -> Iterator[str]:
    if not seen.run["state"].ended:
        yield f"the run is still {seen.run['state']}"
    done = {(address, attempt) for run, address, attempt in seen.marks if run == seen.id}
    for address, attempts in seen.attempts.items():
        item, numbers = seen.task_runs[address], seen.made(address)
        if not seen.ended(address) or item["has no end"]:
            yield f"{address} is still {item['state']}"
        if not attempts:
            continue
        if numbers != list(range(item["attempts before"] + 1, numbers[-1] + 1)) or attempts[-1][1] != item["state"]:
            yield f"{address} is {item['state']} with the attempts {attempts}"
        if "text" in (item["outputs"] or {}):
            last = (address, numbers[-1])
            if last not in done:
                yield f"{address} is {item['state']}, but its attempt {numbers[-1]} was never made"
            if not seen.logs[last]:
                yield f"{address} has lost the log of its attempt {numbers[-1]}"


def doubled(seen: Seen, at_stop: Seen | None) -> list[str]:
    """Tell what was done or recorded more often than once, or began before it was recorded.

    Parameters
    ----------
    at_stop : what there was when the run was stopped.
    """
    found = [f"{address} stands {count} times in the run" for address, count in seen.addresses.items() if count > 1]
    found += [f"{key[0]} is logged {count} times as attempt {key[1]}" for key, count in seen.logs.items() if count > 1]
    found += _executed_twice(seen)
    return [*found, *_executed_again(seen, at_stop)] if at_stop is not None else found


def _executed_twice(seen: Seen) -> Iterator[str]:
    for (run, address, attempt), count in Counter(seen.marks).items():
        if run != seen.id:
            yield f"{address} of another run was executed"
        elif attempt not in seen.made(address):
            yield f"{address} was executed as attempt {attempt}, which is recorded nowhere"
        elif count > 1:
            yield f"attempt {attempt} of {address} was made {count} times"


def _executed_again(seen: Seen, at_stop: Seen) -> Iterator[str]:
    before = at_stop.executions()
    for address, count in seen.executions().items():
        if at_stop.ended(address) and count != before[address] and not at_stop.shares_folder(address):
            yield f"{address} was executed again, though it was {at_stop.task_runs[address]['state']} at the stop"
    for _, address, attempt in at_stop.marks:
        if attempt not in at_stop.made(address):
            yield f"attempt {attempt} of {address} began before it was recorded"
