"""A plan that a person reads in five seconds: what runs and why comes first, what is kept is folded into one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalsegno.cli.render.lines import BLANK, Line, labelled, line, listed, seconds, wrapped
from dalsegno.cli.render.plan_rows import Groups, Row, estimate, rows, shares, told, weightiest, why, works
from dalsegno.model.address import parse
from dalsegno.model.plan import Action, Plan

if TYPE_CHECKING:
    from rich.console import RenderableType

_STYLES = {
    Action.RUN: "bold green",
    Action.CHECK: "yellow",
    Action.PIN: "bold magenta",
    Action.ENTER: "cyan",
    Action.REUSE: "dim",
    Action.LEAVE: "dim",
}
_MOST_ROWS = 20
#: so many characters of the digest say which plan it is
SHORT_DIGEST = 12


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


def plan_view(plan: Plan, heading: Heading, *, groups: Groups, width: int) -> list[RenderableType | list[Line]]:
    """Draw the whole plan."""
    view: list[RenderableType | list[Line]] = [[_title(plan, heading), BLANK]]
    doing = list(told(plan, groups))
    if doing:
        shown, hidden = weightiest(rows(doing), _MOST_ROWS)
        view += [_table(shown, groups, shares(plan)), [*_more(hidden), BLANK]]
    view.append([*_folded(plan, groups, width), *_said(plan, width)])
    if plan.refusals:
        view.append(_refusals(plan, width))
        return view
    view.append([*_estimate_lines(plan, groups), line(("digest ", "dim"), plan.digest[:SHORT_DIGEST])])
    if heading.command:
        view.append([BLANK, line("To do it:  ", (heading.command, "bold cyan"))])
    return view


def plan_summary(plan: Plan, groups: Groups, width: int) -> list[Line]:
    """Say in a few lines what a plan does: what runs, what is kept or left out; then the warnings."""
    parts = [
        ("runs {}", _names(plan, groups, Action.RUN, 4) or "nothing"),
        ("decides at their turn {}", _names(plan, groups, Action.CHECK, 3)),
        ("pins {}", listed([each.address for each in plan.decisions if each.action is Action.PIN], 3)),
        ("leaves out {}", _names(plan, groups, Action.LEAVE, 3)),
    ]
    what = "; ".join(text.format(names) for text, names in parts if names)
    lines = [*labelled("plan", f"{what}, on revision {plan.revision}", width, style="bold")]
    kept = rows(each for each in works(plan, groups) if each.action is Action.REUSE)
    if kept:
        saved = estimate(plan, groups).kept_s
        saves = f"; saves {seconds(saved)}" if saved else ""
        number = sum(len(each.addresses) for each in kept)
        lines += wrapped(f"{number:,} reused: {listed([each.name for each in kept], 6)}{saves}", width, indent=" " * 6)
    return [*lines, *_said(plan, width)]


def _names(plan: Plan, groups: Groups, action: Action, most: int) -> str:
    return listed([each.name for each in rows(each for each in works(plan, groups) if each.action is action)], most)


def _title(plan: Plan, heading: Heading) -> Line:
    return line(("Plan: ", "bold"), heading.title, (f", revision {plan.revision}", "dim"))


def _table(shown: Sequence[Row], groups: Groups, share: Mapping[str, str]) -> RenderableType:
    from dalsegno.cli.render.tables import Column, add_row, cell, table

    made = table(
        [Column(fixed=True), Column(name=True, style="bold"), Column(), Column(align="right", fixed=True)], indent=2
    )
    for row in shown:
        decision = row.decision
        took = seconds(decision.estimate_s) if len(row.addresses) == 1 and decision.action is not Action.ENTER else ""
        add_row(
            made, cell(decision.action.value, _STYLES[decision.action]), row.name, why(row, groups, share),
            took and cell(f"~{took}", "dim"),
        )  # fmt: skip
    return made


def _more(hidden: Sequence[Row]) -> list[Line]:
    """Say what is not shown."""
    if not hidden:
        return []
    kinds = Counter(row.decision.action for row in hidden)
    listed_kinds = ", ".join(f"{number:,} {action.value}" for action, number in kinds.items())
    of_these = f" ({listed_kinds})" if set(kinds) != {Action.RUN} else ""
    return [line((f"  … and {len(hidden):,} more{of_these}: add --json to see all", "dim"))]


def _folded(plan: Plan, groups: Groups, width: int) -> list[Line]:
    lines: list[Line] = []
    for action, label, note, style in (
        (Action.REUSE, "reused", "", "green"),
        (Action.LEAVE, "left out", " (outside of what was asked for)", "dim"),
    ):
        folded = rows(each for each in works(plan, groups) if each.action is action)
        if folded:
            number = sum(len(each.addresses) for each in folded)
            names = listed([each.name for each in folded])
            lines += labelled(f"{number:,} {label}", f"{names}{note}", width, style=style)
    if plan.not_reached:
        text = f"{listed(plan.not_reached)} (in a branch that is not taken now)"
        lines += labelled("not reached", text, width, style="dim")
    for names, note in _dropped(plan):
        lines += labelled("dropped", f"{listed(names)} ({note})", width, style="dim")
    if plan.unchecked:
        lines += labelled("known only when it runs", listed(plan.unchecked), width, style="dim")
    return lines


def _dropped(plan: Plan) -> Iterator[tuple[list[str], str]]:
    """What of the origin is not there any more: items of a loop, and what the flow does not have."""
    tasks = {decision.task for decision in plan.decisions}
    items = [address for address in plan.dropped if parse(address).task in tasks]
    gone = [address for address in plan.dropped if address not in set(items)]
    if items:
        yield items, "there is no such item now"
    if gone:
        yield gone, "no longer in the flow"


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


def _estimate_lines(plan: Plan, groups: Groups) -> list[Line]:
    known = estimate(plan, groups)
    least, most = known.runs_s, (known.runs_s or 0.0) + (known.checks_s or 0.0)
    if least is None and known.checks_s is None:
        return [] if known.kept_s is None else [line(("time ", "dim"), f"saves {seconds(known.kept_s)} (as last time)")]
    about = [] if least is None else [f"about {seconds(least)}"]
    about += [] if known.checks_s is None else [f"up to {seconds(most)}"]
    of_all = f" instead of {seconds(most + known.kept_s)}" if known.kept_s else ""
    return [line(("time ", "dim"), f"{', '.join(about)}{of_all} (as last time)")]
