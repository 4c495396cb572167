"""Reads how runs of a flow are conducted: `checks`, `sla`, `concurrency`, `timeout` and `triggers`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dalsegno.flows.document import Node
from dalsegno.flows.head import is_missing, labels_of, name_of, shown, text_of
from dalsegno.flows.report import Report
from dalsegno.flows.triggers import read_triggers
from dalsegno.flows.words import CHECK, CONCURRENCY, SLA, Words, alternatives
from dalsegno.model.conduct import Check, Concurrency, Conduct, Sla
from dalsegno.model.durations import parse_duration
from dalsegno.model.names import TASK_ID

CHECK_BEHAVIORS = ("BLOCK_EXECUTION", "FAIL_EXECUTION", "CREATE_EXECUTION")
CHECK_STYLES = ("INFO", "ERROR", "SUCCESS", "WARNING")
SLA_TYPES = ("MAX_DURATION", "EXECUTION_ASSERTION")
SLA_BEHAVIORS = ("FAIL", "CANCEL", "NONE")
CONCURRENCY_BEHAVIORS = ("QUEUE", "CANCEL", "FAIL")


def read_conduct(root: Node, report: Report) -> Conduct:
    """Read how runs of a flow are conducted."""
    return Conduct(
        checks=tuple(_checks(root, report)),
        slas=tuple(_slas(root, report)),
        concurrency=_concurrency(root, report),
        timeout=_timeout(root, report),
        triggers=tuple(read_triggers(root, report)),
    )


def conditions_of(root: Node) -> Iterator[Node]:
    """Give the expressions that are rendered before a run is made."""
    for check in _maps(root, "checks"):
        for key in ("condition", "when", "message"):
            if (node := check.inner(key)) is not None:
                yield node


def assertions_of(root: Node) -> Iterator[Node]:
    """Give the expressions that are rendered at the end of a run."""
    for sla in _maps(root, "sla"):
        if (node := sla.inner("assert")) is not None:
            yield node


def _maps(root: Node, key: str) -> Iterator[Node]:
    node = root.inner(key)
    for item in (node.items if node is not None else None) or ():
        if item.fields is not None:
            yield item


def _entries(root: Node, key: str, words: Words, report: Report) -> Iterator[Node]:
    node = root.inner(key)
    if node is None or node.value is None:
        return
    if node.items is None:
        report.error("wrong-type", f"`{key}` must be a list", node.place)
        return
    for item in node.items:
        if item.fields is None:
            report.error("wrong-type", f"{words.of} must be a map", item.place)
            continue
        words.check(item, report)
        yield item


def choice(node: Node, key: str, known: Sequence[str], of: str, report: Report) -> str | None:
    """Give which of some words stands under a key; the first of them where there is none."""
    if is_missing(node, key):
        return known[0]
    written = text_of(node, key, report)
    if written is None or written in known:
        return written
    message = f"`{key}` of {of} cannot be `{written}`: it is {alternatives(known)}"
    report.unknown("wrong-value", message, (node.fields or {})[key].place, name=written, known=known)
    return None


def _checks(root: Node, report: Report) -> Iterator[Check]:
    for node in _entries(root, "checks", CHECK, report):
        key = "when" if is_missing(node, "condition") else "condition"
        for needed in (key if not is_missing(node, key) else "condition", "message"):
            if is_missing(node, needed):
                report.error("missing-key", f"a check needs a `{needed}`", node.place)
        behavior = choice(node, "behavior", CHECK_BEHAVIORS, "a check", report)
        style = choice(node, "style", CHECK_STYLES, "a check", report)
        message, condition = text_of(node, "message", report), node.inner(key)
        if message is not None and condition is not None and behavior is not None and style is not None:
            yield Check(condition.value, message, behavior, style)


def _slas(root: Node, report: Report) -> Iterator[Sla]:
    for node in _entries(root, "sla", SLA, report):
        for needed in ("id", "type", "behavior"):
            if is_missing(node, needed):
                report.error("missing-key", f"an entry of `sla` needs `{needed}`", node.place)
        name = name_of(node, "id", TASK_ID, report)
        kind = choice(node, "type", SLA_TYPES, "an entry of `sla`", report)
        behavior = choice(node, "behavior", SLA_BEHAVIORS, "an entry of `sla`", report)
        needed, other = ("duration", "assert") if kind == SLA_TYPES[0] else ("assert", "duration")
        if kind is not None and is_missing(node, needed):
            report.error("missing-key", f"an entry of `sla` of type {kind} needs `{needed}`", node.place)
            continue
        if kind is not None and not is_missing(node, other):
            report.error("misplaced-key", f"an entry of `sla` of type {kind} has no `{other}`", node.key_place(other))
        seconds = _seconds(node, "duration", report) if kind == SLA_TYPES[0] else 0.0
        if name is not None and kind is not None and behavior is not None and seconds is not None:
            condition = node.inner("assert")
            yield Sla(name, kind, behavior, seconds, condition and condition.value, labels_of(node, report))


def _seconds(node: Node, key: str, report: Report) -> float | None:
    value = (node.fields or {})[key]
    try:
        seconds = parse_duration(value.text or "").total_seconds()
    except ValueError as error:
        report.error("wrong-value", f"`{key}`: {error}", value.place)
        return None
    if seconds <= 0:
        report.error("wrong-value", f"`{key}` must be longer than nothing, not {shown(value)}", value.place)
        return None
    return seconds


def _timeout(root: Node, report: Report) -> str | None:
    if is_missing(root, "timeout"):
        return None
    value = (root.fields or {})["timeout"]
    return value.text if value.is_template or _seconds(root, "timeout", report) is not None else None


def _concurrency(root: Node, report: Report) -> Concurrency | None:
    node = root.inner("concurrency")
    if node is None or node.value is None:
        return None
    if node.fields is None:
        report.error("wrong-type", "`concurrency` must be a map, such as `{limit: 1, behavior: QUEUE}`", node.place)
        return None
    CONCURRENCY.check(node, report)
    behavior = choice(node, "behavior", CONCURRENCY_BEHAVIORS, "`concurrency`", report)
    if is_missing(node, "limit"):
        report.error("missing-key", "`concurrency` needs a `limit`", node.place)
        return None
    limit = node.fields["limit"]
    if isinstance(limit.value, bool) or not isinstance(limit.value, int) or limit.value < 1:
        message = f"`limit` of `concurrency` must be a whole number from 1, not {shown(limit)}"
        report.error("wrong-value", message, limit.place)
        return None
    message = "`concurrency` is not enforced where runs are started by hand: it holds for a server"
    report.note("not-enforced", message, root.key_place("concurrency"))
    return None if behavior is None else Concurrency(limit.value, behavior)
