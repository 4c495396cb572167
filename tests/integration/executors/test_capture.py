"""What steps print side by side: every line is told to its step, and none is torn on the terminal."""

from __future__ import annotations

import contextvars
import sys
import threading

import pytest

from dalsegno.executors.capture import captured


def together(count: int) -> list[list[str]]:
    """Print lines in pieces from several threads at once, each piece when all have come to it; give what each was told."""
    told: list[list[str]] = [[] for _ in range(count)]
    barrier = threading.Barrier(count)

    def write(number: int) -> None:
        with captured(lambda _, line: told[number].append(line)):
            for piece in ("thread ", str(number), "\n", "no end"):
                barrier.wait()
                sys.stdout.write(piece)

    threads = [
        threading.Thread(target=contextvars.Context().run, args=(write, number), daemon=True) for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_lines_that_are_printed_in_pieces_side_by_side_stay_whole(capsys: pytest.CaptureFixture[str]) -> None:
    told = together(3)
    assert told == [[f"thread {number}", "no end"] for number in range(3)]
    lines = capsys.readouterr().out.split("\n")
    assert sorted(lines[:3]) == ["thread 0", "thread 1", "thread 2"]
    assert lines[3] == "no end" * 3


def test_what_has_no_end_of_line_is_shown_when_it_is_flushed(capsys: pytest.CaptureFixture[str]) -> None:
    with captured(lambda _, __: None):
        sys.stdout.write("50%\r")
        assert capsys.readouterr().out == "50%\r"
        sys.stdout.write("who? ")
        sys.stdout.flush()
        assert capsys.readouterr().out == "who? "
        sys.stdout.write("held")
        assert capsys.readouterr().out == ""
    assert capsys.readouterr().out == "held"
