"""Drawing up a plan: rounds of the deciding function, until nothing more must run, and what is said about the whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from dalsegno.errors import PlanRefusal
from dalsegno.model.flow import Key, Read, Revision
from dalsegno.model.graph import Node, index
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.replay.checks import check_names, unexpanded
from dalsegno.replay.decide import Decider
from dalsegno.replay.edges import Decided, Evaluate, Flowing, Scope
from dalsegno.replay.fingerprint import plan_digest
from dalsegno.replay.missing import Missing
from dalsegno.replay.origin import Origin
from dalsegno.replay.request import ReplayRequest
from dalsegno.replay.resolve import Resolved
from dalsegno.replay.select import Nodes


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
    nodes = resolved.nodes or index(revision.flow)
    late = _late_readers(nodes) if origin is not None else frozenset[str]()
    to_run: dict[str, str] = {}
    while True:
        decider = Decider(nodes, resolved, origin, evaluate=evaluate, moved_to_run=to_run)
        decider.expand(revision.flow.tasks, Scope(), Flowing())
        decided = decider.so_far
        more = dict(_late_reads(decided, nodes, late))
        missing, refused = ({}, []) if origin is None else Missing(decided, nodes, resolved, origin).find()
        if not more and not missing:
            break
        to_run = {**to_run, **missing, **more}
    decisions = tuple([decided.decisions[address] for address in decided.order])
    unchecked, unknown = check_names(resolved, decided, nodes)
    return Plan(
        digest=plan_digest(revision.digest, request.as_json(), decisions),
        revision=revision.number,
        decisions=decisions,
        dropped=_dropped(decided, nodes, origin),
        unchecked=unchecked,
        refusals=(*resolved.refusals, *unknown, *decided.refusals, *refused, *_lacking(resolved, nodes)),
        warnings=(*_cut_moved(resolved, decided, nodes), *_nothing_runs(decisions, origin)),
    )


def _late_readers(nodes: Nodes) -> frozenset[str]:
    """Tasks that may be decided before what they read: what stands further down, around them, or in another item."""
    return frozenset(
        node.task.id for node in nodes.values() if any(_late(read, node, nodes) for read in node.task.reads)
    )


def _late(read: Read, reader: Node, nodes: Nodes) -> bool:
    source = nodes.get(read.task) if read.task is not None else None
    if source is None:
        return False
    if source.position >= reader.position or source.task.id in reader.parents:
        return True
    keys = zip_longest(source.loops, read.keys)
    return any(loop in reader.loops and key is not Key.OWN for loop, key in keys)


def _late_reads(decided: Decided, nodes: Nodes, late: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What was kept before it was known that something it reads does not stay as it was."""
    for address, decision in decided.decisions.items() if late else ():
        if decision.task in late and decision.action in (Action.REUSE, Action.ENTER):
            for read in nodes[decision.task].task.reads:
                source = next(decided.hot.read(read, nodes, decided.scopes[address]), None)
                if source is not None:
                    yield address, f"reads `{source}`, which does not stay as it was"


def _dropped(decided: Decided, nodes: Nodes, origin: Origin | None) -> tuple[str, ...]:
    if origin is None:
        return ()
    gone = [address for address in origin.results if address not in decided.decisions]
    whole = tuple(f"{address}[" for address in unexpanded(decided, nodes)) if gone else ()
    return tuple([address for address in gone if not (whole and address.startswith(whole))])


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
