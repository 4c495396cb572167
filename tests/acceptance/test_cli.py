"""The command line as real processes: signals, a killed engine, a terminal, pipes, completion."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DALSEGNO = str(Path(sys.executable).with_name("dalsegno"))
PATIENCE = 30.0

NAP = """\
id: nap
namespace: company.team
tasks:
  - id: first
    type: core.debug.Return
    format: "made once"
  - id: sleep
    type: core.flow.Sleep
    duration: PT{seconds}S
  - id: last
    type: core.log.Log
    message: "{{{{ outputs.first.value }}}}"
"""
FAILING = """\
id: books
namespace: company.team
tasks:
  - id: check
    type: core.execution.Fail
    errorMessage: they do not balance
"""


class Place:
    """A folder with a data directory of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        known = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "DALSEGNO_STORE")
        self.environ = {name: value for name, value in os.environ.items() if name not in known}
        self.environ |= {"DALSEGNO_HOME": str(folder / "home"), "TERM": "xterm-256color"}

    def flow(self, text: str) -> str:
        (self.folder / "flow.yaml").write_text(text)
        return "flow.yaml"

    def start(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [DALSEGNO, *words], cwd=self.folder, env=self.environ, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **more,
        )  # fmt: skip

    def call(self, *words: str) -> tuple[int, str, str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    def json(self, *words: str) -> Any:
        return json.loads(self.call(*words, "--json")[1])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def told(process: subprocess.Popen[str], word: str) -> str:
    """Read the standard error of a process up to a word."""
    assert process.stderr is not None
    seen = ""
    for line in process.stderr:
        seen += line
        if word in line:
            return seen
    raise AssertionError(f"`{word}` was never told: {seen}")


def test_ctrl_c_ends_a_run_cleanly_and_the_printed_command_goes_on_with_it(place: Place) -> None:
    process = place.start("run", place.flow(NAP.format(seconds=60)))
    told(process, "first")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 130
    assert out.startswith("■ KILLED  nap-1")
    assert "stopping the run" in err
    command = err.strip().splitlines()[-1].strip()
    assert command == "dalsegno replay nap-1 --skip-successful"

    code, out, err = place.call(*command.split()[1:], "--task-input", "sleep.duration=PT0.01S")
    assert (code, "1 reused" in out) == (0, True)


def test_a_second_ctrl_c_ends_the_process_at_once(place: Place) -> None:
    text = FAILING.replace("core.execution.Fail", "scripts.shell.Commands")
    stubborn = "commands: [\"trap '' TERM INT; echo ready; sleep 60\"]"
    place.flow(text.replace("errorMessage: they do not balance", stubborn))
    process = place.start("run", "flow.yaml", "-v", start_new_session=True)
    told(process, "ready")
    process.send_signal(signal.SIGINT)
    told(process, "press Ctrl-C again")
    process.send_signal(signal.SIGINT)

    try:
        assert process.wait(timeout=PATIENCE) == 130
    finally:
        _end_session(process.pid)
        out, _ = process.communicate()
    # nothing of a run that ended, for it did not: it can be carried on
    assert out == ""
    assert place.json("show", "last")["state"] == "RUNNING"


def _end_session(session: int) -> None:
    """End the script that the process left behind."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            os.kill(int(entry.parent.name), signal.SIGKILL)


def test_a_run_whose_process_was_killed_is_carried_on_and_refused_while_it_lives(place: Place) -> None:
    process = place.start("run", place.flow(NAP.format(seconds=5)))
    told(process, "first")

    code, _, err = place.call("run", "resume", "last")
    assert code == 2
    assert "is being executed" in " ".join(err.split())

    process.kill()
    process.communicate()
    code, out, err = place.call("run", "resume", "nap-1")
    assert code == 0, err
    assert out.startswith("✓ SUCCESS  nap-1")
    attempts = {each["address"]: each["attempt"] for each in place.json("show", "nap-1")["task_runs"]}
    assert attempts["first"] == 1


def test_a_run_is_stopped_from_another_terminal_and_its_log_is_followed(place: Place) -> None:
    process = place.start("run", place.flow(NAP.format(seconds=60)))
    told(process, "first")
    logs = place.start("logs", "last", "-f")

    assert place.call("kill", "last")[0] == 0
    assert process.wait(timeout=PATIENCE) == 1
    process.communicate()
    logs.communicate(timeout=PATIENCE)
    assert logs.returncode == 0
    assert place.json("show", "last")["state"] == "KILLED"


def test_a_terminal_gets_a_screen_and_no_color_takes_the_colour_away(place: Place) -> None:
    place.flow(NAP.format(seconds=1))
    code, screen = _on_a_terminal(place, "run", "flow.yaml")
    assert code == 0
    assert "\x1b[32m" in screen
    assert "▸ sleep" in _text(screen)
    assert "✓ SUCCESS  nap-1" in _text(screen)

    place.environ["NO_COLOR"] = "1"
    for words in (("gantt", "last"), ("show", "last"), ("runs",)):
        code, screen = _on_a_terminal(place, *words)
        assert code == 0
        assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", screen)
        assert max(len(line) for line in _text(screen).splitlines()) <= 80


def _on_a_terminal(place: Place, *words: str) -> tuple[int, str]:
    """Call on a terminal of 80 columns, and give all that it was sent."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(place.folder)
        os.execve(DALSEGNO, [DALSEGNO, *words], {**place.environ, "COLUMNS": "80", "LINES": "24"})
    screen = b"".join(_read(terminal))
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), screen.decode()


def _read(terminal: int) -> Iterator[bytes]:
    while select.select([terminal], [], [], PATIENCE)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the other side has gone
            return
        if not data:
            return
        yield data


def _text(screen: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", screen)


def test_what_reads_a_pipe_may_go_away(place: Place) -> None:
    place.call("run", place.flow(FAILING))
    process = place.start("runs")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr as stderr:
        assert stderr.read() == ""
    assert process.wait(timeout=PATIENCE) in (0, 1)


def test_a_stored_file_comes_out_whole(place: Place) -> None:
    script = 'type: scripts.shell.Commands\n    outputFiles: ["*.bin"]\n    commands: ["printf \'a\\\\000b\' > a.bin"]'
    place.flow(FAILING.replace("type: core.execution.Fail\n    errorMessage: they do not balance", script))
    assert place.call("run", "flow.yaml")[0] == 0
    uri = place.json("outputs", "last", "check")["outputFiles"]["a.bin"]

    assert place.call("artifact", "get", uri, "-o", "copy.bin")[0] == 0
    assert (place.folder / "copy.bin").read_bytes() == b"a\x00b"
    piped = subprocess.run([DALSEGNO, "artifact", "get", uri], env=place.environ, capture_output=True, check=True)
    assert piped.stdout == b"a\x00b"


def test_the_shell_completes_commands(place: Place) -> None:
    place.environ |= {"_DALSEGNO_COMPLETE": "complete_bash", "COMP_WORDS": "dalsegno rep", "COMP_CWORD": "1"}

    assert "replay" in place.call()[1].split()
