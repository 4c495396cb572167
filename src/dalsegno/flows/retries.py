"""Reads how failed attempts are tried again: the key `retry` of a flow, a group or a task."""

from __future__ import annotations

from dalsegno.flows.document import Node
from dalsegno.flows.head import flag, is_missing, shown, text_of
from dalsegno.flows.report import Report
from dalsegno.flows.words import RETRY_BEHAVIORS, RETRY_COMMON, RETRY_TIMES, Words, alternatives
from dalsegno.model.durations import parse_duration
from dalsegno.model.flow import Retry

#: the key of the shortest time, by the type of a retry
_SHORTEST = {"constant": "interval", "exponential": "interval", "random": "minInterval"}
_FACTOR = 2.0
_ATTEMPTS = ("maxAttempts", "maxAttempt")


def read_retry(owner: Node, of: str, report: Report) -> Retry | None:
    """Give what stands under `retry`; `None` where there is none or it is wrong.

    Parameters
    ----------
    of : what it belongs to, for messages, such as "task `load`".
    """
    if is_missing(owner, "retry"):
        return None
    node = (owner.fields or {})["retry"]
    if node.fields is None:
        message = f"the `retry` of {of} must be a map, such as `{{type: constant, interval: PT5S, maxAttempts: 3}}`"
        report.error("wrong-type", message, node.place)
        return None
    kind = _kind(node, of, report)
    return None if kind is None else _retry(node, kind, of, report)


def _kind(node: Node, of: str, report: Report) -> str | None:
    if is_missing(node, "type"):
        report.error("missing-key", f"the `retry` of {of} needs a `type`: {alternatives(RETRY_TIMES)}", node.place)
        return None
    kind = text_of(node, "type", report)
    if kind is not None and kind not in RETRY_TIMES:
        message = f"the `retry` of {of} cannot be of type `{kind}`: it is {alternatives(RETRY_TIMES)}"
        place = (node.fields or {})["type"].place
        report.unknown("unknown-retry-type", message, place, name=kind, known=RETRY_TIMES)
        return None
    return kind


def _retry(node: Node, kind: str, of: str, report: Report) -> Retry | None:
    own = frozenset({*RETRY_TIMES[kind], *({"delayFactor"} if kind == "exponential" else ())})
    Words(f"a retry of type `{kind}`", RETRY_COMMON | own).check(node, report)
    for key in RETRY_TIMES[kind]:
        if is_missing(node, key):
            report.error("missing-key", f"the `retry` of {of} needs `{key}`, such as `{key}: PT5S`", node.place)
    times = {key: _seconds(node, key, report) for key in ("interval", "minInterval", "maxInterval", "maxDuration")}
    shortest, longest = times[_SHORTEST[kind]], times["maxInterval"]
    if shortest is not None and longest is not None and longest < shortest:
        message = f"`maxInterval` must not be shorter than `{_SHORTEST[kind]}`"
        report.error("wrong-value", message, (node.fields or {})["maxInterval"].place)
    return Retry(
        type=kind,
        interval=shortest or 0.0,
        max_interval=longest or 0.0,
        factor=_factor(node, report),
        max_attempts=_attempts(node, report),
        max_duration=times["maxDuration"] or 0.0,
        warning=flag(node, "warningOnRetry", report, default=False),
        new_run=_makes_new_run(node, report),
    )


def _seconds(node: Node, key: str, report: Report) -> float | None:
    if is_missing(node, key):
        return None
    value = (node.fields or {})[key]
    try:
        seconds = parse_duration(value.text or "").total_seconds()
    except ValueError as error:
        report.error("wrong-value", f"`{key}`: {error}", value.place)
        return None
    if seconds < 0:
        report.error("wrong-value", f"`{key}` cannot be negative, and `{value.text}` is", value.place)
        return None
    return seconds


def _attempts(node: Node, report: Report) -> int:
    given = [key for key in _ATTEMPTS if not is_missing(node, key)]
    if not given:
        return 0
    if len(given) > 1:
        message = "`maxAttempts` and `maxAttempt` are the same key: give one of them"
        report.error("duplicate-key", message, node.key_place("maxAttempt"))
    value = (node.fields or {})[given[0]]
    if isinstance(value.value, bool) or not (value.text or "").isdecimal() or int(value.text or "0") < 1:
        report.error("wrong-value", f"`{given[0]}` must be a whole number from 1, not {shown(value)}", value.place)
        return 0
    return int(value.text or "0")


def _factor(node: Node, report: Report) -> float:
    if is_missing(node, "delayFactor"):
        return _FACTOR
    value = (node.fields or {})["delayFactor"]
    number = value.value
    if isinstance(number, bool) or not isinstance(number, int | float) or number <= 0:
        report.error("wrong-value", f"`delayFactor` must be a number above 0, not {shown(value)}", value.place)
        return _FACTOR
    return float(number)


def _makes_new_run(node: Node, report: Report) -> bool:
    behavior = text_of(node, "behavior", report)
    if behavior is not None and behavior not in RETRY_BEHAVIORS:
        message = f"`behavior` of a retry cannot be `{behavior}`: it is {alternatives(RETRY_BEHAVIORS)}"
        place = (node.fields or {})["behavior"].place
        report.unknown("wrong-value", message, place, name=behavior, known=RETRY_BEHAVIORS)
    return behavior == RETRY_BEHAVIORS[1]
