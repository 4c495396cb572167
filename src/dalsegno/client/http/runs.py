"""Runs, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.executors.steps import StepRunner
from dalsegno.model.plan import Plan
from dalsegno.model.progress import Observer
from dalsegno.model.run import Run, TaskRun
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.coded import Coded
from dalsegno.wire.reading import plan_from_json, progress_from_json, run_from_json, task_run_from_json


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
        key: str | None = None,
    ) -> Run:
        """Create a fresh run, which is executed when it is handed over: see `execute`."""
        assert coded is None  # noqa: S101 - until code goes over the wire
        asked = asked_of(request)
        body = {"flow": flow, "request": asked, "text": text, "digest": digest, "queue": False, "key": key}
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

    def task_runs(self, run: str) -> list[TaskRun]:
        """Give the task runs of a run."""
        shown = self._shown(run)
        return [task_run_from_json(shown["id"], each) for each in shown["task_runs"]]

    def plan_of(self, run: str) -> Plan:
        """Give the plan of a run."""
        return plan_from_json(self._connection.get(f"runs/{quote(run, safe='')}/plan"))

    def evaluate(self, run: str, text: str, *, task: str | None = None) -> Any:
        """Render an expression as a run sees it."""
        return self._connection.post(f"runs/{quote(run, safe='')}/eval", {"text": text, "task": task})["value"]

    def _shown(self, run: str) -> dict[str, Any]:
        return self._connection.get(f"runs/{quote(run, safe='')}")


def asked_of(request: ReplayRequest) -> dict[str, Any]:
    """Give a request as a server takes it."""
    asked = request.as_json()
    return {name: value for name, value in asked.items() if name not in ("carried", "debug")}
