"""Logs and the records of artifacts."""

from __future__ import annotations

import pytest
from tests.support.stored import a_run, a_task_run, an_artifact, new_id, running

from dalsegno.errors import MoveRefused, NotFound
from dalsegno.model.run import LogLine
from dalsegno.store.port import AppendLogs, CreateRun, DropLines, SaveArtifact, StartTask, Store, StoredLine


def lines(first: int, last: int) -> tuple[LogLine, ...]:
    return tuple(LogLine(float(number), "INFO", f"line {number}", "stdout") for number in range(first, last + 1))


def started(store: Store, *addresses: str) -> tuple[str, list[str]]:
    run, lease = running(store)
    task_runs = [a_task_run(run.id, address) for address in addresses]
    store.commit(lease, [StartTask(task_run) for task_run in task_runs])
    return run.id, [task_run.id for task_run in task_runs]


def test_lines_come_back_with_their_place(store: Store) -> None:
    run, (task_run,) = started(store, "each[a].load")
    odd = LogLine(1.5, "ERROR", "tab\t nul\x00 half\udc80 é", "stderr")
    store.commit(None, [AppendLogs(run, task_run, 3, (odd,))])
    assert store.logs.of_run(run) == [StoredLine(1, task_run, "each[a].load", 3, odd)]


def test_positions_grow_over_the_whole_run_and_each_task_run_has_its_share(store: Store) -> None:
    run, (one, two) = started(store, "one", "two")
    store.commit(None, [AppendLogs(run, one, 1, lines(1, 2)), AppendLogs(run, two, 1, lines(3, 3))])
    store.commit(None, [AppendLogs(run, one, 2, lines(4, 4))])
    assert [(line.position, line.line.text) for line in store.logs.of_run(run)] == [
        (number, f"line {number}") for number in range(1, 5)
    ]
    assert [(line.position, line.attempt) for line in store.logs.of_task_run(one)] == [(1, 1), (2, 1), (4, 2)]
    assert [line.position for line in store.logs.of_task_run(one, after=1, limit=1)] == [2]


def test_long_logs_are_followed_in_pieces_of_any_size(store: Store) -> None:
    run, (one, two) = started(store, "one", "two")
    last = 0
    for number in range(60):
        size = [1, 450, 200, 7][number % 4]
        store.commit(None, [AppendLogs(run, (one, two)[number % 2], 1, lines(last + 1, last + size))])
        last += size
    for limit in (1, 333, 100_000):
        wanted = range(1, last + 1) if limit > 1 else range(1, 6)
        read: list[StoredLine] = []
        while len(read) < len(wanted):
            read += store.logs.of_run(run, after=read[-1].position if read else 0, limit=limit)
        assert [(line.position, line.line.text) for line in read] == [(n, f"line {n}") for n in wanted]
    assert store.logs.of_run(run, after=last) == []
    both = [*store.logs.of_task_run(one, limit=last), *store.logs.of_task_run(two, limit=last)]
    assert sorted(line.position for line in both) == list(range(1, last + 1))


def test_no_lines_leave_nothing(store: Store) -> None:
    run, (task_run,) = started(store, "one")
    store.commit(None, [AppendLogs(run, task_run, 1, ())])
    assert store.logs.of_run(run) == []


def test_a_log_needs_its_run_and_task_run(store: Store) -> None:
    run, (task_run,) = started(store, "one")
    with pytest.raises(NotFound, match="no run"):
        store.commit(None, [AppendLogs(new_id(), task_run, 1, lines(1, 1))])
    with pytest.raises(MoveRefused, match="contradicts"):
        store.commit(None, [AppendLogs(run, new_id(), 1, lines(1, 1))])


def test_an_artifact_comes_back_as_it_was_saved(store: Store) -> None:
    run = a_run()
    artifact = an_artifact(run=run.id, task_run="t", output="uri", mark="pin")
    bare = an_artifact()
    store.commit(None, [SaveArtifact(artifact), CreateRun(run, b""), SaveArtifact(bare)])
    assert store.artifacts.get(artifact.id) == artifact
    assert store.artifacts.get(bare.id) == bare
    assert store.artifacts.get(new_id()) is None
    with pytest.raises(MoveRefused, match="already"):
        store.commit(None, [SaveArtifact(artifact)])


def test_artifacts_are_found_by_id_and_by_digest(store: Store) -> None:
    one, two = an_artifact(id="0a", digest="ff1"), an_artifact(id="0b", digest="0a2")
    store.commit(None, [SaveArtifact(one), SaveArtifact(two)])
    assert {artifact.id for artifact in store.artifacts.find("0a")} == {"0a", "0b"}
    assert [artifact.id for artifact in store.artifacts.find("ff")] == ["0a"]
    assert store.artifacts.find("f_") == []
    assert len(store.artifacts.find("0", limit=1)) == 1


def test_the_artifacts_of_a_task_run_stand_in_the_order_they_were_added(store: Store) -> None:
    made = [an_artifact(id=name, task_run="t") for name in "zay"]
    store.commit(None, [SaveArtifact(artifact) for artifact in made])
    store.commit(None, [SaveArtifact(an_artifact(task_run="other"))])
    assert store.artifacts.of_task_run("t") == made


def test_lines_that_are_dropped_are_gone_and_the_others_stay_where_they_are(store: Store) -> None:
    run, (one, two) = started(store, "one", "two")
    store.commit(None, [AppendLogs(run, one, 1, lines(1, 300)), AppendLogs(run, two, 1, lines(301, 303))])
    store.commit(None, [DropLines(run, (1, 5, 6, *range(150, 301), 302))])
    found = store.logs.of_run(run)
    assert [line.position for line in found] == [*range(2, 5), *range(7, 150), 301, 303]
    assert [line.position for line in store.logs.of_run(run, after=148, limit=2)] == [149, 301]
    assert [line.position for line in store.logs.of_task_run(two)] == [301, 303]


def test_no_position_is_given_twice_though_the_last_lines_were_dropped(store: Store) -> None:
    run, (one,) = started(store, "one")
    store.commit(None, [AppendLogs(run, one, 1, lines(1, 3))])
    store.commit(None, [DropLines(run, (2, 3))])
    store.commit(None, [AppendLogs(run, one, 1, lines(4, 4))])
    store.commit(None, [DropLines(run, (1, 4))])
    store.commit(None, [AppendLogs(run, one, 1, lines(5, 5))])
    assert [line.position for line in store.logs.of_run(run)] == [5]
    assert [line.position for line in store.logs.of_run(run, after=3)] == [5]
