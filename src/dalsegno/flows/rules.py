"""What can be seen of a flow's tasks as a whole, beyond what each says: a list of small rules.

Each rule looks at one list of tasks, or one task, and notes what can never come about. Nothing is refused for it: a task that
fails on purpose, or a condition that is fixed for a while, is how flows are tried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dalsegno.flows.document import Node
from dalsegno.flows.drafts import Draft, Drafts
from dalsegno.flows.report import Report
from dalsegno.model.flow import Kind

Rule = Callable[[Draft, Report], None]

#: types that end a run, and the property that may keep them from it
_ENDS = {"core.execution.Fail": "condition", "core.execution.Exit": None}
_FALSE = ("", "false", "0", "-0")


def check_rules(drafts: Drafts, report: Report) -> None:
    """Look at all tasks of a flow."""
    for tasks in (drafts.tasks, drafts.errors, drafts.lasts, drafts.after):
        note_what_follows_an_end(tasks, report)
        for draft in _walk(tasks):
            for rule in RULES:
                rule(draft, report)


def note_what_follows_an_end(tasks: list[Draft], report: Report) -> None:
    """Note the tasks of a sequence that stand after one that always ends it."""
    end: Draft | None = None
    for draft in tasks:
        if end is not None and not draft.disabled:
            message = f"task `{draft.id}` is never reached: `{end.id}` before it always ends what it stands in"
            report.note("unreachable-task", message, draft.node.place)
            return
        if end is None and _always_ends(draft):
            end = draft


def note_sequences_with_an_end(draft: Draft, report: Report) -> None:
    """Note what is never reached in a group whose tasks follow each other."""
    if draft.kind in (Kind.SEQUENCE, Kind.LOOP):
        note_what_follows_an_end(draft.children, report)
    for tasks in (*draft.branches.values(), draft.errors, draft.lasts):
        note_what_follows_an_end(tasks, report)


def note_branch_that_is_never_taken(draft: Draft, report: Report) -> None:
    """Note the branches of a choice that is fixed."""
    if draft.kind is not Kind.CHOICE:
        return
    if draft.task_type.branch_map:
        fixed, taken = draft.fields.get("value"), None
        if fixed is not None and not fixed.has_template and fixed.text is not None:
            taken = fixed.text if fixed.text in draft.branches else "defaults"
    else:
        fixed, taken = draft.fields.get("condition"), None
        if fixed is not None and not fixed.has_template and fixed.text is not None:
            taken = "then" if _holds(fixed) else "else"
    for name, tasks in draft.branches.items():
        if taken is not None and fixed is not None and name != taken and tasks:
            message = f"the branch `{name}` of `{draft.id}` is never taken: what decides it is always `{fixed.text}`"
            report.note("unreachable-branch", message, fixed.place)


def note_loop_without_items(draft: Draft, report: Report) -> None:
    """Note a loop over an empty list."""
    values = draft.fields.get("values")
    if draft.kind is Kind.LOOP and values is not None and values.items == []:
        report.note("unreachable-task", f"the tasks of `{draft.id}` never run: its `values` are empty", values.place)


def note_task_that_is_always_skipped(draft: Draft, report: Report) -> None:
    """Note a condition of a task that never holds."""
    condition = draft.handling.rendered.get("runIf")
    if condition is not None and not condition.has_template and not _holds(condition):
        message = f"task `{draft.id}` is always skipped: its `runIf` is `{condition.text}`"
        report.note("unreachable-task", message, condition.place)


RULES: tuple[Rule, ...] = (
    note_sequences_with_an_end,
    note_branch_that_is_never_taken,
    note_loop_without_items,
    note_task_that_is_always_skipped,
)


def _always_ends(draft: Draft) -> bool:
    if draft.type not in _ENDS or draft.disabled or draft.handling.allow_failure or draft.handling.run_if is not None:
        return False
    condition = draft.fields.get(_ENDS[draft.type] or "")
    return condition is None or (not condition.has_template and _holds(condition))


def _holds(node: Node) -> bool:
    return (node.text or "").strip().lower() not in _FALSE


def _walk(tasks: list[Draft]) -> Iterator[Draft]:
    for draft in tasks:
        yield draft
        yield from _walk([*draft.children, *draft.errors, *draft.lasts])
