"""Default properties of task types, given once for a whole flow: `pluginDefaults`, in earlier Kestra `taskDefaults`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dalsegno.flows.document import Node
from dalsegno.flows.head import flag, is_missing, text_of
from dalsegno.flows.report import Report
from dalsegno.flows.words import PLUGIN_DEFAULT
from dalsegno.tasks import registry

_KEYS = ("pluginDefaults", "taskDefaults")
#: what a task has of its own
_OWN = ("id", "type")


@dataclass(slots=True)
class Default:
    """Properties for the tasks of some types.

    Parameters
    ----------
    prefix : what the canonical name of a type begins with.
    forced : whether they go before what a task says itself.
    """

    prefix: str
    values: Node
    forced: bool
    written: Node
    used: bool = False


class PluginDefaults:
    """Gives tasks with the defaults that are meant for them."""

    def __init__(self, root: Node, report: Report) -> None:
        self._report = report
        self._defaults = list(_read(root, report))
        self._types: set[str] = set()

    def applied(self, task: Node, type_name: str) -> Node:
        """Give a task with its defaults: of two that say the same, the first in the list holds.

        Maps are joined; of lists, what the task has is added to what the default has.
        """
        if not self._defaults:
            return task
        name = registry.canonical(type_name)
        self._types.add(name)
        for default in self._defaults:
            if _fits(name, default.prefix):
                default.used = True
                task = _joined(task, default.values) if default.forced else _joined(default.values, task, of=task)
        return task

    def tell_unused(self) -> None:
        """Warn of defaults that are meant for no task of the flow."""
        for default in self._defaults:
            if not default.used:
                message = f"no task of the flow is of a type that begins with `{default.prefix}`"
                known = {part for name in (*self._types, *registry.names()) for part in (name, name.rpartition(".")[0])}
                place = default.written.place
                self._report.unknown_reading("unused-default", message, place, name=default.prefix, known=known)


def _fits(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix if prefix.endswith(".") else f"{prefix}.")


def _read(root: Node, report: Report) -> Iterator[Default]:
    for key in _KEYS:
        node = root.inner(key)
        if node is None or node.value is None:
            continue
        if node.items is None:
            report.error("wrong-type", f"`{key}` must be a list of entries with `type` and `values`", node.place)
            continue
        for entry in node.items:
            found = _entry(entry, report)
            if found is not None:
                yield found


def _entry(entry: Node, report: Report) -> Default | None:
    if entry.fields is None:
        report.error("wrong-type", f"{PLUGIN_DEFAULT.of} must be a map with `type` and `values`", entry.place)
        return None
    PLUGIN_DEFAULT.check(entry, report)
    forced = flag(entry, "forced", report, default=False)
    for key in ("type", "values"):
        if is_missing(entry, key):
            report.error("missing-key", f"{PLUGIN_DEFAULT.of} needs `{key}`", entry.place)
            return None
    written, values = text_of(entry, "type", report), entry.fields["values"]
    if values.fields is None:
        report.error("wrong-type", "the `values` of a default must be a map of properties", values.place)
        return None
    for name in _OWN:
        if name in values.fields:
            report.error(
                "misplaced-key", f"a default cannot give `{name}`: every task has its own", values.key_place(name)
            )
            return None
    return None if written is None else Default(registry.canonical(written), values, forced, entry.fields["type"])


def _joined(below: Node, above: Node, *, of: Node | None = None) -> Node:
    """Give two maps as one; what `above` says goes before. Every key keeps the place where it was written."""
    fields, keys = dict(below.fields or {}), dict(below.keys)
    for name, node in (above.fields or {}).items():
        held = fields.get(name)
        fields[name] = node if held is None else _both(held, node)
        keys[name] = above.keys[name]
    if of is not None:
        # a task's own keys come first, for people and for messages
        order = {**dict.fromkeys(of.fields or {}), **fields}
        fields = {name: fields[name] for name in order}
        keys = {name: keys[name] for name in order}
    value = {name: node.value for name, node in fields.items()}
    return replace(of or below, value=value, keys=keys, fields=fields)


def _both(below: Node, above: Node) -> Node:
    if above.value is None:
        return below
    if below.fields is not None and above.fields is not None:
        return _joined(below, above)
    if below.items is not None and above.items is not None:
        had = [item.value for item in below.items]
        items = [*below.items, *(item for item in above.items if item.value not in had)]
        return replace(above, value=[item.value for item in items], items=items)
    return above
