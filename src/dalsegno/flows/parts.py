"""Groups that are made of certain tasks: those tasks, with what the group says of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from dalsegno.flows.document import Node
from dalsegno.flows.drafts import Around, Draft, Section
from dalsegno.flows.handling import Handling
from dalsegno.flows.report import Report
from dalsegno.model.flow import Kind
from dalsegno.tasks import registry
from dalsegno.tasks.base import Part

#: of a task that nothing is said of
_PLAIN = Handling(None, None, None, allow_failure=False, allow_warning=False, disabled=False, effects=None, rendered={})

#: takes a new draft among the tasks of the flow, and gives its position
Register = Callable[[Draft], int]


def fill(group: Draft, register: Register, report: Report) -> None:
    """Give a group the tasks that it is made of. What it says itself is theirs from then on.

    Parameters
    ----------
    register : is given each task, in their order.
    """
    for part in group.task_type.parts:
        _refuse_expressions(group, part, report)
    group.children = [_draft(group, part, group.inside(Section()), register) for part in group.task_type.parts]
    group.fields = {}


def _refuse_expressions(group: Draft, part: Part, report: Report) -> None:
    """Report an expression in the place of a map whose entries are given to a part."""
    for name, *inside in part.takes.values():
        node = group.fields.get(name) if inside else None
        if node is not None and node.is_template:
            message = f"`{name}` of task `{group.id}` must be a map: an expression can stand for what is in it"
            report.error("invalid-property", message, node.place)


def _draft(group: Draft, part: Part, around: Around, register: Register) -> Draft:
    draft = Draft(
        id=f"{group.id}_{part.name}",
        type=part.type,
        task_type=registry.load(part.type),
        node=group.fields.get(part.named_by, group.node),
        fields=dict(_fields(group, part, around)),
        handling=_PLAIN,
        description=None,
        around=around,
        position=0,
    )
    draft.position = register(draft)
    draft.children = [_draft(group, inner, draft.inside(Section()), register) for inner in part.parts]
    return draft


def _fields(group: Draft, part: Part, around: Around) -> Iterator[tuple[str, Node]]:
    for name, path in part.takes.items():
        node = group.fields.get(path[0])
        for step in path[1:]:
            node = None if node is None else node.inner(step)
        if node is not None:
            yield name, node
    for name, (source, output) in part.reads.items():
        text = f"outputs.{group.id}_{source}{_own_items(around)}" + (f".{output}" if output else "")
        text = f"{{{{ {text} }}}}"
        yield name, replace(group.node, value=text, text=text, style=None, keys={}, fields=None, items=None)


def _own_items(around: Around) -> str:
    """Give the brackets that name the items of the loops around a task, the outermost first."""
    items = [group.loops[-1] for group in reversed(around.groups) if group.is_item]
    own = [loop for loop in around.loops if loop in items and not _repeats(loop, around)]
    return "".join(f"[parents[{items.index(loop)}].taskrun.value]" for loop in own)


def _repeats(loop: str, around: Around) -> bool:
    return any(group.id == loop and group.task_type.repeats for group in around.groups if group.kind is Kind.LOOP)
