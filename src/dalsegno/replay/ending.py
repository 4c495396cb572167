"""Tells whether a run may end otherwise than its origin, which is what those tasks read that follow it."""

from __future__ import annotations

from dalsegno.model.address import parse
from dalsegno.model.plan import Action, Decision
from dalsegno.model.run import Result
from dalsegno.replay.fingerprint import result_digest
from dalsegno.replay.reasons import has_result
from dalsegno.replay.resolve import Resolved, keeps_origin
from dalsegno.replay.select import Nodes


def may_end_otherwise(decision: Decision, before: Result | None, nodes: Nodes, resolved: Resolved) -> bool:
    """Tell whether a decision may have the run end otherwise than its origin.

    Parameters
    ----------
    before : the origin's result at this address; `None` if there is none.
    """
    task = nodes[decision.task].task
    if decision.action is Action.PIN:
        keys = parse(decision.address).keys if "[" in decision.address else ()
        pin = resolved.pin(decision.task, tuple(str(key) for key in keys))
        if pin is None or keeps_origin(pin):
            return False
        return before is None or not has_result(before) or before.output_digest != result_digest(task, pin)
    if decision.action is Action.ENTER:
        # what is in it is decided at its turn, or it holds something else than it did
        later = decision.keys is None and (decision.check is not None or task.batches)
        return later or before is None or list(before.keys or ()) != list(decision.keys or ())
    return decision.action in (Action.RUN, Action.CHECK)
