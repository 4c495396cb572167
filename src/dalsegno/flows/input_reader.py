"""Reads the inputs that a flow or a pause declares, and refuses what could never be asked for or answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dalsegno.flows.dags import circles
from dalsegno.flows.document import Node
from dalsegno.flows.head import entries, flag, is_missing, shown, text_of, type_under, value_type
from dalsegno.flows.limits import broken_limit, listed, moment_of, pattern_of
from dalsegno.flows.report import Report
from dalsegno.flows.values import WrongValueError, read_value
from dalsegno.flows.words import INPUT, Words
from dalsegno.model.flow import Input, InputType
from dalsegno.model.inputs import LIMITS, input_of

_DEPENDS = Words("a `dependsOn`", frozenset({"inputs", "condition"}))
_LONGEST_NAME = 64
#: expressions that are rendered for an input
_RENDERED = ("defaults", "prefill", "expression")
_LISTS = frozenset({InputType.ARRAY, InputType.MULTISELECT})


def read_inputs(owner: Node, key: str, report: Report) -> tuple[Input, ...]:
    """Give the inputs that are declared under a key, as far as they are whole."""
    nodes = dict(entries(owner, key, INPUT, report))
    found = {name: _Reader(name, node, report).read() for name, node in nodes.items()}
    _check_dependencies(nodes, report)
    return tuple(item for item in found.values() if item is not None)


def input_nodes(owner: Node, key: str) -> Iterator[Node]:
    """Give what is rendered for the inputs that are declared under a key."""
    declared = owner.inner(key)
    for entry in (declared.items if declared is not None else None) or ():
        for name in _RENDERED:
            if (node := entry.inner(name)) is not None:
                yield node
        condition = entry.descend(("dependsOn", "condition"))
        if entry.inner("dependsOn") is not None and condition.text is not None:
            yield condition


class _Reader:
    """Reads one input."""

    def __init__(self, name: str, node: Node, report: Report) -> None:
        self._name = name
        self._node = node
        self._report = report
        self._sound = True

    def read(self) -> Input | None:
        node, report = self._node, self._report
        kind = value_type(node, f"input `{self._name}`", report)
        flag(node, "required", report, default=True)
        text_of(node, "description", report)
        self._display_name()
        if kind is None:
            return None
        self._limits(kind)
        self._depends_on()
        if not is_missing(node, "defaults") and not is_missing(node, "prefill"):
            self._error("contradiction", "has both `defaults` and `prefill`: keep one of them", self._at("prefill"))
        if not self._sound:
            return None
        found = input_of(node.value, node.place)
        self._check_default(found)
        return found

    def _at(self, key: str) -> Node:
        return (self._node.fields or {})[key]

    def _has(self, key: str) -> bool:
        return not is_missing(self._node, key)

    def _error(self, code: str, complaint: str, node: Node) -> None:
        self._sound = False
        self._report.error(code, f"input `{self._name}` {complaint}", node.place)

    def _display_name(self) -> None:
        name = text_of(self._node, "displayName", self._report)
        if name is not None and len(name) > _LONGEST_NAME:
            complaint = f"has a `displayName` of {len(name)} characters; at most {_LONGEST_NAME} are allowed"
            self._error("wrong-value", complaint, self._at("displayName"))

    def _limits(self, kind: InputType) -> None:
        """Check the keys that limit values, each for whether this type has it and whether it can be met."""
        for key in self._node.keys:
            types = LIMITS.get({"options": "values", "accept": "allowedFileExtensions"}.get(key, key))
            if types is not None and self._has(key):
                if kind in types:
                    self._limit(key, kind)
                else:
                    which = listed([each.value for each in InputType if each in types])
                    self._error("misplaced-key", f"is of type {kind.value}, and `{key}` is for {which}", self._at(key))
        if kind in (InputType.SELECT, InputType.MULTISELECT) and not any(
            self._has(key) for key in ("values", "options", "expression")
        ):
            self._error("missing-key", f"is of type {kind.value} and needs `values`, or an `expression`", self._node)
        if kind is InputType.ARRAY and not self._has("itemType"):
            self._error("missing-key", "is of type ARRAY and needs an `itemType`, such as `STRING`", self._node)

    def _limit(self, key: str, kind: InputType) -> None:
        node = self._at(key)
        if key in ("values", "options", "allowedFileExtensions"):
            self._texts(key, node)
        elif key in ("allowCustomValue", "autoSelectFirst"):
            flag(self._node, key, self._report, default=False)
            self._sound = self._sound and isinstance(node.value, bool)
        elif key == "itemType":
            self._item_type(node)
        elif key == "validator":
            if pattern_of(node.text or "") is None:
                self._error("bad-pattern", f"has a `validator` that is no regular expression: {_why(node)}", node)
        elif key == "expression" and not node.is_template:
            self._error("wrong-type", "needs an `expression` such as `{{ inputs.other }}`, which gives a list", node)
        elif key in ("min", "max", "after", "before"):
            self._bound(key, kind, node)

    def _texts(self, key: str, node: Node) -> None:
        items = node.items
        if key == "values" and items is None and node.is_template:
            self._error("wrong-type", "has an expression as `values`: write it as `expression`", node)
        elif not items or any(item.text is None or item.value is None for item in items):
            self._error("wrong-type", f"needs a list of texts as `{key}`, not {shown(node)}", node)
        elif len({item.text for item in items}) < len(items):
            seen: set[str | None] = set()
            twice = next(item for item in items if item.text in seen or seen.add(item.text))
            self._error("duplicate-value", f"has {shown(twice)} twice among its `{key}`", twice)

    def _item_type(self, node: Node) -> None:
        inner = type_under(self._node, "itemType", f"the items of input `{self._name}`", self._report)
        if inner is None:
            self._sound = False
        elif inner in _LISTS or inner in (InputType.SECRET, InputType.FILE, InputType.SELECT):
            self._error("wrong-value", f"cannot have items of type {inner.value}", node)

    def _bound(self, key: str, kind: InputType, node: Node) -> None:
        try:
            read_value(kind, node.text if node.text is not None else node.value, is_data=False)
        except WrongValueError as wrong:
            self._error("wrong-type", f"has a `{key}` that {wrong}", node)
            return
        other, above = {"max": ("min", True), "before": ("after", True)}.get(key, ("", False))
        if above and self._has(other):
            low, high = moment_of(kind, self._at(other).text), moment_of(kind, node.text)
            if low is not None and high is not None and low > high:
                complaint = f"can have no value: its `{key}` is below its `{other}`, {shown(self._at(other))}"
                self._error("wrong-value", complaint, node)

    def _depends_on(self) -> None:
        if not self._has("dependsOn"):
            return
        node = self._at("dependsOn")
        if node.fields is None:
            example = '`dependsOn: {inputs: [other], condition: "{{ inputs.other == 1 }}"}`'
            self._error("wrong-type", f"needs a map such as {example}", node)
            return
        _DEPENDS.check(node, self._report)
        names = node.inner("inputs")
        if names is None or not names.items or any(item.text is None for item in names.items):
            self._error("wrong-type", "needs `inputs` in its `dependsOn`: a list of inputs of this flow", node)
        condition = node.inner("condition")
        if condition is not None and condition.text is None:
            self._error("wrong-type", "needs an expression as `condition`", condition)

    def _check_default(self, item: Input) -> None:
        """Check a default that needs no rendering. Whether a file is there is another matter at every start."""
        key = "prefill" if self._has("prefill") else "defaults"
        node = self._node.inner(key)
        if node is None or node.value is None or item.type is InputType.FILE or node.has_template:
            return
        if item.type is InputType.SECRET:
            message = f"the default of input `{self._name}` is a secret that stands in the flow for all to read"
            self._report.warning("secret-in-flow", message, node.place)
        try:
            value = read_value(item.type, node.value, is_data=not isinstance(node.value, str), item_type=item.item_type)
            if "expression" not in item.limits and (complaint := broken_limit(item, value)) is not None:
                raise WrongValueError(complaint)
        except WrongValueError as wrong:
            self._report.error("wrong-type", f"the default of input `{self._name}` {wrong}", node.place)


def _why(node: Node) -> str:
    try:
        re.compile(node.text or "")
    except re.error as error:
        return str(error)
    return shown(node)


def _check_dependencies(nodes: Mapping[str, Node], report: Report) -> None:
    """Check that inputs depend on inputs that are there, and not on each other in a circle."""
    depends: dict[str, tuple[str, ...]] = {}
    for name, node in nodes.items():
        depends[name] = ()
        names = node.descend(("dependsOn", "inputs"))
        for item in names.items or ():
            other = item.text or ""
            if other == name:
                report.error("circular-dependency", f"input `{name}` depends on itself", item.place)
            elif other in nodes:
                depends[name] += (other,)
            elif item.text is not None:
                message = f"input `{name}` depends on `{other}`, and there is no such input"
                report.unknown("unknown-input", message, item.place, name=other, known=nodes.keys() - {name})
    for circle in circles(depends):
        shown_circle = " -> ".join(f"`{name}`" for name in [*circle, circle[0]])
        message = f"inputs depend on each other in a circle: {shown_circle}"
        report.error("circular-dependency", message, nodes[circle[0]].descend(("dependsOn", "inputs")).place)
