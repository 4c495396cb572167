"""Drawing up a plan: rounds of the deciding function, until nothing more must run, and what is said about the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dalsegno.errors import PlanRefusal, closest, did_you_mean
from dalsegno.model.flow import Read, Revision
from dalsegno.model.graph import index
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.replay.decide import Decider
from dalsegno.replay.edges import Decided, Evaluate, Flowing, Scope, reads_of
from dalsegno.replay.fingerprint import plan_digest
from dalsegno.replay.origin import Origin
from dalsegno.replay.request import ReplayRequest
from dalsegno.replay.resolve import Resolved
from dalsegno.replay.select import Nodes, Target


def draw_up(
    revision: Revision, request: ReplayRequest, resolved: Resolved, *, origin: Origin | None, evaluate: Evaluate
) -> Plan:
    """Draw up the plan of a request. Raises nothing: a plan with `refusals` is not to be executed.

    Each round only moves what was kept to what runs, so the rounds end (rule g).

    Parameters
    ----------
    revision : the requested revision.
    request, resolved : what is asked for, and its names as targets (`resolve_request`).
    origin : the run to replay; `None` for a fresh run.
    evaluate : gives the items of a loop, or `NotYet`.
    """
    nodes = index(revision.flow)
    to_run: dict[str, str] = {}
    while True:
        decider = Decider(nodes, resolved, origin, evaluate=evaluate, moved_to_run=to_run)
        decider.expand(revision.flow.tasks, Scope(), Flowing())
        decided = decider.so_far
        more, refused = _must_run(decided, nodes, resolved, origin)
        if not more:
            break
        to_run |= more
    decisions = tuple(decided.decisions[address] for address in decided.order)
    unchecked, unknown = _unmatched(resolved, decided, nodes)
    return Plan(
        digest=plan_digest(revision.digest, request.as_json(), decisions),
        revision=revision.number,
        decisions=decisions,
        dropped=_dropped(decided, origin),
        unchecked=unchecked,
        refusals=(*resolved.refusals, *unknown, *decided.refusals, *refused, *_lacking(resolved, nodes)),
        warnings=(*_cut_moved(resolved, decided, nodes), *_nothing_runs(decisions, origin)),
    )


def _must_run(
    decided: Decided, nodes: Nodes, resolved: Resolved, origin: Origin | None
) -> tuple[dict[str, str], list[PlanRefusal]]:
    """Find what was kept and must run after all, with the reasons; and what cannot be kept although it was named."""
    if origin is None:
        return {}, []
    more = dict(_late_reads(decided, nodes))
    refused: list[PlanRefusal] = []
    for address in _kept_and_read(decided, nodes):
        decision = decided.decisions[address]
        gone = origin.gone(decision.origin_task_run) if decision.origin_task_run else ()
        if not gone:
            continue
        listed = ", ".join(f"`{name}`" for name in gone)
        if resolved.skip.at(decision.task, decided.scopes[address].keys):
            message = f"`{address}` cannot be skipped: {listed} of its result is gone from the artifact store"
            refused.append(PlanRefusal("artifact-missing", message, address))
        else:
            more[address] = f"{listed} of its result is gone from the artifact store"
    return more, refused


def _late_reads(decided: Decided, nodes: Nodes) -> Iterator[tuple[str, str]]:
    """Readers that stand before what they read: one item of a loop may read what another one leaves later on."""
    late = {
        node.task.id
        for node in nodes.values()
        if any(read.task in nodes and nodes[read.task or ""].position >= node.position for read in node.task.reads)
    }
    for address, decision in decided.decisions.items() if late else ():
        if decision.action is Action.REUSE and decision.task in late:
            for read in nodes[decision.task].task.reads:
                source = decided.hot.read(read, nodes, decided.scopes[address])
                if source is not None:
                    yield address, f"reads `{source}`, which runs"


def _kept_and_read(decided: Decided, nodes: Nodes) -> list[str]:
    """The kept task runs that something which runs will read."""
    kept: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for address, decision in decided.decisions.items():
        if decision.action is Action.REUSE:
            kept.setdefault(decision.task, []).append((decided.scopes[address].keys, address))
    found: dict[str, None] = {}
    for address, decision in decided.decisions.items() if kept else ():
        if decision.action in (Action.RUN, Action.ENTER):
            scope = decided.scopes[address]
            for read in _all_reads(decision, nodes):
                for source in reads_of(read, nodes, scope, kept):
                    found[source] = None
    return list(found)


def _all_reads(decision: Decision, nodes: Nodes) -> Iterator[Read]:
    """What a task reads; for a loop whose items are not known, what anything inside it reads as well."""
    task = nodes[decision.task].task
    if decision.forced and decision.keys is None and task.tasks:
        for inner in task.walk():
            yield from inner.reads
    else:
        yield from task.reads


def _dropped(decided: Decided, origin: Origin | None) -> tuple[str, ...]:
    if origin is None:
        return ()
    whole = tuple(f"{address}[" for address, decision in decided.decisions.items() if _unexpanded(decision))
    return tuple(
        address
        for address in origin.results
        if address not in decided.decisions and not (whole and address.startswith(whole))
    )


def _unexpanded(decision: Decision) -> bool:
    return decision.forced and decision.keys is None and decision.action is Action.RUN


def _unmatched(resolved: Resolved, decided: Decided, nodes: Nodes) -> tuple[tuple[str, ...], list[PlanRefusal]]:
    """Sort out names that fit no decision: those that only the run can know, and those that are not there."""
    unchecked: list[str] = []
    refused: list[PlanRefusal] = []
    if not resolved.targets:
        return (), []
    keys_of: dict[str, list[tuple[str, ...]]] = {}
    for address, decision in decided.decisions.items():
        keys_of.setdefault(decision.task, []).append(decided.scopes[address].keys)
    unexpanded = {decision.task for decision in decided.decisions.values() if _unexpanded(decision)}
    for target in resolved.targets:
        if not any(key is not None for key in target.keys) or _fits_any(target, decided, nodes, keys_of):
            continue
        if unexpanded.intersection((target.task, *nodes[target.task].parents)):
            unchecked.append(target.text)
        else:
            refused.append(_no_such_item(target, decided, nodes))
    return tuple(unchecked), refused


def _fits_any(target: Target, decided: Decided, nodes: Nodes, keys_of: Mapping[str, list[tuple[str, ...]]]) -> bool:
    node = nodes[target.task]
    if len(target.keys) == len(node.loops):
        return any(target.covers(keys) for keys in keys_of.get(target.task, ()))
    item = target.keys[-1]
    return any(
        item in (decision.keys or ())
        for address, decision in decided.decisions.items()
        if decision.task == target.task
        and Target("", target.task, target.keys[:-1]).covers(decided.scopes[address].keys)
    )


def _no_such_item(target: Target, decided: Decided, nodes: Nodes) -> PlanRefusal:
    loops = (*nodes[target.task].loops, target.task)[: len(target.keys)]
    for loop, key in zip(loops, target.keys, strict=True):
        known = [known for item in decided.decisions.values() if item.task == loop for known in item.keys or ()]
        if key is not None and key not in known:
            near = closest(key, known)
            listed = did_you_mean(near) or f"; it has {', '.join(f'`{name}`' for name in known[:8]) or 'none'}"
            message = f"`{target.text}`: the loop `{loop}` has no item `{key}`{listed}"
            return PlanRefusal("unknown-item", message, target.text, near)
    return PlanRefusal("unknown-item", f"`{target.text}` names nothing in this run", target.text)


def _lacking(resolved: Resolved, nodes: Nodes) -> Iterator[PlanRefusal]:
    """Pins that lack an output somebody reads."""
    for target, outputs in resolved.pins.given:
        for node in nodes.values():
            for read in node.task.reads:
                if read.task == target.task and read.path and read.path[0] not in outputs:
                    message = f"the pin of `{target.text}` lacks `{read.path[0]}`, which `{node.task.id}` reads"
                    yield PlanRefusal("pin-lacks-output", message, target.text)


def _cut_moved(resolved: Resolved, decided: Decided, nodes: Nodes) -> Iterator[str]:
    """Say it first where an overridden input makes something run that stands before every start."""
    if not resolved.start or not resolved.overridden:
        return
    first = min(nodes[target.task].position for target in resolved.start.targets)
    starts = ", ".join(f"`{target.text}`" for target in resolved.start.targets)
    for address, decision in decided.decisions.items():
        reads = [name for name in nodes[decision.task].task.inputs if name in resolved.overridden]
        if reads and decision.action is Action.RUN and nodes[decision.task].position < first:
            yield (
                f"`{address}` runs as well, before {starts}: it reads the input `{reads[0]}`, which is overridden; "
                f"pin its result to keep it"
            )
            return


def _nothing_runs(decisions: tuple[Decision, ...], origin: Origin | None) -> Iterator[str]:
    if origin is not None and all(decision.action is not Action.RUN for decision in decisions):
        yield f"nothing runs: everything that {origin.name} has a result for is kept"
