"""Runs, over HTTP."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.client.http.near import Near
from dalsegno.errors import NotFound
from dalsegno.executors.steps import StepRunner
from dalsegno.model.codec import flow_to_json
from dalsegno.model.flow import Input, InputType, Revision
from dalsegno.model.plan import Plan
from dalsegno.model.progress import Observer
from dalsegno.model.run import Attempt, Run, TaskRun
from dalsegno.model.state import BEFORE, State
from dalsegno.model.times import exactly
from dalsegno.replay.request import ReplayRequest, task_inputs_as_json
from dalsegno.service.coded import Coded
from dalsegno.service.listing import ListedRuns, RunQuery
from dalsegno.service.resuming import Resumption
from dalsegno.service.waits import Wait
from dalsegno.store.port import RunFilter, StoredLine
from dalsegno.wire.reading import (
    attempt_from_json,
    line_from_json,
    plan_from_json,
    progress_from_json,
    revision_from_json,
    run_from_json,
    task_run_from_json,
)
from dalsegno.wire.times import known_seconds, seconds

Stop = Callable[[Callable[[], None]], None]
#: how many lines, and how many runs, are asked for at once
_LINES, _MOST = 10_000, 500


class HttpRuns:
    """The use cases of runs, as `service.runs` has them."""

    def __init__(self, connection: Connection, near: Near) -> None:
        self._connection = connection
        self._near = near

    # plans and creation

    def plan_fresh(
        self, flow: str, request: ReplayRequest, *, text: str | None = None, coded: Coded | None = None
    ) -> Plan:
        """Give the plan of a fresh run."""
        body = {"flow": flow, "request": asked_of(request), "text": text, "code": code_as_json(coded)}
        return plan_from_json(self._connection.post("runs/plan", body))

    def create_fresh(
        self,
        flow: str,
        request: ReplayRequest,
        *,
        text: str | None = None,
        coded: Coded | None = None,
        digest: str | None = None,
        key: str | None = None,
    ) -> Run:
        """Create a fresh run, which is executed when it is handed over: see `execute`."""
        self._upload(coded)
        body = {"flow": flow, "request": asked_of(request), "text": text, "code": code_as_json(coded),
                "digest": digest, "key": key, "queue": False}  # fmt: skip
        return run_from_json(self._connection.post("runs", body))

    def plan_replay(
        self,
        request: ReplayRequest,
        *,
        text: str | None = None,
        file: str | None = None,
        coded: Coded | None = None,
    ) -> Plan:
        """Give the plan of a replay."""
        body = {"request": asked_of(request), "text": text, "file": file, "code": code_as_json(coded)}
        return plan_from_json(self._connection.post("runs/replay/plan", body))

    def create_replay(
        self,
        request: ReplayRequest,
        *,
        text: str | None = None,
        file: str | None = None,
        coded: Coded | None = None,
        digest: str | None = None,
        key: str | None = None,
    ) -> Run:
        """Create the run of a replay, which is executed when it is handed over: see `execute`."""
        self._upload(coded)
        body = {"request": asked_of(request), "text": text, "file": file, "code": code_as_json(coded),
                "digest": digest, "key": key, "queue": False}  # fmt: skip
        return run_from_json(self._connection.post("runs/replay", body))

    def _upload(self, coded: Coded | None) -> None:
        if coded is not None:
            self._near.values.upload_lacking(coded.contents.items())

    # execution

    def execute(
        self,
        run: str,
        *,
        observer: Observer | None = None,
        stop: Stop | None = None,
        steps: StepRunner | None = None,
    ) -> Run:
        """Have the engine of the server execute a run, and follow it to its end, or to where it waits for a person.

        With `steps` it is executed here: this process leases it from the server, and writes to it there.
        """
        if steps is not None:
            return self._near.service.runs.execute(run, observer=observer, stop=stop, steps=steps)
        return self._followed(self._of(run, "execute"), None, run, observer, stop)

    def resume(self, run: str, said: Resumption, *, observer: Observer | None = None, stop: Stop | None = None) -> Run:
        """Resume a run that waits, have the engine of the server carry it on, and follow it."""
        body = {
            "answers": dict(said.answers),
            "task_inputs": task_inputs_as_json(said.task_inputs),
            "breakpoints": None if said.breakpoints is None else list(said.breakpoints),
            "at": list(said.at),
        }
        return self._followed(self._of(run, "resume"), body, run, observer, stop)

    def _followed(
        self, path: str, body: dict[str, Any] | None, run: str, observer: Observer | None, stop: Stop | None
    ) -> Run:
        before = self._alone(run)
        if State(before["state"]).ended:
            return run_from_json(before)
        if stop is not None:
            stop(lambda: self._connection.post(self._of(run, "kill")))
        answer = self._connection.post(path, body)
        if State(answer["state"]) is State.PAUSED:
            # it waits for a person still; what is due of itself is seen to by the server
            return run_from_json(answer)
        found = answer["id"]
        after = before["last_event"] if found == before["id"] else 0
        for kind, data in self._connection.follow(self._of(found, "events"), after):
            if kind == "end":
                break
            state = State(data["state"])
            if observer is not None and state not in BEFORE:
                observer(progress_from_json(data))
            if kind == "run" and state is State.PAUSED:
                break
        return self.get(before["id"])

    def kill(self, run: str) -> Run:
        """Ask for a run to be stopped."""
        return run_from_json(self._connection.post(self._of(run, "kill")))

    def pause(self, run: str) -> Run:
        """Ask for a run to be paused."""
        return run_from_json(self._connection.post(self._of(run, "pause")))

    def label(self, run: str, labels: Mapping[str, str], remove: Sequence[str] = ()) -> Run:
        """Give a run labels, and take others away."""
        body = {"labels": dict(labels), "remove": builtins.list(remove)}
        return run_from_json(self._connection.post(self._of(run, "labels"), body))

    # looking

    def get(self, run: str) -> Run:
        """Give a run by id, unique prefix of an id, name, `last` or `last-failed`."""
        return run_from_json(self._alone(run))

    def list(self, filter: RunFilter) -> builtins.list[Run]:
        """Give runs, newest first."""
        return builtins.list(self.page(_query_of(filter)).runs)

    def page(self, query: RunQuery) -> ListedRuns:
        """Give part of a list of runs, and the cursor of the next part; all of it with `limit` 0."""
        asked = {name: value for name, value in asdict(query).items() if value not in (None, (), False)}
        asked |= {name: value for name in ("replayed", "fixed", "below") if (value := getattr(query, name)) is not None}
        found: builtins.list[Run] = []
        while True:
            part = self._connection.get("runs", **{**asked, "limit": min(query.limit or _MOST, _MOST), "full": True})
            found += [run_from_json(each) for each in part["runs"]]
            if part["next"] is None or 0 < query.limit <= len(found):
                return ListedRuns(tuple(found[: query.limit or None]), part["next"])
            asked["cursor"] = part["next"]

    def as_json(self, run: str) -> dict[str, Any]:
        """Give a run with its task runs."""
        return self._connection.get(f"runs/{quote(run, safe='')}")

    def plan_of(self, run: str) -> Plan:
        """Give the plan of a run."""
        return plan_from_json(self._connection.get(self._of(run, "plan")))

    def evaluate(self, run: str, text: str, *, task: str | None = None) -> Any:
        """Render an expression as a run sees it."""
        return self._connection.post(self._of(run, "eval"), {"text": text, "task": task})["value"]

    def task_runs(self, run: str) -> builtins.list[TaskRun]:
        """Give the task runs of a run."""
        found = self._connection.get(self._of(run, "task-runs"), full=True)
        return [task_run_from_json(each) for each in found["task_runs"]]

    def task_run(self, run: str, address: str) -> TaskRun:
        """Give the task run at an address."""
        return task_run_from_json(self._connection.get(self._of(run, "task-run"), address=address))

    def task_run_by_id(self, id: str) -> TaskRun | None:
        """Give a task run by its id."""
        try:
            return task_run_from_json(self._connection.get(f"task-runs/{quote(id, safe='')}"))
        except NotFound:
            return None

    def waits(self, run: str) -> builtins.list[Wait]:
        """Give what a paused run waits for."""
        return [_wait(each) for each in self._connection.get(self._of(run, "waits"))["waits"]]

    def given(self, run: str) -> Mapping[str, tuple[str, ...]]:
        """Name the values that a person gave, by the address of the task run that used them."""
        found = self._connection.get(self._of(run, "given"))["given"]
        return {address: tuple(names) for address, names in found.items()}

    def revision_of(self, run: str) -> Revision:
        """Give the revision of a run, with the run's own graph."""
        return revision_from_json(self._connection.get(self._of(run, "revision"), compiled=True))

    def code_of(self, run: str) -> str | None:
        """Give the name of the pipeline whose code a run is of."""
        return self._connection.get(self._of(run, "revision"))["code"]

    def step_arguments(self, run: str, address: str) -> Mapping[str, Any]:
        """Give what a step in Python got in a run."""
        return self._connection.get(self._of(run, "arguments"), address=address)["arguments"]

    def attempts(self, run: str, address: str) -> builtins.list[Attempt]:
        """Give the attempts of a task run."""
        found = self._connection.get(self._of(run, "attempts"), address=address)
        return [attempt_from_json(each) for each in found["attempts"]]

    def lineage(self, run: str) -> builtins.list[Run]:
        """Give all runs of a run's lineage."""
        return [run_from_json(each) for each in self._connection.get(self._of(run, "lineage"))["runs"]]

    def logs(
        self, run: str, *, address: str | None = None, after: int = 0, limit: int = 1000
    ) -> builtins.list[StoredLine]:
        """Give log lines of a run, or of one of its task runs."""
        lines: list[StoredLine] = []
        while len(lines) < limit:
            asked = min(limit - len(lines), _LINES)
            found = self._connection.get(self._of(run, "logs"), address=address, after=after, limit=asked)
            lines += [line_from_json(each) for each in found["lines"]]
            if found["next"] is None:
                break
            after = found["next"]
        return lines

    def outputs(self, run: str) -> Mapping[str, Any]:
        """Give the outputs of a run."""
        return self._connection.get(self._of(run, "outputs"))

    def _alone(self, run: str) -> dict[str, Any]:
        """Give a run without its task runs."""
        return self._connection.get(f"runs/{quote(run, safe='')}", task_runs=False)

    @staticmethod
    def _of(run: str, what: str) -> str:
        return f"runs/{quote(run, safe='')}/{what}"


def asked_of(request: ReplayRequest) -> dict[str, Any]:
    """Give a request as a server takes it."""
    asked = request.as_json()
    return {name: value for name, value in asked.items() if name != "carried"}


def code_as_json(coded: Coded | None) -> dict[str, Any] | None:
    """Give code as a server takes it."""
    if coded is None:
        return None
    return {
        "flow": flow_to_json(coded.flow), "digest": coded.digest, "source": coded.source, "graph": coded.graph,
    }  # fmt: skip


def _wait(data: Mapping[str, Any]) -> Wait:
    return Wait(
        task_run_from_json(data["task_run"]),
        data["kind"],
        known_seconds(data["since"]),
        tuple([_asked(each) for each in data["asks"]]),
        seconds(data["until"]),
        None if data["then"] is None else State(data["then"]),
        data["run"],
        data["run_name"],
    )


def _asked(data: Mapping[str, Any]) -> Input:
    return Input(
        data["id"],
        InputType(data["type"]),
        required=data["required"] or data["default"] is not None,
        default=data["default"],
        has_default=data["default"] is not None,
        description=data["description"],
    )


def _query_of(filter: RunFilter) -> RunQuery:
    """Give a filter in the words in which a server is asked."""
    times = {
        "since": filter.created_from, "until": filter.created_before, "started_since": filter.started_from,
        "started_until": filter.started_before, "ended_since": filter.ended_from, "ended_until": filter.ended_before,
    }  # fmt: skip
    flow = filter.flow if filter.namespace is None or filter.flow is None else f"{filter.namespace}.{filter.flow}"
    return RunQuery(
        **{name: exactly(at) for name, at in times.items()},
        namespace=filter.namespace if filter.flow is None else None,
        below=filter.below,
        flow=flow,
        revision=filter.revision,
        state=[state.value for state in filter.states],
        label=[f"{name}={value}" for name, value in filter.labels],
        failed_task=filter.failed_task,
        text=filter.text,
        origin=filter.origin,
        root=filter.root,
        replayed=filter.replayed,
        fixed=filter.fixed,
        author=filter.author,
        top=filter.top,
        whole=filter.whole,
        deleted=filter.deleted,
        caller=filter.caller,
        parent=filter.parent,
        limit=filter.limit,
    )
