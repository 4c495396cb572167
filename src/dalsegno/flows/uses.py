"""Finds what a task reads: from the expressions in its properties, without rendering them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dalsegno.errors import ExpressionFailed, closest, did_you_mean
from dalsegno.expressions import Facts, Reference, parse
from dalsegno.flows.document import Node
from dalsegno.flows.drafts import Draft
from dalsegno.flows.order import complaint
from dalsegno.flows.places import Locator
from dalsegno.flows.report import Report
from dalsegno.flows.setters import may_set, readings
from dalsegno.flows.words import READS_ANYTHING, ROOTS, ROOTS_LATER, VOLATILE
from dalsegno.model.address import item_key
from dalsegno.model.digest import digest
from dalsegno.model.flow import Key, Read

#: reads anything that stands before the reader
ANYTHING = Read(None)
#: problems of an expression that no run can get around
_FATAL = frozenset({"unknown-filter", "unknown-function", "unknown-test"})
_OUTPUTS = re.compile(r"\boutputs\b")
_EACH_OUTPUT = re.compile(r"\bcurrentEachOutput\s*\(\s*outputs\b")
_PLACE = re.compile(r", line \d+, column \d+\.\Z")


@dataclass(slots=True)
class Uses:
    """What the expressions of one task read. The maps to `None` are sets that keep their order."""

    reads: dict[Read, None] = field(default_factory=dict[Read, None])
    inputs: dict[str, None] = field(default_factory=dict[str, None])
    context: dict[str, None] = field(default_factory=dict[str, None])
    variables: dict[str, str] = field(default_factory=dict[str, str])
    volatile: set[str] = field(default_factory=set[str])
    #: the variables whose text was followed, so that a circle of them ends
    followed: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Names:
    """All that expressions of a flow can name.

    Parameters
    ----------
    tasks : the drafts by id.
    unread : ids of tasks that have problems of their own.
    inputs : the ids of the declared inputs.
    variables : the node under `variables`, if there is one.
    """

    tasks: Mapping[str, Draft]
    unread: frozenset[str]
    inputs: tuple[str, ...]
    variables: Node | None


@dataclass(frozen=True, slots=True)
class _Spot:
    """An expression's text and who renders it.

    Parameters
    ----------
    roots : the variables that are there.
    again : what it gives is rendered in its turn.
    each : all outputs that it names are picked by `currentEachOutput`.
    inside : it is rendered when the tasks in the reader have run.
    open : what it can read besides is known only when it is rendered, such as the columns of a row.
    """

    node: Node
    reader: Draft | None
    uses: Uses
    roots: frozenset[str]
    again: bool = False
    each: bool = False
    inside: bool = False
    open: bool = False


class UseFinder:
    """Finds uses, and warns of names that are not there and of expressions that do not parse."""

    def __init__(self, names: Names, locator: Locator, report: Report) -> None:
        self._names = names
        self._locator = locator
        self._report = report
        self._parsed: dict[str, Facts | ExpressionFailed] = {}
        self._setters = [draft for draft in names.tasks.values() if draft.task_type.sets_variables]

    def of_task(self, draft: Draft) -> Uses:
        """Give what a task's own properties use, and what is rendered to handle it."""
        uses, kind = Uses(), draft.task_type
        if kind.sets_variables:
            # what is there already is for it to know
            uses.reads |= dict.fromkeys(readings(None, draft, self._setters))
        for fields, roots in ((draft.fields, ROOTS.union(kind.stand_ins)), (draft.handling.rendered, ROOTS)):
            for name, node in fields.items():
                inside, rows = name in kind.rendered_inside, name in kind.row_properties
                for text in node.templates():
                    self._text(_Spot(text, draft, uses, roots, inside=inside, open=rows))
        return uses

    def check_value(self, node: Node, roots: frozenset[str]) -> None:
        """Check the expressions of a value that belongs to no task and can read the variables `roots`."""
        for text in node.templates():
            self._text(_Spot(text, None, Uses(), roots))

    def _text(self, spot: _Spot) -> None:
        facts = self._parse(spot.node)
        if facts is None:
            return
        for wrong in facts.wrong:
            self._complain(wrong, spot.node)
        found = facts.references
        spot.uses.volatile.update(VOLATILE.intersection(found.functions))
        if not READS_ANYTHING.isdisjoint(found.functions):
            self._anything(spot)
        if "currentEachOutput" in found.functions:
            spot = replace(spot, each=_each_alone(spot.node.value))
        for reference in _with_inner(found.names):
            self._reference(reference, spot)
        for rendered in found.renders:
            self._render(rendered, spot)

    def _parse(self, node: Node) -> Facts | None:
        text: str = node.value
        known = self._parsed.get(text)
        if known is None:
            try:
                known = parse(text).facts
            except ExpressionFailed as error:
                known = error
            self._parsed[text] = known
        if isinstance(known, ExpressionFailed):
            self._complain(known, node)
            return None
        return known

    def _complain(self, error: ExpressionFailed, node: Node) -> None:
        place = self._locator.inside(node, error.line, error.column)
        tell = self._report.error if error.code in _FATAL else self._report.warning
        # the line and column of the file stand before the message; those of the text alone would only confuse
        tell(error.code, _PLACE.sub("", error.message), place, near=error.closest)

    def _reference(self, reference: Reference, spot: _Spot) -> None:
        root, path = reference.path[0], reference.path[1:]
        if not isinstance(root, str):
            spot.uses.reads[ANYTHING] = None
            return
        if root not in spot.roots:
            if not spot.open:
                self._unknown_root(root, spot)
        elif root == "outputs":
            self._outputs(path, spot)
        elif root == "inputs":
            self._inputs(path, spot)
        elif root == "vars":
            self._variables(path, spot)
        elif root == "tasks" or (root in ("parent", "parents") and "outputs" in path):
            spot.uses.reads[ANYTHING] = None
        else:
            self._context(root, path, spot)

    def _unknown_root(self, root: str, spot: _Spot) -> None:
        place = self._locator.name(spot.node, (root,))
        if root in ROOTS_LATER:
            message = f"Kestra's variable `{root}` is not supported here yet"
            self._report.warning("unknown-variable", message, place)
        elif root in ROOTS:
            message = f"the variable `{root}` is not there in this place: only {_listed(spot.roots)}"
            self._report.warning("unknown-variable", message, place)
        else:
            message = f"there is no variable `{root}`"
            self._report.unknown_reading("unknown-variable", message, place, name=root, known=spot.roots)

    def _inputs(self, path: tuple[Any, ...], spot: _Spot) -> None:
        if not path or not isinstance(path[0], str):
            spot.uses.inputs.update(dict.fromkeys(self._names.inputs))
        elif path[0] in self._names.inputs:
            spot.uses.inputs[path[0]] = None
        else:
            place = self._locator.name(spot.node, ("inputs", path[0]))
            message = f"the flow declares no input `{path[0]}`"
            self._report.unknown_reading("unknown-input", message, place, name=path[0], known=self._names.inputs)

    def _context(self, root: str, path: tuple[Any, ...], spot: _Spot) -> None:
        """Note what is read of the run and its surroundings, and may be another in a replay."""
        if root == "envs":
            spot.uses.volatile.add(root)
        elif root == "execution" and path[:1] in ((), ("startDate",)):
            spot.uses.context["execution.startDate"] = None
        elif root == "labels":
            self._labels(path, spot)

    def _labels(self, path: tuple[Any, ...], spot: _Spot) -> None:
        name = path[0] if path and isinstance(path[0], str) else None
        # those of the system are names of runs, which are others in every run
        if name != "system":
            spot.uses.context["labels" if name is None else f"labels.{name}"] = None

    def _outputs(self, path: tuple[Any, ...], spot: _Spot) -> None:
        if not path or not isinstance(path[0], str):
            spot.uses.reads[ANYTHING] = None
            return
        name: str = path[0]
        target = self._names.tasks.get(name)
        if target is not None and target.disabled:
            place = self._locator.name(spot.node, ("outputs", name))
            message = f"task `{name}` is disabled and has no outputs"
            self._report.warning("reads-disabled-task", message, place)
        elif target is not None:
            of_items = spot.each and len(path) == 1 and spot.reader is not None
            read = _own_items(target, spot.reader) if of_items else _read(target, path[1:], spot.reader)
            spot.uses.reads[read] = None
            self._check_read(target, read, spot)
        elif name not in self._names.unread:
            place = self._locator.name(spot.node, ("outputs", name))
            message = f"there is no task `{name}` whose outputs could be read"
            self._report.unknown_reading("unknown-task", message, place, name=name, known=self._names.tasks)

    def _check_read(self, target: Draft, read: Read, spot: _Spot) -> None:
        outputs = target.outputs
        if read.path and outputs is not None and not target.kind.is_group and read.path[0] not in outputs:
            place = self._locator.name(spot.node, ("outputs", target.id))
            message = f"task `{target.id}` has no output `{read.path[0]}`"
            self._report.unknown_reading("unknown-output", message, place, name=read.path[0], known=outputs)
        # a loop that repeats reads how often it has, and what its tasks gave
        ran = spot.inside and (target is spot.reader or spot.reader in target.groups)
        wrong = complaint(target, spot.reader) if spot.reader is not None and not ran else None
        if wrong is not None:
            place = self._locator.name(spot.node, ("outputs", target.id))
            self._report.warning(*wrong, place)

    def _variables(self, path: tuple[Any, ...], spot: _Spot) -> None:
        variables = self._names.variables
        literal = _literal(path)
        names = [literal] if literal else [(name,) for name in (variables.fields or {})] if variables else []
        self._settings(literal[0] if literal else None, spot)
        for name in names:
            node = _variable(variables, name)
            if node is None:
                if not any(may_set(setter, name[0]) for setter in self._setters):
                    self._unknown_variable(name, spot)
                continue
            spot.uses.variables[".".join(name)] = digest("variable", node.value)
            if spot.again:
                self._follow(name, node, spot)

    def _settings(self, name: str | None, spot: _Spot) -> None:
        """Note the tasks that may have set a variable before it is read here."""
        reads = list(readings(name, spot.reader, self._setters, inside=spot.inside)) if spot.reader is not None else []
        spot.uses.reads |= dict.fromkeys(reads)
        if reads and spot.again:
            spot.uses.reads[ANYTHING] = None

    def _unknown_variable(self, name: tuple[str, ...], spot: _Spot) -> None:
        holder: Node | None = self._names.variables
        before = ["vars"]
        for part in name:
            inner = _variable(holder, (part,))
            if inner is None:
                break
            holder = inner
            before.append(part)
        missing = name[len(before) - 1]
        known = (holder.fields or {}) if holder is not None else {}
        near = [".".join([*before, other]) for other in closest(missing, known)]
        message = f"the flow has no variable `{'.'.join([*before, missing])}`{did_you_mean(near)}"
        place = self._locator.name(spot.node, ("vars", name[0]))
        self._report.warning("unknown-variable", message, place, near=near)

    def _render(self, rendered: Reference | None, spot: _Spot) -> None:
        if rendered is not None and rendered.path[0] == "vars":
            self._variables(rendered.path[1:], replace(spot, again=True))
        else:
            self._anything(spot)

    def _anything(self, spot: _Spot) -> None:
        """Note what a text that is known only when it is rendered can read: everything."""
        spot.uses.reads[ANYTHING] = None
        self._inputs((), spot)
        self._variables((), spot)

    def _follow(self, name: tuple[str, ...], node: Node, spot: _Spot) -> None:
        if name in spot.uses.followed:
            return
        spot.uses.followed.add(name)
        for text in node.templates():
            self._text(replace(spot, node=text, again=True, each=False))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _with_inner(references: Iterable[Reference]) -> Iterable[Reference]:
    """Give references and those that stand in their brackets, each once."""
    references = tuple(references)
    if not any(isinstance(part, Reference) for reference in references for part in reference.path):
        return references
    found: dict[Reference, None] = {}
    waiting = list(references)
    while waiting:
        reference = waiting.pop(0)
        if reference not in found:
            found[reference] = None
            waiting.extend(part for part in reference.path if isinstance(part, Reference))
    return found


def _literal(path: Iterable[Any]) -> tuple[str, ...]:
    """Give the names at the start of a path that are literal."""
    names: list[str] = []
    for part in path:
        if not isinstance(part, str):
            break
        names.append(part)
    return tuple(names)


def _variable(variables: Node | None, name: tuple[str, ...]) -> Node | None:
    node = variables
    for part in name:
        if node is None:
            return None
        node = node.inner(int(part) if node.items is not None and part.isdecimal() else part)
    return node


def _read(target: Draft, path: tuple[Any, ...], reader: Draft | None) -> Read:
    keys: list[str | Key] = []
    for loop in target.loops:
        if loop in target.turns:
            keys.append(Key.LAST)
        elif path:
            keys.append(_key(path[0], loop, reader))
            path = path[1:]
        else:
            break
    return Read(target.id, tuple(keys), _literal(path))


def _key(part: Any, loop: str, reader: Draft | None) -> str | Key:
    """Give which item of `loop` one element of a path names."""
    if isinstance(part, str):
        # a text that no item can have as its key names one that is known by its digest or number
        return part if item_key(part) == part else Key.ANY
    if reader is None or not isinstance(part, Reference):
        return Key.ANY
    return Key.OWN if _loop_of(part.path, reader) == loop else Key.ANY


def _loop_of(path: tuple[Any, ...], reader: Draft) -> str | None:
    """Give the loop whose item a path gives the value of, seen from a reader."""
    if path == ("taskrun", "value"):
        return next((loop for loop in reversed(reader.loops) if loop not in reader.turns), None)
    if path == ("parent", "taskrun", "value"):
        path = ("parents", "0", *path[1:])
    if len(path) != 4 or path[0] != "parents" or path[2:] != ("taskrun", "value"):
        return None
    number = int(path[1]) if isinstance(path[1], str) and path[1].isdecimal() else None
    around = [group.loops[-1] for group in reversed(reader.groups) if group.is_item]
    return around[number] if number is not None and number < len(around) else None


def _own_items(target: Draft, reader: Draft | None) -> Read:
    """Give what `currentEachOutput` reads: the item that the reader stands in, for every loop around it."""
    pairs = zip(target.loops, reader.loops if reader else (), strict=False)
    own = (Key.OWN if loop == other else Key.ANY for loop, other in pairs)
    return Read(
        target.id,
        tuple(Key.LAST if loop in target.turns else key for loop, key in zip(target.loops, own, strict=False)),
    )


def _each_alone(text: str) -> bool:
    """Tell whether every mention of `outputs` is the argument of `currentEachOutput`."""
    return len(_OUTPUTS.findall(text)) == len(_EACH_OUTPUT.findall(text))
