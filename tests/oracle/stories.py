"""Stories: revisions of a flow, and the runs and replays that somebody asks for, one after the other."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.oracle.describe import Described, from_json

Tasks = tuple[Described, ...]
#: stands for a result that is kept, whatever has changed
KEEP = "$origin"


@dataclass(frozen=True)
class Step:
    """One request.

    Parameters
    ----------
    revision : which of the story's revisions, from 0.
    origin : which of the runs made so far, counted from 0, modulo their number: -1 is the last; `None` for a fresh run.
    request : the fields of a `ReplayRequest`.
    budget : the run is killed after so many tasks.
    gone : addresses of the origin whose artifacts are lost.
    expect : in a history, the actions that the plan must have, by address.
    refused : in a history, the code of the refusal that the plan must have.
    """

    revision: int
    origin: int | None = None
    request: dict[str, Any] = field(default_factory=dict[str, Any])
    budget: int | None = None
    gone: tuple[str, ...] = ()
    expect: dict[str, str] = field(default_factory=dict[str, str])
    refused: str | None = None


@dataclass(frozen=True)
class Story:
    """What the oracle plays."""

    revisions: tuple[Tasks, ...]
    steps: tuple[Step, ...]
    why: str = ""

    def as_json(self) -> str:
        steps = [{k: v for k, v in step.__dict__.items() if v not in (None, (), {})} for step in self.steps]
        revisions = [[task.as_json() for task in tasks] for tasks in self.revisions]
        return json.dumps({"why": self.why, "revisions": revisions, "steps": steps}, default=list)


def read_story(path: Path) -> Story:
    data = json.loads(path.read_text(encoding="utf-8"))
    revisions = tuple(tuple(from_json(task) for task in tasks) for tasks in data["revisions"])
    return Story(revisions, tuple(_step(step) for step in data["steps"]), data["why"])


def _step(data: dict[str, Any]) -> Step:
    fields: dict[str, Any] = {**data, "gone": tuple(data.get("gone", ()))}
    return Step(**fields)
