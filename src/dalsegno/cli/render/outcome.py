"""How a run ended: one line where it went well; where it failed, what, why, and the command that plays it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dalsegno.cli.render.lines import (
    BLANK,
    Line,
    clean,
    count,
    labelled,
    line,
    mark,
    plain,
    seconds,
    state_style,
    wrapped,
)
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import State

#: beyond this many failed tasks the command names none of them
_MOST_NAMED = 4
_MOST_SHOWN = 5
_MOST_DETAIL = 400
_MOST_BLOCK = 20


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that failed."""

    address: str | None
    attempt: int | None
    error: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run that has ended, and what its execution was seen to do.

    Parameters
    ----------
    ran : how many tasks ended while it was watched; those are not among them that `runIf` skipped, or that were pinned.
    pinned, skipped, failed : how many of what ended were given, were skipped by `runIf`, have failed.
    reused : how many tasks were kept.
    saved_s : seconds that the kept ones took where they ran.
    failures : the tasks that failed and whose failure nothing tolerated, in the order in which they did.
    file : the flow's file, where one was given.
    handle : what names the run on a command line beyond doubt.
    fixed : the name of a later replay that went well.
    """

    run: Run
    ran: int = 0
    pinned: int = 0
    skipped: int = 0
    failed: int = 0
    reused: int = 0
    saved_s: float = 0.0
    failures: tuple[Failure, ...] = ()
    file: str | None = None
    handle: str = ""
    fixed: str | None = None


def not_tolerated(failures: Iterable[Failure], task_runs: Iterable[TaskRun]) -> tuple[Failure, ...]:
    """Give the failures that nothing around them tolerated: a replay has no reason to begin at the others."""
    known = {item.address: item for item in task_runs}

    def counts(address: str | None) -> bool:
        at = known.get(address or "")
        while at is not None and at.state is State.FAILED:
            at = known.get(at.parent or "")
        return at is None

    return tuple(failure for failure in failures if counts(failure.address))


def state_lines(outcome: Outcome, width: int) -> list[Line]:
    """Say how the run ended: in one line, or where that would be wider than `width`, in two."""
    run, facts = outcome.run, [*_facts(outcome)]
    took = "" if run.started is None or run.ended is None else f" in {seconds(run.ended - run.started)}"
    ended = line((f"{mark(run.state)} {run.state.value}", state_style(run.state)), "  ", (run.name, "bold"), took)
    told = " · ".join(facts)
    if len(plain(ended)) + 2 + len(told) <= width:
        return [line(*ended, "  ", (told, "dim"))]
    return [ended, *wrapped(told, width, indent="  ", style="dim")]


def _facts(outcome: Outcome) -> Iterator[str]:
    yield from (f"revision {outcome.run.revision}", f"attempt {outcome.run.attempt}", f"{outcome.ran:,} ran")
    counted = {"pinned": outcome.pinned, "skipped": outcome.skipped}
    yield from (f"{number:,} {what}" for what, number in counted.items() if number)
    if outcome.reused:
        saved = f", which saved {seconds(outcome.saved_s)}" if outcome.saved_s >= 0.1 else ""
        yield f"{outcome.reused:,} reused{saved}"
    if outcome.failed:
        yield f"{outcome.failed:,} failed"


def failure_lines(outcome: Outcome, width: int) -> list[Line]:
    """Say what failed and why, and end with the command that plays it again, or with what has done so already."""
    lines: list[Line] = []
    for failure in outcome.failures[:_MOST_SHOWN]:
        lines += [*_one_failure(failure, width), BLANK]
    if len(outcome.failures) > _MOST_SHOWN:
        more = count(len(outcome.failures) - _MOST_SHOWN, "more task")
        lines += [line(f"{more} failed: dalsegno show {shlex.quote(outcome.handle)}"), BLANK]
    return [*lines, *again_lines(outcome)]


def again_lines(outcome: Outcome) -> list[Line]:
    """Say how to play the run again, unless that was done."""
    if outcome.fixed:
        return [line("A later replay went well: ", (outcome.fixed, "bold green"))]
    if outcome.run.state is State.KILLED:
        lead = "It was stopped. To go on with what is missing:"
    else:
        lead = "Fix it, then play it again from there (--dry-run first shows what that does):"
    return [line(lead), line("  ", (replay_command(outcome), "bold cyan"))]


def replay_command(outcome: Outcome) -> str:
    """Give the exact command that replays a run that failed or was stopped."""
    words = ["dalsegno", "replay", outcome.handle or outcome.run.name]
    failed = list(dict.fromkeys(failure.address for failure in outcome.failures if failure.address))
    # a subflow failed by what failed in it: the replay begins there
    starts = [start for start in failed if not any(other.startswith(f"{start}.") for other in failed)]
    if outcome.run.state is State.KILLED or not starts or len(starts) > _MOST_NAMED:
        words.append("--skip-successful")
    else:
        words += [word for start in starts for word in ("--from", start)]
    if outcome.run.state is not State.KILLED:
        words += ["--file", outcome.file] if outcome.file else ["--revision", "latest"]
    return shlex.join(words)


def _one_failure(failure: Failure, width: int) -> list[Line]:
    error = failure.error
    on_attempt = f" on attempt {failure.attempt}" if failure.attempt else ""
    who = (failure.address, "bold") if failure.address else ("the run", "")
    lines = [line(who, (f" failed{on_attempt}:", "red"))]
    lines += wrapped(str(error.get("message") or "no message was given"), width, indent="  ")
    lines += detail_lines(error.get("details") or {}, width)
    if error.get("hint"):
        lines += [
            line("  ", *each) for each in labelled("what to do", clean(str(error["hint"])), width - 2, style="green")
        ]
    return lines


def detail_lines(details: Mapping[str, Any], width: int) -> list[Line]:
    """Write the facts of an error in two columns: row, field, value, pattern."""
    if not details:
        return []
    widest = max(len(name) for name in details)
    lines: list[Line] = []
    for name, value in details.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        if "\n" in text.strip():
            lines += _block(name, text)
            continue
        if len(text) > _MOST_DETAIL:
            text = f"{text[:_MOST_DETAIL]} … ({len(text):,} characters)"
        indent = " " * (widest + 6)
        first, *rest = wrapped(text, width, indent=indent)
        lines += [line((f"    {name:<{widest}}  ", "dim"), *first[1:]), *rest]
    return lines


def _block(name: str, text: str) -> list[Line]:
    """Write a text of several lines, such as a traceback, as it is; of a long one the end, which says most."""
    texts = clean(text).strip("\n").splitlines()
    left_out = len(texts) - _MOST_BLOCK
    shown = [line("      ", each) for each in texts[-_MOST_BLOCK:]]
    if left_out > 0:
        shown.insert(0, line((f"      … {count(left_out, 'line')} before", "dim")))
    return [line((f"    {name}", "dim")), *shown]
