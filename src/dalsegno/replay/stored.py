"""The stored form of a plan: decisions grouped by what they share, since most of a large plan says the same thing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dalsegno.model.plan import Action, Decision, Plan

_OPTIONAL = ("warnings", "keys", "waits_for", "forced", "wave", "ran", "check", "stops")


def plan_to_bytes(plan: Plan) -> bytes:
    """Write a plan that is to be executed (it has no refusals)."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for position, decision in enumerate(plan.decisions):
        rows = groups.setdefault((decision.action.value, decision.reason), [])
        rows.append(
            [position, decision.address, decision.task, decision.type, decision.origin_task_run, decision.estimate_s]
        )
        if (
            decision.keys is not None
            or decision.warnings
            or decision.forced
            or decision.wave
            or decision.ran
            or decision.waits_for
            or decision.stops
            or decision.check
        ):
            extra = {name: value for name in _OPTIONAL if (value := getattr(decision, name))}
            if decision.keys is not None:
                extra["keys"] = decision.keys
            rows[-1].append(extra)
    data = {
        "version": 1,
        "digest": plan.digest,
        "revision": plan.revision,
        "groups": [[action, reason, rows] for (action, reason), rows in groups.items()],
        "dropped": plan.dropped,
        "not_reached": plan.not_reached,
        "unchecked": plan.unchecked,
        "warnings": plan.warnings,
    }
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def plan_from_bytes(data: bytes) -> Plan:
    """Read a plan that `plan_to_bytes` wrote."""
    stored = json.loads(data)
    decisions: list[tuple[int, Decision]] = []
    for action, reason, rows in stored["groups"]:
        for position, address, task, type_name, origin, estimate, *extra in rows:
            more: Mapping[str, Any] = _extra(extra[0]) if extra else {}
            decisions.append(
                (position, Decision(address, task, type_name, Action(action), reason,
                                    origin_task_run=origin, estimate_s=estimate, **more))
            )  # fmt: skip
    decisions.sort(key=lambda pair: pair[0])
    return Plan(
        digest=stored["digest"],
        revision=stored["revision"],
        decisions=tuple(decision for _, decision in decisions),
        dropped=tuple(stored["dropped"]),
        not_reached=tuple(stored.get("not_reached", ())),
        unchecked=tuple(stored["unchecked"]),
        warnings=tuple(stored["warnings"]),
    )


def _extra(data: dict[str, Any]) -> dict[str, Any]:
    for name in ("warnings", "keys"):
        if name in data:
            data[name] = tuple(data[name])
    return data
