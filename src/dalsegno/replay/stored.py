"""The stored form of a plan: decisions grouped by what they share, since most of a large plan says the same thing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from dalsegno.model.plan import Action, Decision, Plan

_OPTIONAL = ("warnings", "keys", "waits_for", "forced", "wave", "ran", "check", "stops", "child")
_optional = attrgetter(*_OPTIONAL)
_said = attrgetter("action", "reason")
_NOTHING_MORE = _optional(Decision("", "", "", Action.RUN, ""))


def plan_to_bytes(plan: Plan) -> bytes:
    """Write a plan that is to be executed (it has no refusals)."""
    groups: dict[tuple[Action, str], tuple[list[int], list[Decision]]] = {}
    at = 0
    for said, found in groupby(plan.decisions, key=_said):
        row = list(found)
        positions, decisions = groups.setdefault(said, ([], []))
        positions += range(at, at + len(row))
        decisions += row
        at += len(row)
    extras = {place: _extras_of(each) for place, each in enumerate(plan.decisions) if _optional(each) != _NOTHING_MORE}
    data = {
        "version": 3,
        "digest": plan.digest,
        "revision": plan.revision,
        "groups": [_group_to_json(*key, *group) for key, group in groups.items()],
        "extras": extras,
        "dropped": plan.dropped,
        "not_reached": plan.not_reached,
        "unchecked": plan.unchecked,
        "warnings": plan.warnings,
    }
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def _extras_of(decision: Decision) -> dict[str, Any]:
    """Give what a decision says besides what most of them say."""
    named = zip(_OPTIONAL, _optional(decision), strict=True)
    return {name: value for name, value in named if value or (name in ("keys", "child") and value is not None)}


def _group_to_json(action: Action, reason: str, positions: list[int], decisions: list[Decision]) -> dict[str, Any]:
    """Write decisions that share action and reason, column by column; what says nothing more in one word."""
    addresses = [item.address for item in decisions]
    tasks = [item.task for item in decisions]
    types = [item.type for item in decisions]
    first, last = positions[0], positions[-1]
    return {
        "action": action.value,
        "reason": reason,
        "position": first if last - first == len(positions) - 1 else positions,
        "address": addresses,
        "task": None if tasks == addresses else tasks,
        "type": types[0] if types.count(types[0]) == len(types) else types,
        "origin": [item.origin_task_run for item in decisions],
        "estimate": [item.estimate_s for item in decisions],
    }


def plan_from_bytes(data: bytes) -> Plan:
    """Read a plan that `plan_to_bytes` wrote, or an earlier version of it."""
    stored = json.loads(data)
    placed = dict(_first_version(stored) if stored["version"] == 1 else _by_column(stored))
    return Plan(
        digest=stored["digest"],
        revision=stored["revision"],
        decisions=tuple([placed[position] for position in sorted(placed)]),
        dropped=tuple(stored["dropped"]),
        not_reached=tuple(stored.get("not_reached", ())),
        unchecked=tuple(stored["unchecked"]),
        warnings=tuple(stored["warnings"]),
    )


def _by_column(stored: Mapping[str, Any]) -> Iterator[tuple[int, Decision]]:
    extras = {int(position): _extra(extra) for position, extra in stored["extras"].items()}
    for group in stored["groups"]:
        action, reason = Action(group["action"]), group["reason"]
        for position, address, task, type_name, origin, estimate in zip(*_columns(group), strict=True):
            more = extras.get(position, {})
            yield (
                position,
                Decision(address, task, type_name, action, reason, origin_task_run=origin, estimate_s=estimate, **more),
            )


def _columns(group: Mapping[str, Any]) -> tuple[Sequence[Any], ...]:
    """Give the columns of a group, each in full."""
    addresses, positions, tasks, types = (group[name] for name in ("address", "position", "task", "type"))
    many = len(addresses)
    return (
        range(positions, positions + many) if isinstance(positions, int) else positions,
        addresses,
        addresses if tasks is None else tasks,
        [types] * many if isinstance(types, str) else types,
        group["origin"],
        group["estimate"],
    )


def _first_version(stored: Mapping[str, Any]) -> Iterator[tuple[int, Decision]]:
    """Read the form that has a row for each decision."""
    for action, reason, rows in stored["groups"]:
        for position, address, task, type_name, origin, estimate, *extra in rows:
            more = _extra(extra[0]) if extra else {}
            decision = Decision(
                address, task, type_name, Action(action), reason, origin_task_run=origin, estimate_s=estimate, **more
            )
            yield position, decision


def _extra(data: dict[str, Any]) -> dict[str, Any]:
    for name in ("warnings", "keys"):
        if name in data:
            data[name] = tuple(data[name])
    return data
