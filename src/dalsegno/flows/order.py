"""Tells whether a task that reads another's outputs can find them: whether that one can have run by then."""

from __future__ import annotations

from dalsegno.flows.drafts import Draft
from dalsegno.model.flow import Kind

_LATER, _OTHER_BRANCH, _UNORDERED = "reads-later-task", "reads-other-branch", "reads-unordered-task"


def complaint(target: Draft, reader: Draft) -> tuple[str, str] | None:
    """Give the code and the message of what is wrong with `reader` reading `target`, if anything is.

    Inside one loop nothing is: an earlier item may have run what a later one reads.
    """
    if set(target.loops) & set(reader.loops):
        return None
    ours, theirs = (*reader.groups, reader), (*target.groups, target)
    depth = next((at for at, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] is not pair[1]), None)
    reads = f"task `{reader.id}` reads the outputs of `{target.id}`, which"
    if depth is None:
        # one stands inside the other: what a group reads is needed before anything in it begins
        return (_LATER, f"{reads} has not run by then") if len(ours) <= len(theirs) else None
    group = ours[depth - 1] if depth else None
    code = _judge(group, ours[depth], theirs[depth])
    if code == _LATER:
        return code, f"{reads} has not run by then"
    if code is None or group is None:
        return None
    if code == _OTHER_BRANCH:
        return code, f"{reads} stands in another branch of `{group.id}`: only one of them runs"
    add = f"add `{theirs[depth].id}` to `dependsOn` of `{ours[depth].id}`"
    return code, f"{reads} may not have run by then: {add}"


def stands_before(target: Draft, reader: Draft) -> bool:
    """Tell whether a task has always ended, or was passed by, when another one of the same item begins.

    Tasks side by side stand before none of each other.
    """
    ours, theirs = (*reader.groups, reader), (*target.groups, target)
    depth = next((at for at, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] is not pair[1]), None)
    if depth is None:
        return False
    group = ours[depth - 1] if depth else None
    beside = group is not None and (group.kind is Kind.PARALLEL or group.task_type.abreast)
    if beside and ours[depth].section == theirs[depth].section and ours[depth].section.rank == 0:
        return False
    return _judge(group, ours[depth], theirs[depth]) is None


def _judge(group: Draft | None, ours: Draft, theirs: Draft) -> str | None:
    """Judge two different tasks of one group: those that the reader and its target are, or stand in."""
    if ours.section != theirs.section:
        if ours.section.rank == theirs.section.rank:
            return _OTHER_BRANCH
        return _LATER if theirs.section.rank > ours.section.rank else None
    if group is not None and ours.section.rank == 0:
        if group.kind is Kind.PARALLEL:
            return None
        if group.kind is Kind.DAG:
            return None if group.stands_after(ours.id, theirs.id) else _UNORDERED
    return _LATER if theirs.position > ours.position else None
