"""What is wrong is refused in words before anything is written: exit code 2, and the same message as JSON."""

from __future__ import annotations

import os
import sqlite3
import stat
import zipfile
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.integration.tasks.bad_server import BadServer, bad_server
from tests.support.desk import Desk

TRIP = """\
id: trip
namespace: bikes
inputs:
  - {id: month, type: STRING}
  - {id: rows, type: INT, defaults: 3}
tasks:
  - {id: fetch, type: core.debug.Return, format: "{{ inputs.month }}"}
  - {id: load, type: core.debug.Return, format: "{{ outputs.fetch.value }}"}
  - id: each_city
    type: core.flow.ForEach
    values: [paris, london]
    tasks:
      - {id: stow, type: core.debug.Return, format: "{{ taskrun.value }} {{ outputs.load.value }}"}
  - id: report
    type: scripts.shell.Commands
    commands: ["echo {{ outputs.load.value }} > report.txt"]
    outputFiles: [report.txt]
  - {id: mail, type: core.log.Log, message: "{{ outputs.report.outputFiles['report.txt'] }}"}
"""
#: revision 2: `load` is called `stow_all`
RENAMED = TRIP.replace("id: load,", "id: load_all,").replace("outputs.load.", "outputs.load_all.")
OTHER = TRIP.replace("namespace: bikes", "namespace: ships").replace('format: "{{ inputs.month }}"', "format: x")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A store with runs: `bikes` has `trip-1`, and a newer revision; `ships` has a flow of the same name with two runs."""
    desk = Desk(tmp_path_factory.mktemp("bad-input"))
    desk.write("trip.yaml", TRIP)
    desk.write("renamed.yaml", RENAMED)
    desk.write("other.yaml", OTHER)
    desk.do("run", "trip.yaml", "-i", "month=202608")
    _lose_report(desk)
    desk.do("flow", "save", "renamed.yaml")
    desk.do("run", "other.yaml", "-i", "month=202609")
    desk.do("run", "ships.trip", "-i", "month=202609")
    _prepare_files(desk)
    return desk


def _lose_report(desk: Desk) -> None:
    (lost,) = (path for path in desk.files() if path.read_bytes() == b"202608\n")
    lost.unlink()


def _prepare_files(desk: Desk) -> None:
    (desk.folder / "folder.yaml").mkdir()
    (desk.folder / "binary.yaml").write_bytes(b"id: trip\n\xff\xfe\x00\x01")
    (desk.folder / "nul.yaml").write_bytes(b"id: trip\x00\n")
    (desk.folder / "empty.yaml").write_bytes(b"")
    desk.write("broken.yaml", "id: trip\nnamespace: bikes\ntasks:\n  - id: a\n   type: core.log.Log\n")
    desk.write("twice.yaml", "id: trip\nid: trip\nnamespace: bikes\ntasks: [{id: a, type: core.log.Log, message: a}]\n")
    desk.write("type.yaml", TRIP.replace("core.log.Log", "core.log.Lgo"))
    desk.write("property.yaml", TRIP.replace("outputFiles: [", "outputFile: ["))
    desk.write("filter.yaml", TRIP.replace("{{ inputs.month }}", "{{ inputs.month | upperr }}"))
    desk.write("function.yaml", TRIP.replace("{{ inputs.month }}", "{{ rendr(vars.month) }}"))
    desk.write("three.yaml", TRIP.replace("core.log.Log", "core.log.Lgo").replace("type: INT", "type: INTEGR"))
    desk.write("changed.yaml", TRIP.replace("{{ inputs.month }}", "{{ inputs.month }}!"))
    desk.write("disabled.yaml", TRIP.replace("id: trip", "id: off") + "disabled: true\n")


@dataclass(frozen=True, slots=True)
class Bad:
    """A command that is refused.

    Parameters
    ----------
    words : the command; `$id` is the id of `bikes`' run, `$prefix` what all ids begin with.
    code : the error's.
    says : what the message has to say.
    rest : other parts of the error.
    """

    words: str | Sequence[str]
    code: str
    says: Sequence[str]
    rest: dict[str, Any] = field(default_factory=dict[str, Any])


MONTH = "-i month=202608"
REPLAY = "replay $id --revision original"
BAD = {
    # files
    "broken YAML": Bad(
        f"run broken.yaml {MONTH}", "yaml-broken", ["broken.yaml:5:", "indent"], {"file": "broken.yaml", "line": 5}
    ),
    "a key twice": Bad("run twice.yaml", "duplicate-key", ["`id`"], {"line": 2, "column": 1}),
    "unknown type": Bad(f"run type.yaml {MONTH}", "unknown-type", ["core.log.Lgo"], {"line": 18, "column": 22}),
    "unknown property": Bad(
        f"run property.yaml {MONTH}", "unknown-property", ["`outputFile`", "outputFiles"], {"line": 17, "column": 5}
    ),
    "unknown filter": Bad(f"run filter.yaml {MONTH}", "unknown-filter", ["`upperr`", "upper"], {"line": 7}),
    "unknown function": Bad(f"run function.yaml {MONTH}", "unknown-function", ["`rendr`", "render"], {"line": 7}),
    "three problems": Bad(f"run three.yaml {MONTH}", "flow-invalid", ["INTEGR", "core.log.Lgo"], {"line": 5}),
    "a replay with a broken file": Bad(f"{REPLAY} --file type.yaml", "contradiction", ["--revision original"]),
    "a replay with a file of unknown types": Bad("replay $id --file type.yaml", "unknown-type", ["core.log.Lgo"]),
    "a file that is not there": Bad("run trp.yaml", "no-such-file", ["`trp.yaml`", "did you mean `trip.yaml`"]),
    "a fixed file that is not there": Bad("replay $id --file fixd.yaml", "no-such-file", ["fixd.yaml"]),
    "a folder as file": Bad("run folder.yaml", "bad-file", ["folder.yaml", "directory"], {"file": "folder.yaml"}),
    "bytes as file": Bad("run binary.yaml", "bad-file", ["UTF-8", "byte 10"], {"file": "binary.yaml"}),
    "a NUL in a file": Bad("run nul.yaml", "yaml-broken", ["nul.yaml:1:"], {"line": 1}),
    "an empty file": Bad("run empty.yaml", "no-flow", ["empty.yaml", "`tasks`"]),
    "the file of another flow": Bad(
        "replay $id --file other.yaml", "other-flow", ["`ships.trip`", "`bikes.trip`"], {"file": "other.yaml"}
    ),
    "a disabled flow": Bad(f"run disabled.yaml {MONTH}", "flow-disabled", ["bikes.off"]),
    # inputs
    "a missing input": Bad("run trip.yaml", "missing-input", ["`month`"]),
    "an unknown input": Bad(
        f"run trip.yaml {MONTH} -i mnth=1", "unknown-input", ["`mnth`", "`month`"], {"closest": ["month"]}
    ),
    "an input of the wrong type": Bad(
        f"run trip.yaml {MONTH} -i rows=many", "wrong-type", ["`rows`", "whole number", "many"]
    ),
    "an unknown input of a replay": Bad(f"{REPLAY} -i mnth=1", "unknown-input", ["`mnth`", "`month`"]),
    "an input without a value": Bad("run trip.yaml -i month", "bad-argument", ["--input `month`", "NAME=VALUE"]),
    "an input twice": Bad("run trip.yaml -i month=1 -i month=2", "bad-argument", ["`month` is given twice"]),
    # names
    "an unknown run": Bad("replay trip-7", "unknown-run", ["`trip-7`", "`trip-1`"]),
    "an unknown run to look at": Bad("show nosuch", "unknown-run", ["`nosuch`", "dalsegno runs"]),
    "a prefix of several ids": Bad("show $prefix", "ambiguous-run", ["$prefix", "bikes", "ships", "trip-2"]),
    "a name of several runs": Bad("replay trip-1", "ambiguous-run", ["bikes", "ships", "$id"]),
    "no run has failed": Bad("replay last-failed", "unknown-run", ["no run has failed"]),
    "an unknown flow": Bad("run bikes.trp", "unknown-flow", ["`bikes.trp`", "bikes.trip"]),
    "an ambiguous flow": Bad(f"run trip {MONTH}", "ambiguous-flow", ["`bikes.trip`", "`ships.trip`"]),
    "an unknown address": Bad(f"{REPLAY} --from lod", "unknown-address", ["`lod`", "`load`"], {"closest": ["load"]}),
    "an unknown address to look at": Bad("why $id lod", "unknown-address", ["`lod`", "`load`"], {"address": "lod"}),
    "an unknown item": Bad(
        (*REPLAY.split(), "--from", "each_city[pari].stow"), "unknown-item", ["`pari`", "paris"], {"closest": ["paris"]}
    ),
    "an address that is none": Bad((*REPLAY.split(), "--from", "a[b"), "bad-address", ["a[b"]),
    "an unknown property of a task": Bad(
        f"{REPLAY} --task-input load.formt=1", "unknown-property", ["`formt`", "`format`"], {"closest": ["format"]}
    ),
    "an unknown filter in an override": Bad(
        (*REPLAY.split(), "--task-input-expr", "load.format={{ 1 | upperr }}"), "unknown-filter", ["upperr", "upper"]
    ),
    "an unknown revision": Bad("replay $id --revision 9", "unknown-revision", ["no revision 9", "1, 2"]),
    "an unknown artifact": Bad("artifact get 0000", "unknown-artifact", ["`0000`"]),
    # requests that contradict themselves
    "started and skipped": Bad(f"{REPLAY} --from load --skip load", "contradiction", ["`load`"], {"address": "load"}),
    "pinned and started": Bad((*REPLAY.split(), "--from", "load", "--pin", "load=1"), "contradiction", ["`load`"]),
    "skipped and overridden": Bad(f"{REPLAY} --skip load --task-input load.format=1", "contradiction", ["`load`"]),
    "a pinned group": Bad(f"{REPLAY} --pin each_city=1", "pin-of-group", ["`each_city`"]),
    "a skip below what must run": Bad(
        f"{REPLAY} --from fetch --skip load", "skip-below-run", ["`load`", "`fetch`"], {"address": "load"}
    ),
    "a skip of what reads an overridden input": Bad(
        f"{REPLAY} --skip fetch -i month=202601", "skip-overridden", ["`fetch`", "`month`"]
    ),
    "a skip of what has no result": Bad(
        "replay $id --revision latest --skip load_all", "skip-without-result", ["`load_all`"]
    ),
    "a start that is gone": Bad(
        "replay $id --revision latest --from load", "unknown-address", ["`load`"], {"closest": ["load_all"]}
    ),
    "a wrong digest": Bad(f"{REPLAY} --from load --digest 0123456789ab", "plan-moved", ["0123456789ab", "look at it"]),
    "a digest of a fresh run": Bad(f"run trip.yaml {MONTH} --digest 0123456789ab", "plan-moved", ["0123456789ab"]),
    "stale results that are not wanted": Bad(
        "replay $id --file changed.yaml --from mail --stale refuse",
        "stale",
        ["`fetch`", "its definition has changed: `format`"],
    ),
    "a skip of what has lost its file": Bad(
        f"{REPLAY} --from mail --skip report", "artifact-missing", ["`report`", "cannot be skipped"]
    ),
    "a file that is lost": Bad(
        "artifact get $lost -o out.txt", "artifact-missing", ["not in the artifact store any more"]
    ),
    # arguments
    "an unknown option": Bad("replay $id --form load", "usage", ["--form", "--from"]),
    "an unknown command": Bad("reply $id", "usage", ["reply"]),
    "a missing argument": Bad("replay", "usage", ["RUN"]),
    "a word too many": Bad(f"run trip.yaml more {MONTH}", "usage", ["`more`"]),
    "a bad revision": Bad("replay $id --revision newest", "bad-argument", ["`newest`", "`latest`"]),
    "a bad stale": Bad("replay $id --stale maybe", "bad-argument", ["`maybe`", "`refuse`"]),
    "a bad state": Bad("runs --state FALED", "bad-argument", ["`FALED`", "`FAILED`"]),
    "a run that has ended": Bad("run resume $id", "run-ended", ["trip-1", "dalsegno replay"]),
    "a kill of a run that has ended": Bad("kill $id", "run-ended", ["trip-1"]),
}


@pytest.fixture(scope="module")
def ids(desk: Desk) -> dict[str, str]:
    runs = desk.ask("runs")["runs"]
    (own,) = (run["id"] for run in runs if run["namespace"] == "bikes")
    lost = desk.ask("outputs", own, "report")["outputFiles"]["report.txt"]
    return {"$id": own, "$prefix": own[:3], "$lost": lost}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_it_is_refused_in_words_and_nothing_is_written(desk: Desk, ids: dict[str, str], bad: Bad) -> None:
    words = bad.words.split() if isinstance(bad.words, str) else bad.words
    with desk.unchanged():
        ended = desk.call_here(*(_put_in(word, ids) for word in words), "--json")
    assert ended.code == 2, ended
    assert ended.error["code"] == bad.code, ended.error
    for text in bad.says:
        assert _put_in(text, ids) in ended.error["message"]
    for name, value in bad.rest.items():
        assert ended.error[name] == value, ended.error


def _put_in(text: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace(name, value)
    return text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run type.yaml", ["type.yaml:18:22: there is no task type `core.log.Lgo`", "1 error; nothing was written"]),
        (f"{REPLAY} --from lod --skip lod", ["refused: ", "did you mean `load`?", "nothing was written"]),
        (f"{REPLAY} --from load --digest 0123456789ab", ["the plan has moved", "Plan: as it is now", "RUN load"]),
        ("show nosuch", ["error: there is no run `nosuch`"]),
        ("replay $id --form load", ["No such option: --form", "`dalsegno replay --help`"]),
    ],
)
def test_a_process_tells_a_person_on_standard_error_and_writes_nothing(
    desk: Desk, ids: dict[str, str], words: str, says: list[str]
) -> None:
    with desk.unchanged():
        ended = desk.do(*_put_in(words, ids).split(), code=2)
    assert ended.out == ""
    told = " ".join(ended.err.split())
    for text in says:
        assert text in told


def test_a_kept_task_that_lost_its_file_runs_again_by_itself(desk: Desk, ids: dict[str, str]) -> None:
    with desk.unchanged():
        plan = desk.call_here("replay", ids["$id"], "--revision", "original", "--from", "mail", "--dry-run", "--json")
    decisions = {each["address"]: each for each in plan.document["decisions"]}
    assert {name: each["action"] for name, each in decisions.items() if each["action"] != "REUSE"} == {
        "report": "RUN",
        "mail": "RUN",
    }
    assert "gone from the artifact store" in decisions["report"]["reason"]


# where things are kept


def test_a_wrong_durability_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    ended = desk.call("runs", "--json", env={"DALSEGNO_DURABILITY": "ful"})
    assert ended.code == 2
    assert ended.error["code"] == "bad-setting"
    assert "DALSEGNO_DURABILITY is `ful`; it can be `normal` or `full`" in ended.error["message"]
    assert not desk.home.exists()


@pytest.mark.parametrize("make", ["a file as home", "a home below a file", "a folder as store", "a store that is none"])
def test_a_home_that_cannot_be_used_is_told_in_words(tmp_path: Path, make: str) -> None:
    desk = Desk(tmp_path)
    if make == "a file as home":
        desk.home.write_text("no folder")
    elif make == "a home below a file":
        desk.home.write_text("no folder")
        desk.home /= "below"
    elif make == "a folder as store":
        (desk.home / "dalsegno.db").mkdir(parents=True)
    else:
        desk.home.mkdir()
        (desk.home / "dalsegno.db").write_bytes(b"no database, " * 1000)
    for words in (["runs", "--json"], ["run", "nosuch", "--json"]):
        ended = desk.call_here(*words)
        assert ended.code in (1, 2)
        assert ended.error["code"] != "internal", ended.error
        assert str(desk.home) in ended.error["message"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_home_without_rights_is_told_in_words(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.home.mkdir(mode=0o500)
    ended = desk.call_here("runs", "--json")
    assert ended.code in (1, 2)
    assert ended.error["code"] != "internal"
    assert str(desk.home) in ended.error["message"]


def test_the_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.call_here("runs")
    with closing(sqlite3.connect(desk.home / "dalsegno.db")) as connection:
        connection.execute("UPDATE dalsegno_schema SET version_num = '9999'")
        connection.commit()
    flow = desk.write("flow.yaml", "id: a\nnamespace: b\ntasks: [{id: a, type: core.log.Log, message: a}]\n")
    for words in (["runs"], ["run", flow], ["flow", "save", flow], ["show", "last"]):
        with desk.unchanged():
            ended = desk.call_here(*words, "--json")
        assert ended.code == 2
        assert ended.error["code"] == "store-too-new"
        assert "9999" in ended.error["message"]
        assert "pip install --upgrade dalsegno" in ended.error["message"]


# what a task runs into


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("bad-work"))


@pytest.fixture(scope="module")
def server() -> Generator[BadServer]:
    with bad_server() as running:
        yield running


def failure_of(desk: Desk, task: str, *words: str) -> dict[str, Any]:
    """Run a flow of one task, which has to fail, and give its error."""
    inputs = "inputs: [{id: file, type: FILE, required: false}]"
    desk.write("flow.yaml", f"id: flow\nnamespace: work\n{inputs}\ntasks:\n  - {task}\n")
    ended = desk.call_here("run", "flow.yaml", *words, "--json")
    assert ended.code == 1, ended
    (task_run,) = ended.document["task_runs"]
    assert (ended.document["state"], task_run["state"], task_run["outputs"]) == ("FAILED", "FAILED", {})
    return task_run["error"]


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        ("nothing", "http-status", "answered 404"),
        ("cut", "body-cut-off", "got 1000, expected 1048576"),
        ("stall", "timeout", "nothing came for 0.3 s"),
        ("circle", "redirect-loop", "redirects more than 20 times"),
        ("empty", "empty-body", "empty body"),
    ],
)
def test_a_download_that_goes_wrong_fails_in_words_and_leaves_no_file(
    workbench: Desk, server: BadServer, path: str, code: str, says: str
) -> None:
    before = workbench.files()
    task = f"{{id: get, type: core.http.Download, uri: '{server.url}/{path}', options: {{readTimeout: PT0.3S}}}}"
    error = failure_of(workbench, task)
    assert error["code"] == code
    assert says in error["message"]
    assert error["hint"]
    assert workbench.files() == before


def bad_zip(path: Path, entry: zipfile.ZipInfo | str, content: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.csv", "a,b\n")
        archive.writestr(entry, content, zipfile.ZIP_DEFLATED)


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.csv")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("entry", "content", "code", "says"),
    [
        ("../../evil.csv", b"x", "archive-refused", "'../../evil.csv' points out of the archive"),
        ("/tmp/evil.csv", b"x", "archive-refused", "is absolute"),
        (link(), b"/etc/passwd", "archive-refused", "a link"),
        ("bomb.csv", bytes(120 << 20), "archive-too-large", "unpack to more than 200 times as many"),
    ],
    ids=["../", "absolute", "link", "bomb"],
)
def test_an_archive_that_was_made_to_do_harm_is_refused_and_nothing_of_it_is_kept(
    workbench: Desk, entry: zipfile.ZipInfo | str, content: bytes, code: str, says: str
) -> None:
    bad_zip(workbench.folder / "bad.zip", entry, content)
    before = workbench.files()
    task = "{id: unzip, type: compress.ArchiveDecompress, algorithm: ZIP, from: '{{ inputs.file }}'}"
    error = failure_of(workbench, task, "-i", "file=bad.zip")
    assert error["code"] == code
    assert says in error["message"]
    assert error["hint"]
    (kept,) = workbench.files() - before
    assert kept.read_bytes() == (workbench.folder / "bad.zip").read_bytes()
    assert list(workbench.folder.parent.rglob("evil.csv")) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"a,b\n1,2\n3\n", "row 2"),
        (b"a,b\n1,2\n3,4\n5,6,7\n", "row 3"),
        (b"a,b\n1,2\n\xff\xfe,4\n", "row 2"),
    ],
    ids=["short", "long", "encoding"],
)
def test_a_bad_row_of_a_csv_file_is_named_by_its_number(workbench: Desk, text: bytes, says: str) -> None:
    (workbench.folder / "bad.csv").write_bytes(text)
    before = workbench.files()
    task = "{id: convert, type: serdes.csv.CsvToIon, from: '{{ inputs.file }}'}"
    error = failure_of(workbench, task, "-i", "file=bad.csv")
    assert says in error["message"]
    assert error["details"]["row"] == int(says.split()[1])
    assert error["hint"]
    (kept,) = workbench.files() - before
    assert kept.read_bytes() == text


def test_a_failed_process_ends_with_1_and_with_the_command_that_replays_it(workbench: Desk, server: BadServer) -> None:
    flow = f"id: flow\nnamespace: work\ntasks: [{{id: get, type: core.http.Download, uri: '{server.url}/nothing'}}]\n"
    workbench.write("flow.yaml", flow)
    ended = workbench.do("run", "flow.yaml", code=1)
    assert "✗ FAILED" in ended.out
    told = " ".join(ended.err.split())
    for text in (
        "get failed on attempt 1:",
        "/nothing answered 404",
        "status 404",
        "what to do: there is nothing at this address",
    ):
        assert text in told
    name = workbench.ask("runs")["runs"][0]["name"]
    assert ended.err.splitlines()[-1].strip() == f"dalsegno replay {name} --from get --file flow.yaml"
