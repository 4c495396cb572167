"""What an engine that executes a run of a server from afar may say: the writes that it makes, and what it may ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from inspect import signature
from typing import Any, get_type_hints

from dalsegno.errors import Refusal, closest, did_you_mean
from dalsegno.store.port import (
    AmendRun,
    AppendLogs,
    ArtifactReads,
    EndTask,
    EvaluateLoop,
    EventReads,
    FlowReads,
    LabelRun,
    LogReads,
    MoveRun,
    MoveTask,
    NewAttempt,
    NoteEnvironment,
    RecordTask,
    RunReads,
    SaveArtifact,
    StartTask,
    TaskRunReads,
    Write,
)
from dalsegno.wire.exact import read_as, to_json

#: the writes that the holder of a lease may make
WRITES: Mapping[str, type[Any]] = {
    write.__name__: write
    for write in (
        StartTask, RecordTask, MoveTask, NewAttempt, EvaluateLoop, EndTask, MoveRun, LabelRun, AmendRun, NoteEnvironment,
        SaveArtifact, AppendLogs,
    )
}  # fmt: skip

#: what may be asked for: by the noun of the store, its port and the methods
_READS: Mapping[str, tuple[type[Any], tuple[str, ...]]] = {
    "flows": (FlowReads, ("all", "named", "latest", "revision", "revisions", "with_digest")),
    "runs": (RunReads, ("get", "find", "list", "plan", "graph", "wishes")),
    "task_runs": (TaskRunReads, ("of_run", "results", "get", "at", "attempts", "used_files")),
    "logs": (LogReads, ("of_run", "of_task_run")),
    "events": (EventReads, ("after",)),
    "artifacts": (ArtifactReads, ("get", "find", "of_task_run")),
}


def writes_to_json(writes: Sequence[Write]) -> list[dict[str, Any]]:
    """Give writes as JSON data: `{"write": "EndTask", ...}`.

    Raises
    ------
    Refusal : one of them is none that an engine makes for the run that it executes.
    """
    for write in writes:
        if type(write).__name__ not in WRITES:
            raise Refusal(_not_from_afar(type(write).__name__), code="not-remote")
    return [{"write": type(write).__name__, **to_json(write)} for write in writes]


def writes_from_json(data: Sequence[Mapping[str, Any]]) -> list[Write]:
    """Read writes. Raises `Refusal` for one that is none of an engine, or has another shape."""
    return [_write(each) for each in data]


def _write(data: Mapping[str, Any]) -> Write:
    name = str(data.get("write"))
    found = WRITES.get(name)
    if found is None:
        raise Refusal(_not_from_afar(name), code="not-remote", closest=closest(name, WRITES))
    return read_as(found, {key: value for key, value in data.items() if key != "write"})


def _not_from_afar(name: str) -> str:
    return (
        f"`{name}` is not among the writes of who executes a run from afar{did_you_mean(closest(name, WRITES))}: "
        "what changes anything but that run is done by the server"
    )


def port_of(noun: str) -> type[Any]:
    """Give the port of a noun. Raises `Refusal` where nothing of it can be read."""
    return _known(noun)[0]


def _known(noun: str) -> tuple[type[Any], tuple[str, ...]]:
    if noun not in _READS:
        message = f"`{noun}` of a server cannot be read from here: a task that needs them runs on the server"
        raise Refusal(message, code="not-remote")
    return _READS[noun]


@cache
def answer_of(noun: str, method: str) -> Any:
    """Give the type of what a read gives. Raises `Refusal` where there is no such read."""
    return _hints(noun, method)["return"]


def arguments_from_json(noun: str, method: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Read the arguments of a read. Raises `Refusal` where it is unknown or they do not fit."""
    hints = _hints(noun, method)
    unknown = [name for name in data if name not in hints or name == "return"]
    if unknown:
        raise Refusal(f"`{noun}.{method}` takes no `{unknown[0]}`", code="bad-request")
    lacking = [name for name in _needed(noun, method) if name not in data]
    if lacking:
        raise Refusal(f"`{noun}.{method}` needs `{lacking[0]}`", code="bad-request")
    return {name: read_as(hints[name], value) for name, value in data.items()}


@cache
def _needed(noun: str, method: str) -> tuple[str, ...]:
    found = signature(getattr(port_of(noun), method)).parameters.values()
    return tuple(one.name for one in found if one.default is one.empty and one.name != "self")


@cache
def _hints(noun: str, method: str) -> dict[str, Any]:
    port, methods = _known(noun)
    if method not in methods:
        raise Refusal(f"there is nothing to read by `{noun}.{method}`", code="bad-request")
    return get_type_hints(getattr(port, method))
