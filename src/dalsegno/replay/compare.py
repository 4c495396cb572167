"""Compares two runs: what they were given, and for each address what was done, what came of it, and why that differs.

Nothing is read here but the two runs; task runs are matched by address, whatever flow they are of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from dalsegno.model.forms import content_of
from dalsegno.model.plan import Action
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.sealed import is_sealed, mask_sealed
from dalsegno.replay.fingerprint import changes
from dalsegno.replay.told import told_difference

#: how a value that is too large for a row stands in it
_REFERENCE = "$artifact"
#: differences within the outputs of one task run that are listed; beyond that they are counted
MOST_VALUES = 50
#: how much of a value stands in a line
_SHOWN = 60
_WORD = re.compile(r"[A-Za-z_][\w-]*\Z")


@dataclass(frozen=True, slots=True)
class Missing:
    """Stands for what is not there on one side."""


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Change:
    """Something with a name or a path that differs. A side on which it is missing is `MISSING`."""

    name: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.name}: {_shown(self.before)} → {_shown(self.after)}"

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data; a side on which it is missing is left out."""
        sides = {"before": self.before, "after": self.after}
        return {"name": self.name, **{side: value for side, value in sides.items() if value is not MISSING}}


def _shown(value: Any) -> str:
    if value is MISSING:
        return "(missing)"
    kept = told_content(value)
    if kept is not None:
        return kept
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def told_content(value: Any) -> str | None:
    """Write one side of a change that is told by its content: the beginning of the digest, and the size."""
    if not isinstance(value, Mapping) or set(cast("Mapping[str, Any]", value)) != {"digest", "size"}:
        return None
    digest, size = (cast("Mapping[str, Any]", value)[name] for name in ("digest", "size"))
    return f"{digest[:8]}… ({size:,} bytes)" if isinstance(digest, str) and isinstance(size, int) else None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs.

    Parameters
    ----------
    task_runs : all of them, in the order of the flow.
    """

    run: Run
    task_runs: Sequence[TaskRun]


@dataclass(frozen=True, slots=True)
class TaskSide:
    """What became of a task in one of the runs, and why it ran or was kept (`reason`).

    `seconds` and `output_digest` are those of where it really ran.
    """

    task_run: str
    type: str
    state: str
    action: str
    attempt: int
    seconds: float | None
    output_digest: str | None
    reused_from: str | None
    error: str | None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class TaskComparison:
    """One address in both runs.

    Parameters
    ----------
    before, after : `None` on the side that has no such address.
    is_group : whether other task runs stand below it: its result is theirs.
    properties : the names of the properties of which the definition differs, `type` first, as a person reads them.
    rendered : properties whose values differ, where both runs rendered them (a pin renders none).
    read : the values that both used and that differ, by path.
    outputs : differences within the outputs; a large value is told by its digest.
    more_outputs : how many differences there are beyond those.
    """

    address: str
    before: TaskSide | None
    after: TaskSide | None
    is_group: bool = False
    properties: tuple[str, ...] = ()
    rendered: tuple[Change, ...] = ()
    read: tuple[str, ...] = ()
    outputs: tuple[Change, ...] = ()
    more_outputs: int = 0

    @property
    def same_result(self) -> bool:
        """Whether it ended in the same state with the same outputs; or failed, saying the same."""
        before, after = self.before, self.after
        if before is None or after is None:
            return False
        return (before.state, before.output_digest, before.error) == (after.state, after.output_digest, after.error)

    @property
    def pinned(self) -> bool:
        """Whether its result was given, and not made, in one of the two."""
        pins = [side.action == Action.PIN for side in (self.before, self.after) if side is not None]
        return sum(pins) == 1 and len(pins) == 2

    @property
    def in_both(self) -> bool:
        """Whether both runs have the address."""
        return self.before is not None and self.after is not None

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {
            "address": self.address,
            "same_result": self.same_result,
            "is_group": self.is_group,
            "before": self.before and self.before.as_json(),
            "after": self.after and self.after.as_json(),
            "properties": list(self.properties),
            "rendered": [change.as_json() for change in self.rendered],
            "read": list(self.read),
            "outputs": [change.as_json() for change in self.outputs],
            "more_outputs": self.more_outputs,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, compared.

    Parameters
    ----------
    facts : revision, state and the like, where they differ.
    inputs, versions : inputs and parts of the environment that differ.
    tasks : every address of either run, in the order of the flow.
    first : where the runs begin to differ: the first address whose result differs although what it read of other tasks was
        equal, else the first that differs at all.
    read_equal : whether all that `first` read was equal, run inputs too.
    """

    before: Run
    after: Run
    facts: tuple[Change, ...] = ()
    inputs: tuple[Change, ...] = ()
    versions: tuple[Change, ...] = ()
    tasks: tuple[TaskComparison, ...] = ()
    first: str | None = None
    read_equal: bool = False

    def __str__(self) -> str:
        """Give the comparison as lines: the summary, and which inputs and outputs differ."""
        lines = [self.summary, *(f"  input {change}" for change in self.inputs)]
        for task in self.tasks[:MOST_VALUES]:
            lines += [f"  {task.address} {change}" for change in task.outputs]
        return "\n".join(lines)

    @property
    def summary(self) -> str:
        """Say in one sentence what differs."""
        leaves = [task for task in self.tasks if not task.is_group]
        return told_difference(self.before.name, self.after.name, leaves)

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {
            "before": {"id": self.before.id, "name": self.before.name},
            "after": {"id": self.after.id, "name": self.after.name},
            "summary": self.summary,
            "first_divergence": self.first,
            "read_equal": self.read_equal,
            "facts": [change.as_json() for change in self.facts],
            "inputs": [change.as_json() for change in self.inputs],
            "versions": [change.as_json() for change in self.versions],
            "tasks": [task.as_json() for task in self.tasks],
        }


def compare_runs(before: Side, after: Side) -> Comparison:
    """Compare two runs; `before` is mostly the earlier one."""
    old = {item.address: item for item in before.task_runs}
    new = {item.address: item for item in after.task_runs}
    groups = {item.parent for item in (*before.task_runs, *after.task_runs) if item.parent}
    groups |= {item.address for item in (*before.task_runs, *after.task_runs) if item.keys is not None}
    tasks = tuple(
        _compare_task(address, old.get(address), new.get(address), is_group=address in groups)
        for address in _merged(list(old), list(new))
    )
    first = _first_divergence(tasks)
    return Comparison(
        before.run, after.run,
        (
            *_differences(_facts(before.run), _facts(after.run)),
            *_differences_at("outputs", before.run.outputs, after.run.outputs),
        ),
        tuple(_differences(before.run.inputs, after.run.inputs)),
        tuple(_versions(before, after)),
        tasks, first and first.address, first is not None and first.in_both and not first.read,
    )  # fmt: skip


def _facts(run: Run) -> Mapping[str, Any]:
    return {
        "flow": f"{run.namespace}.{run.flow}",
        "revision": run.revision,
        "state": run.state.value,
    }


def _versions(before: Side, after: Side) -> Iterator[Change]:
    """Compare what the runs ran on. What a run kept it did not import: a package is missing only where a run kept nothing."""
    old, new = dict(before.run.environment), dict(after.run.environment)
    was, now = old.pop("packages", {}), new.pop("packages", {})
    yield from _differences(old, new)
    kept = any(item.action in (Action.REUSE, Action.PIN) for item in (*before.task_runs, *after.task_runs))
    for name in sorted({**was, **now}):
        if not kept or (name in was and name in now):
            yield from _difference(f"packages.{name}", was.get(name, MISSING), now.get(name, MISSING))


def _merged(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Give the addresses of both: in the order of the later run, those of the earlier one alone behind what they follow."""
    there = set(new)
    behind: dict[str | None, list[str]] = {}
    last: str | None = None
    for address in old:
        if address in there:
            last = address
        else:
            behind.setdefault(last, []).append(address)
    merged = behind.get(None, [])
    for address in new:
        merged += [address, *behind.get(address, ())]
    return merged


def _compare_task(address: str, old: TaskRun | None, new: TaskRun | None, *, is_group: bool) -> TaskComparison:
    before, after = _side(old), _side(new)
    if old is None or new is None:
        return TaskComparison(address, before, after, is_group)
    rendered = tuple(_differences(old.properties, new.properties)) if old.properties and new.properties else ()
    values = [] if old.output_digest == new.output_digest else list(_differences(old.outputs, new.outputs, deep=True))
    return TaskComparison(
        address, before, after, is_group, changes(old.digests, new.digests),
        rendered, tuple(path for path in old.used if path in new.used and old.used[path] != new.used[path]),
        tuple(values[:MOST_VALUES]), max(len(values) - MOST_VALUES, 0),
    )  # fmt: skip


def _side(item: TaskRun | None) -> TaskSide | None:
    if item is None:
        return None
    seconds = None if item.started is None or item.ended is None else item.ended - item.started
    error = None if item.error is None else str(item.error.get("message") or item.error.get("code"))
    return TaskSide(
        item.id, item.type, item.state.value, item.action.value, item.attempt, seconds, item.output_digest,
        item.reused_from, error, item.reason,
    )  # fmt: skip


def _first_divergence(tasks: Sequence[TaskComparison]) -> TaskComparison | None:
    """A group differs where something in it does; so groups count where nothing else differs."""
    different = [task for task in tasks if not task.same_result]
    leaves = [task for task in different if not task.is_group] or different
    by_itself = (task for task in leaves if task.in_both and not any(path.startswith("outputs") for path in task.read))
    return next(by_itself, leaves[0] if leaves else None)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], *, deep: bool = False) -> Iterator[Change]:
    for name in {**old, **new}:
        before, after = old.get(name, MISSING), new.get(name, MISSING)
        yield from _differences_at(name, before, after) if deep else _difference(name, before, after)


def _difference(path: str, before: Any, after: Any) -> Iterator[Change]:
    if not _equal(before, after):
        yield Change(path, mask_sealed(before), mask_sealed(after))


def _differences_at(path: str, before: Any, after: Any) -> Iterator[Change]:
    """Go down to where two values differ. A value that is kept as a blob, or as bytes in the row, is one whole."""
    old_content, new_content = content_of(before), content_of(after)
    if old_content or new_content:
        yield from _difference(path, _shortened(old_content or before), _shortened(new_content or after))
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not (is_sealed(before) or is_sealed(after)):
        old, new = cast("Mapping[str, Any]", before), cast("Mapping[str, Any]", after)
        if _REFERENCE not in old and _REFERENCE not in new:
            for key in {**old, **new}:
                yield from _differences_at(_below(path, key), old.get(key, MISSING), new.get(key, MISSING))
            return
    if isinstance(before, list) and isinstance(after, list):
        olds, news = cast("list[Any]", before), cast("list[Any]", after)
        for at in range(max(len(olds), len(news))):
            one = olds[at] if at < len(olds) else MISSING
            other = news[at] if at < len(news) else MISSING
            yield from _differences_at(f"{path}[{at}]", one, other)
        return
    yield from _difference(path, _shortened(before), _shortened(after))


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if _WORD.match(key) else f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def _shortened(value: Any) -> Any:
    """Give a value that is kept as a blob without its id, which says nothing about what it holds."""
    if isinstance(value, Mapping) and _REFERENCE in value:
        known = cast("Mapping[str, Any]", value)
        return {"digest": known.get("digest"), "size": known.get("size")}
    return value


def _equal(before: Any, after: Any) -> bool:
    """Compare as values, where `1`, `1.0` and `true` are three."""
    if MISSING in (before, after):
        return before is after
    return json.dumps(before, sort_keys=True, default=str) == json.dumps(after, sort_keys=True, default=str)
