"""Runs, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.executors.steps import StepRunner
from dalsegno.model.plan import Plan
from dalsegno.model.progress import Observer
from dalsegno.model.run import Run, TaskRun
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.coded import Coded
from dalsegno.service.listing import ListedRuns, RunQuery
from dalsegno.wire.reading import plan_from_json, progress_from_json, run_from_json, task_run_from_json

#: runs of a list that a server gives at once
_MOST = 500


class HttpRuns:
    """The use cases of runs, as `service.runs` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan_fresh(self, flow: str, request: ReplayRequest, *, text: str | None = None) -> Plan:
        """Give the plan of a fresh run."""
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
    ) -> Run:
        """Create a fresh run, which is executed when it is handed over: see `execute`."""
        assert coded is None  # noqa: S101 - until code goes over the wire
        body = {"flow": flow, "request": asked_of(request), "text": text, "digest": digest, "queue": False}
        return run_from_json(self._connection.post("runs", body))

    def execute(
        self,
        run: str,
        *,
        observer: Observer | None = None,
        stop: Callable[[Callable[[], None]], None] | None = None,
        steps: StepRunner | None = None,
    ) -> Run:
        """Have the engine of the server execute a run, and follow it to its end."""
        assert steps is None  # noqa: S101 - until a run can be leased over the wire
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

    def page(self, query: RunQuery) -> ListedRuns:
        """Give part of a list of runs, and the cursor of the next part; all of it with `limit` 0."""
        asked = {name: value for name, value in asdict(query).items() if value not in (None, (), False)}
        asked |= {name: value for name in ("replayed", "fixed") if (value := getattr(query, name)) is not None}
        found: list[Run] = []
        while True:
            part = self._connection.get("runs", **{**asked, "limit": query.limit or _MOST})
            found += [run_from_json(each) for each in part["runs"]]
            if query.limit or part["next"] is None:
                return ListedRuns(tuple(found), part["next"])
            asked["cursor"] = part["next"]

    def task_runs(self, run: str) -> list[TaskRun]:
        """Give the task runs of a run."""
        shown = self._shown(run)
        return [task_run_from_json(shown["id"], each) for each in shown["task_runs"]]

    def _shown(self, run: str) -> dict[str, Any]:
        return self._connection.get(f"runs/{quote(run, safe='')}")


def asked_of(request: ReplayRequest) -> dict[str, Any]:
    """Give a request as a server takes it."""
    asked = request.as_json()
    return {name: value for name, value in asked.items() if name not in ("carried", "debug")}
