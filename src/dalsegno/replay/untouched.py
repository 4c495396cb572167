"""What is kept at first sight, where nothing comes along the order edges: most of a large replay.

It decides nothing otherwise than the deciding function does: whatever is not plain at first sight is left to that.
"""

from __future__ import annotations

from collections.abc import Container

from dalsegno.model.flow import Task
from dalsegno.model.plan import Action
from dalsegno.model.run import Result
from dalsegno.model.state import RESULTS
from dalsegno.replay.edges import Hot, Scope
from dalsegno.replay.resolve import Resolved
from dalsegno.replay.select import Nodes


class Untouched:
    """Tells which results are kept that nothing touches.

    Parameters
    ----------
    hot : which task runs give something that is not the origin's result.
    to_run : addresses that must run, whatever they have.
    """

    def __init__(self, nodes: Nodes, resolved: Resolved, hot: Hot, *, to_run: Container[str]) -> None:
        self._nodes = nodes
        self._hot = hot
        self._to_run = to_run
        self._touched = resolved.touched
        self._overridden = resolved.overridden
        self._strict = resolved.strict
        self._keeps = resolved.keeps and not resolved.changed and not resolved.differing

    def keeps(self, task: Task, address: str, scope: Scope, result: Result) -> bool:
        """Whether a result is kept for no more than that nothing touches it, and without a warning."""
        if (
            not self._keeps
            or task.id in self._touched
            or address in self._to_run
            or not self._is_as_it_was(task, result)
        ):
            return False
        if self._overridden and not self._overridden.isdisjoint(task.inputs):
            return False
        if scope.items and (scope.items[-1].reads or scope.items[-1].differs):
            return False
        # what it reads is known, and the origin's
        nodes, holds = self._nodes, self._hot.holds
        for read in task.reads:
            name = read.task
            if name is None or name not in nodes or holds(name):
                return False
        return True

    def _is_as_it_was(self, task: Task, result: Result) -> bool:
        """Whether there is a result, and the definition that it came from is that of now."""
        return (
            result.definition == task.definition != ""
            and not task.variables
            and result.state in RESULTS
            and result.action is not Action.PIN
            and not (self._strict and result.tolerated)
        )
