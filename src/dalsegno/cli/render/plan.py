"""A plan that a person reads in five seconds: what runs and why comes first, what is kept is folded into one line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalsegno.cli.render.lines import BLANK, Line, count, labelled, line, listed, seconds, wrapped
from dalsegno.model.address import parse
from dalsegno.model.plan import Action, Decision, Plan

if TYPE_CHECKING:
    from rich.console import RenderableType

_STYLES = {Action.RUN: "bold green", Action.PIN: "bold magenta", Action.ENTER: "cyan", Action.REUSE: "dim"}
_MOST_ROWS = 20
#: so many characters of the digest say which plan it is
SHORT_DIGEST = 12


@dataclass(frozen=True, slots=True)
class Row:
    """Decisions that say the same of one task, for one item of a loop or for many."""

    decision: Decision
    addresses: tuple[str, ...]

    @property
    def name(self) -> str:
        """The address, or the task and how many items."""
        if len(self.addresses) == 1:
            return self.addresses[0]
        return f"{self.decision.task} ({count(len(self.addresses), 'item')})"


@dataclass(frozen=True, slots=True)
class Heading:
    """What a plan is a plan of.

    Parameters
    ----------
    title : such as `replay of divvy_tripdata-1`.
    command : what carries the plan out, digest and all; nothing where it cannot be.
    """

    title: str
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds that tasks took last time: of those that run, and of those that are kept. Nothing where none is known."""

    runs_s: float | None
    kept_s: float | None


def plan_from_json(data: Mapping[str, Any]) -> Plan:
    """Read a plan as doors show it; what is for the engine alone is not in it."""
    decisions = [
        Decision(
            each["address"], each["task"], each["type"], Action(each["action"]), each["reason"], tuple(each["warnings"]),
            each["origin_task_run"], each["estimate_s"], waits_for=each.get("waits_for"),
        )
        for each in data["decisions"]
    ]  # fmt: skip
    texts = {name: tuple(data.get(name, ())) for name in ("dropped", "unchecked", "warnings")}
    return Plan(data["digest"], data["revision"], tuple(decisions), **texts)


def works(plan: Plan, groups: Collection[str]) -> list[Decision]:
    """The decisions on tasks that do something themselves; `groups` are the types that only hold others."""
    return [
        each
        for each in plan.decisions
        if each.type not in groups and each.keys is None and each.action is not Action.ENTER
    ]


def estimate(plan: Plan, groups: Collection[str]) -> Estimate:
    """Add up what tasks took last time. Groups are left out: their time is that of what they hold."""

    def total(*actions: Action) -> float | None:
        known = [
            each.estimate_s for each in works(plan, groups) if each.action in actions and each.estimate_s is not None
        ]
        return sum(known) if known else None

    return Estimate(total(Action.RUN), total(Action.REUSE, Action.PIN))


def rows(decisions: Iterable[Decision]) -> list[Row]:
    """Fold what is said alike of many items of a loop into one row."""
    found: dict[tuple[object, ...], list[Decision]] = {}
    for each in decisions:
        alone = "[" not in each.address
        key = (each.address,) if alone else (each.task, each.action, each.reason, each.warnings)
        found.setdefault(key, []).append(each)
    return [Row(group[0], tuple(each.address for each in group)) for group in found.values()]


def plan_view(
    plan: Plan, heading: Heading, *, groups: Collection[str], width: int
) -> list[RenderableType | list[Line]]:
    """Draw the whole plan."""
    view: list[RenderableType | list[Line]] = [[_title(plan, heading), BLANK]]
    doing = [each for each in plan.decisions if _is_told(each, groups)]
    if doing:
        folded = rows(doing)
        more = len(folded) - _MOST_ROWS
        cut = [line((f"  … and {more:,} more: add --json to see all", "dim"))] if more > 0 else []
        view += [_table(folded[:_MOST_ROWS]), [*cut, BLANK]]
    view.append([*_folded(plan, groups, width), *_said(plan, width)])
    if plan.refusals:
        view.append(_refusals(plan, width))
        return view
    view.append([*_estimate_lines(plan, groups), line(("digest ", "dim"), plan.digest[:SHORT_DIGEST])])
    if heading.command:
        view.append([BLANK, line("To do it:  ", (heading.command, "bold cyan"))])
    return view


def plan_summary(plan: Plan, groups: Collection[str], width: int) -> list[Line]:
    """Say in two lines what a plan does: what runs, what is kept; then the warnings."""
    running = rows(each for each in works(plan, groups) if each.action is Action.RUN)
    pinned = [each.address for each in plan.decisions if each.action is Action.PIN]
    what = f"runs {listed([each.name for each in running], 4)}" if running else "runs nothing"
    pins = f"; pins {listed(pinned, 3)}" if pinned else ""
    lines = [*labelled("plan", f"{what}{pins}, on revision {plan.revision}", width, style="bold")]
    kept = rows(each for each in works(plan, groups) if each.action is Action.REUSE)
    if kept:
        saved = estimate(plan, groups).kept_s
        saves = f"; saves {seconds(saved)}" if saved else ""
        number = sum(len(each.addresses) for each in kept)
        lines += wrapped(f"{number:,} reused: {listed([each.name for each in kept], 6)}{saves}", width, indent=" " * 6)
    return [*lines, *_said(plan, width)]


def _is_told(decision: Decision, groups: Collection[str]) -> bool:
    if decision.action is Action.REUSE:
        return False
    if decision.action is Action.ENTER:
        return decision.waits_for is not None or bool(decision.warnings)
    is_group = decision.type in groups or decision.keys is not None
    return not is_group or decision.waits_for is not None


def _title(plan: Plan, heading: Heading) -> Line:
    return line(("Plan: ", "bold"), heading.title, (f", revision {plan.revision}", "dim"))


def _table(folded: list[Row]) -> RenderableType:
    from dalsegno.cli.render.tables import Column, add_row, cell, table

    made = table(
        [Column(fixed=True), Column(widest=34, style="bold"), Column(), Column(align="right", fixed=True)], indent=2
    )
    for row in folded:
        decision = row.decision
        took = seconds(decision.estimate_s) if len(row.addresses) == 1 else ""
        add_row(
            made, cell(decision.action.value, _STYLES[decision.action]), row.name, _why(row), took and cell(f"~{took}", "dim"),
            indent=True,
        )  # fmt: skip
    return made


def _why(row: Row) -> str:
    decision = row.decision
    why = decision.reason
    if decision.waits_for is not None and decision.waits_for not in why:
        why = f"{why}; its items are decided when `{decision.waits_for}` has run"
    if len(row.addresses) > 1:
        why = f"{why}  [{listed(_keys(row.addresses), 4)}]"
    return why


def _keys(addresses: Iterable[str]) -> list[str]:
    found: list[str] = []
    for address in addresses:
        items = parse(address).items
        found.append("/".join(key or "*" for _, key in items))
    return found


def _folded(plan: Plan, groups: Collection[str], width: int) -> list[Line]:
    lines: list[Line] = []
    kept = rows(each for each in works(plan, groups) if each.action is Action.REUSE)
    if kept:
        number = sum(len(each.addresses) for each in kept)
        lines += labelled(f"{number:,} reused", listed([each.name for each in kept]), width, style="green")
    if plan.dropped:
        lines += labelled("dropped", f"{listed(plan.dropped)} (no longer in the flow)", width, style="dim")
    if plan.unchecked:
        lines += labelled("known only when it runs", listed(plan.unchecked), width, style="dim")
    return lines


def _said(plan: Plan, width: int) -> list[Line]:
    """The warnings, those on the whole plan first; the same one of many items is said once."""
    lines = [each for text in plan.warnings for each in labelled("warning", text, width, style="yellow")]
    for row in rows(each for each in plan.decisions if each.warnings):
        for text in row.decision.warnings:
            lines += labelled("warning", f"{row.name}: {text}", width, style="yellow")
    return lines


def _refusals(plan: Plan, width: int) -> list[Line]:
    lines: list[Line] = []
    for refusal in plan.refusals:
        lines += labelled("refused", refusal.message, width, style="bold red")
    return [*lines, line(("this plan cannot be carried out", "dim"))]


def _estimate_lines(plan: Plan, groups: Collection[str]) -> list[Line]:
    known = estimate(plan, groups)
    if known.runs_s is None and known.kept_s is None:
        return []
    if known.runs_s is None:
        return [line(("time ", "dim"), f"saves {seconds(known.kept_s)} (as last time)")]
    whole = known.runs_s + (known.kept_s or 0.0)
    of_all = f" instead of {seconds(whole)}" if known.kept_s else ""
    return [line(("time ", "dim"), f"about {seconds(known.runs_s)}{of_all} (as last time)")]
