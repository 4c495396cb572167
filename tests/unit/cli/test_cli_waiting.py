from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

from dalsegno.cli.render.lines import plain
from dalsegno.cli.render.progress import paused_line
from dalsegno.cli.render.waiting import resume_command, waiting_lines
from dalsegno.cli.watching import Watcher
from dalsegno.model.flow import Input, InputType
from dalsegno.model.plan import Action
from dalsegno.model.progress import TaskMoved
from dalsegno.model.run import TaskRun
from dalsegno.model.state import State
from dalsegno.service.waits import Wait

NOON = 1_723_723_200.0
ASKS = (
    Input("approved", InputType.BOOL, description="May it go on?"),
    Input("note", InputType.STRING, default="none", has_default=True),
    Input("who", InputType.STRING, required=False),
)


def task_run(address: str, **more: Any) -> TaskRun:
    return TaskRun("1", "r", address, address, "core.flow.Pause", State.PAUSED, Action.RUN, **more)


def test_a_pause_says_what_it_asks_until_when_and_how_to_answer(draw: Callable[..., str]) -> None:
    wait = Wait(task_run("ask"), "pause", NOON, ASKS, NOON + 3600, State.FAILED)

    assert draw(waiting_lines([wait], "books-1", 80, UTC)).splitlines() == [
        "ask asks since 2024-08-15 12:00:00",
        "    approved  BOOL    May it go on?",
        "    note      STRING  none if nothing is said",
        "    who       STRING  may be left out",
        "  it fails at 2024-08-15 13:00:00",
        "",
        "To go on:",
        "  dalsegno resume books-1 -i approved=VALUE",
    ]  # fmt: skip


def test_a_breakpoint_shows_what_the_task_would_get(draw: Callable[..., str]) -> None:
    wait = Wait(task_run("load", properties={"value": [1, 2], "long": "x" * 200}), "breakpoint", NOON)

    text = draw(waiting_lines([wait], "books-1", 60, UTC)).splitlines()

    assert text[:2] == ["load has not begun: a breakpoint stands before it", "    value  [1, 2]"]
    assert text[2].endswith("…")
    assert max(map(len, text)) <= 60
    assert text[-1] == "  dalsegno resume books-1"


def test_of_many_only_some_are_shown_and_the_command_answers_all(draw: Callable[..., str]) -> None:
    waits = [Wait(task_run(f"each[{key}].ask"), "pause", NOON, ASKS[:1]) for key in range(10)]

    text = draw(waiting_lines(waits, "a b", 80, UTC))

    assert text.count(" asks since ") == 8
    assert "and 2 more: dalsegno show 'a b'" in text
    assert "(--pause ADDRESS for one)" in text
    assert resume_command(waits, "a b") == "dalsegno resume 'a b' -i approved=VALUE"


def test_a_task_that_waits_is_told_and_does_not_count_as_one_that_ran() -> None:
    event = TaskMoved(0.0, "ask", "ask", "core.flow.Pause", State.PAUSED, 1, Action.RUN)
    watcher = Watcher(words=True)
    watcher(event)

    assert plain(paused_line(event, words=True)).split() == ["PAUSED", "ask", "waits"]
    assert watcher.ended.total() == 0
