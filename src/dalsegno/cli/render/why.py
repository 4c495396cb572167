"""Why a task of a run was executed, or kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dalsegno.cli.render.lines import Line, labelled, line, mark, seconds, short, state_style, value_text
from dalsegno.cli.render.outcome import detail_lines
from dalsegno.cli.render.times import span
from dalsegno.model.plan import Action, Decision
from dalsegno.model.run import Run, TaskRun

_SAID = {
    Action.RUN: "was executed",
    Action.REUSE: "was kept",
    Action.PIN: "was pinned",
    Action.ENTER: "was evaluated again",
}
_PLANNED = {
    Action.RUN: "was to run",
    Action.REUSE: "was to be kept",
    Action.PIN: "was to be pinned",
    Action.ENTER: "was to be evaluated again",
}
_SHORT_DIGEST = 12


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of one task of one run.

    Parameters
    ----------
    decision : the plan's; nothing where only the run could decide it.
    task_run : nothing where the run has not come to it.
    before : what stands at its address in the origin.
    ran_in : the run in which a kept result was made.
    given : what a person gave of the values that it used.
    """

    run: Run
    address: str
    decision: Decision | None = None
    task_run: TaskRun | None = None
    before: TaskRun | None = None
    origin_name: str | None = None
    ran_in: str | None = None
    given: Sequence[str] = ()

    @property
    def action(self) -> Action | None:
        """What was done, or else what is planned."""
        if self.task_run is not None:
            return self.task_run.action
        return self.decision.action if self.decision is not None else None

    @property
    def reason(self) -> str:
        """Why, in the words of whoever decided it last."""
        said = self.task_run.reason if self.task_run is not None else ""
        return said or (self.decision.reason if self.decision is not None else "")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the plan warned of."""
        return self.decision.warnings if self.decision is not None else ()

    def changed_properties(self) -> list[str]:
        """The properties whose definition is not what it was in the origin."""
        if self.task_run is None or self.before is None:
            return []
        return _differing(self.before.digests, self.task_run.digests)

    def changed_values(self) -> list[str]:
        """The values used that are not what they were in the origin."""
        if self.task_run is None or self.before is None:
            return []
        return _differing(self.before.used, self.task_run.used)


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def why_lines(case: Case, width: int) -> list[Line]:
    """Tell the whole story of one task in one run."""
    task_run = case.task_run
    if task_run is None:
        said = _PLANNED[case.action] if case.action is not None else "is not in the plan"
        lines = [line((case.address, "bold"), f" {said} in {case.run.name}; {_came(case.run)}")]
    else:
        style = state_style(task_run.state)
        lines = [
            line(
                (f"{mark(task_run.state)} ", style), (case.address, "bold"),
                f" {_SAID[task_run.action]} in {case.run.name}: ", (task_run.state.value, style), _took(task_run),
            )
        ]  # fmt: skip
    for label, text in _facts(case):
        lines += [line("  ", *each) for each in labelled(label, text, width - 2, style="dim")]
    for warning in case.warnings:
        lines += [line("  ", *each) for each in labelled("warning", warning, width - 2, style="yellow")]
    if task_run is not None and task_run.error:
        lines += [
            line("  ", *each) for each in labelled("failed", str(task_run.error.get("message")), width - 2, style="red")
        ]
    if task_run is not None:
        lines += _used(case, width) + _properties(task_run, width)
    return lines


def _came(run: Run) -> str:
    return "the run ended before it came to it" if run.state.ended else "the run has not come to it yet"


def _took(task_run: TaskRun) -> str:
    took = span(task_run.started, task_run.ended)
    attempt = f", attempt {task_run.attempt}" if task_run.attempt else ""
    return f"{attempt}, {seconds(took)}" if took is not None else attempt


def _facts(case: Case) -> list[tuple[str, str]]:
    facts = [("because", case.reason)] if case.reason else []
    if case.decision is not None and case.decision.waits_for:
        facts.append(("decided by", f"`{case.decision.waits_for}`, once it has run"))
    if case.task_run is not None and case.task_run.action is Action.REUSE:
        facts.append(("ran in", case.ran_in or f"task run {case.task_run.reused_from}"))
    if case.given:
        facts.append(("given", f"by a person: {', '.join(case.given)}"))
    if case.before is not None:
        origin = case.origin_name or "the origin"
        facts.append(
            (f"in {origin}", f"{case.before.state.value}, {_took(case.before).removeprefix(', ')}".rstrip(", "))
        )
        changed = case.changed_properties()
        same = "the same as there" if case.task_run is not None and case.task_run.digests else ""
        facts.append(("definition", f"changed since: {', '.join(changed)}" if changed else same))
    if case.task_run is not None and case.task_run.output_digest:
        facts.append(("result", case.task_run.output_digest[:_SHORT_DIGEST] + _same_result(case)))
    return [(label, text) for label, text in facts if text]


def _same_result(case: Case) -> str:
    if case.before is None or case.task_run is None or case.before.output_digest is None:
        return ""
    same = case.before.output_digest == case.task_run.output_digest
    return " (the same as there)" if same else " (another than there)"


def _used(case: Case, width: int) -> list[Line]:
    used = case.task_run.used if case.task_run is not None else {}
    if not used:
        return []
    changed = set(case.changed_values())
    rows = {
        path: digest[:_SHORT_DIGEST] + ("  changed" if path in changed else "") for path, digest in sorted(used.items())
    }
    return [line(("  values used, by digest", "dim")), *detail_lines(rows, width)]


def _properties(task_run: TaskRun, width: int) -> list[Line]:
    if not task_run.properties:
        return []
    rows = {name: short(value_text(value), 160) for name, value in task_run.properties.items()}
    return [line(("  properties, rendered", "dim")), *detail_lines(rows, width)]


def why_json(case: Case) -> dict[str, Any]:
    """Give the case as the one JSON document."""
    task_run = case.task_run
    return {
        "run": case.run.id,
        "address": case.address,
        "action": case.action,
        "reason": case.reason,
        "warnings": list(case.warnings),
        "state": task_run.state if task_run is not None else None,
        "attempt": task_run.attempt if task_run is not None else None,
        "reused_from": task_run.reused_from if task_run is not None else None,
        "ran_in": case.ran_in,
        "definition": task_run.definition if task_run is not None else None,
        "changed_properties": case.changed_properties(),
        "given": list(case.given),
        "used": dict(task_run.used) if task_run is not None else {},
        "changed_values": case.changed_values(),
        "output_digest": task_run.output_digest if task_run is not None else None,
        "error": dict(task_run.error) if task_run is not None and task_run.error else None,
    }
