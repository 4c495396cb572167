"""Runs, over HTTP."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.errors import NotFound
from dalsegno.executors.steps import StepRunner
from dalsegno.model.flow import Input, InputType, Revision
from dalsegno.model.plan import Plan
from dalsegno.model.progress import Observer
from dalsegno.model.run import Attempt, Run, TaskRun
from dalsegno.model.state import BEFORE, State
from dalsegno.replay.request import ReplayRequest, task_inputs_as_json
from dalsegno.service.coded import Coded
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
_LINES, _RUNS = 10_000, 500


class HttpRuns:
    """The use cases of runs, as `service.runs` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # plans and creation

    def plan_fresh(
        self, flow: str, request: ReplayRequest, *, text: str | None = None, coded: Coded | None = None
    ) -> Plan:
        """Give the plan of a fresh run."""
        assert coded is None  # noqa: S101 - until code goes over the wire
        body = {"flow": flow, "request": asked_of(request), "text": text}
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
        assert coded is None  # noqa: S101 - until code goes over the wire
        asked = asked_of(request)
        body = {"flow": flow, "request": asked, "text": text, "digest": digest, "queue": False, "key": key}
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
        assert coded is None  # noqa: S101 - until code goes over the wire
        body = {"request": asked_of(request), "text": text, "file": file}
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
        assert coded is None  # noqa: S101 - until code goes over the wire
        body = {"request": asked_of(request), "text": text, "file": file, "digest": digest, "key": key, "queue": False}
        return run_from_json(self._connection.post("runs/replay", body))

    # execution

    def execute(
        self,
        run: str,
        *,
        observer: Observer | None = None,
        stop: Stop | None = None,
        steps: StepRunner | None = None,
    ) -> Run:
        """Have the engine of the server execute a run, and follow it to its end, or to where it waits for a person."""
        assert steps is None  # noqa: S101 - until a run can be leased over the wire
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
        before = self._shown(run)
        if State(before["state"]).ended:
            return run_from_json(before)
        if stop is not None:
            stop(lambda: self._connection.post(self._of(run, "kill")))
        found = self._connection.post(path, body)["id"]
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

    def label(self, run: str, labels: Mapping[str, str]) -> Run:
        """Give a run labels."""
        return run_from_json(self._connection.post(self._of(run, "labels"), {"labels": dict(labels)}))

    # looking

    def get(self, run: str) -> Run:
        """Give a run by id, unique prefix of an id, name, `last` or `last-failed`."""
        return run_from_json(self._shown(run))

    def list(self, filter: RunFilter) -> list[Run]:
        """Give runs, newest first."""
        wanted = {
            "namespace": filter.namespace, "flow": filter.flow, "state": [state.value for state in filter.states],
            "label": [f"{name}:{value}" for name, value in filter.labels], "origin": filter.origin, "root": filter.root,
            "caller": filter.caller, "parent": filter.parent, "fixed": filter.fixed, "whole": filter.whole,
            "deleted": filter.deleted, "top": filter.top, "ended_before": filter.ended_before, "full": True,
        }  # fmt: skip
        limit = min(filter.limit or _RUNS, _RUNS)
        found = self._connection.get("runs", **wanted, limit=limit)
        return [run_from_json(each) for each in found["runs"]]

    def as_json(self, run: str) -> dict[str, Any]:
        """Give a run with its task runs."""
        return self._shown(run)

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

    def _shown(self, run: str) -> dict[str, Any]:
        return self._connection.get(f"runs/{quote(run, safe='')}")

    @staticmethod
    def _of(run: str, what: str) -> str:
        return f"runs/{quote(run, safe='')}/{what}"


def asked_of(request: ReplayRequest) -> dict[str, Any]:
    """Give a request as a server takes it."""
    asked = request.as_json()
    return {name: value for name, value in asked.items() if name not in ("carried", "debug")}


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
