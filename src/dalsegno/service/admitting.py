"""Whether a run may begin: the `checks` of its flow, made when its inputs are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dalsegno.engine.items import holds
from dalsegno.engine.secrets import Secrets
from dalsegno.errors import ExpressionFailed, PlanRefusal
from dalsegno.expressions import Scope, render_value
from dalsegno.model.conduct import Check
from dalsegno.model.flow import Flow


@dataclass(frozen=True, slots=True)
class Admission:
    """What the checks of a flow say of a run.

    Parameters
    ----------
    refusals : why there is no run.
    failure : why there is one that has failed already, as an error object.
    warnings : what else is worth knowing.
    """

    refusals: tuple[PlanRefusal, ...] = ()
    failure: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()


def admission(
    flow: Flow, inputs: Mapping[str, Any], labels: Mapping[str, str], *, secrets: Secrets, now: Callable[[], datetime]
) -> Admission:
    """Make the checks of a flow."""
    if not flow.conduct.checks:
        return Admission()
    variables = {
        "flow": {"id": flow.id, "namespace": flow.namespace},
        "inputs": secrets.opened(inputs),
        "vars": flow.variables,
        "labels": labels,
    }
    scope = Scope(variables, now)
    refusals: list[PlanRefusal] = []
    failures: list[str] = []
    warnings: list[str] = []
    for check in flow.conduct.checks:
        complaint = _complaint(check, scope, refusals)
        if complaint is None:
            continue
        shown = secrets.mask(complaint)
        if check.behavior == "BLOCK_EXECUTION":
            refusals.append(PlanRefusal("check-failed", shown))
        elif check.behavior == "FAIL_EXECUTION":
            failures.append(shown)
        else:
            warnings.append(shown)
    failure = {"code": "check-failed", "message": "; ".join(failures), "address": None} if failures else None
    return Admission(tuple(refusals), failure, tuple(warnings))


def _complaint(check: Check, scope: Scope, refusals: list[PlanRefusal]) -> str | None:
    """Give the message of a check that does not hold."""
    try:
        return None if holds(render_value(check.condition, scope)) else str(render_value(check.message, scope))
    except ExpressionFailed as error:
        message = f"the check `{check.condition}` cannot be made: {error.message}"
        refusals.append(PlanRefusal(error.code, message))
        return None
