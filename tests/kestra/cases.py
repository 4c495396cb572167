"""Reads the cases: what is expected, then the flow, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

FOLDER = Path(__file__).parent / "flows"


@dataclass(frozen=True, slots=True)
class Case:
    """A flow, and what Kestra makes of it.

    Parameters
    ----------
    expected : `shows` and `source` say what and by which of Kestra's tests or rules; `inputs` are given (text after `@` is a
        file's content); `needs` is another flow; `state, task_runs, states, absent, attempts, outputs, flow_outputs, order,
        labels, children, replays, contains, hidden, refused` are what is to come of it; `then` the same once it was resumed.
        `later` names what is not there yet, and is refused by that name.
    flow : the text of the flow.
    """

    name: str
    expected: Mapping[str, Any]
    flow: str

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What is given to the run."""
        return self.expected.get("inputs", {})


def cases() -> list[Case]:
    """Give all cases, by name."""
    return [_read(path) for path in sorted(FOLDER.rglob("*.yaml"))]


def _read(path: Path) -> Case:
    head, flow = path.read_text(encoding="utf-8").split("\n---\n", 1)
    name = str(path.relative_to(FOLDER).with_suffix(""))
    return Case(name, cast("Mapping[str, Any]", yaml.safe_load(head)), flow)
