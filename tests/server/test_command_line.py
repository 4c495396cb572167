"""The command line on a server: the same commands, in another process than the one that executes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.servers import RunningServer

from dalsegno.client.client import Client

FLOW = """
id: slow
namespace: demo
tasks:
  - {id: first, type: core.debug.Return, value: hi}
  - {id: second, type: core.flow.Pause, delay: PT10M}
"""
QUICK = """
id: quick
namespace: demo
inputs: [{id: month, type: STRING, defaults: bad}]
tasks:
  - {id: load, type: core.log.Log, message: "loading {{ inputs.month }}"}
  - {id: check, type: core.execution.Fail, condition: "{{ inputs.month == 'bad' }}"}
"""


def begun(server: RunningServer, elsewhere: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("dalsegno")), *words],
        env={**os.environ, "DALSEGNO_SERVER": server.url, "DALSEGNO_HOME": str(elsewhere)},
        cwd=elsewhere.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said(server: RunningServer, elsewhere: Path, *words: str) -> tuple[int, str]:
    process = begun(server, elsewhere, *words)
    text, _ = process.communicate()
    return process.returncode, text


@pytest.mark.timeout(180)
def test_ctrl_c_ends_the_watching_and_not_the_run(tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").write_text(FLOW)
    with RunningServer(tmp_path / "home") as server:
        with begun(server, tmp_path / "elsewhere", "run", "slow.yaml") as watching:
            assert watching.stdout is not None
            told = iter(watching.stdout.readline, "")
            assert any("first" in text and "SUCCESS" in text for text in told)
            watching.send_signal(signal.SIGINT)
            rest = "".join(told)
        assert watching.returncode == 130
        assert "the server goes on with slow-1" in rest
        assert "dalsegno kill slow-1" in rest
        with Client(url=server.url) as client:
            assert not client.get_run("slow-1").state.ended
        code, text = said(server, tmp_path / "elsewhere", "kill", "slow-1", "--json")
        assert (code, json.loads(text)["name"]) == (0, "slow-1")


@pytest.mark.timeout(180)
def test_commands_work_on_the_server_that_the_environment_names(tmp_path: Path) -> None:
    (tmp_path / "quick.yaml").write_text(QUICK)
    elsewhere = tmp_path / "elsewhere"
    with RunningServer(tmp_path / "home") as server:
        code, text = said(server, elsewhere, "run", "quick.yaml")
        assert code == 1
        assert "dalsegno replay quick-1 --from check" in text
        code, text = said(server, elsewhere, "replay", "last-failed", "--from", "load", "--input", "month=202608")
        assert (code, "SUCCESS" in text) == (0, True), text
        assert said(server, elsewhere, "logs", "last")[1].endswith("loading 202608\n")
        code, text = said(server, elsewhere, "runs", "--json")
        assert [each["name"] for each in json.loads(text)["runs"]] == ["quick-2", "quick-1"]
    assert not elsewhere.exists()
    code, text = said(server, elsewhere, "runs")
    assert code != 0
    assert f"the server {server.url} cannot be reached" in " ".join(text.split())
