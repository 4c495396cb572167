"""Compiles the text of a flow: all that is wrong with it, and the flow if it can be used."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dalsegno.errors import FlowInvalid, Problem
from dalsegno.flows.document import Node, read
from dalsegno.flows.drafts import Draft, TaskReader
from dalsegno.flows.head import Head, read_head
from dalsegno.flows.places import Locator
from dalsegno.flows.properties import concurrency
from dalsegno.flows.report import Report
from dalsegno.flows.uses import Names, UseFinder
from dalsegno.flows.words import FLOW_ROOTS, INPUT_ROOTS
from dalsegno.model.digest import digest
from dalsegno.model.flow import Flow, Task

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
    flow, problems = _compile(text, file)
    if strict:
        problems = [replace(problem, severity="error") for problem in problems]
    if flow is None or any(problem.severity == "error" for problem in problems):
        raise FlowInvalid(problems)
    return Loaded(flow, text_digest(text), tuple(problems), text)


def check(text: str, *, file: str | None = None) -> list[Problem]:
    """Give all problems of a flow, errors and warnings, in the order of the text."""
    return _compile(text, file)[1]


def text_digest(text: str) -> str:
    """Give the digest of a flow's text. A line `revision: N`, which a shown flow may have, makes no difference."""
    return digest("revision", _REVISION_LINE.sub("", text, count=1))


def _compile(text: str, file: str | None) -> tuple[Flow | None, list[Problem]]:
    report = Report(file)
    root = read(text, report)
    if root is None:
        return None, report.problems()
    head = read_head(root, report)
    reader = TaskReader(report)
    drafts = reader.read(root)
    finder = _finder(text, root, head, reader, report)
    tasks = tuple(_task(draft, finder) for draft in drafts)
    _check_values(root, finder)
    return _flow(head, tasks), report.problems()


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
    for key, field, roots in (("outputs", "value", FLOW_ROOTS), ("inputs", "defaults", INPUT_ROOTS)):
        entries = root.inner(key)
        for entry in (entries.items if entries is not None else None) or ():
            value = entry.inner(field)
            if value is not None:
                finder.check_value(value, roots)


def _flow(head: Head, tasks: tuple[Task, ...]) -> Flow:
    return Flow(
        namespace=head.namespace,
        id=head.id,
        tasks=tasks,
        inputs=head.inputs,
        variables=head.variables,
        outputs=head.outputs,
        labels=head.labels,
        description=head.description,
        disabled=head.disabled,
    )


def _task(draft: Draft, finder: UseFinder) -> Task:
    uses = finder.of_task(draft)
    properties = draft.properties
    digests = {name: digest("property", value) for name, value in properties.items()}
    digests["type"] = digest("property", draft.type)
    defining = {name: value for name, value in digests.items() if name not in _NOT_DEFINING}
    return Task(
        id=draft.id,
        type=draft.type,
        properties=properties,
        kind=draft.kind,
        tasks=tuple([_task(child, finder) for child in draft.children]),
        reads=tuple(uses.reads),
        inputs=tuple(uses.inputs),
        variables=uses.variables,
        volatile=tuple(sorted(uses.volatile)),
        digests=digests,
        definition=digest("definition", defining),
        concurrency=concurrency(draft.task_type, properties),
        outputs=draft.outputs,
        description=draft.description,
        place=draft.node.place,
    )
