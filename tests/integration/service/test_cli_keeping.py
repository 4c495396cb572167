"""The commands that compare, delete, purge, and list what is still to be fixed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.desk import Desk, Ended

FLOW = """
id: rides
namespace: bikes
inputs: [{id: bad, type: STRING, defaults: "true"}]
tasks:
  - {id: many, type: core.debug.Return, value: "{% for n in range(0, 6000) %}{{ n }},{% endfor %}"}
  - {id: check, type: core.execution.Fail, condition: "{{ inputs.bad }}", errorMessage: not yet}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give a desk with a run that failed, a replay of it that went well, and another that failed."""
    desk = Desk(tmp_path, env={"COLUMNS": "80"})
    desk.write("rides.yaml", FLOW)
    assert desk.call_here("run", "rides.yaml", "--label", "team=red").code == 1
    assert desk.call_here("replay", "rides-1", "--skip-successful", "-i", "bad=false").code == 0
    assert desk.call_here("run", "rides.yaml").code == 1
    return desk


def names(ended: Ended) -> list[str]:
    assert ended.code == 0, ended.err
    return [run["name"] for run in ended.document["runs"]]


def age(desk: Desk) -> None:
    for path in (desk.home / "artifacts" / "blobs").glob("*/*"):
        os.utime(path, (1e9, 1e9))


def test_runs_are_listed_by_what_is_to_be_fixed_origin_and_label(desk: Desk) -> None:
    assert names(desk.call_here("runs", "--not-fixed", "--json")) == ["rides-3"]
    assert names(desk.call_here("runs", "--origin", "rides-1", "--json")) == ["rides-2"]
    assert names(desk.call_here("runs", "--label", "team=red", "--json")) == ["rides-2", "rides-1"]
    assert desk.call_here("runs", "--label", "team=blue").out == "No run is like that.\n"
    assert "fixed by rides-2" in desk.call_here("runs").out
    assert desk.call_here("runs", "--label", "team").code == 2
    assert desk.call_here("runs", "--origin", "rides-9").code == 2


def test_what_fixed_a_run_stands_in_show_and_in_the_lineage(desk: Desk) -> None:
    assert "  fixed by  rides-2\n" in desk.call_here("show", "rides-1").out
    assert desk.call_here("lineage", "rides-2").out.splitlines()[0].endswith("  fixed by rides-2")
    fixing = desk.call_here("show", "rides-2", "--json").document["id"]
    assert desk.call_here("show", "rides-1", "--json").document["fixed_by"] == fixing


def test_rule_09_logs_of_a_replay_begin_with_those_of_what_it_reused_marked(desk: Desk) -> None:
    flow = FLOW.replace("tasks:", "tasks:\n  - {id: say, type: core.log.Log, message: hello}")
    desk.write("said.yaml", flow + "  - {id: end, type: core.log.Log, message: bye}\n")
    assert desk.call_here("run", "said.yaml").code == 1
    assert desk.call_here("replay", "last", "--skip-successful", "-i", "bad=false").code == 0
    lines = desk.call_here("logs", "last").out.splitlines()
    assert [line.split(maxsplit=2)[2] for line in lines] == ["say (reused) hello", "end bye"]
    document = desk.call_here("logs", "last", "--json").document
    assert [(line["address"], line["reused"]) for line in document["lines"]] == [("say", True), ("end", False)]
    (one,) = desk.call_here("logs", "last", "say", "--json").document["lines"]
    assert (one["text"], one["reused"]) == ("hello", True)


def test_two_runs_are_compared(desk: Desk) -> None:
    ended = desk.call_here("compare", "rides-1", "rides-2")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[:3] == [
        "rides-2 differs from rides-1 in 1 of 2 tasks: `check` FAILED → SUCCESS (read",
        "another `inputs.bad`); 1 is the same result",
        "Begins to differ at check: it read another inputs.bad",
    ]
    assert "input bad: true → false" in lines
    assert max(map(len, lines)) <= 80
    document = desk.call_here("compare", "rides-1", "rides-2", "--json").document
    assert document["first_divergence"] == "check"
    assert desk.call_here("compare", "rides-1", "rides-9").code == 2


def test_a_run_is_deleted_and_says_what_stays(desk: Desk) -> None:
    ended = desk.call_here("delete", "rides-1")
    assert (ended.code, ended.out) == (0, "Deleted: rides-1; 1 of its task runs stays, for another run reuses it\n")
    assert names(desk.call_here("runs", "--json")) == ["rides-3", "rides-2"]
    assert "only what other runs reuse of it is left" in desk.call_here("show", "rides-1").out
    assert "deleted" in desk.call_here("lineage", "rides-2").out.splitlines()[0]
    refused = desk.call_here("replay", "rides-1")
    assert refused.code == 2
    assert "rides-1 was deleted on" in refused.err


def test_old_runs_are_purged_and_the_command_says_what_that_frees(desk: Desk) -> None:
    with desk.unchanged():
        dry = desk.call_here("purge", "--older-than", "0s", "--dry-run")
    assert dry.out.splitlines() == [
        "Would delete 3 runs: rides-1, rides-2, rides-3",
        "Would remove 0 stored values and files: would free 0 bytes",
        "1 more (28.9 kB) that nothing needs stays for now: younger than an hour",
    ]
    assert desk.call_here("purge", "--older-than", "1d").out.startswith("Deleted 0 runs\n")
    age(desk)
    kept = desk.call_here("purge", "--older-than", "0s", "--keep-failed", "--json").document
    assert ([run["name"] for run in kept["runs"]], kept["blobs"]) == (["rides-2", "rides-1"], 0)
    assert desk.call_here("purge", "--older-than", "0min").out == (
        "Deleted 1 run: rides-3\nRemoved 1 stored value or file: freed 28.9 kB\n"
    )
    assert desk.files() == set()


@pytest.mark.parametrize("age", ["30", "30x", "-1d", "P30D", ""])
def test_an_age_that_cannot_be_read_is_refused_with_examples(tmp_path: Path, age: str) -> None:
    ended = Desk(tmp_path).call_here("purge", "--older-than", age, "--json")
    assert ended.code == 2
    assert "such as 30d" in ended.error["message"]
