"""Checks what starts runs by itself. Triggers are kept with the flow; they act where a server runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from dalsegno.errors import closest, did_you_mean
from dalsegno.flows.descriptions import OF_CONDITION
from dalsegno.flows.document import Node
from dalsegno.flows.head import entries, flag, is_missing, shown, text_of
from dalsegno.flows.report import Report
from dalsegno.flows.words import TRIGGER, alternatives
from dalsegno.model.durations import parse_duration
from dalsegno.model.state import State
from dalsegno.tasks.spellings import canonical


@dataclass(frozen=True, slots=True)
class TriggerType:
    """What a type of trigger can have.

    Parameters
    ----------
    checks : what is checked of each property that is no expression.
    needed : the properties that must be there.
    """

    text: str
    checks: Mapping[str, Callable[[Node], str | None]]
    needed: tuple[str, ...] = ()


def read_triggers(root: Node, report: Report) -> Iterator[Mapping[str, Any]]:
    """Check the triggers of a flow and give them as they are written, those that can be used."""
    for name, node in entries(root, "triggers", TRIGGER, report, open_ended=True):
        kind = _type(name, node, report)
        flag(node, "disabled", report, default=False)
        text_of(node, "description", report)
        _conditions(name, node, report)
        if kind is None:
            continue
        _properties(name, node, kind, report)
        message = f"trigger `{name}` starts no runs from the command line: it acts where a server runs the flow"
        report.note("acts-later", message, node.place)
        yield node.value


def _type(name: str, node: Node, report: Report) -> TriggerType | None:
    if is_missing(node, "type"):
        message = f"trigger `{name}` needs a `type`, such as `core.trigger.Schedule`"
        report.error("missing-key", message, node.key_place("type"))
        return None
    written = text_of(node, "type", report) or ""
    found = TRIGGER_TYPES.get(canonical(written))
    if found is None:
        message = f"there is no type of trigger `{written}`"
        place = (node.fields or {})["type"].place
        report.unknown("unknown-type", message, place, name=canonical(written), known=TRIGGER_TYPES)
    return found


def _properties(name: str, node: Node, kind: TriggerType, report: Report) -> None:
    for needed in kind.needed:
        if is_missing(node, needed):
            report.error("missing-property", f"trigger `{name}` needs `{needed}`", node.place)
    for key, value in (node.fields or {}).items():
        if key in kind.checks:
            complaint = None if value.has_template or value.value is None else kind.checks[key](value)
            if complaint is not None:
                code = "bad-cron" if key == "cron" else "invalid-property"
                report.error(code, f"`{key}` of trigger `{name}` {complaint}", value.place)
        elif key in TRIGGER.later:
            TRIGGER.later[key].tell(key, f"trigger `{name}`", node.key_place(key), report)
        elif key not in TRIGGER.known:
            message = f"the type of trigger `{name}` has no property `{key}`"
            known = {*kind.checks, *TRIGGER.known}
            report.unknown("unknown-property", message, node.key_place(key), name=key, known=known)


def _conditions(name: str, node: Node, report: Report) -> None:
    conditions = node.inner("conditions")
    if conditions is None or conditions.value is None:
        return
    if conditions.items is None:
        report.error("wrong-type", f"`conditions` of trigger `{name}` must be a list", conditions.place)
        return
    for item in conditions.items:
        kind = item.inner("type")
        if kind is None or kind.text is None:
            report.error("missing-key", f"a condition of trigger `{name}` needs a `type`", item.place)
            continue
        last = _condition(kind.text)
        if last not in OF_CONDITION:
            near = [f"core.condition.{each}" for each in closest(last, OF_CONDITION)]
            message = f"there is no type of condition `{kind.text}`{did_you_mean(near)}"
            report.error("unknown-type", message, kind.place, near=near)


def _condition(type_name: str) -> str:
    """Give the own name of a type of condition."""
    name = canonical(type_name)
    before, _, last = name.rpartition(".")
    last = last.removesuffix("Condition")
    return last if before in ("core.condition", "io.kestra.core.models.conditions.types") else name


# what a property may be: each gives what is wrong, in words that go on from "`cron` of trigger `x`"


def _any(_: Node) -> str | None:
    return None


def _text(node: Node) -> str | None:
    return None if node.text is not None else f"must be text, not {shown(node)}"


def _flag(node: Node) -> str | None:
    return None if isinstance(node.value, bool) else f"must be `true` or `false`, not {shown(node)}"


def _map(node: Node) -> str | None:
    return None if node.fields is not None else f"must be a map, not {shown(node)}"


def _list(node: Node) -> str | None:
    return None if node.items is not None else f"must be a list, not {shown(node)}"


def _duration(node: Node) -> str | None:
    try:
        parse_duration(node.text or "")
    except ValueError as error:
        return f"must be a length of time: {error}"
    return None


def _zone(node: Node) -> str | None:
    name = node.text or ""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return f"is no time zone: `{name}`{did_you_mean(closest(name, _zones()))}"
    return None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _dates(node: Node) -> str | None:
    for item in node.items or ():
        try:
            datetime.fromisoformat(item.text or "")
        except ValueError:
            return f"must be a list of dates and times, such as `2024-05-01T10:30:00Z`, not {shown(item)}"
    return _list(node)


def _one_of(*known: str) -> Callable[[Node], str | None]:
    def check(node: Node) -> str | None:
        if node.text in known:
            return None
        return f"cannot be {shown(node)}: it is {alternatives(known)}{did_you_mean(closest(node.text or '', known))}"

    return check


def _states(node: Node) -> str | None:
    for item in node.items or ():
        if item.text not in _STATES:
            return f"names the state {shown(item)}, which no run has{did_you_mean(closest(item.text or '', _STATES))}"
    return _list(node)


def _cron(node: Node) -> str | None:
    return cron_complaint(node.text or "")


def cron_complaint(text: str, *, seconds: bool = False) -> str | None:
    """Tell what is wrong with a cron expression, in words that go on from "`cron`"."""
    from cronsim import CronSim, CronSimError

    written = CRON_ALIASES.get(text.strip().lower(), text)
    if written.startswith("@"):
        return f"cannot be `{text}`: the short forms are {alternatives(list(CRON_ALIASES))}"
    fields = written.split()
    if len(fields) != (6 if seconds else 5) and not (len(fields) == 6 and not seconds):
        return f"must have 5 fields (minute, hour, day, month, weekday), and `{text}` has {len(fields)}"
    try:
        next(CronSim(" ".join(fields[-5:]), datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return f"is no cron expression: `{text}` ({str(error).lower()})"
    except StopIteration:
        return f"names no time that ever comes: `{text}`"
    return None


#: short forms of cron expressions
CRON_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "@yearly": "0 0 1 1 *",
        "@annually": "0 0 1 1 *",
        "@monthly": "0 0 1 * *",
        "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *",
        "@hourly": "0 * * * *",
    }
)
#: states that only Kestra has may be named; no run here has them
_STATES = frozenset({*(state.value for state in State), "RESTARTED", "KILLING", "CANCELLED", "RETRIED", "BREAKPOINT"})
_MISSED = _one_of("ALL", "LAST", "NONE")

#: the types of triggers, by their canonical names
TRIGGER_TYPES: Mapping[str, TriggerType] = MappingProxyType(
    {
        "core.trigger.Schedule": TriggerType(
            "At the times of a cron expression.",
            {
                "cron": _cron,
                "withSeconds": _flag,
                "timezone": _zone,
                "scheduleConditions": _list,
                "lateMaximumDelay": _duration,
                "recoverMissedSchedules": _MISSED,
                "backfill": _map,
            },
            needed=("cron",),
        ),
        "core.trigger.ScheduleOnDates": TriggerType(
            "At dates that are listed.",
            {
                "dates": _dates,
                "timezone": _zone,
                "recoverMissedSchedules": _MISSED,
            },
            needed=("dates",),
        ),
        "core.trigger.Flow": TriggerType(
            "When runs of other flows have ended.",
            {"states": _states, "preconditions": _map, "dependsOn": _map},
        ),
        "core.trigger.Webhook": TriggerType(
            "When an address is called.",
            {
                "key": _text,
                "wait": _flag,
                "returnOutputs": _flag,
                "responseContentType": _text,
                "responseCode": _any,
            },
            needed=("key",),
        ),
        "core.http.Trigger": TriggerType(
            "When the answer of an address meets a condition.",
            {
                "uri": _text,
                "method": _text,
                "body": _any,
                "formData": _map,
                "contentType": _text,
                "headers": _map,
                "options": _map,
                "interval": _duration,
                "responseCondition": _text,
                "encryptBody": _flag,
                "allowFailed": _flag,
            },
            needed=("uri",),
        ),
    }
)
