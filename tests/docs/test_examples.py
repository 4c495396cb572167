"""Every flow in `examples/` is run by the command that a reader would type, and gives what it says."""

from __future__ import annotations

import io
import json
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.docs.pages import ROOT
from tests.docs.shell import Shell

EXAMPLES = ROOT / "examples"

#: file -> further words, and the flow's outputs
RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "hello.yaml": ("-i name=ada", {"greeting": "Hello, Ada!"}),
    "fan_out.yaml": ("", {"report": "PARIS has 5 letters. LYON has 4 letters. LILLE has 5 letters."}),
    "parallel.yaml": ("", {"kept_orders": 2}),
    "scripts.yaml": ("-i rows=4", {"total": 30}),
    "python_steps.yaml": ("", {"accuracy": 0.885}),
    "csv_to_parquet.yaml": ("-i trips=trips.csv", {}),
    "branches.yaml": ("-i amount=1200 -i country=NL", {"total": 1452.0}),
    "flaky_api.yaml": ("-i api=$API", {"total": 42}),
    "loop_until.yaml": ("-i api=$API", {"ended": "done after 3 looks"}),
    "sql_report.yaml": ("", {"best": "Lyon 37.75"}),
    "python_files.yaml": ("", {"total": 49}),
    "batch.yaml": ("-i rows=trips.csv", {}),
    "fan_out_files.yaml": ("-i trips=trips.csv", {}),
    "working_directory.yaml": ("", {}),
}
#: those that end otherwise than with SUCCESS have a test of their own
OTHERS = ("approval.yaml", "alert.yaml")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return Shell(tmp_path)


def _json(shell: Shell, line: str) -> Any:
    done = shell.run(f"{line} --json")
    return json.loads(done.text[done.text.index("{") :])


def _actions(run: Any) -> dict[str, str]:
    return {task_run["address"]: task_run["action"] for task_run in run["task_runs"]}


def test_every_example_has_a_test_and_is_on_the_page_of_flows() -> None:
    assert sorted(path.name for path in EXAMPLES.glob("*.yaml")) == sorted([*RUNS, *OTHERS])
    page = (ROOT / "docs/flows.md").read_text(encoding="utf-8").partition("## Examples")[2]
    assert [file for file in (*RUNS, *OTHERS) if f"| `{file}` |" not in page] == []


def test_the_server_of_the_tutorial_serves_the_month_that_is_asked_for_until_it_is_interrupted() -> None:
    server = subprocess.Popen(
        [sys.executable, "serve_trips.py"], cwd=EXAMPLES, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    with server:
        assert server.stdout is not None
        url = server.stdout.readline().strip().removeprefix("export TRIPS=")
        answer = httpx.get(f"{url}/202608-divvy-tripdata.zip", trust_env=False, timeout=60)
        server.send_signal(signal.SIGINT)
    assert answer.status_code == 200
    assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist() == ["202608-divvy-tripdata.csv"]
    assert server.returncode == 0


@pytest.fixture
def api() -> Iterator[str]:
    """Serve the API of the examples, and give its address."""
    server = subprocess.Popen([sys.executable, "serve_api.py"], cwd=EXAMPLES, stdout=subprocess.PIPE, text=True)
    with server:
        assert server.stdout is not None
        yield server.stdout.readline().strip().removeprefix("export API=")
        server.terminate()


@pytest.mark.parametrize("file", RUNS)
def test_an_example_runs_and_gives_what_it_says(file: str, shell: Shell, api: str) -> None:
    words, outputs = RUNS[file]
    words = words.replace("$API", api)
    if file == "fan_out_files.yaml":
        shell.run("dalsegno flow save batch.yaml")
    done = shell.run(f"dalsegno run {file} {words}")
    assert done.code == 0, done.text
    found = _json(shell, "dalsegno show last")
    assert found["state"] == "SUCCESS"
    assert {name: found["outputs"].get(name) for name in outputs} == outputs


@pytest.mark.parametrize("file", [*RUNS, *OTHERS])
def test_an_example_says_by_which_command_it_is_run(file: str) -> None:
    assert f"#   dalsegno run {file}" in (EXAMPLES / file).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "replay", "ran"),
    [
        (
            "fan_out.yaml",
            "--from 'each_city[paris].load'",
            ["each_city[paris].label", "each_city[paris].load", "report"],
        ),
        ("scripts.yaml", "--from summary", ["summary"]),
        (
            "python_steps.yaml",
            """--from train --task-input 'train.arguments={"rows": [[1, 0], [9, 1]], "rate": 0.5}\'""",
            ["judge", "train"],
        ),
    ],
)
def test_the_replay_that_an_example_shows_runs_what_it_says(
    file: str, replay: str, ran: Sequence[str], shell: Shell
) -> None:
    assert f"#   dalsegno replay last {replay}" in (EXAMPLES / file).read_text(encoding="utf-8")
    shell.run(f"dalsegno run {file}")
    assert shell.run(f"dalsegno replay last {replay}").code == 0
    run = _json(shell, "dalsegno show last")
    assert sorted(address for address, action in _actions(run).items() if action == "RUN") == ran


def test_the_parquet_file_of_the_example_has_the_types_of_its_schema(shell: Shell) -> None:
    from pyarrow import parquet

    shell.run("dalsegno run csv_to_parquet.yaml -i trips=trips.csv")
    uri = _json(shell, "dalsegno show last")["outputs"]["parquet"]
    assert shell.run(f"dalsegno artifact get {uri} -o trips.parquet").code == 0
    table = parquet.read_table(shell.folder / "trips.parquet")
    assert {field.name: str(field.type) for field in table.schema} == {
        "trip_id": "string",
        "started_at": "timestamp[ms]",
        "station": "string",
        "minutes": "int32",
        "end_lat": "double",
    }
    assert table.column("end_lat").null_count == 1
    assert table.column("station").to_pylist()[1:3] == ['Depot "North", Gate 2', "Café de l'Étoile"]


def test_the_answer_of_the_approval_is_read_and_kept(shell: Shell) -> None:
    assert shell.run("dalsegno run approval.yaml").code == 3
    assert shell.run("dalsegno resume last -i approved=true -i note='go ahead'").code == 0
    assert shell.run("dalsegno replay last --from publish").code == 0
    run = _json(shell, "dalsegno show last")
    assert run["outputs"] == {"what": "published app-1.4.0.tar.gz: go ahead"}
    assert _actions(run)["approve"] == "REUSE"


def test_the_alert_is_sent_once_and_the_replay_goes_well(shell: Shell, api: str) -> None:
    assert shell.run(f"dalsegno run alert.yaml -i api={api}").code == 1
    assert _actions(_json(shell, "dalsegno show last"))["tell"] == "RUN"
    done = shell.run(f"dalsegno replay last-failed --from load -i broken=false -i api={api}")
    assert done.code == 0, done.text
    assert "tell" not in _actions(_json(shell, "dalsegno show last"))
