"""Things to store, with everything filled in, and short ways to bring a store into a state."""

from __future__ import annotations

from typing import Any

from uuid_utils import uuid7

from dalsegno.model.flow import Flow, Input, InputType, Kind, Place, Read, Revision, Task
from dalsegno.model.plan import Action
from dalsegno.model.run import Artifact, Run, TaskRun
from dalsegno.model.state import State
from dalsegno.store.port import CreateRun, EndTask, KeepTaskRuns, Kept, Lease, MoveRun, StartTask, Store


def new_id() -> str:
    return str(uuid7())


def a_flow(id: str = "rides", namespace: str = "bikes", **rest: Any) -> Flow:
    fetch = Task("fetch", "core.http.Download", {"uri": "http://x/é"}, digests={"uri": "1" * 64}, place=Place(3, 5))
    load = Task("load", "core.log.Log", reads=(Read("fetch", (), ("uri",)),), definition="2" * 64)
    loop = Task("each", "core.flow.ForEach", kind=Kind.LOOP, tasks=(load,), concurrency=2)
    return Flow(namespace, id, (fetch, loop), inputs=(Input("date", InputType.STRING),), **rest)


def a_revision(number: int = 1, *, digest: str | None = None, flow: Flow | None = None) -> Revision:
    return Revision(flow or a_flow(), number, digest or f"{number:064}", f"id: rides # {number}", 100.0 + number, "ann")


def a_run(id: str | None = None, **rest: Any) -> Run:
    own = id or new_id()
    values: dict[str, Any] = {
        "namespace": "bikes",
        "flow": "rides",
        "revision": 1,
        "attempt": 1,
        "root": own,
        "clock": 9.5,
        "created": 10.0,
    }
    return Run(id=own, name="", state=State.CREATED, **{**values, **rest})


def a_task_run(run: str, address: str = "fetch", **rest: Any) -> TaskRun:
    values: dict[str, Any] = {
        "id": new_id(),
        "task": address.rsplit(".", 1)[-1].split("[", 1)[0],
        "type": "core.log.Log",
        "state": State.RUNNING,
        "action": Action.RUN,
        "reason": "everything runs",
        "attempt": 1,
        "created": 20.0,
        "started": 20.5,
        "definition": "d" * 64,
        "digests": {"message": "e" * 64},
    }
    return TaskRun(run=run, address=address, **{**values, **rest})


def an_artifact(**rest: Any) -> Artifact:
    values: dict[str, Any] = {"id": new_id(), "digest": "a" * 64, "kind": "file", "name": "é.csv", "size": 2**40}
    return Artifact(created=5.0, **{**values, **rest})


def ended(task_run: str, state: State = State.SUCCESS, **rest: Any) -> EndTask:
    values: dict[str, Any] = {
        "at": 30.0,
        "outputs": {"value": 1},
        "output_digest": "f" * 64,
        "used": {"inputs.date": "c" * 64},
        "properties": {"message": "hello"},
    }
    return EndTask(task_run, state, **{**values, **rest})


def running(store: Store, **rest: Any) -> tuple[Run, Lease]:
    """Make a run that is RUNNING, and hold its lease."""
    run = a_run(**rest)
    store.commit(None, [CreateRun(run, b"plan")])
    lease = store.acquire(run.id, "the test")
    store.commit(lease, [MoveRun(run.id, State.CREATED, State.RUNNING, 11.0)])
    return run, lease


def finished(store: Store, *addresses: str) -> tuple[Run, list[TaskRun]]:
    """Make a run whose task runs have all succeeded, and give its lease back."""
    run, lease = running(store)
    for address in addresses:
        task_run = a_task_run(run.id, address)
        store.commit(lease, [StartTask(task_run), ended(task_run.id, outputs={"value": address})])
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.SUCCESS, 40.0)])
    store.release(lease)
    return run, store.task_runs.of_run(run.id)


def replay(store: Store, origin: Run, kept: list[TaskRun]) -> tuple[Run, list[TaskRun]]:
    """Make a run that keeps the given task runs."""
    run = a_run(origin=origin.id, root=origin.root, attempt=origin.attempt + 1)
    copies = tuple(Kept(new_id(), task_run.id, f"kept {task_run.address}") for task_run in kept)
    store.commit(None, [CreateRun(run, b"plan"), KeepTaskRuns(run.id, copies)])
    return run, store.task_runs.of_run(run.id)
