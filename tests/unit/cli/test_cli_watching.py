from __future__ import annotations

import os
import signal
import threading
from types import TracebackType
from typing import Any, Self

from dalsegno.cli.interrupting import Interrupt
from dalsegno.cli.render.lines import Line, plain
from dalsegno.cli.render.outcome import Failure
from dalsegno.cli.render.progress import running_line
from dalsegno.cli.watching import Watcher
from dalsegno.model.plan import Action
from dalsegno.model.progress import Logged, TaskMoved
from dalsegno.model.run import LogLine
from dalsegno.model.state import State


class Heard:
    """Keeps the lines that it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """There is nothing to put away."""

    def line(self, line: Line) -> None:
        self.lines.append(plain(line))


def moved(address: str, state: State, **more: Any) -> TaskMoved:
    given: dict[str, Any] = {"attempt": 1, "action": Action.RUN, **more}
    return TaskMoved(0.0, address, address, "core.log.Log", state, **given)


def watching(**how: Any) -> tuple[Watcher, Heard]:
    watcher, heard = Watcher(words=True, **how), Heard()
    watcher.told = heard
    return watcher, heard


def test_a_line_is_told_for_each_task_as_it_ends() -> None:
    watcher, heard = watching()
    watcher(moved("load", State.RUNNING))
    assert heard.lines == []
    watcher(moved("load", State.SUCCESS, attempt=2, seconds=3.21))

    assert heard.lines == ["SUCCESS  load                           attempt 2       3.2 s"]
    assert watcher.ended.total() == 1


def test_a_pinned_task_is_told_as_pinned() -> None:
    watcher, heard = watching()
    watcher(moved("load", State.SUCCESS, action=Action.PIN, attempt=0))

    assert heard.lines[0].split() == ["SUCCESS", "load", "pinned"]


def test_groups_end_without_a_word_unless_they_fail_by_themselves() -> None:
    watcher, heard = watching()
    watcher(moved("side", State.SUCCESS, group=True))
    watcher(moved("each", State.FAILED, group=True, error={"message": "no list"}))

    assert [line.split()[:2] for line in heard.lines] == [["FAILED", "each"]]
    assert watcher.failures == (Failure("each", 1, {"message": "no list"}),)


def test_of_a_loop_with_many_items_the_first_are_told_and_then_how_many() -> None:
    watcher, heard = watching()
    for number in range(1, 1001):
        state = State.FAILED if number == 700 else State.SUCCESS
        watcher(moved(f"each[{number}].load", state, error={"message": "no"} if number == 700 else None))
    watcher(moved("each", State.SUCCESS, group=True, seconds=2.0))

    told = [line.split() for line in heard.lines]
    assert [words[1] for words in told[:10]] == [f"each[{number}].load" for number in range(1, 11)]
    assert [words[:4] for words in told[10:15]] == [
        ["SUCCESS", "each[...]", many, "tasks"] for many in ("20", "50", "100", "200", "500")
    ]
    assert told[15][:2] == ["FAILED", "each[700].load"]
    assert heard.lines[-1] == "SUCCESS  each[...]                      1,000 tasks     2.0 s"
    assert watcher.ended.total() == 1000


def test_a_loop_of_a_few_items_ends_without_a_word() -> None:
    watcher, heard = watching()
    for number in range(3):
        watcher(moved(f"each[{number}].load", State.SUCCESS))
    watcher(moved("each", State.SUCCESS, group=True, seconds=2.0))
    assert len(heard.lines) == 3


def test_a_group_that_fails_with_a_task_inside_is_told_once() -> None:
    watcher, heard = watching()
    watcher(moved("a", State.FAILED, error={"message": "no"}))
    watcher(moved("side", State.FAILED, group=True, error={"message": "`a` failed"}))

    assert [failure.address for failure in watcher.failures] == ["a"]
    assert len(heard.lines) == 1


def test_a_task_that_is_tried_again_says_why() -> None:
    watcher, heard = watching()
    watcher(moved("load", State.RETRYING, error={"message": "connection\nrefused"}))

    assert heard.lines[0].endswith("tried again: connection refused")
    assert watcher.ended.total() == 0


def test_log_lines_are_told_on_request_alone() -> None:
    event = Logged("load", 1, LogLine(0.0, "INFO", "hi\x1b[2J"))
    quiet, nothing = watching()
    quiet(event)
    verbose, heard = watching(verbose=True)
    verbose(event)

    assert nothing.lines == []
    assert heard.lines == ["    load | hi"]


def test_the_last_line_tells_what_runs_and_fits_the_screen() -> None:
    running = {"each[paris].load": 12.3, "each[rome].load": 2.0, "c": 1.0, "d": 1.0}

    for width in (40, 60, 80):
        text = plain(running_line(running, done=1200, elapsed=75.0, width=width))
        assert len(text) <= width
        assert "each[paris].load" in text
        assert ("1,200 tasks done · 1 min 15 s" in text) == (width > 40)


def test_the_watcher_knows_what_runs() -> None:
    watcher, _ = watching()
    watcher(moved("a", State.RUNNING))
    watcher(moved("b", State.RUNNING))
    watcher(moved("a", State.SUCCESS))

    assert plain(watcher.now_running(80)).split()[:3] == ["▸", "b", "0"]


def test_the_first_ctrl_c_stops_the_run_and_the_process_goes_on() -> None:
    stopped, noticed = threading.Event(), threading.Event()
    before = signal.getsignal(signal.SIGINT)
    with Interrupt(noticed.set) as interrupt:
        interrupt.arm(stopped.set)
        os.kill(os.getpid(), signal.SIGINT)
        assert stopped.wait(5)
        assert noticed.wait(5)

    assert interrupt.exit_code == 130
    assert signal.getsignal(signal.SIGINT) is before


def test_a_ctrl_c_before_the_run_began_stops_it_once_it_has() -> None:
    noticed, stopped = threading.Event(), threading.Event()
    with Interrupt(noticed.set) as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert noticed.wait(5)
        interrupt.arm(stopped.set)
        assert stopped.is_set()


def test_without_a_signal_there_is_no_exit_code_of_its_own() -> None:
    with Interrupt(lambda: None) as interrupt:
        pass
    assert interrupt.exit_code is None
