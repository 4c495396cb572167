"""All that is kept is read and compared with its digest where a request says so (rule 2)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.service.conftest import Home

from dalsegno.errors import RequestRefused
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest


def blob_of(home: Home, run: Run, address: str) -> Path:
    """Give the one stored file or value that a task run has made."""
    task_run = home.store.task_runs.at(run.id, address)
    assert task_run is not None
    (artifact,) = home.store.artifacts.of_task_run(task_run.id)
    return home.artifacts.path(artifact.digest)


def damage(path: Path) -> bytes:
    """Turn one byte of a stored file, as a bad disk may, and give what it was."""
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    return content


def runs(home: Home, request: ReplayRequest) -> list[str]:
    plan = home.runs.plan_replay(request)
    return [decision.address for decision in plan.decisions if decision.action is Action.RUN]


def test_what_is_damaged_runs_again_and_its_content_is_mended(home: Home) -> None:
    first = home.run()
    blob = blob_of(home, first, "many")
    content = damage(blob)
    assert runs(home, ReplayRequest(origin=first.id, start=("check",))) == ["check", "report"]
    again = home.replay(first, verify=True, inputs={"bad": "false"})
    assert again.state is State.SUCCESS
    found = home.store.task_runs.at(again.id, "many")
    assert found is not None
    assert (found.action, found.reason) == (Action.RUN, "`value` of its result is not what was stored: it is damaged")
    assert blob.read_bytes() == content


def test_what_is_gone_runs_again_though_nothing_reads_it(home: Home) -> None:
    first = home.run()
    blob_of(home, first, "many").unlink()
    request = ReplayRequest(origin=first.id, only=("check",))
    assert runs(home, request) == ["check"]
    with pytest.raises(RequestRefused, match="`many` cannot be kept: `value` of its result is gone"):
        home.runs.create_replay(ReplayRequest(origin=first.id, only=("check",), verify=True))
    assert "many" in runs(home, ReplayRequest(origin=first.id, skip_successful=True, verify=True))


def test_a_file_that_was_named_to_be_kept_and_is_damaged_is_refused(home: Home) -> None:
    first = home.run()
    damage(blob_of(home, first, "read"))
    home.runs.create_replay(ReplayRequest(origin=first.id, start=("check",), skip=("read",)))
    with pytest.raises(RequestRefused, match="`read` cannot be skipped: `uri` of its result is not what was stored"):
        home.runs.create_replay(ReplayRequest(origin=first.id, start=("check",), skip=("read",), verify=True))
