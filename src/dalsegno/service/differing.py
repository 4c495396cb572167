"""With `changed`: what tasks read of a run besides its inputs, and that is not what it was in the origin."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from dalsegno.model.flow import Kind
from dalsegno.model.run import Result, Run
from dalsegno.replay.request import ReplayRequest
from dalsegno.replay.resolve import calls
from dalsegno.replay.select import Nodes
from dalsegno.service.called import called_by
from dalsegno.store.port import Store

#: labels that begin so are set by the system, and name runs
SYSTEM = "system."


def differing(
    store: Store,
    request: ReplayRequest,
    nodes: Nodes,
    labels: Mapping[str, str],
    *,
    origin: Run,
    results: Collection[Result],
) -> dict[str, str]:
    """Give what differs, by its path as in `Task.context` or by `calls(task)`, with the reason that a plan gives."""
    if not request.changed:
        return {}
    before = origin.labels

    def is_other(path: str) -> bool:
        root, _, name = path.partition(".")
        return _labels_at(name, labels) != _labels_at(name, before) if root == "labels" else request.fresh_clock

    paths = {path for node in nodes.values() for path in node.task.context}
    return {path: f"`{path}` differs" for path in paths if is_other(path)} | dict(_called(store, nodes, results))


def _labels_at(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Give what `labels.<name>` reads: one label, or those below the name; without a name all that a person may set."""
    if not name:
        return {known: text for known, text in labels.items() if not known.startswith(SYSTEM)}
    return {known: text for known, text in labels.items() if known == name or known.startswith(f"{name}.")}


def _called(store: Store, nodes: Nodes, results: Collection[Result]) -> Iterator[tuple[str, str]]:
    """Name the tasks whose subflow has another text than that which ran: they call the latest revision."""
    calling = {name for name, node in nodes.items() if node.task.kind is Kind.SUBFLOW}
    for result in results if calling else ():
        if result.task not in calling or "revision" in nodes[result.task].task.properties:
            continue
        text = _newer(store, result)
        if text is not None:
            yield calls(result.task), text


def _newer(store: Store, result: Result) -> str | None:
    ran = called_by(store, result.id)
    if ran is None:
        return None
    latest = store.flows.latest(ran.namespace, ran.flow)
    then = store.flows.revision(ran.namespace, ran.flow, ran.revision)
    if latest is None or then is None or latest.digest == then.digest:
        return None
    return f"`{ran.namespace}.{ran.flow}`, which it calls, has changed: revision {ran.revision} → {latest.number}"
