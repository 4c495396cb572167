"""Files of namespaces: put by people and tasks, found by scripts and expressions, kept, and seen by replays that ask."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.service.conftest import Home
from tests.support.stopping_store import Stopped, StoppingStore

from dalsegno.cli.app import run_command_line
from dalsegno.client.client import Client
from dalsegno.engine.clock import RandomIds
from dalsegno.errors import NotFound, Refusal
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.service import Service

SPACE = "company.team"


def flow(*tasks: str) -> str:
    lines = "\n".join(f"  - {{{task}}}" for task in tasks)
    return f"id: nsfiles\nnamespace: {SPACE}\ntasks:\n{lines}\n"


def put(home: Home, *, namespace: str = SPACE, **files: str) -> None:
    """Put texts at paths, in which `__` stands for a slash and `_` for a dot."""
    for name, text in files.items():
        local = home.folder / "local"
        local.write_text(text)
        home.service.files.put_local(local, namespace=namespace, path=name.replace("__", "/").replace("_", "."))


def paths(home: Home, namespace: str = SPACE) -> list[str]:
    return [file.path for file in home.service.files.list(namespace)]


def outputs(home: Home, run: Run) -> dict[str, Any]:
    assert run.state is State.SUCCESS, home.found(run).error
    return dict(home.runs.outputs(run.id)["tasks"])


def error(home: Home, run: Run) -> dict[str, Any]:
    found = home.found(run).error
    assert found is not None
    return dict(found)


def text_at(home: Home, uri: str) -> str:
    return home.artifacts.path(uri.split("/")[2]).read_text()


# expressions


def test_expressions_read_files_of_the_flows_namespace_and_of_others(home: Home) -> None:
    put(home, a__b_txt="hello", none_txt="")
    put(home, namespace="other", a__b_txt="elsewhere")
    looks = {
        "read": "read('a/b.txt')", "slash": "read('/a/b.txt')", "other": "read('a/b.txt', 'other')",
        "uri": "read(fileURI('a/b.txt'))", "size": "fileSize('a/b.txt')", "there": "fileExists('a/b.txt')",
        "gone": "fileExists('b.txt')", "folder": "fileExists('a')", "empty": "isFileEmpty('none.txt')",
        "full": "isFileEmpty('a/b.txt')",
    }  # fmt: skip
    run = home.run(
        flow(*(f'id: {name}, type: core.debug.Return, value: "{{{{ {look} }}}}"' for name, look in looks.items()))
    )
    found = {name: value["value"] for name, value in outputs(home, run).items()}
    assert found == {
        "read": "hello", "slash": "hello", "other": "elsewhere", "uri": "hello", "size": 5, "there": True, "gone": False,
        "folder": False, "empty": True, "full": False,
    }  # fmt: skip


def test_a_file_that_is_not_there_fails_the_task_and_names_the_closest(home: Home) -> None:
    put(home, scripts__main_py="x")
    run = home.run(flow("id: it, type: core.debug.Return, value: \"{{ read('scripts/mian.py') }}\""))
    assert error(home, run)["code"] == "unknown-file"
    assert (
        "`company.team` has no file `scripts/mian.py`; did you mean `scripts/main.py`?" in error(home, run)["message"]
    )
    run = home.run(flow("id: it, type: core.debug.Return, value: \"{{ read('scripts/main.py', version=2) }}\""))
    assert "no versions here" in error(home, run)["message"]


# tasks


def test_what_one_run_uploads_another_downloads(home: Home) -> None:
    run = home.run(
        flow(
            'id: make, type: scripts.shell.Commands, commands: ["echo one > a.txt"], outputFiles: [a.txt]',
            "id: up, type: io.kestra.plugin.core.namespace.UploadFiles, destination: /data, "
            "filesMap: {x/one.txt: \"{{ outputs.make.outputFiles['a.txt'] }}\"}",
            "id: list, type: core.namespace.UploadFiles, files: [\"{{ outputs.make.outputFiles['a.txt'] }}\"]",
        )
    )
    assert list(outputs(home, run)["up"]["files"]) == ["/data/x/one.txt"]
    assert paths(home) == ["a.txt", "data/x/one.txt"]
    run = home.run(
        flow(
            "id: down, type: core.namespace.DownloadFiles, files: ['data/**', a.txt]",
            "id: one, type: core.namespace.DownloadFiles, files: /a.txt, namespace: company.team",
            "id: none, type: core.namespace.DownloadFiles, files: ['**.csv']",
        )
    )
    found = outputs(home, run)
    assert {path: text_at(home, uri) for path, uri in found["down"]["files"].items()} == {
        "/a.txt": "one\n", "/data/x/one.txt": "one\n",
    }  # fmt: skip
    assert list(found["one"]["files"]) == ["/a.txt"]
    assert found["none"]["files"] == {}


def test_files_of_a_shared_folder_are_uploaded_by_patterns(home: Home) -> None:
    run = home.run(
        f"""
id: nsfiles
namespace: {SPACE}
tasks:
  - id: wd
    type: core.flow.WorkingDirectory
    tasks:
      - id: make
        type: scripts.shell.Commands
        commands: [mkdir -p dbt/models sub/dbt, echo 1 > dbt/models/a.sql, echo 2 > sub/dbt/b.sql, echo 3 > top.sql]
      - {{id: some, type: core.namespace.UploadFiles, files: [dbt/**, "*.sql"], destination: "first/"}}
      - {{id: all, type: core.namespace.UploadFiles, files: ["glob:**/dbt/**"], namespace: other}}
      - {{id: nothing, type: core.namespace.UploadFiles, files: ["*.csv"]}}
"""
    )
    assert list(outputs(home, run)["nothing"]["files"]) == []
    assert paths(home) == ["first/dbt/models/a.sql", "first/top.sql"]
    assert paths(home, "other") == ["dbt/models/a.sql", "sub/dbt/b.sql"]
    assert "no file of the working folder matches `*.csv`" in [line.line.text for line in home.runs.logs(run.id)]


@pytest.mark.parametrize(
    ("conflict", "state", "content"),
    [("OVERWRITE", State.SUCCESS, "new\n"), ("ERROR", State.FAILED, "old"), ("SKIP", State.SUCCESS, "old")],
)
def test_what_becomes_of_a_file_that_is_there(home: Home, conflict: str, state: State, content: str) -> None:
    put(home, a_txt="old")
    run = home.run(
        flow(
            'id: make, type: scripts.shell.Commands, commands: ["echo new > a.txt"], outputFiles: [a.txt]',
            f"id: up, type: core.namespace.UploadFiles, conflict: {conflict}, "
            "filesMap: {b.txt: \"{{ outputs.make.outputFiles['a.txt'] }}\", "
            "a.txt: \"{{ outputs.make.outputFiles['a.txt'] }}\"}",
        )
    )
    assert run.state is state
    assert text_at(home, f"dalsegno://{home.service.files.get('a.txt', SPACE).digest}/a") == content
    assert paths(home) == (["a.txt"] if state is State.FAILED else ["a.txt", "b.txt"])


def test_a_task_that_died_after_it_had_uploaded_its_files_does_so_again(home: Home) -> None:
    text = flow('id: up, type: core.namespace.UploadFiles, conflict: ERROR, filesMap: {a.csv: "{{ inputs.trips }}"}')
    run = home.create(text.replace("tasks:", "inputs:\n  - {id: trips, type: FILE}\ntasks:"))
    service = Service(StoppingStore(home.store, 3), home.artifacts, clock=home.clock, ids=RandomIds())
    with pytest.raises(Stopped):
        service.runs.execute(run.id)
    assert paths(home) == ["a.csv"]
    assert home.runs.execute(run.id).state is State.SUCCESS


def test_deleted_files_are_gone_and_given(home: Home) -> None:
    put(home, a__one_upl="1", b_upl="2", c_txt="3")
    run = home.run(flow("id: it, type: core.namespace.DeleteFiles, files: ['**.upl'], deleteParentFolder: true"))
    gone = outputs(home, run)["it"]["files"]
    assert {path: text_at(home, uri) for path, uri in gone.items()} == {"/a/one.upl": "1", "/b.upl": "2"}
    assert paths(home) == ["c.txt"]
    assert (
        outputs(home, home.run(flow("id: it, type: core.namespace.DeleteFiles, files: none.txt")))["it"]["files"] == {}
    )


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("type: core.namespace.UploadFiles, filesMap: {a.txt: /etc/passwd}", "`/etc/passwd` is not a stored file"),
        ("type: core.namespace.DownloadFiles, files: [\"{{ '{a' }}\"]", "the pattern `{a` has an open brace"),
        (
            "type: core.namespace.DeleteFiles, files: [\"{{ 'regex:(' }}\"]",
            "the regular expression `regex:(` cannot be read",
        ),
    ],
)
def test_what_cannot_be_done_fails_the_task_and_changes_nothing(home: Home, task: str, said: str) -> None:
    put(home, a_txt="1")
    run = home.run(flow(f"id: it, {task}"))
    assert said in error(home, run)["message"]
    assert paths(home) == ["a.txt"]


# the working folder


def script(properties: str, command: str = "find . -type f | sort | xargs") -> str:
    return (
        f"id: nsfiles\nnamespace: {SPACE}\ntasks:\n  - id: it\n    type: scripts.shell.Commands\n    {properties}\n"
        f'    commands:\n      - echo "::{{\\"outputs\\":{{\\"files\\":\\"$({command})\\"}}}}::"\n'
    )


@pytest.mark.parametrize(
    ("properties", "files"),
    [
        ("namespaceFiles: {enabled: true}", "./a/b.py ./a/c.csv ./main.py"),
        ("namespaceFiles: {enabled: false}", ""),
        ("namespaceFiles: {include: [a/**], exclude: ['**.csv']}", "./a/b.py"),
        ("namespaceFiles: {namespaces: [other]}", "./main.py"),
        (
            "namespaceFiles: {namespaces: [company.team, other], include: main.py, folderPerNamespace: true}",
            "./company.team/main.py ./other/main.py",
        ),
        ('namespaceFiles: \'{{ {"include": ["main.py"]} }}\'', "./main.py"),
        ("description: none", ""),
    ],
)
def test_a_script_finds_the_files_in_its_folder(home: Home, properties: str, files: str) -> None:
    put(home, main_py="1", a__b_py="2", a__c_csv="3")
    put(home, namespace="other", main_py="4")
    assert outputs(home, home.run(script(properties)))["it"]["vars"]["files"].strip() == files


@pytest.mark.parametrize(
    ("rest", "content"),
    [("", "four"), (", ifExists: IGNORE", "one"), (", ifExists: WARN", "one"), (", ifExists: FAIL", None)],
)
def test_of_two_namespaces_the_later_one_counts_unless_told_otherwise(
    home: Home, rest: str, content: str | None
) -> None:
    put(home, main_py="one")
    put(home, namespace="other", main_py="four")
    run = home.run(script(f"namespaceFiles: {{namespaces: [{SPACE}, other]{rest}}}", "cat main.py"))
    if content is None:
        assert "has a file `main.py` already" in error(home, run)["message"]
    else:
        assert outputs(home, run)["it"]["vars"]["files"] == content
    warned = [line.line.text for line in home.runs.logs(run.id) if line.line.level == "WARNING"]
    assert bool(warned) == ("WARN" in rest)


def test_input_files_come_after_and_a_script_may_change_its_copy(home: Home) -> None:
    put(home, main_py="one", other_py="two")
    run = home.run(
        script(
            "namespaceFiles: {enabled: true}\n    inputFiles: {main.py: mine}",
            "echo + >> other.py; cat main.py other.py",
        )
    )
    assert outputs(home, run)["it"]["vars"]["files"] == "minetwo+"
    assert text_at(home, f"dalsegno://{home.service.files.get('other.py', SPACE).digest}/x") == "two"


WORKING_DIRECTORY = f"""
id: nsfiles
namespace: {SPACE}
tasks:
  - id: wd
    type: core.flow.WorkingDirectory
    namespaceFiles: {{include: ["**.txt"]}}
    outputFiles: [all]
    tasks:
      - {{id: one, type: scripts.shell.Commands, commands: [cat a.txt > all]}}
      - {{id: two, type: scripts.shell.Commands, commands: [cat b.txt >> all]}}
  - {{id: after, type: core.debug.Return, value: "{{{{ read(outputs.wd.outputFiles.all) }}}}"}}
"""


def test_a_shared_folder_has_the_files_before_its_first_task(home: Home) -> None:
    put(home, a_txt="a", b_txt="b", c_py="c")
    run = home.run(WORKING_DIRECTORY)
    assert outputs(home, run)["after"]["value"] == "ab"
    assert list(home.runs.task_run(run.id, "wd").used) == ["files.company.team '**.txt'"]


# replays that ask what has changed


def actions(home: Home, run: Run) -> dict[str, str]:
    return {item.address: item.action.value for item in home.runs.task_runs(run.id)}


LOOKS = f"""
id: nsfiles
namespace: {SPACE}
tasks:
  - id: side_by_side
    type: core.flow.Parallel
    tasks:
      - {{id: read, type: core.debug.Return, value: "{{{{ read('a.txt') }}}}"}}
      - {{id: exists, type: core.debug.Return, value: "{{{{ fileExists('a.txt') }}}}"}}
      - {{id: chosen, type: core.namespace.DownloadFiles, files: ["*.txt"]}}
      - {{id: other, type: core.debug.Return, value: "{{{{ read('b.csv') }}}}"}}
      - {{id: stored, type: core.debug.Return, value: "{{{{ read(inputs.trips) }}}}"}}
"""


def replayed(home: Home, origin: Run) -> dict[str, str]:
    run = home.replay(origin, skip_successful=False, changed=True)
    assert run.state is State.SUCCESS, home.found(run).error
    return actions(home, run)


def test_only_what_used_a_changed_file_runs_again(home: Home) -> None:
    put(home, a_txt="one", b_csv="two")
    origin = home.run(LOOKS.replace("tasks:", "inputs: [{id: trips, type: FILE}]\ntasks:", 1))
    assert set(replayed(home, origin).values()) == {"REUSE"}
    put(home, z_csv="nobody looks at it")
    assert set(replayed(home, origin).values()) == {"REUSE"}
    put(home, a_txt="three")
    found = replayed(home, origin)
    assert [name for name, action in found.items() if action == "RUN"] == ["read", "chosen"]


def test_a_plan_says_which_file_differs_and_marks_nothing_else(home: Home) -> None:
    put(home, a_txt="one", b_csv="two")
    origin = home.run(LOOKS.replace("tasks:", "inputs: [{id: trips, type: FILE}]\ntasks:", 1))
    request = ReplayRequest(origin=origin.id, changed=True)
    put(home, b_csv="three")
    plan = home.runs.plan_replay(request)
    told = {decision.address: (decision.action, decision.reason) for decision in plan.decisions}
    assert told["other"] == (Action.RUN, "the file `b.csv` of `company.team` differs")
    assert [told[name][0] for name in ("read", "exists", "chosen")] == [Action.REUSE] * 3
    assert not any(decision.warnings for decision in plan.decisions)
    assert not any(decision.warnings for decision in home.runs.plan_replay(ReplayRequest(origin=origin.id)).decisions)


def test_a_file_that_came_or_went_counts_for_who_chose_by_pattern_or_asked_whether_it_is_there(home: Home) -> None:
    put(home, a_txt="one", b_csv="two")
    origin = home.run(LOOKS.replace("tasks:", "inputs: [{id: trips, type: FILE}]\ntasks:", 1))
    put(home, new_txt="new")
    found = replayed(home, origin)
    assert [name for name, action in found.items() if action == "RUN"] == ["chosen"]
    home.service.files.remove("new.txt", SPACE)
    home.service.files.remove("a.txt", SPACE)
    plan = home.runs.plan_replay(ReplayRequest(origin=origin.id, changed=True))
    assert [each.address for each in plan.decisions if each.action is Action.RUN] == ["read", "exists", "chosen"]
    assert plan.by_address["exists"].reason == "the file `a.txt` of `company.team` came or went"


def test_a_file_that_a_task_of_the_run_changes_is_seen_by_those_after_it(home: Home) -> None:
    put(home, a_txt="one")
    text = flow(
        'id: make, type: scripts.shell.Commands, commands: ["echo {} > x"], outputFiles: [x]',
        'id: up, type: core.namespace.UploadFiles, filesMap: {a.txt: "{{ outputs.make.outputFiles.x }}"}',
        "id: read, type: core.debug.Return, value: \"{{ read('a.txt') }}\"",
        "id: after, type: core.debug.Return, value: 1",
    )
    origin = home.run(text.replace("{}", "two"))
    created = home.runs.create_replay(
        ReplayRequest(origin=origin.id, changed=True), text=text.replace("{}", "three"), file="f.yaml"
    )
    run = home.runs.execute(created.id)
    assert actions(home, run) == {"make": "RUN", "up": "RUN", "read": "RUN", "after": "RUN"}
    assert outputs(home, run)["read"]["value"] == "three\n"


@pytest.mark.parametrize("of", ["the group", "a task in it"])
def test_a_shared_folder_runs_whole_where_a_file_in_it_or_of_a_task_in_it_changed(home: Home, of: str) -> None:
    put(home, a_txt="a", b_txt="b", c_py="c")
    text = WORKING_DIRECTORY.replace("cat b.txt >> all", "cat b.txt >> all, \"echo {{ read('c.py') }} >> all\"")
    origin = home.run(text)
    assert set(replayed(home, origin).values()) == {"REUSE"}
    put(home, **({"b_txt": "B"} if of == "the group" else {"c_py": "C"}))
    plan = home.runs.plan_replay(ReplayRequest(origin=origin.id, changed=True))
    told = {each.address: each.reason for each in plan.decisions if each.action is Action.RUN}
    files = "the files `**.txt` of `company.team` differ"
    assert told["wd"] == (files if of == "the group" else "the file `c.py` of `company.team` differs, which `two` used")
    found = replayed(home, origin)
    assert [item for item, action in found.items() if action == "RUN"] == ["wd", "one", "two", "after"]


def test_a_loop_over_a_list_in_a_file_runs_for_its_new_items_alone(home: Home) -> None:
    put(home, list_json='["x", "y"]')
    text = f"""
id: nsfiles
namespace: {SPACE}
tasks:
  - id: each
    type: core.flow.ForEach
    values: "{{{{ read('list.json') }}}}"
    tasks: [{{id: say, type: core.debug.Return, value: "{{{{ taskrun.value }}}}"}}]
"""
    origin = home.run(text)
    put(home, list_json='["x", "z"]')
    found = replayed(home, origin)
    assert (found["each[x].say"], found["each[z].say"]) == ("REUSE", "RUN")


# keeping


def test_a_purge_leaves_what_a_namespace_holds(home: Home) -> None:
    put(home, a_txt="kept", b_txt="replaced")
    digests = {file.path: file.digest for file in home.service.files.list()}
    put(home, b_txt="new")
    home.age(40)
    home.service.keeping.purge(timedelta(days=30).total_seconds())
    assert home.artifacts.exists(digests["a.txt"])
    assert not home.artifacts.exists(digests["b.txt"])
    assert outputs(home, home.run(flow("id: it, type: core.debug.Return, value: \"{{ read('b.txt') }}\"")))["it"] == {
        "value": "new"
    }


def test_a_task_that_removes_the_files_of_its_run_leaves_those_that_it_uploaded(home: Home) -> None:
    run = home.run(
        flow(
            'id: make, type: scripts.shell.Commands, commands: ["echo 1 > a", "echo 2 > b"], outputFiles: [a, b]',
            'id: up, type: core.namespace.UploadFiles, filesMap: {a: "{{ outputs.make.outputFiles.a }}"}',
            "id: purge, type: core.storage.PurgeCurrentExecutionFiles",
            "id: read, type: core.debug.Return, value: \"{{ read('a') }}\"",
        )
    )
    assert outputs(home, run)["read"]["value"] == "1\n"


# folders of this machine, the client and the command line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "proj"
    for name, text in {
        "main.py": "1",
        "lib/a.py": "2",
        ".git/HEAD": "3",
        "lib/__pycache__/a.pyc": "4",
        "x.csv": "5",
    }.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    return made


def test_a_folder_is_put_whole_and_again_only_what_changed(home: Home, folder: Path) -> None:
    files = home.service.files
    done = files.put_local(folder, namespace=SPACE, exclude=["*.csv"])
    assert [file.path for file in done.new] == ["proj/lib/a.py", "proj/main.py"]
    (folder / "main.py").write_text("changed")
    (folder / "lib/a.py").unlink()
    done = files.put_local(folder, namespace=SPACE, path="proj", delete=True)
    told = [[file.path for file in some] for some in (done.new, done.changed, done.unchanged, done.deleted)]
    assert told == [["proj/x.csv"], ["proj/main.py"], [], ["proj/lib/a.py"]]
    assert paths(home) == ["proj/main.py", "proj/x.csv"]
    files.put_local(folder, namespace="top", path="/")
    assert paths(home, "top") == ["main.py", "x.csv"]


def test_a_folder_of_which_one_file_cannot_be_put_is_not_put(home: Home, folder: Path) -> None:
    put(home, proj__lib="a file where a folder would be")
    with pytest.raises(Refusal, match=r"`proj/lib/a.py` cannot lie in `proj/lib`"):
        home.service.files.put_local(folder, namespace=SPACE)
    assert paths(home) == ["proj/lib"]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DALSEGNO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def test_the_client_puts_finds_opens_and_removes(at_home: Path, folder: Path) -> None:
    with Client(at_home) as client:
        client.put_files(folder / "main.py", namespace=SPACE, path="scripts/")
        (found,) = client.list_files(prefix="scripts/")
        assert client.find_files("scripts", namespace=SPACE) == [found]
        with client.open_file("scripts/main.py", namespace=SPACE) as file:
            assert file.read() == b"1"
        with pytest.raises(NotFound, match=r"did you mean `scripts/main.py`"):
            client.open_file("script/main.py", namespace=SPACE)
        with pytest.raises(Refusal, match="is a folder"):
            client.delete_files("scripts", namespace=SPACE)
        assert client.delete_files("scripts", namespace=SPACE, recursive=True) == [found]
        with pytest.raises(NotFound, match="has no files"):
            client.find_files("/", namespace=SPACE)


def test_the_command_line_puts_shows_lists_and_removes(
    at_home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*words: str, code: int = 0) -> str:
        assert run_command_line(["files", *words]) == code
        captured = capsys.readouterr()
        return " ".join((captured.out + captured.err).split())

    assert "There is nothing" in told("list")
    assert told("put", "proj", "-n", SPACE) == f"{SPACE}: 3 new new proj/lib/a.py new proj/main.py new proj/x.csv"
    assert told("put", "proj/main.py", "proj/", "-n", SPACE) == f"{SPACE}: 1 as they were"
    assert [file["path"] for file in json.loads(told("put", "proj/main.py", "-n", SPACE, "--json"))["new"]] == [
        "main.py"
    ]
    assert "no file `proj/mian.py`; did you mean `main.py`" in told("put", "proj/mian.py", "-n", SPACE, code=2)
    assert told("get", "/proj/main.py", "-n", SPACE) == "1"
    assert "did you mean `proj/main.py`" in told("get", "proj/mian.py", "-n", SPACE, code=2)
    assert "with 3 files: write it with -o FOLDER" in told("get", "proj", "-n", SPACE, code=2)
    assert "wrote 3 files: copy" in told("get", "proj", "-n", SPACE, "-o", "copy")
    assert Path("copy/lib/a.py").read_text() == "2"
    assert "wrote 1 file" in told("get", "main.py", "-n", SPACE, "-o", "copy")
    assert [each["path"] for each in json.loads(told("list", "proj/l", "--json"))["files"]] == ["proj/lib/a.py"]
    assert "add `--recursive`" in told("delete", "proj", "-n", SPACE, code=2)
    assert "Deleted: 3 files of company.team" in told("delete", "proj", "-n", SPACE, "-r")
    assert "did you mean `main.py`" in told("delete", "main.pi", "-n", SPACE, code=2)
    assert "Deleted: main.py" in told("delete", "main.py", "-n", SPACE)
