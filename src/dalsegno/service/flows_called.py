"""Flows that the tasks of a flow call: whether they are in the store, as far as the text of the flow says which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dalsegno.errors import Problem, closest, did_you_mean
from dalsegno.model.flow import Flow, Kind, Task
from dalsegno.store.port import Store


def unknown_calls(flow: Flow, store: Store, *, file: str | None) -> Iterator[Problem]:
    """Give what is wrong with the calls of a flow: a warning where a name looks mistyped, a note where a flow may come yet."""
    for task in flow.walk():
        if task.kind is not Kind.SUBFLOW:
            continue
        found = _problem(task, flow, store)
        if found is not None:
            line, column = (task.place.line, task.place.column) if task.place else (None, None)
            yield replace(found, file=file, line=line, column=column)


def _problem(task: Task, flow: Flow, store: Store) -> Problem | None:
    namespace, name, number = (task.properties.get(key) for key in ("namespace", "flowId", "revision"))
    called = f"{namespace}.{name}"
    if not isinstance(namespace, str) or not isinstance(name, str) or "{" in called or called == flow.full_id:
        return None
    if store.flows.latest(namespace, name) is None:
        near = closest(called, [f"{known.namespace}.{known.id}" for known in store.flows.all()])
        what = did_you_mean(near) or "; save it before this one runs: `dalsegno flow save FILE`"
        message = f"the flow `{called}`, which `{task.id}` calls, is not in the store{what}"
        return Problem("unknown-flow", message, closest=near, severity="warning" if near else "note")
    if isinstance(number, int) and store.flows.revision(namespace, name, number) is None:
        message = f"the flow `{called}`, which `{task.id}` calls, has no revision {number} in the store"
        return Problem("unknown-revision", message, severity="warning")
    return None
