"""From what a server answers to what the service in this process would have given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno.errors import PlanRefusal, Problem
from dalsegno.model.codec import flow_from_json
from dalsegno.model.files import NamespaceFile
from dalsegno.model.flow import Revision
from dalsegno.model.kv import Entry, ValueType
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.model.progress import Progress, RunMoved, TaskMoved
from dalsegno.model.run import Artifact, Attempt, Caller, LogLine, Run, TaskRun
from dalsegno.model.state import State
from dalsegno.store.listing import FlowSummary, StoredLine
from dalsegno.wire.times import known_seconds, seconds

JsonMap = Mapping[str, Any]


def run_from_json(data: JsonMap) -> Run:
    """Read a run; one of a list lacks what only the run itself shows: `request`, `environment`, `plan_digest`."""
    called = data.get("caller")
    return Run(
        id=data["id"],
        name=data["name"],
        namespace=data["namespace"],
        flow=data["flow"],
        revision=data["revision"],
        state=State(data["state"]),
        attempt=data["attempt"],
        root=data["root"],
        clock=known_seconds(data.get("clock") or data["created"]),
        created=known_seconds(data["created"]),
        origin=data["origin"],
        inputs=data["inputs"],
        labels=data["labels"],
        request=data.get("request", {}),
        plan_digest=data.get("plan_digest", ""),
        reason=data["reason"],
        author=data["author"],
        environment=data.get("environment", {}),
        started=seconds(data["started"]),
        ended=seconds(data["ended"]),
        outputs=data["outputs"],
        error=data["error"],
        whole=data["whole"],
        fixed_by=data["fixed_by"],
        deleted=seconds(data["deleted"]),
        caller=None if called is None else Caller(called["run"], called["task_run"], called["attempt"]),
        queued=seconds(data["queued"]),
    )


def task_run_from_json(data: JsonMap, run: str | None = None) -> TaskRun:
    """Read a task run; of the short form, `run` tells whose it is."""
    keys = data.get("keys")
    values = data.get("values")
    return TaskRun(
        id=data["id"],
        run=run or data["run"],
        address=data["address"],
        task=data["task"],
        type=data["type"],
        state=State(data["state"]),
        action=Action(data["action"]),
        reason=data["reason"],
        parent=data["parent"],
        value=data["value"],
        attempt=data["attempt"],
        attempts=data["attempts"],
        reused_from=data["reused_from"],
        created=seconds(data.get("created")) or 0.0,
        started=seconds(data["started"]),
        ended=seconds(data["ended"]),
        definition=data.get("definition", ""),
        digests=data.get("digests", {}),
        used=data.get("used", {}),
        properties=data.get("properties", {}),
        outputs=data["outputs"],
        output_digest=data.get("output_digest"),
        error=data["error"],
        keys=None if keys is None else tuple(keys),
        values=None if values is None else tuple(values),
        metadata=data.get("metadata", {}),
    )


def plan_from_json(data: JsonMap) -> Plan:
    """Read a plan as doors show it; what is for the engine alone is not in it."""
    decisions = [
        Decision(
            each["address"], each["task"], each["type"], Action(each["action"]), each["reason"], tuple(each["warnings"]),
            each["origin_task_run"], each["estimate_s"], None if each.get("keys") is None else tuple(each["keys"]),
            each.get("waits_for"), stops=each.get("breakpoint", False), child=each.get("subflow"),
        )
        for each in data["decisions"]
    ]  # fmt: skip
    texts = {name: tuple(data.get(name, ())) for name in ("dropped", "not_reached", "unchecked", "warnings")}
    refusals = tuple(
        [
            PlanRefusal(each["code"], each["message"], each.get("address"), tuple(each.get("closest", ())))
            for each in data.get("refusals", ())
        ]
    )
    return Plan(data["digest"], data["revision"], tuple(decisions), refusals=refusals, **texts)


def progress_from_json(data: JsonMap) -> Progress:
    """Read what an event of a run tells."""
    at, state = known_seconds(data["at"]), State(data["state"])
    if data["kind"] == "run":
        return RunMoved(at, state, data.get("error"))
    return TaskMoved(
        at,
        data["address"],
        data["task"],
        data["type"],
        state,
        data["attempt"],
        Action(data["action"]),
        data.get("seconds"),
        data.get("error"),
        group=data["group"],
    )


def flow_from_summary(data: JsonMap) -> FlowSummary:
    """Read a flow of a list."""
    return FlowSummary(
        data["namespace"],
        data["id"],
        data["revision"],
        data["description"],
        data["disabled"],
        known_seconds(data["updated"]),
        seconds(data["off"]),
        seconds(data["deleted"]),
    )


def revision_from_json(data: JsonMap) -> Revision:
    """Read a revision that was given with its compiled form."""
    compiled = data["compiled"]
    return Revision(
        flow_from_json(compiled["flow"]),
        data["revision"],
        data["digest"],
        compiled["source"],
        known_seconds(data["created"]),
        data["author"],
        compiled["graph"],
    )


def problem_from_json(data: JsonMap) -> Problem:
    """Read what is wrong with a flow."""
    names = ("code", "message", "file", "line", "column")
    return Problem(*(data[name] for name in names), closest=tuple(data["closest"]), severity=data["severity"])


def entry_from_json(data: JsonMap) -> Entry:
    """Read a value by key; who wrote it is not told."""
    return Entry(
        data["namespace"],
        data["key"],
        ValueType(data["type"]),
        data["value"],
        known_seconds(data["created"]),
        known_seconds(data["updated"]),
        data["description"],
        seconds(data["expires"]),
    )


def file_from_json(data: JsonMap) -> NamespaceFile:
    """Read a file of a namespace."""
    times = (known_seconds(data["created"]), known_seconds(data["updated"]))
    return NamespaceFile(data["namespace"], data["path"], data["digest"], data["size"], *times)


def attempt_from_json(data: JsonMap) -> Attempt:
    """Read an attempt."""
    times = (known_seconds(data["started"]), seconds(data["ended"]))
    return Attempt(data["task_run"], data["number"], State(data["state"]), *times, data["error"])


def line_from_json(data: JsonMap) -> StoredLine:
    """Read a log line."""
    line = LogLine(known_seconds(data["at"]), data["level"], data["text"], data["stream"])
    return StoredLine(data["position"], data["task_run"], data["address"], data["attempt"], line)


def artifact_from_json(data: JsonMap) -> Artifact:
    """Read the record of an artifact."""
    known: dict[str, Any] = {**data, "created": known_seconds(data["created"])}
    return Artifact(**known)
