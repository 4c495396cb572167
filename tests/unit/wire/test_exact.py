"""What an engine and a store say to each other over the wire is read as it was written."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from tests.support.stored import a_revision, a_run, a_task_run, an_artifact, new_id

from dalsegno.errors import Refusal
from dalsegno.model.flow import Revision
from dalsegno.model.run import LogLine, Run, TaskRun
from dalsegno.model.state import State
from dalsegno.store.listing import RunFilter
from dalsegno.store.port import (
    AmendRun,
    AppendLogs,
    EndTask,
    EvaluateLoop,
    LabelRun,
    MoveRun,
    MoveTask,
    NewAttempt,
    NoteEnvironment,
    RecordTask,
    SaveArtifact,
    SaveRevision,
    StartTask,
    Write,
)
from dalsegno.wire.exact import read_as, to_bytes
from dalsegno.wire.leased import WRITES, writes_from_json, writes_to_json

RUN = new_id()
EVERY: list[Write] = [
    StartTask(a_task_run(RUN, value={"a": [1, None]}, keys=("x",), values=(1, "2"))),
    RecordTask(a_task_run(RUN)),
    MoveTask("t", State.PAUSED, 1.0, used={"a": "b"}, properties={"é": "\ud800"}),
    NewAttempt("t", 2, 1.0, State.FAILED, {"message": "no"}, again=True),
    EvaluateLoop("t", ("a", "b"), (1, {"b": 2.0})),
    EndTask("t", State.SUCCESS, 1.5, {"n": 10**20, "x": 0.1, "none": None}, "d", {}, {}, metadata={"m": [1]}),
    MoveRun(RUN, State.RUNNING, State.FAILED, 2.0, error={"message": "no"}),
    LabelRun(RUN, {"a": "b"}, removed=("c",)),
    AmendRun(RUN, {"start": ["a"]}),
    NoteEnvironment(RUN, {"packages": {"a": "1"}}),
    SaveArtifact(an_artifact()),
    AppendLogs(RUN, "t", 1, (LogLine(1.0, "INFO", "half a \udcff character"), LogLine(2.0, "INFO", "", "stdout"))),
]


def _sent(value: Any) -> Any:
    return json.loads(to_bytes(value))


def test_every_write_of_an_engine_comes_back_as_it_was() -> None:
    assert {type(write) for write in EVERY} == set(WRITES.values())
    assert writes_from_json(_sent(writes_to_json(EVERY))) == EVERY


def test_numbers_that_are_none_come_back() -> None:
    (write,) = writes_from_json(_sent(writes_to_json([AmendRun(RUN, {"x": math.nan, "y": math.inf})])))
    assert isinstance(write, AmendRun)
    assert math.isnan(write.request["x"])
    assert write.request["y"] == math.inf


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Run | None, a_run()),
        (Run | None, None),
        (list[TaskRun], [a_task_run(RUN, keys=("a",), values=(1,))]),
        (Revision, a_revision()),
        (RunFilter, RunFilter(states=(State.FAILED,), labels=(("a", "b"),))),
        (bytes | None, b"\x00\xff"),
    ],
)
def test_what_is_read_comes_back_as_it_was(kind: Any, value: Any) -> None:
    assert read_as(kind, _sent(value)) == value


def test_other_writes_are_neither_sent_nor_taken() -> None:
    with pytest.raises(Refusal, match="SaveRevision"):
        writes_to_json([SaveRevision(a_revision())])
    with pytest.raises(Refusal, match="DeleteRun"):
        writes_from_json([{"write": "DeleteRun", "run": RUN, "at": 1.0}])
