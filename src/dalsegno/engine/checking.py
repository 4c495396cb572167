"""With `changed`: what is decided at its turn, and what has moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dalsegno.engine.invocations import used_by
from dalsegno.engine.used import used_values
from dalsegno.engine.variables import Facts, variables
from dalsegno.model.address import Address, parse
from dalsegno.model.files import differs
from dalsegno.model.flow import Effects, Task
from dalsegno.model.graph import Node
from dalsegno.model.plan import Action
from dalsegno.model.run import Result, TaskRun
from dalsegno.model.state import State
from dalsegno.replay.edges import Scope
from dalsegno.replay.fingerprint import output_digest
from dalsegno.replay.select import Nodes

JsonMap = Mapping[str, Any]

#: the digests of a result without outputs
_NO_OUTPUTS = (None, output_digest({}))


def why_it_runs(task: Task, scope: Scope, origin: TaskRun | None, facts: Facts, *, moved: bool) -> str | None:
    """Give why a task runs that is decided at its turn; `None` where its result is kept."""
    if origin is None or not origin.has_result:
        return "has no result in the origin"
    if task.function is not None:
        used = used_by(task, scope, facts)
    else:
        used = dict(used_values(task, scope, variables(facts, scope, task), facts.nodes))
    if facts.outside is not None:
        now = {path: facts.outside.now(path) for path in origin.used}
        used |= {path: value for path, value in now.items() if value is not None}
    different = [path for path in {**origin.used, **used} if origin.used.get(path) != used.get(path)]
    if different:
        return differs(different[0])
    return "stands directly after something that moved" if moved else None


def has_moved(task: Task, origin: TaskRun | Result | None, digest: str | None) -> bool:
    """Whether a task that ran leaves something else behind than it did in the origin."""
    if task.effects is Effects.EXTERNAL:
        return True
    if origin is None or not origin.has_result or origin.output_digest != digest:
        return True
    return digest in _NO_OUTPUTS and not task.inert


def moved_before(recorded: Mapping[str, Result], origin: Mapping[str, Result], nodes: Nodes) -> set[str]:
    """Give the addresses of what moved, groups too, of all that was recorded before this engine began."""
    moved: set[str] = set()
    for address, result in recorded.items():
        node = nodes.get(result.task)
        if node is None or result.action is Action.REUSE or not result.state.ended:
            continue
        before = origin.get(address)
        if _moved_then(node.task, result, before):
            moved.add(address)
            moved.update(_around(address, node))
    return moved


def _moved_then(task: Task, result: Result, before: Result | None) -> bool:
    if result.action is Action.PIN:
        return before is None or before.output_digest != result.output_digest
    if not task.kind.is_group:
        return has_moved(task, before, result.output_digest)
    if before is None:
        return True
    skipped = State.SKIPPED in (before.state, result.state) and before.state is not result.state
    return skipped or (result.keys is not None and result.keys != before.keys)


def _around(address: str, node: Node) -> Iterator[str]:
    """Give the addresses of the groups around a task run."""
    items = parse(address).items
    depth = 0
    for parent in node.parents:
        yield str(Address(items[:depth], parent))
        depth += parent in node.loops
