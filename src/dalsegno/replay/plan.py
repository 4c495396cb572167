"""Drawing up a plan: rounds of the deciding function, until nothing more must run, and what is said about the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from shlex import quote

from dalsegno.errors import PlanRefusal
from dalsegno.model.address import parse
from dalsegno.model.flow import Key, Read, Revision
from dalsegno.model.graph import Node, index
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.replay.checks import Branches, check_names, unexpanded
from dalsegno.replay.decide import Decider
from dalsegno.replay.edges import Decided, Evaluate, Scope
from dalsegno.replay.fingerprint import plan_digest
from dalsegno.replay.left_out import LeftOut
from dalsegno.replay.missing import Missing
from dalsegno.replay.origin import Origin
from dalsegno.replay.reasons import AFTER_IT, AT_END
from dalsegno.replay.request import ReplayRequest
from dalsegno.replay.resolve import Resolved, keeps_origin
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
    nodes = resolved.nodes or index(revision.flow)
    late = _late_readers(nodes) if origin is not None else frozenset[str]()
    to_run: dict[str, str] = {}
    while True:
        decider = Decider(nodes, resolved, origin, evaluate=evaluate, moved_to_run=to_run)
        flowing = decider.expand_flow(revision.flow)
        decided = decider.so_far
        flowing = decider.expand_lasts(revision.flow.lasts, Scope(), flowing, list(decided.order), AT_END)
        decider.expand_lasts(revision.flow.after, Scope(), flowing, list(decided.order), AFTER_IT)
        more = dict(_late_reads(decided, nodes, late))
        missing, refused = ({}, []) if origin is None else Missing(decided, nodes, resolved, origin).find()
        if not more and not missing:
            break
        to_run = {**to_run, **missing, **more}
    found = [decided.decisions[address] for address in decided.order]
    decisions = tuple(_with_stops(found, decided, resolved) if resolved.breakpoints else found)
    dropped, not_reached = _dropped(decided, nodes, resolved, origin)
    unchecked, unknown = check_names(resolved, decided, nodes)
    return Plan(
        digest=plan_digest(revision.content, request.as_json(), decisions),
        revision=revision.number,
        decisions=decisions,
        dropped=dropped,
        not_reached=not_reached,
        unchecked=unchecked,
        refusals=(
            *(_with_rename(refusal, origin) for refusal in resolved.refusals),
            *(resolved.renamed.refusals(_tasks_of(origin), nodes) if resolved.renamed and origin is not None else ()),
            *unknown,
            *decided.refusals,
            *refused,
            *_lacking(resolved, nodes),
            *(LeftOut(decided, nodes, resolved).refusals() if resolved.only or resolved.until else ()),
            *_stops_nowhere(resolved, decided),
        ),
        warnings=(*_cut_moved(resolved, decided, nodes), *_nothing_runs(decisions, origin)),
    )


def _tasks_of(origin: Origin) -> Iterator[str]:
    yield from origin.tasks()
    yield from (result.task for result in origin.results.values())


def _with_rename(refusal: PlanRefusal, origin: Origin | None) -> PlanRefusal:
    """Where a name is gone from the flow but is in the origin, say how to tell that it was renamed (rule 3)."""
    name = refusal.address or ""
    if refusal.code != "unknown-address" or origin is None or not refusal.closest:
        return refusal
    if all(name not in (result.task, address) for address, result in origin.results.items()):
        return refusal
    near = refusal.closest[0]
    way = f"{origin.name} has it: if it is called `{near}` now, start at `{near}` with `--rename {near}={name}`"
    return replace(refusal, message=f"{refusal.message} {way}")


def _late_readers(nodes: Nodes) -> frozenset[str]:
    """Tasks that may be decided before what they read: what stands further down, around them, or in another item."""
    late: list[str] = []
    for name, node in nodes.items():
        for read in node.task.reads:
            source = nodes.get(read.task) if read.task is not None else None
            if source is not None and (source.position >= node.position or _late(read, source, node)):
                late.append(name)
                break
    return frozenset(late)


def _late(read: Read, source: Node, reader: Node) -> bool:
    if not reader.parents:
        return False
    if source.task.id in reader.parents:
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


def _dropped(
    decided: Decided, nodes: Nodes, resolved: Resolved, origin: Origin | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give what is in the origin and no longer in the flow, and what stands in a branch that is no longer taken."""
    if origin is None:
        return (), ()
    results = resolved.renamed.results(origin.results)
    gone = [address for address in results if address not in decided.decisions]
    if not gone:
        return (), ()
    closed = unexpanded(decided, nodes)
    whole = tuple(f"{address}[" for address in closed)
    closed_tasks = {decided.decisions[address].task for address in closed}
    branches = Branches(decided, nodes)
    dropped: list[str] = []
    not_reached: list[str] = []
    for address in gone:
        node = nodes.get(results[address].task)
        if node is None and results[address].address != address:
            # a new name that is not there is refused as such
            continue
        if (whole and address.startswith(whole)) or (node and closed_tasks.intersection(node.parents)):
            continue
        if node is not None and node.handles == "errors":
            continue
        choice = branches.closed(node.task.id, parse(address).keys) if node is not None else None
        (dropped if choice is None else not_reached).append(address)
    return tuple(dropped), tuple(not_reached)


def _with_stops(decisions: list[Decision], decided: Decided, resolved: Resolved) -> Iterator[Decision]:
    for decision in decisions:
        at = resolved.breakpoints.at(decision.task, decided.scopes[decision.address].keys)
        yield replace(decision, stops=True) if at is not None and at.task == decision.task else decision


def _stops_nowhere(resolved: Resolved, decided: Decided) -> Iterator[PlanRefusal]:
    """A breakpoint on what does not run would never be reached (rule 14)."""
    for target in resolved.breakpoints.targets:
        for address, decision in decided.decisions.items():
            covered = decision.task == target.task and target.covers(decided.scopes[address].keys)
            if covered and decision.action in (Action.REUSE, Action.PIN, Action.LEAVE):
                message = f"the run cannot stop before `{address}`: it does not run ({decision.reason})"
                yield PlanRefusal("breakpoint-not-run", message, address)


def _lacking(resolved: Resolved, nodes: Nodes) -> Iterator[PlanRefusal]:
    """Pins that lack an output somebody reads."""
    for target, outputs in resolved.pins.given:
        for node in () if keeps_origin(outputs) else nodes.values():
            for read in node.task.reads:
                if read.task != target.task or not _may_be_read(target, read):
                    continue
                if read.path and read.path[0] not in outputs:
                    message = f"the pin of `{target.text}` lacks `{read.path[0]}`, which `{node.task.id}` reads"
                    yield PlanRefusal("pin-lacks-output", message, target.text)


def _may_be_read(target: Target, read: Read) -> bool:
    """Whether a reading may find what a target names, as far as it names items."""
    pairs = zip(target.keys, read.keys, strict=False)
    return all(wanted is None or isinstance(key, Key) or wanted == key for wanted, key in pairs)


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
                f"`--keep {quote(address)}` keeps its result"
            )
            return


def _nothing_runs(decisions: tuple[Decision, ...], origin: Origin | None) -> Iterator[str]:
    if origin is not None and all(decision.action is not Action.RUN for decision in decisions):
        yield f"nothing runs: everything that {origin.name} has a result for is kept"
