from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dalsegno.cli import main
from dalsegno.cli.executing import command_with

FLOW = """\
id: books
namespace: company.team
inputs:
  - id: who
    type: STRING
    defaults: world
tasks:
  - id: hello
    type: core.debug.Return
    format: "hello {{ inputs.who }}"
  - id: check
    type: core.execution.Fail
    errorMessage: "the books of {{ inputs.who }} do not balance"
  - id: bye
    type: core.log.Log
    message: bye
"""
FIXED = FLOW.replace('core.execution.Fail\n    errorMessage: "the', 'core.log.Log\n    message: "the')


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALSEGNO_HOME", str(tmp_path / "home"))
    for name in ("FORCE_COLOR", "COLUMNS", "DALSEGNO_DEBUG", "DALSEGNO_STORE"):
        monkeypatch.delenv(name, raising=False)
    Path("flow.yaml").write_text(FLOW)
    Path("fixed.yaml").write_text(FIXED)
    return tmp_path


class Shell:
    """Calls the command line and keeps what it wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *words: str) -> int:
        code = main(words)
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *words: str, code: int = 0) -> Any:
        """Call with `--json`, and give the one document."""
        assert self(*words, "--json") == code
        return json.loads(self.out)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def commands() -> list[list[str]]:
    top = [
        "demo",
        "run",
        "replay",
        "plan",
        "runs",
        "show",
        "gantt",
        "outputs",
        "lineage",
        "why",
        "kill",
        "logs",
        "tasks",
    ]
    flow = ["list", "save", "show", "revisions", "diff", "restore", "validate"]
    return [*([name] for name in top), ["artifact", "get"], *(["flow", name] for name in flow)]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example_and_gives_json(shell: Shell, words: list[str]) -> None:
    assert shell(*words, "--help") == 0
    assert f"dalsegno {' '.join(words)}" in shell.out.split("Examples:")[1]
    assert "--json" in shell.out
    assert max(len(line) for line in shell.out.splitlines()) <= 100


def test_a_start_imports_what_was_called_and_no_more() -> None:
    script = (
        "import sys; from dalsegno.cli.app import make_app; make_app('run');"
        "print(*{'rich', 'sqlalchemy', 'pydantic', 'yaml', 'jinja2', 'dalsegno.cli.commands.flows'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "\n"


def test_without_a_word_the_help_is_shown(shell: Shell) -> None:
    assert shell() == 0
    assert "replay" in shell.out
    assert shell("--version") == 0
    assert re.fullmatch(r"dalsegno \d+\.\d+\.\d+\n", shell.out)


def test_a_flow_fails_is_fixed_and_is_replayed_with_the_command_that_was_printed(shell: Shell) -> None:
    assert shell("run", "flow.yaml") == 1
    assert "the books of world do not balance" in shell.err
    *_, command = shell.err.strip().splitlines()
    assert command.strip() == "dalsegno replay books-1 --from check --file flow.yaml"

    Path("flow.yaml").write_text(FIXED)
    assert shell(*command.split()[1:]) == 0
    assert shell.out.startswith("✓ SUCCESS  books-2 in ")
    assert "1 reused: hello" in shell.err

    shown = shell.json("show", "last")
    assert [(each["address"], each["action"], each["attempt"]) for each in shown["task_runs"]] == [
        ("hello", "REUSE", 1), ("check", "RUN", 2), ("bye", "RUN", 1),
    ]  # fmt: skip
    assert shell("runs") == 0
    assert "fixed by books-2" in shell.out
    assert shell("show", "books-1") == 0
    assert shell.out.endswith("A later replay went well: books-2\n")


def test_a_dry_run_writes_nothing_and_gives_the_command_that_does_it(shell: Shell) -> None:
    shell("run", "flow.yaml")
    assert shell("replay", "last", "--from", "check", "--file", "fixed.yaml", "--dry-run") == 0
    command = shell.out.strip().splitlines()[-1].removeprefix("To do it:  dalsegno ")
    assert len(shell.json("runs")["runs"]) == 1

    assert shell(*command.split()) == 0
    assert shell.json("show", "last")["revision"] == 2


def test_a_plan_that_moved_is_refused_and_the_new_one_is_shown(shell: Shell) -> None:
    assert shell("run", "flow.yaml", "--digest", "0123456789ab") == 2
    assert "the plan has moved" in shell.err
    assert "RUN  check" in shell.err
    assert shell.json("runs")["runs"] == []


def test_json_is_one_document_whatever_happens(shell: Shell) -> None:
    assert shell.json("run", "flow.yaml", code=1)["state"] == "FAILED"
    assert shell.json("replay", "books-1", "--from", "chekc", code=2)["error"]["closest"] == ["check"]
    assert shell.json("show", "bokos-1", code=2)["error"]["code"] == "unknown-run"
    assert shell.json("replay", code=2)["error"]["code"] == "usage"
    plan = shell.json("replay", "books-1", "--from", "chekc", "--dry-run", code=2)
    assert plan["refusals"][0]["code"] == plan["error"]["code"] == "unknown-address"
    assert shell.json("replay", "books-1", "--from", "check", "--file", "fixed.yaml")["state"] == "SUCCESS"


def test_every_command_that_looks_gives_json(shell: Shell) -> None:
    shell("run", "flow.yaml", "-i", "who=rome")
    assert shell.json("outputs", "last")["tasks"]["hello"] == {"value": "hello rome"}
    assert shell.json("outputs", "last", "hello") == {"value": "hello rome"}
    assert [each["address"] for each in shell.json("gantt", "last")["bars"]] == ["hello", "check"]
    assert shell.json("why", "last", "check")["action"] == "RUN"
    assert shell.json("why", "last", "bye")["state"] is None
    assert [each["name"] for each in shell.json("lineage", "last")["runs"]] == ["books-1"]
    assert shell.json("logs", "last")["lines"][-1]["text"].endswith("do not balance")
    assert shell.json("flow", "list")["flows"][0]["id"] == "books"
    assert shell.json("flow", "show", "books")["source"] == FLOW
    assert shell.json("flow", "save", "fixed.yaml")["new"] is True
    assert len(shell.json("flow", "revisions", "books")["revisions"]) == 2
    assert "+    type: core.log.Log" in shell.json("flow", "diff", "books")["diff"]
    assert shell.json("flow", "restore", "books", "1")["revision"] == 3
    assert "core.log.Log" in shell.json("tasks")["types"]
    assert shell.json("tasks", "core.log.Log")["name"] == "core.log.Log"


def test_the_text_of_a_flow_comes_back_to_the_letter(shell: Shell) -> None:
    shell("flow", "save", "flow.yaml")
    assert shell("flow", "show", "books") == 0
    assert shell.out == FLOW


def test_overrides_pins_labels_and_a_reason_reach_the_run(shell: Shell) -> None:
    words = ["--pin", "check={}", "--task-input", "hello.format=3", "--task-input-expr", "bye.message={{ flow.id }}"]
    run = shell.json("run", "fixed.yaml", *words, "--label", "team=bikes", "--reason", "try", code=0)
    by_address = {each["address"]: each for each in run["task_runs"]}

    assert by_address["check"]["action"] == "PIN"
    assert str(by_address["hello"]["outputs"]["value"]) == "3"
    assert run["labels"] == {"team": "bikes"}
    assert run["reason"] == "try"
    assert shell.json("logs", "last", "bye")["lines"][0]["text"] == "books"


def test_problems_of_files_are_told_line_by_line_and_end_with_2(shell: Shell) -> None:
    Path("bad.yaml").write_text(FLOW.replace("core.log.Log", "core.log.Lgo").replace("errorMessage", "errorMesage"))

    assert shell("flow", "validate", "bad.yaml", "flow.yaml") == 2
    assert [line.split(": ")[0] for line in shell.out.splitlines() if ": note: " not in line] == [
        "bad.yaml:13:5",
        "bad.yaml:15:11",
    ]
    assert len(shell.json("flow", "validate", "bad.yaml", code=2)["problems"]) == 2
    assert shell("run", "bad.yaml") == 2
    assert shell("flow", "validate", "flow.yaml") == 0


def test_a_warning_is_told_before_a_run_and_strict_refuses_it(shell: Shell) -> None:
    Path("odd.yaml").write_text(FIXED.replace("{{ inputs.who }} do", "{{ outputs.nobody.value }} do"))

    assert shell("run", "odd.yaml", "--strict") == 2
    assert "warning" in shell.err
    assert shell.json("runs")["runs"] == []
    assert shell("run", "odd.yaml") == 1
    assert "odd.yaml:13:" in shell.err.split("books-1")[0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["runz"], "No such command"),
        (["runs", "--foo"], "No such option"),
        (["replay"], "Missing argument"),
        (["run", "nosuch"], "there is no flow `nosuch`"),
        (["run", "flow.yml"], "did you mean `flow.yaml`"),
        (["run", "flow.yaml", "-i", "who"], "NAME=VALUE"),
        (["run", "flow.yaml", "again"], "one word too many"),
        (["run", "resume"], "needs the run to carry on"),
        (["run", "resume", "last", "--dry-run"], "takes no other options"),
        (["replay", "last"], "there is no run yet"),
        (["replay", "last", "--file", "fixed.yaml", "--revision", "1"], "drop one of them"),
        (["runs", "--state", "failde"], "did you mean `FAILED`"),
        (["tasks", "core.log.Lgo"], "core.log.Log"),
        (["artifact", "get", "12345678"], "there is no artifact"),
    ],
)
def test_a_wrong_request_is_refused_with_what_to_do(shell: Shell, words: list[str], told: str) -> None:
    assert shell(*words) == 2
    assert told in " ".join(shell.err.split())
    assert shell.out == ""


def test_a_fault_of_ours_is_short_and_gives_the_traceback_on_request(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("gone")

    monkeypatch.setattr("dalsegno.client.client.Client.page_of_runs", broken)

    assert shell("runs") == 1
    assert "a fault of Dal Segno" in shell.err
    assert "Traceback" not in shell.err
    assert shell.json("runs", code=1)["error"]["code"] == "internal"
    monkeypatch.setenv("DALSEGNO_DEBUG", "1")
    assert shell("runs") == 1
    assert "Traceback" in shell.err


def test_what_the_system_refuses_is_told_with_the_path(shell: Shell, place: Path) -> None:
    (place / "home").write_text("a file where the data directory should be")

    assert shell("runs") == 1
    assert shell.err == f"error: `{place / 'home'}`: File exists\n"


def test_nothing_is_styled_where_there_is_no_terminal(shell: Shell) -> None:
    shell("run", "flow.yaml")
    for words in (["show", "last"], ["gantt", "last"], ["why", "last", "check"], ["runs"]):
        assert shell(*words) == 0
        assert "\x1b" not in shell.out + shell.err


def test_the_screen_is_kept_at_80_columns(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shell("run", "flow.yaml")
    shell("replay", "last", "--from", "check", "--file", "fixed.yaml")
    for words in (["show", "last"], ["gantt", "last"], ["runs"], ["flow", "list"], ["tasks", "core.http.Download"]):
        assert shell(*words) == 0
        assert max(len(line) for line in shell.out.splitlines()) <= 80


def test_a_whole_plan_is_repeated_without_the_flags_that_only_look() -> None:
    words = ["replay", "last", "--from", 'each["a b"]', "--dry-run", "--digest", "old", "--json", "--digest=older"]

    assert command_with(words, "new") == "dalsegno replay last --from 'each[\"a b\"]' --digest new"
