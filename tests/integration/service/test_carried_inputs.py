"""Inputs that a replay carries over: their types, their files; and the revision that comes with the run (rules 13 and 16)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.integration.service.conftest import FLOW, Home

from dalsegno.artifacts.port import parse_uri
from dalsegno.errors import RequestRefused
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import CreateRun, KeepTaskRuns, SaveRevision, Write

TYPED = """
id: rides
namespace: bikes
inputs:
  - {id: count, type: %s}
  - {id: note, type: STRING, required: false}
tasks:
  - {id: say, type: core.debug.Return, value: "{{ inputs.count }}"}
"""


def file_of(home: Home, run: Run) -> Path:
    """Give where the file of the input `trips` lies in the artifact store."""
    found = parse_uri(run.inputs["trips"])
    assert found is not None
    return home.artifacts.path(found[0])


def refused(home: Home, run: Run, text: str | None = None, **request: Any) -> str:
    with pytest.raises(RequestRefused) as caught:
        home.runs.create_replay(ReplayRequest(origin=run.id, **request), text=text)
    return " ".join(refusal.message for refusal in caught.value.refusals)


def test_rule_16_a_carried_value_that_does_not_fit_its_new_type_is_refused_and_may_be_given_anew(home: Home) -> None:
    first = home.run(TYPED % "STRING", count="many")
    told = refused(home, first, TYPED % "INT")
    assert (
        told == "the input `count` must be a whole number, not `many` (its value comes from the origin; give it anew)"
    )
    assert len(home.service.flows.revisions("bikes.rides")) == 1
    again = home.runs.create_replay(ReplayRequest(origin=first.id, inputs={"count": "3"}), text=TYPED % "INT")
    assert home.runs.execute(again.id).inputs["count"] == 3


def test_rule_16_a_carried_value_is_read_as_its_new_type(home: Home) -> None:
    first = home.run(TYPED % "STRING", count="7")
    again = home.runs.create_replay(ReplayRequest(origin=first.id), text=TYPED % "INT")
    assert again.inputs["count"] == 7


def test_rule_16_a_required_input_that_the_origin_lacks_is_refused(home: Home) -> None:
    first = home.run(TYPED % "INT", count=1)
    text = (TYPED % "INT").replace("required: false", "required: true").replace("note", "comment")
    assert "the input `comment` (STRING) is required" in refused(home, first, text)


def test_rule_16_a_file_carries_over_and_is_read_again(home: Home) -> None:
    first = home.run()
    home.trips.unlink()
    again = home.replay(first, start=("read",), inputs={"bad": "false"})
    assert (again.state, again.inputs["trips"]) == (State.SUCCESS, first.inputs["trips"])


def test_rule_16_a_file_that_is_gone_is_refused_where_something_that_runs_reads_it(home: Home) -> None:
    first = home.run()
    file_of(home, first).unlink()
    told = refused(home, first, start=("read",))
    assert told == "the file of the input `trips` is gone from the artifact store, and `read` reads it; give it anew"
    assert home.replay(first, inputs={"bad": "false"}).state is State.SUCCESS
    assert "is gone from the artifact store; give it anew" in refused(home, first, skip_successful=True, verify=True)
    assert home.replay(first, inputs={"trips": str(home.trips), "bad": "false"}).state is State.SUCCESS


def test_rule_16_verify_reads_the_files_that_carry_over(home: Home) -> None:
    first = home.run()
    path = file_of(home, first)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().swapcase())
    assert "is not what was stored: it is damaged" in refused(home, first, start=("check",), verify=True)


def test_a_stored_file_that_is_given_and_not_there_is_refused(home: Home) -> None:
    gone = f"dalsegno://{'0' * 64}/trips.csv"
    with pytest.raises(RequestRefused, match="the file of the input `trips` is gone"):
        home.runs.create_fresh("rides.yaml", ReplayRequest(inputs={"trips": gone}), text=FLOW)


def test_rule_13_a_revision_that_comes_with_a_replay_is_saved_in_the_commit_of_its_run(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = home.run()
    commits: list[Sequence[Write]] = []
    commit = home.store.commit

    def watched(lease: Any, writes: Sequence[Write]) -> None:
        commits.append(writes)
        commit(lease, writes)

    monkeypatch.setattr(home.store, "commit", watched)
    request = ReplayRequest(origin=first.id, skip_successful=True)
    replay = home.runs.create_replay(request, text=FLOW.replace("6000", "6001"), file="rides.yaml")
    (writes,) = commits
    assert [type(write) for write in writes] == [SaveRevision, CreateRun, KeepTaskRuns]
    assert replay.revision == 2

    def fails(lease: Any, writes: Sequence[Write]) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(home.store, "commit", fails)
    with pytest.raises(OSError, match="disk"):
        home.runs.create_replay(request, text=FLOW.replace("6000", "6002"), file="rides.yaml")
    assert len(home.service.flows.revisions("bikes.rides")) == 2
