"""Reasons, as a person reads them, and the small rules that they come with."""

from __future__ import annotations

from collections.abc import Container, Sequence
from shlex import quote

from dalsegno.model.flow import Kind, Task
from dalsegno.model.plan import Action, Decision
from dalsegno.model.run import Result
from dalsegno.model.state import State
from dalsegno.replay.edges import Flowing, Scope

UNFINISHED = {State.FAILED: "failed in the origin", State.KILLED: "was killed in the origin"}
VERBS = {
    Action.RUN: "runs",
    Action.PIN: "is pinned",
    Action.ENTER: "is entered",
    Action.REUSE: "is kept",
    Action.CHECK: "is decided at its turn",
    Action.LEAVE: "is left out",
}
#: what of a group is decided when it begins
WHAT = {Kind.LOOP: "its items are", Kind.CHOICE: "its branch is"}
#: where handlers stand that run whatever ran before them
AT_END, AFTER_IT = "at the end of the flow, in which", "follows the run, in which"
NOTHING_RUNS = "nothing that it depends on runs"
TURNS = "whether it repeats is decided when its tasks have run"


def unacknowledged(address: str, before: str) -> str:
    """Say that something seen outside would happen once more."""
    return (
        f"`{address}` has effects that are seen outside, and ran already in {before}; allow it with "
        f"`--acknowledge {quote(address)}`, or keep what it gave with `--effects reuse`"
    )


def has_result(result: Result | None) -> bool:
    return result is not None and result.has_result


def decision_on(
    task: Task,
    scope: Scope,
    action: Action,
    reason: str,
    result: Result | None,
    *,
    warnings: tuple[str, ...] = (),
    forced: bool = False,
) -> Decision:
    matched, took = (None, None) if result is None else (result.id, result.seconds)
    return Decision(scope.prefix + task.id, task.id, task.type, action, reason, warnings, matched, took, forced=forced)


def after_running(address: str, flowing: Flowing, *, spreads: bool) -> Flowing:
    wave = address if spreads and flowing.wave is None else flowing.wave
    wanting = flowing.wanting if wave is not None or flowing.wanting is not None else address
    if flowing.ran is not None and wave is flowing.wave and wanting is flowing.wanting:
        return flowing
    return Flowing(wave, flowing.ran or address, wanting, flowing.forced, flowing.check)


def with_changes(reason: str, changed: tuple[str, ...]) -> str:
    return f"{reason}; definition changed: {', '.join(changed)}" if changed else reason


def volatile(task: Task) -> tuple[str, ...]:
    if not task.volatile:
        return ()
    return (f"volatile: {', '.join(f'`{name}()`' for name in task.volatile)} gives something new each time",)


def moved_items(task: Task, result: Result | None, keys: Sequence[str]) -> str | None:
    """How the items or the branch of a group differ from the origin's, in words; `None` if they do not."""
    if result is None or result.keys is None or list(result.keys) == list(keys):
        return None
    before, after = set(result.keys), set(keys)
    if task.kind is Kind.CHOICE:
        return f"it now takes {f'`{keys[0]}`' if keys else 'no branch'}, not {f'`{result.keys[0]}`' if result.keys else 'none'}"
    added = [key for key in keys if key not in before]
    gone = [key for key in result.keys if key not in after]
    parts = [
        f"{word} {', '.join(f'`{key}`' for key in found[:3])}"
        for word, found in (("new", added), ("gone", gone))
        if found
    ]
    return f"its items differ from the origin's: {'; '.join(parts) or 'another order'}"


def last_part(type_name: str) -> str:
    return type_name.rpartition(".")[2]


def kept_warnings(
    task: Task,
    flowing: Flowing,
    changed: Sequence[str],
    *,
    judged: bool,
    gone: str | None,
    nodes: Container[str],
) -> tuple[str, ...]:
    """Say what may be wrong with keeping a result.

    Parameters
    ----------
    changed : the properties whose definition has changed.
    judged : whether what changed decides, so that code that cannot be judged matters.
    gone : a task that is not in the flow any more, and that a dynamic reading may have read.
    nodes : the graph of the requested revision.
    """
    warnings: list[str] = []
    if changed:
        warnings.append(f"kept, though its definition has changed since: {', '.join(changed)}")
    if judged and task.uncertain:
        warnings.append(f"kept, though its code cannot be judged: {task.uncertain[0]}")
    if flowing.wanting is not None:
        warnings.append(f"kept, though it stands after `{flowing.wanting}`, which runs")
    for read in task.reads:
        if read.task is None and gone is not None:
            warnings.append(f"kept, though it may read `{gone}`, which is not in the flow any more")
        elif read.task is not None and read.task not in nodes:
            warnings.append(f"kept, though it reads `{read.task}`, which is not in the flow")
    return tuple(warnings)
