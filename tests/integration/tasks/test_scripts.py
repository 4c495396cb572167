"""Scripts in shell, Python and node, in real processes."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.task_context import FolderContext

from dalsegno.errors import TaskFailed
from dalsegno.tasks.scripts import node, python, shell
from dalsegno.tasks.scripts.base import ScriptTask
from dalsegno.tasks.scripts.workplace import OUTPUT, WORK

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")
SCRIPTS: dict[type[ScriptTask], str] = {
    shell.Script: "echo one; echo 'two' >&2",
    python.Script: "import sys\nprint('one')\nprint('two', file=sys.stderr)",
    node.Script: "console.log('one'); console.error('two')",
}


def run(context: FolderContext, kind: type[ScriptTask], text: str | list[str], **properties: Any) -> ScriptTask.Output:
    name = "script" if "script" in kind.model_fields else "commands"
    return kind.model_validate({name: text, **properties}).run(context)


def said(context: FolderContext, stream: str = "stdout") -> list[str]:
    return [text for name, text in context.lines if name == stream]


@pytest.mark.parametrize("kind", [shell.Script, python.Script, pytest.param(node.Script, marks=needs_node)])
def test_a_script_is_run_by_its_program(context: FolderContext, kind: type[ScriptTask]) -> None:
    got = run(context, kind, SCRIPTS[kind])
    assert (said(context), said(context, "stderr")) == (["one"], ["two"])
    assert got.model_dump(by_alias=True) == {"exitCode": 0, "vars": {}, "outputFiles": {}}
    assert context.warnings == []


@pytest.mark.parametrize("kind", [python.Script, pytest.param(node.Script, marks=needs_node)])
def test_commands_before_a_script_run_in_a_shell(context: FolderContext, kind: type[ScriptTask]) -> None:
    text = "import os; print(os.environ['X'])" if kind is python.Script else "console.log(process.env.X)"
    run(context, kind, text, beforeCommands=["export X=prepared"])
    assert said(context) == ["prepared"]


@pytest.mark.parametrize("kind", [python.Script, pytest.param(node.Script, marks=needs_node)])
def test_a_script_that_fails_says_so(context: FolderContext, kind: type[ScriptTask]) -> None:
    with pytest.raises(TaskFailed, match="exit code 1") as failed:
        run(context, kind, "this is no program (")
    assert failed.value.code == "script-failed"


def test_python_commands_run_files_and_find_modules_beside_them(context: FolderContext) -> None:
    files = {"main.py": "import part\nprint(part.VALUE)", "part.py": "VALUE = 5"}
    got = run(context, python.Commands, "python main.py", inputFiles=files, outputFiles=["**/*"])
    assert said(context) == ["5"]
    assert sorted(got.output_files) == ["main.py", "part.py"]


def test_the_script_itself_is_no_output_and_stands_in_nobodys_way(context: FolderContext) -> None:
    text = "import script\nopen('made.py', 'w').write(script.NAME)"
    got = run(context, python.Script, text, inputFiles={"script.py": "NAME = 'x'"}, outputFiles=["*.py"])
    assert sorted(got.output_files) == ["made.py", "script.py"]
    assert context.read_file(got.output_files["script.py"]) == b"NAME = 'x'"


@pytest.mark.parametrize("text", ["print(1)", "raise SystemExit(3)"])
def test_the_script_does_not_stay_in_the_folder_for_others(
    context: FolderContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(context, "workdir", lambda: tmp_path)
    with suppress(TaskFailed):
        run(context, python.Script, text)
    assert [path.name for path in tmp_path.glob("*.py")] == []


def test_python_is_the_one_that_runs_dal_segno(context: FolderContext) -> None:
    run(context, python.Script, "import sys; print(sys.prefix)")
    run(context, python.Commands, "python -c 'import sys; print(sys.prefix)'")
    assert said(context) == [sys.prefix, sys.prefix]


def test_a_command_that_is_not_there_says_what_to_do(context: FolderContext) -> None:
    with pytest.raises(TaskFailed, match="exit code 127") as failed:
        run(context, shell.Script, "no-such-program-at-all")
    assert "installed" in (failed.value.hint or "")


# what a script hands over


def test_the_helper_hands_over_outputs_metrics_and_log_lines(context: FolderContext) -> None:
    text = """
from datetime import date
from dalsegno_script import counter, log, outputs, timer
outputs({"rows": 3, "day": date(2024, 5, 1), "text": "zwölf"})
outputs({"more": [1, None]})
counter("kept", 2)
counter("kept", 3)
timer("took", 0.5)
log("all well")
log("hm", level="WARN")
"""
    got = run(context, python.Script, text)
    assert got.vars == {"rows": 3, "day": "2024-05-01", "text": "zwölf", "more": [1, None]}
    assert context.metrics == {"kept": 5, "took": 0.5}
    assert context.lines == [("info", "all well"), ("warning", "hm")]


def test_a_script_written_for_kestra_runs_unchanged(context: FolderContext) -> None:
    text = """
from kestra import Kestra
Kestra.outputs({"total": 5})
Kestra.counter("rows", 1, {"of": "a"})
Kestra.timer("long", lambda: None)
Kestra.logger().debug("d")
Kestra.logger().warning("w")
Kestra.logger().error("e")
"""
    got = run(context, python.Script, text)
    assert got.vars == {"total": 5}
    assert set(context.metrics) == {"rows", "long"}
    assert context.lines == [("debug", "d"), ("warning", "w"), ("error", "e")]


def test_what_the_helper_does_not_have_of_kestras_library_is_told(context: FolderContext) -> None:
    with pytest.raises(TaskFailed, match="has only `Kestra`, not `Flow`"):
        run(context, python.Script, "from kestra import Flow")


@pytest.mark.parametrize(
    ("value", "told"),
    [("object()", "object is no value of JSON"), ("'x' * 2_000_000", "outputFiles"), ("1e999", "JSON")],
)
def test_outputs_that_cannot_be_handed_over_fail_the_script_with_a_reason(
    context: FolderContext, value: str, told: str
) -> None:
    with pytest.raises(TaskFailed, match=told):
        run(context, python.Script, f"from dalsegno_script import outputs\noutputs({{'a': {value}}})")


def test_modules_of_the_users_own_path_come_before_the_helper(
    context: FolderContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kestra.py").write_text("Kestra = 'my own'")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    run(context, python.Script, "from kestra import Kestra; import dalsegno_script; print(Kestra)")
    assert said(context) == ["my own"]


def test_log_lines_among_the_messages_keep_their_level(context: FolderContext) -> None:
    levels = ["DEBUG", "TRACE", "INFO", "WARN", "ERROR", "CRITICAL"]
    run(context, shell.Commands, "\n".join(
        f"""echo '::{{"logs": [{{"level": "{level}", "message": "m"}}]}}::'""" for level in levels
    ))  # fmt: skip
    assert [level for level, _ in context.lines] == ["debug", "debug", "info", "warning", "error", "error"]


# standard error


@pytest.mark.parametrize(("text", "warnings"), [("echo x >&2", 1), ("echo x", 0)])
def test_a_script_that_wrote_to_standard_error_ends_with_a_warning_if_it_is_to(
    context: FolderContext, text: str, warnings: int
) -> None:
    run(context, shell.Script, text, warningOnStdErr=True)
    assert len(context.warnings) == warnings


# files


def test_a_stored_file_in_a_script_is_the_path_of_a_copy(context: FolderContext) -> None:
    uri = context.add_file("stored", "a b.txt")
    run(context, shell.Commands, [f"cat {uri}; echo; echo more >> {uri}", f"cat {uri}"])
    run(context, python.Script, f"print(open('{uri}').read())")
    assert said(context) == ["stored", "storedmore", "stored"]
    assert context.read_file(uri) == b"stored"


def test_files_in_the_output_folder_are_stored(context: FolderContext) -> None:
    got = run(
        context, shell.Script, f"mkdir {OUTPUT}/in; echo a > {OUTPUT}/in/a.txt; echo b > b.txt", outputFiles="b.txt"
    )
    assert sorted(got.output_files) == ["b.txt", "in/a.txt"]
    run(context, python.Script, f"import os; print(os.getcwd() == os.path.realpath('{WORK}'))")
    run(context, shell.Script, 'test "$HERE" = "$PWD"; cat note', env={"HERE": WORK}, inputFiles={"note": f"{WORK}!"})
    assert said(context)[0] == "True"
    assert said(context)[1].startswith("/")


def test_stored_files_may_come_as_a_list_and_keep_their_names(context: FolderContext) -> None:
    uris = [context.add_file("1", "a.txt"), context.add_file("2", "b c.txt")]
    run(context, shell.Script, "cat a.txt 'b c.txt'", inputFiles=uris)
    assert said(context) == ["12"]


@pytest.mark.parametrize("files", [["text"], [3], "SAME"])
def test_a_list_of_what_is_no_file_or_has_one_name_twice_is_refused(context: FolderContext, files: Any) -> None:
    given = [context.add_file("1", "a"), context.add_file("2", "a")] if files == "SAME" else files
    with pytest.raises(ValidationError, match="map of names"):
        shell.Script.model_validate({"script": "true", "inputFiles": given})


# Kestra's runners

PROCESS = {"type": "io.kestra.plugin.core.runner.Process"}


@pytest.mark.parametrize(
    "properties",
    [
        {"taskRunner": PROCESS},
        {"runner": "PROCESS"},
        {"taskRunner": PROCESS, "containerImage": "python:3.12"},
        {"containerImage": "python:3.12", "runner": "PROCESS"},
        {"targetOS": "LINUX"},
    ],
)
def test_what_changes_nothing_for_a_process_is_taken(properties: dict[str, Any]) -> None:
    shell.Script.model_validate({"script": "true", **properties})


@pytest.mark.parametrize(
    "properties",
    [
        {"taskRunner": {"type": "io.kestra.plugin.scripts.runner.docker.Docker", "pullPolicy": "ALWAYS"}},
        {"runner": "DOCKER"},
        {"containerImage": "python:3.12"},
    ],
)
def test_what_would_run_in_a_container_is_refused(properties: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="is not supported here: scripts run as processes") as refused:
        shell.Script.model_validate({"script": "true", **properties})
    assert refused.value.error_count() == 1


def test_a_pattern_that_ends_in_two_stars_is_everything_below(context: FolderContext) -> None:
    command = "mkdir -p dist/deep; echo a > dist/a; echo b > dist/deep/b; echo c > c"
    got = run(context, shell.Commands, command, outputFiles=["dist/**"])
    assert sorted(got.output_files) == ["dist/a", "dist/deep/b"]
