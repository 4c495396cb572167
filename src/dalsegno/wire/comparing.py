"""Comparisons of runs, read from what a server answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno.replay.compare import MISSING, Change, Comparison, TaskComparison, TaskSide
from dalsegno.wire.reading import run_from_json

JsonMap = Mapping[str, Any]


def comparison_from_json(data: JsonMap) -> Comparison:
    """Read a comparison."""
    return Comparison(
        run_from_json(data["runs"]["before"]),
        run_from_json(data["runs"]["after"]),
        _changes(data["facts"]),
        _changes(data["inputs"]),
        _changes(data["versions"]),
        tuple([_task(each) for each in data["tasks"]]),
        data["first_divergence"],
        data["read_equal"],
    )


def _changes(found: list[JsonMap]) -> tuple[Change, ...]:
    return tuple([Change(each["name"], each.get("before", MISSING), each.get("after", MISSING)) for each in found])


def _task(data: JsonMap) -> TaskComparison:
    return TaskComparison(
        data["address"],
        _side(data["before"]),
        _side(data["after"]),
        data["is_group"],
        tuple(data["properties"]),
        _changes(data["rendered"]),
        tuple(data["read"]),
        _changes(data["outputs"]),
        data["more_outputs"],
    )


def _side(data: JsonMap | None) -> TaskSide | None:
    return None if data is None else TaskSide(**data)
