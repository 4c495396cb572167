"""Compiles the text of a flow: all that is wrong with it, and the flow if it can be used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from dalsegno.errors import FlowInvalid, Problem
from dalsegno.flows.conduct import assertions_of, conditions_of, read_conduct
from dalsegno.flows.document import Node, read
from dalsegno.flows.drafts import Draft, Drafts
from dalsegno.flows.head import Head, read_head
from dalsegno.flows.input_reader import input_nodes, read_inputs
from dalsegno.flows.places import Locator
from dalsegno.flows.properties import concurrency
from dalsegno.flows.report import Report
from dalsegno.flows.rules import check_rules
from dalsegno.flows.task_reader import TaskReader
from dalsegno.flows.uses import Names, UseFinder
from dalsegno.flows.words import CHECK_ROOTS, FLOW_ROOTS, INPUT_ROOTS, TIMEOUT_ROOTS
from dalsegno.model.digest import digest
from dalsegno.model.flow import Flow, Kind, Task
from dalsegno.model.quiet import without_collection

_REVISION_LINE = re.compile(r"^revision[ \t]*:[ \t]*[0-9]*[ \t]*(?:#[^\n]*)?(?:\n|\Z)", re.MULTILINE)
#: properties that say how a task is handled and not what it does
_NOT_DEFINING = frozenset({"description", "labels", "retry", "timeout"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """A flow that can be used.

    Parameters
    ----------
    digest : of the text; equal text makes no new revision.
    warnings : what will make a task fail if it comes to it.
    text : the flow as it was given.
    """

    flow: Flow
    digest: str
    warnings: tuple[Problem, ...]
    text: str


def load(text: str, *, file: str | None = None, strict: bool = False) -> Loaded:
    """Compile the text of a flow.

    Parameters
    ----------
    file : the name that problems show.
    strict : warnings refuse the flow as well.

    Raises
    ------
    FlowInvalid : the flow cannot be used; all its problems are listed.
    """
    flow, problems = compiled(text, file)
    if strict:
        problems = [replace(each, severity="error") if each.severity == "warning" else each for each in problems]
    if flow is None or any(problem.severity == "error" for problem in problems):
        raise FlowInvalid(problems)
    return Loaded(flow, text_digest(text), tuple(problems), text)


def check(text: str, *, file: str | None = None) -> list[Problem]:
    """Give all problems of a flow, errors and warnings, in the order of the text."""
    return compiled(text, file)[1]


def text_digest(text: str) -> str:
    """Give the digest of a flow's text. A line `revision: N`, which a shown flow may have, makes no difference."""
    return digest("revision", _REVISION_LINE.sub("", text, count=1))


@without_collection()
def compiled(text: str, file: str | None) -> tuple[Flow | None, list[Problem]]:
    """Give what the text of a flow comes to, if it can be read at all, and all its problems, in the order of the text."""
    report = Report(file)
    root = read(text, report)
    if root is None:
        return None, report.problems()
    head = read_head(root, read_inputs(root, "inputs", report), report)
    reader = TaskReader(report)
    drafts = reader.read(root)
    check_rules(drafts, report)
    finder = _finder(text, root, head, reader, report)
    flow = replace(_flow(head, drafts, finder), conduct=read_conduct(root, report), retry=reader.retry)
    _check_values(root, finder)
    return flow, report.problems()


def _finder(text: str, root: Node, head: Head, reader: TaskReader, report: Report) -> UseFinder:
    names = Names(
        tasks=reader.by_id,
        unread=frozenset(reader.names),
        inputs=head.input_names,
        variables=root.inner("variables"),
    )
    return UseFinder(names, Locator(text), report)


def _check_values(root: Node, finder: UseFinder) -> None:
    """Check the expressions that stand outside of tasks."""
    outputs = root.inner("outputs")
    for entry in (outputs.items if outputs is not None else None) or ():
        value = entry.inner("value")
        if value is not None:
            finder.check_value(value, FLOW_ROOTS)
    for node in conditions_of(root):
        finder.check_value(node, CHECK_ROOTS)
    if (timeout := root.inner("timeout")) is not None:
        finder.check_value(timeout, TIMEOUT_ROOTS)
    for node in assertions_of(root):
        finder.check_value(node, FLOW_ROOTS)
    for node in input_nodes(root, "inputs"):
        finder.check_value(node, INPUT_ROOTS)


def _flow(head: Head, drafts: Drafts, finder: UseFinder) -> Flow:
    return Flow(
        namespace=head.namespace,
        id=head.id,
        tasks=_tasks(drafts.tasks, finder),
        errors=_tasks(drafts.errors, finder),
        lasts=_tasks(drafts.lasts, finder),
        after=_tasks(drafts.after, finder),
        inputs=head.inputs,
        variables=head.variables,
        outputs=head.outputs,
        labels=head.labels,
        description=head.description,
        disabled=head.disabled,
    )


def _tasks(drafts: list[Draft], finder: UseFinder) -> tuple[Task, ...]:
    """Compile tasks; what is disabled is no part of the flow."""
    return tuple([_task(draft, finder) for draft in drafts if not draft.disabled])


def _task(draft: Draft, finder: UseFinder) -> Task:
    uses = finder.of_task(draft)
    handling = draft.handling
    digests = _digests(draft)
    defining = {name: value for name, value in digests.items() if name not in _NOT_DEFINING}
    return Task(
        id=draft.id,
        type=draft.type,
        properties=draft.properties,
        kind=draft.kind,
        tasks=_tasks(draft.children, finder),
        reads=tuple(uses.reads),
        inputs=tuple(uses.inputs),
        context=tuple(uses.context),
        variables=uses.variables,
        volatile=tuple(sorted(uses.volatile)),
        digests=digests,
        definition=digest("definition", defining),
        concurrency=concurrency(draft.task_type, draft.properties),
        outputs=draft.outputs,
        description=draft.description,
        place=draft.node.place,
        branches={name: _ids(held) for name, held in draft.branches.items()},
        depends=_depends(draft),
        errors=_tasks(draft.errors, finder),
        lasts=_tasks(draft.lasts, finder),
        retry=draft.retry if draft.kind in (Kind.WORK, Kind.SUBFLOW) else None,
        timeout=handling.timeout,
        run_if=handling.run_if,
        allow_failure=handling.allow_failure,
        allow_warning=handling.allow_warning,
        tolerates=draft.task_type.tolerates,
        effects=draft.effects,
        inert=draft.task_type.inert,
        abreast=draft.task_type.abreast,
        repeats=draft.task_type.repeats,
        whole=draft.task_type.whole,
        batches=draft.task_type.batches,
        setter=draft.task_type.sets_variables,
        ends=draft.task_type.ends_run,
        raw=tuple(sorted(draft.task_type.raw_properties)),
        shares=draft.task_type.shares,
    )


def _ids(drafts: list[Draft]) -> tuple[str, ...]:
    return tuple(draft.id for draft in drafts if not draft.disabled)


def _digests(draft: Draft) -> dict[str, str]:
    """Give the digest of each part of a definition: the type, the properties, and how it is handled."""
    parts = {**draft.properties, "type": draft.type, **draft.handling.defining}
    if draft.task_type.branch_map:
        parts[draft.task_type.branch_map] = sorted(set(draft.branches) - {*draft.task_type.branches})
    return {name: _type_digest(value) if name == "type" else digest("property", value) for name, value in parts.items()}


@lru_cache(maxsize=256)
def _type_digest(name: str) -> str:
    return digest("property", name)


def _depends(dag: Draft) -> dict[str, tuple[str, ...]]:
    """Give what each task of a Dag stands after. In the place of a disabled task stands what that one stands after."""
    left_out = {child.id for child in dag.children if child.disabled}
    return {
        name: tuple(_enabled(before, dag.depends, left_out))
        for name, before in dag.depends.items()
        if name not in left_out
    }


def _enabled(names: Sequence[str], depends: Mapping[str, tuple[str, ...]], left_out: set[str]) -> dict[str, None]:
    found: dict[str, None] = {}
    seen: set[str] = set()
    waiting = list(reversed(names))
    while waiting:
        name = waiting.pop()
        if name not in left_out:
            found[name] = None
        elif name not in seen:
            seen.add(name)
            waiting.extend(reversed(depends.get(name, ())))
    return found
