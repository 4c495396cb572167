"""Runs, over HTTP."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.client.http.near import Near
from dalsegno.executors.steps import StepRunner
from dalsegno.model.codec import flow_to_json
from dalsegno.model.flow import Revision
from dalsegno.model.plan import Plan
from dalsegno.model.progress import Observer
from dalsegno.model.run import Attempt, Run, TaskRun
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.coded import Coded
from dalsegno.store.port import RunFilter, StoredLine
from dalsegno.wire.reading import plan_from_json, progress_from_json, run_from_json, task_run_from_json


class HttpRuns:
    """The use cases of runs, as `service.runs` has them."""

    def __init__(self, connection: Connection, near: Near) -> None:
        self._connection = connection
        self._near = near

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
    ) -> Run:
        """Create a fresh run, which is executed when it is handed over: see `execute`."""
        self._upload(coded)
        asked = asked_of(request)
        body = {
            "flow": flow,
            "request": asked,
            "text": text,
            "code": code_as_json(coded),
            "digest": digest,
            "queue": False,
        }
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
    ) -> Run:
        """Create the run of a replay, which is executed when it is handed over: see `execute`."""
        self._upload(coded)
        body = {
            "request": asked_of(request), "text": text, "file": file, "code": code_as_json(coded), "digest": digest,
            "queue": False,
        }  # fmt: skip
        return run_from_json(self._connection.post("runs/replay", body))

    def _upload(self, coded: Coded | None) -> None:
        if coded is not None:
            self._near.values.upload_lacking(coded.contents.items())

    def execute(
        self,
        run: str,
        *,
        observer: Observer | None = None,
        stop: Callable[[Callable[[], None]], None] | None = None,
        steps: StepRunner | None = None,
    ) -> Run:
        """Have the engine of the server execute a run, and follow it to its end.

        With `steps` it is executed here: this process leases it from the server, and writes to it there.
        """
        if steps is not None:
            return self._near.service.runs.execute(run, observer=observer, stop=stop, steps=steps)
        path = f"runs/{quote(run, safe='')}"
        if stop is not None:
            stop(lambda: self._connection.post(f"{path}/kill"))
        self._connection.post(f"{path}/execute")
        for kind, data in self._connection.follow(f"{path}/events"):
            if observer is not None and kind != "end":
                observer(progress_from_json(data))
        return self.get(run)

    def get(self, run: str) -> Run:
        """Give a run by id, unique prefix of an id, name, `last` or `last-failed`."""
        return run_from_json(self._shown(run))

    def task_runs(self, run: str) -> list[TaskRun]:
        """Give the task runs of a run."""
        shown = self._shown(run)
        return [task_run_from_json(shown["id"], each) for each in shown["task_runs"]]

    def as_json(self, run: str) -> dict[str, Any]:
        """Give a run with its task runs, as every door shows it."""
        return self._shown(run)

    # read from the server's store as it stands there

    def list(self, filter: RunFilter) -> builtins.list[Run]:
        """Give runs, newest first."""
        return self._near.service.runs.list(filter)

    def revision_of(self, run: str) -> Revision:
        """Give the revision of a run, with the run's own graph."""
        return self._near.service.runs.revision_of(run)

    def code_of(self, run: str) -> str | None:
        """Give the name of the pipeline whose code a run is of; `None` for a flow in YAML."""
        return self._near.service.runs.code_of(run)

    def plan_of(self, run: str) -> Plan:
        """Give the plan of a run."""
        return self._near.service.runs.plan_of(run)

    def task_run(self, run: str, address: str) -> TaskRun:
        """Give the task run at an address."""
        return self._near.service.runs.task_run(run, address)

    def task_run_by_id(self, id: str) -> TaskRun | None:
        """Give a task run by its id."""
        return self._near.service.runs.task_run_by_id(id)

    def attempts(self, run: str, address: str) -> builtins.list[Attempt]:
        """Give the attempts of a task run, from where it really ran."""
        return self._near.service.runs.attempts(run, address)

    def lineage(self, run: str) -> builtins.list[Run]:
        """Give all runs of a run's lineage, deleted ones too, the root first."""
        return self._near.service.runs.lineage(run)

    def logs(
        self, run: str, *, address: str | None = None, after: int = 0, limit: int = 1000
    ) -> builtins.list[StoredLine]:
        """Give log lines of a run, or of one of its task runs."""
        return self._near.service.runs.logs(run, address=address, after=after, limit=limit)

    def _shown(self, run: str) -> dict[str, Any]:
        return self._connection.get(f"runs/{quote(run, safe='')}")


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
