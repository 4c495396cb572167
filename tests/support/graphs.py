"""Small graphs, pasts and plans for tests of the planner, written by hand.

shop = flow(task("load"), each("each_city", task("sell", "load")), task("report", whole("sell")))
plan = draw(shop, past(shop, items={"each_city": ["paris", "rome"]}, failed=["each_city[rome].sell"]), skip_successful=True)
assert actions(plan)["each_city[paris].sell"] == "REUSE"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dalsegno.model.address import item_keys, parse
from dalsegno.model.digest import digest
from dalsegno.model.flow import Effects, Flow, Key, Kind, Read, Revision, Task
from dalsegno.model.graph import index
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.model.run import Result
from dalsegno.model.state import State, worst
from dalsegno.replay.edges import NotYet, Scope
from dalsegno.replay.fingerprint import output_digest
from dalsegno.replay.origin import Origin
from dalsegno.replay.plan import draw_up
from dalsegno.replay.request import ReplayRequest
from dalsegno.replay.resolve import resolve_request

Items = Mapping[str, Sequence[Any] | None]
ANYTHING = Read(None)


def task(id: str, *reads: str | Read, says: str = "1", **fields: Any) -> Task:
    """A task with one output `value`; `says` is its definition, a read is an id or `id.output`."""
    type_name: str = fields.pop("type", "core.debug.Return")
    digests = {"type": digest("property", type_name), "value": digest("property", says)}
    fields = {"outputs": ("value",), **fields}
    found = tuple(_read(read) for read in reads)
    return Task(
        id, type_name, {"value": says}, reads=found, digests=digests, definition=digest("definition", digests), **fields
    )


def _read(text: str | Read) -> Read:
    if isinstance(text, Read):
        return text
    name, _, path = text.partition(".")
    return Read(name, (), (path or "value",))


def own(id: str) -> Read:
    """Read the task of the reader's own item."""
    return Read(id, (Key.OWN,), ("value",))


def some(id: str) -> Read:
    """Read the task of an item that is known only when it is rendered."""
    return Read(id, (Key.ANY,), ("value",))


def of_item(id: str, *keys: str) -> Read:
    """Read the task of one item."""
    return Read(id, keys, ("value",))


def whole(id: str) -> Read:
    """Read the map of all items of a task in a loop."""
    return Read(id)


def seq(id: str, *tasks: Task) -> Task:
    return Task(id, "core.flow.Sequential", kind=Kind.SEQUENCE, tasks=tasks, definition="seq")


def par(id: str, *tasks: Task) -> Task:
    return Task(id, "core.flow.Parallel", kind=Kind.PARALLEL, tasks=tasks, definition="par")


def each(id: str, *tasks: Task, reads: Sequence[str | Read] = (), inputs: Sequence[str] = (), says: str = "1") -> Task:
    found = tuple(_read(read) for read in reads)
    digests = {"values": says}
    return Task(
        id, "core.flow.ForEach", kind=Kind.LOOP, tasks=tasks, reads=found, inputs=tuple(inputs), digests=digests,
        definition=digest("definition", digests),
    )  # fmt: skip


def choice(
    id: str, branches: Mapping[str, Sequence[Task]], *, reads: Sequence[str | Read] = (), inputs: Sequence[str] = ()
) -> Task:
    """A group of which one branch is taken: what `items` gives for it is the branch's name in a list."""
    inside = tuple(child for tasks in branches.values() for child in tasks)
    named = {branch: tuple(child.id for child in tasks) for branch, tasks in branches.items()}
    found = tuple(_read(read) for read in reads)
    return Task(
        id, "core.flow.Switch", kind=Kind.CHOICE, tasks=inside, branches=named, reads=found, inputs=tuple(inputs),
        definition="choice",
    )  # fmt: skip


def dag(id: str, *tasks: Task, **after: Sequence[str]) -> Task:
    """A group whose tasks stand after those that are named for them."""
    depends = {name: tuple(names) for name, names in after.items()}
    return Task(id, "core.flow.Dag", kind=Kind.DAG, tasks=tasks, depends=depends, definition="dag")


def allow(id: str, *tasks: Task, **fields: Any) -> Task:
    """A group in which a failure is tolerated."""
    return replace(seq(id, *tasks), type="core.flow.AllowFailure", tolerates=True, **fields)


def mail(id: str, *reads: str | Read, **fields: Any) -> Task:
    """A task whose effects are seen outside."""
    return task(id, *reads, effects=Effects.EXTERNAL, **fields)


def flow(*tasks: Task, errors: Sequence[Task] = (), lasts: Sequence[Task] = ()) -> Flow:
    return Flow("shop", "sales", tasks, errors=tuple(errors), lasts=tuple(lasts))


def chain(*ids: str) -> Flow:
    """Tasks of which each reads the one before it."""
    return flow(*(task(name, *ids[at - 1 : at]) for at, name in enumerate(ids)))


def past(
    flow: Flow, *, items: Items | None = None, failed: Sequence[str] = (), killed: Sequence[str] = (),
    absent: Sequence[str] = (), gone: Sequence[str] = (), pinned: Mapping[str, Any] | None = None, name: str = "sales-1",
    tolerated: Sequence[str] = (), before: Mapping[str, str] | None = None, damaged: Sequence[str] = (),
) -> Origin:  # fmt: skip
    """A run of a flow in which all succeeded but what is said. `absent` names what never began, `gone` lost artifacts,
    `damaged` those with another content, `tolerated` failures that count as warnings, `before` in which runs of the lineage
    what has effects ran; where it says nothing, what the run itself has done ran in it.
    """
    states = {**dict.fromkeys(failed, State.FAILED), **dict.fromkeys(killed, State.KILLED)}
    teller = _Teller(items or {}, {**states, **dict.fromkeys(tolerated, State.WARNING)}, absent, pinned)
    teller.group([*flow.tasks, *flow.lasts], Scope())
    teller.told = [(replace(found, tolerated=found.address in tolerated), digests) for found, digests in teller.told]
    digests = {result.id: found for result, found in teller.told}
    ran = {found.address: name for found, _ in teller.told if found.state is not State.FAILED}
    happened = ran if before is None else before
    return Origin(
        name,
        {result.address: result for result, _ in teller.told},
        lambda identity: digests[identity],
        lambda identity: ("value",) if identity.removeprefix("run:") in gone else (),
        ran_in=happened.get,
        ran=lambda task: of_task(happened, task),
        damaged=lambda identity: ("value",) if identity.removeprefix("run:") in damaged else (),
    )


def of_task(happened: Mapping[str, str], task: str) -> Mapping[str, str]:
    """Give of what happened in a lineage what a task did."""
    return {address: run for address, run in happened.items() if parse(address).task == task}


class _Teller:
    def __init__(
        self, items: Items, states: Mapping[str, State], absent: Sequence[str], pinned: Mapping[str, Any] | None
    ) -> None:
        self._items, self._states, self._absent, self._pinned = items, states, absent, pinned or {}
        self.told: list[tuple[Result, Mapping[str, str]]] = []

    def group(self, tasks: Sequence[Task], scope: Scope) -> list[State]:
        return [self._one(task, scope) for task in tasks if scope.prefix + task.id not in self._absent]

    def _one(self, task: Task, scope: Scope) -> State:
        address = scope.prefix + task.id
        keys: tuple[str, ...] | None = None
        state = self._states.get(address, State.SUCCESS)
        if task.kind is Kind.LOOP:
            values = self._items.get(address, self._items.get(task.id)) or ()
            keys = tuple(item_keys(values))
            pairs = zip(keys, values, strict=True)
            inside = [self.group(task.tasks, scope.enter(task.id, key, value)) for key, value in pairs]
            state = worst([state, *(found for item in inside for found in item)])
        elif task.kind is Kind.CHOICE:
            keys = tuple(str(key) for key in self._items.get(address, self._items.get(task.id)) or ())
            taken = task.branches.get(keys[0], ()) if keys else ()
            state = worst([state, *self.group([child for child in task.tasks if child.id in taken], scope)])
        elif task.kind is not Kind.WORK:
            state = worst([state, *self.group(task.tasks, scope)])
        if task.kind is not Kind.WORK:
            state = worst([state, *self.group(task.lasts, scope)])
            state = State.WARNING if state is State.FAILED and task.tolerates else state
        action = Action.PIN if address in self._pinned else Action.RUN
        value = self._pinned.get(address, f"result of {address}")
        made = output_digest({"value": value}) if task.kind is Kind.WORK and state.has_result else None
        result = Result(
            f"run:{address}", address, task.id, task.type, state, action, task.definition, 1, 2.0, made, keys
        )
        self.told.append((result, task.digests))
        return state


def draw(
    flow: Flow,
    origin: Origin | None = None,
    *,
    items: Items | None = None,
    overridden: Sequence[str] = (),
    **fields: Any,
) -> Plan:
    """Draw up a plan. `items` gives what loops loop over now (`None`: only the run can know), else the origin's items."""
    for name in ("start", "skip", "only", "until", "breakpoints", "acknowledge"):
        given = fields.get(name, ())
        fields[name] = (given,) if isinstance(given, str) else tuple(given)
    request = ReplayRequest(origin=None if origin is None else "run", **fields)
    resolved = resolve_request(request, index(flow), overridden)
    revision = Revision(flow, 2, digest("revision", repr(flow)), "")
    return draw_up(revision, request, resolved, origin=origin, evaluate=_evaluator(items or {}, origin))


def _evaluator(
    items: Items, origin: Origin | None
) -> Callable[[Task, Scope, Mapping[str, Decision]], Sequence[Any] | NotYet]:
    def evaluate(task: Task, scope: Scope, decided: Mapping[str, Decision]) -> Sequence[Any] | NotYet:
        address = scope.prefix + task.id
        before = None if origin is None else origin.results.get(address)
        found = items.get(address, items.get(task.id, before.keys if before else ()))
        return NotYet(None, "its items cannot be worked out before it begins") if found is None else found

    return evaluate


def actions(plan: Plan) -> dict[str, str]:
    """Give the actions by address."""
    return {decision.address: decision.action.value for decision in plan.decisions}


def runs(plan: Plan) -> list[str]:
    """Give what runs, in the order of the flow."""
    return [decision.address for decision in plan.decisions if decision.action is Action.RUN]


def codes(plan: Plan) -> list[str]:
    """Give the codes of the refusals, each once."""
    return list(dict.fromkeys(refusal.code for refusal in plan.refusals))


def why(plan: Plan, address: str) -> str:
    return plan.by_address[address].reason


def changed(task: Task, **fields: Any) -> Task:
    return replace(task, **fields)
