"""What is told while a run is executed: a line for each task as it ends, and one that lives below them."""

from __future__ import annotations

from collections.abc import Mapping

from dalsegno.cli.render.lines import Line, clean, count, line, mark, seconds, short, state_style
from dalsegno.model.plan import Action
from dalsegno.model.progress import Logged, RunRetried, TaskMoved
from dalsegno.model.state import State

_ADDRESS_WIDTH = 30
_MOST_RUNNING = 3
#: with less room than this for the names, they stand alone
_NARROWEST = 12


def ended_line(event: TaskMoved, *, words: bool) -> Line:
    """Tell that a task has ended. `words` spells the state out, for what reads lines instead of a screen."""
    style = state_style(event.state)
    sign = f"{event.state.value:<8}" if words else f"  {mark(event.state)}"
    how = "pinned" if event.action is Action.PIN else f"attempt {event.attempt}" if event.attempt else ""
    took = seconds(event.seconds)
    return line((sign, style), f" {event.address:<{_ADDRESS_WIDTH}} ", (f"{how:<11}", "dim"), f" {took:>9}")


def items_line(loop: str, ended: int, state: State, *, words: bool, took: float | None = None) -> Line:
    """Tell how many tasks in the items of a loop have ended; all of them where it is said how long they took."""
    sign = f"{state.value:<8}" if words else f"  {mark(state)}"
    many = count(ended, "task")
    how = many if took is not None else f"{many} so far"
    return line(
        (sign, state_style(state)),
        f" {f'{loop}[...]':<{_ADDRESS_WIDTH}} ",
        (f"{how:<11}", "dim"),
        f" {seconds(took):>9}",
    )


def retried_line(event: TaskMoved, *, words: bool) -> Line:
    """Tell that a task will be tried again."""
    sign = f"{event.state.value:<8}" if words else f"  {mark(event.state)}"
    why = short(str((event.error or {}).get("message", "")), 60)
    return line(
        (sign, state_style(event.state)), f" {event.address:<{_ADDRESS_WIDTH}} ", (f"tried again: {why}", "dim")
    )


def run_retried_line(event: RunRetried, *, words: bool) -> Line:
    """Tell that a run failed and is made again."""
    sign = f"{State.RETRYING.value:<8}" if words else f"  {mark(State.RETRYING)}"
    why = short(str((event.error or {}).get("message", "")), 60)
    return line(
        (sign, state_style(State.RETRYING)), f" {event.failed:<{_ADDRESS_WIDTH}} ", (f"made again: {why}", "dim")
    )


def paused_line(event: TaskMoved, *, words: bool) -> Line:
    """Tell that a task waits for a person, or for a time."""
    sign = f"{event.state.value:<8}" if words else f"  {mark(event.state)}"
    return line((sign, state_style(event.state)), f" {event.address:<{_ADDRESS_WIDTH}} ", ("waits", "dim"))


def logged_line(event: Logged) -> Line:
    """Tell what a task wrote."""
    style = {"ERROR": "red", "WARNING": "yellow"}.get(event.line.level, "dim")
    return line((f"    {event.address} | ", "dim"), (clean(event.line.text), style))


def running_line(running: Mapping[str, float], *, done: int, elapsed: float, width: int) -> Line:
    """Tell what runs at the moment.

    Parameters
    ----------
    running : address -> for how many seconds it has been running, oldest first.
    done : how many tasks have ended.
    elapsed : seconds since the run began.
    """
    names = list(running)[:_MOST_RUNNING]
    shown = ", ".join(f"{name} {_whole(running[name])}" for name in names)
    if len(running) > len(names):
        shown += f" and {len(running) - len(names):,} more"
    tail = f"{count(done, 'task')} done · {_whole(elapsed)}"
    sign = (f"  {mark(State.RUNNING)} ", "cyan")
    room = width - len(tail) - 8
    if room < _NARROWEST:
        return line(sign, short(shown or tail, width - 5))
    return line(sign, f"{short(shown or 'starting', room)}   ", (tail, "dim"))


def _whole(value: float) -> str:
    """Write a duration that is still growing: whole seconds, so that the line keeps still."""
    return f"{int(value)} s" if value < 60 else seconds(value)
