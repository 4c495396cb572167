"""What `docs/cli.md` says of all commands holds."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.docs.pages import ROOT
from tests.docs.shell import Done, Shell

from dalsegno.cli import exit_codes
from dalsegno.model.state import State
from dalsegno.settings import read_settings

PAGE = (ROOT / "docs/cli.md").read_text(encoding="utf-8")

#: in which a run leaves the terminal
_ENDS = (State.SUCCESS, State.WARNING, State.FAILED, State.KILLED, State.PAUSED)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shutil.copy(ROOT / "examples/hello.yaml", tmp_path)
    return Shell(tmp_path)


def _id(done: Done) -> str:
    return json.loads(done.text[done.text.index("{") :])["id"]


def test_a_run_is_called_by_name_id_prefix_last_or_last_failed(shell: Shell) -> None:
    first = _id(shell.run("dalsegno run hello.yaml --json"))
    second = _id(shell.run("dalsegno run hello.yaml --json"))
    for name, expected in (("hello-1", first), ("last", second), (second, second), (first[:-1], first)):
        assert _id(shell.run(f"dalsegno show {name} --json")) == expected, name
    assert shell.run("dalsegno show last-failed").code == exit_codes.REFUSED
    ambiguous = shell.run(f"dalsegno show {first[:4]}")
    assert ambiguous.code == exit_codes.REFUSED
    assert first in ambiguous.text
    assert second in ambiguous.text


def test_the_data_directory_is_the_variable_else_the_nearest_above_else_that_of_the_user(tmp_path: Path) -> None:
    project, deep = tmp_path / "project", tmp_path / "project" / "a" / "b"
    deep.mkdir(parents=True)
    user = {"HOME": str(tmp_path / "me")}
    assert read_settings(user, cwd=deep).home == tmp_path / "me" / ".dalsegno"
    (project / ".dalsegno").mkdir()
    assert read_settings(user, cwd=deep).home == project / ".dalsegno"
    given = {**user, "DALSEGNO_HOME": str(tmp_path / "given")}
    assert read_settings(given, cwd=deep).home == tmp_path / "given"


def test_every_variable_of_the_settings_is_on_the_page() -> None:
    used = {
        name
        for path in (ROOT / "src").rglob("*.py")
        for name in re.findall(r"environ(?:\.get\(|\[)\"(DALSEGNO_\w+)\"", path.read_text(encoding="utf-8"))
    }
    assert {"DALSEGNO_HOME", "DALSEGNO_STORE", "DALSEGNO_DURABILITY"} <= used
    assert [name for name in sorted(used) if f"| `{name}` |" not in PAGE] == []


def test_exit_codes_are_those_of_the_page(shell: Shell) -> None:
    assert {state: exit_codes.of_state(state) for state in _ENDS} == {
        State.SUCCESS: 0, State.WARNING: 0, State.FAILED: 1, State.KILLED: 1, State.PAUSED: 3,
    }  # fmt: skip
    codes = re.findall(r"^\| (\d+) \| ", PAGE, re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "130"]
    assert exit_codes.INTERRUPTED == 130
    (shell.folder / "fails.yaml").write_text(
        "id: fails\nnamespace: docs\ntasks:\n  - {id: no, type: core.execution.Fail}\n", encoding="utf-8"
    )
    lines = ("dalsegno run hello.yaml", "dalsegno run fails.yaml", "dalsegno run nothing.yaml")
    assert [shell.run(line).code for line in lines] == [0, 1, 2]


def test_a_refusal_as_json_has_the_fields_of_the_page(shell: Shell) -> None:
    done = shell.run("dalsegno show nothing --json")
    error = json.loads(done.text[done.text.index("{") :])["error"]
    listed = re.search(r"\{\"error\": \{(.*?)\}\}", PAGE)
    assert listed is not None
    assert re.findall(r"\"(\w+)\"", listed[1]) == list(error)
