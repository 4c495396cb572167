from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import ValidationError
from tests.support.task_context import FolderContext

from dalsegno.errors import Cancelled, DalSegnoError, TaskFailed
from dalsegno.tasks.scripts.shell import Commands


def run(context: FolderContext, *commands: str, **properties: Any) -> Commands.Output:
    return Commands.model_validate({"commands": list(commands), **properties}).run(context)


def fails(context: FolderContext, *commands: str, **properties: Any) -> TaskFailed:
    with pytest.raises(TaskFailed) as failed:
        run(context, *commands, **properties)
    assert failed.value.hint
    return failed.value


def test_lines_of_both_streams_come_to_the_log_in_their_order(context: FolderContext) -> None:
    got = run(context, "echo one; echo zwölf", "echo trouble >&2", "printf 'no end\\r'")
    assert [line for line in context.lines if line[0] == "stdout"] == [
        ("stdout", "one"),
        ("stdout", "zwölf"),
        ("stdout", "no end"),
    ]
    assert ("stderr", "trouble") in context.lines
    assert (got.exit_code, got.vars, got.output_files) == (0, {}, {})


def test_a_large_output_comes_whole(context: FolderContext) -> None:
    run(context, "i=0; while [ $i -lt 30000 ]; do echo line-$i; i=$((i+1)); done")
    assert [text for _, text in context.lines] == [f"line-{number}" for number in range(30000)]


def test_bytes_that_are_no_text_and_endless_lines_do_no_harm(context: FolderContext) -> None:
    run(context, "printf '\\377\\n'; head -c 3000000 /dev/zero")
    assert context.lines[0] == ("stdout", "\ufffd")
    assert sum(len(text) for _, text in context.lines[1:]) == 3_000_000


def test_an_exit_code_other_than_zero_fails_and_says_the_last_line(context: FolderContext) -> None:
    failed = fails(context, "echo what happened >&2", "exit 3")
    assert failed.message == "the script ended with exit code 3: what happened"
    assert failed.details == {"exitCode": 3, "stderr": ["what happened"]}


def test_the_first_command_that_fails_ends_the_script_unless_it_may_go_on(context: FolderContext) -> None:
    fails(context, "false", "echo never")
    run(context, "false", "echo after all", failFast=False)
    assert context.lines == [("stdout", "after all")]


def test_a_script_that_is_killed_says_by_what(context: FolderContext) -> None:
    failed = fails(context, "kill -KILL $$")
    assert "SIGKILL" in failed.message
    assert "memory" in (failed.hint or "")


def test_the_environment_holds_the_runs_facts_and_the_tasks_own(
    context: FolderContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FROM_OUTSIDE", "o")
    monkeypatch.setenv("DALSEGNO_SECRET_KEY", "k")
    run(
        context,
        'echo "$FROM_OUTSIDE $MINE $MAP $DALSEGNO_RUN_ID $DALSEGNO_IS_REPLAY [$DALSEGNO_SECRET_KEY]"',
        env={"MINE": 1, "MAP": {"a": None}, "GONE": None},
    )
    assert context.lines == [("stdout", f'o 1 {{"a": null}} {context.run_id} false []')]


def test_commands_before_run_in_the_same_script(context: FolderContext) -> None:
    run(context, 'echo "$x"', beforeCommands=["x=prepared"])
    assert context.lines == [("stdout", "prepared")]


def test_another_interpreter_gets_the_script(context: FolderContext) -> None:
    run(context, "import os", "print(os.getcwd() == os.path.realpath('.'))", interpreter="python3 -c")
    assert context.lines == [("stdout", "True")]


@pytest.mark.parametrize("interpreter", [["no-such-program", "-c"], ["/"]])
def test_an_interpreter_that_is_not_there_fails(context: FolderContext, interpreter: list[str]) -> None:
    failed = fails(context, "true", interpreter=interpreter)
    assert failed.code == "script-not-started"
    assert "could not be started" in failed.message


def test_a_script_too_long_for_a_command_line_fails(context: FolderContext) -> None:
    assert "`inputFiles`" in (fails(context, "echo " + "x" * 3_000_000).hint or "")


def test_messages_give_outputs_and_metrics_and_stay_out_of_the_log(context: FolderContext) -> None:
    got = run(
        context,
        """echo '::{"outputs": {"rows": 3, "list": [1, "ü"]}}::'""",
        """echo '::{"outputs": {"rows": 4}, "metrics": [{"name": "kept", "type": "counter", "value": 2}]}::'""",
        "echo '::{broken}::'",
        "echo '::{\"outputs\": 3}::'",
    )
    assert got.vars == {"rows": 4, "list": [1, "ü"]}
    assert context.metrics == {"kept": 2}
    assert [level for level, _ in context.lines] == ["warning", "stdout", "warning", "stdout"]


def test_files_go_in_and_come_out(context: FolderContext) -> None:
    uri = context.add_file("stored", "a.txt")
    got = run(
        context,
        "cat text.txt in/stored.txt > joined.txt",
        "mkdir out && cp joined.txt out/1.csv && cp joined.txt 'out/2 b.csv'",
        "echo changed >> in/stored.txt",
        inputFiles={"text.txt": "written ", "in/stored.txt": uri},
        outputFiles=["joined.txt", "out/*.csv", "**/*.parquet"],
    )
    assert set(got.output_files) == {"joined.txt", "out/1.csv", "out/2 b.csv"}
    assert {context.read_file(uri) for uri in got.output_files.values()} == {b"written stored"}
    assert context.read_file(uri) == b"stored"
    assert ("warning", "no file matches `**/*.parquet` of `outputFiles`") in context.lines


def test_a_link_among_the_outputs_gives_what_it_points_at(context: FolderContext) -> None:
    got = run(context, "echo x > a", "ln -s a b", outputFiles=["b"])
    assert context.read_file(got.output_files["b"]) == b"x\n"


def test_an_output_file_that_was_not_made_fails_and_names_what_was(context: FolderContext) -> None:
    failed = fails(context, "touch made.txt", outputFiles="result.txt")
    assert failed.message == "the script did not make the file `result.txt`"
    assert "holds made.txt" in (failed.hint or "")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", ""])
@pytest.mark.parametrize("where", ["inputFiles", "outputFiles"])
def test_files_outside_the_working_folder_are_refused(context: FolderContext, where: str, name: str) -> None:
    files = {"inputFiles": {name: "x"}, "outputFiles": [name]}[where]
    assert fails(context, "true", **{where: files}).code == "bad-file-name"


def test_no_commands_are_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1"):
        Commands.model_validate({"commands": []})


class Background:
    """A script on a thread of its own, which says through a pipe in the file system how far it is."""

    def __init__(self, context: FolderContext, script: Callable[[Path], str], **properties: Any) -> None:
        self.ended: list[DalSegnoError | Commands.Output] = []
        pipe = context.folder / "pipe"
        os.mkfifo(pipe)
        self._context = context
        self._thread = threading.Thread(target=self._run, args=(script(pipe), properties))
        self._thread.start()
        # opening waits for the script, reading for the last of its processes to close it
        self.said = pipe.read_text().split()

    def _run(self, script: str, properties: dict[str, Any]) -> None:
        try:
            self.ended.append(run(self._context, script, **properties))
        except DalSegnoError as error:
            self.ended.append(error)

    def join(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()


def await_death(pids: list[str]) -> list[int]:
    """Give those that still live after some time; a zombie lives no more."""
    processes = [psutil.Process(int(pid)) for pid in pids if psutil.pid_exists(int(pid))]
    _, alive = psutil.wait_procs([p for p in processes if p.status() != psutil.STATUS_ZOMBIE], timeout=10)
    return [process.pid for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def test_a_script_told_to_stop_ends_with_all_its_children(context: FolderContext) -> None:
    script = Background(
        context, lambda pipe: f"sleep 1000 & sh -c 'sleep 1001 & echo $! >{pipe}.x; wait' &\n"
        f"while [ ! -s {pipe}.x ]; do :; done; echo $$ $! $(cat {pipe}.x) > {pipe}; wait"
    )  # fmt: skip
    assert len(script.said) == 3
    context.cancel()
    script.join()
    assert [type(end) for end in script.ended] == [Cancelled]
    assert await_death(script.said) == []


def test_a_child_that_will_not_stop_is_killed_when_the_grace_is_over(context: FolderContext) -> None:
    script = Background(
        context, lambda pipe: f"trap '' TERM; sleep 1000 & echo $$ $! > {pipe}; wait; wait", grace="PT0.2S"
    )  # fmt: skip
    context.cancel()
    script.join()
    assert [type(end) for end in script.ended] == [Cancelled]
    assert await_death(script.said) == []


def test_a_child_may_clean_up_within_the_grace_and_its_last_words_are_kept(context: FolderContext) -> None:
    script = Background(
        context,
        lambda pipe: f"sh -c 'trap \"echo saved; exit 0\" TERM; echo $$ > {pipe}; while :; do sleep 0.01; done'\ntrue",
        grace="PT20S",
    )
    context.cancel()
    script.join()
    assert [type(end) for end in script.ended] == [Cancelled]
    assert ("stdout", "saved") in context.lines


def test_what_a_script_leaves_running_ends_with_it_and_is_not_waited_for(context: FolderContext) -> None:
    got = run(context, "sleep 1000 & echo $!")
    assert got.exit_code == 0
    assert await_death([context.lines[0][1]]) == []


def test_a_failing_log_ends_the_script_too(context: FolderContext, monkeypatch: pytest.MonkeyPatch) -> None:
    pids: list[str] = []

    def refuse(name: str, text: str) -> None:
        pids.append(text)
        raise OSError("the log is full")

    monkeypatch.setattr(context.log, "stream", refuse)
    with pytest.raises(OSError, match="the log is full"):
        run(context, "echo $$; sleep 1000")
    assert await_death(pids) == []


def test_a_script_leaves_no_descriptors_open(context: FolderContext) -> None:
    run(context, "true")
    before = psutil.Process().num_fds()
    for _ in range(5):
        run(context, "true")
    assert psutil.Process().num_fds() == before
