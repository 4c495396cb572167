"""A failed run in one text, for a colleague or an assistant: what failed, where, with what, and what is new about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dalsegno.errors import DalSegnoError
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.sealed import as_masked
from dalsegno.model.state import ENDED_WELL, State
from dalsegno.service.comparing import ComparingCases
from dalsegno.service.finding import find_run
from dalsegno.service.flows import FlowCases
from dalsegno.service.logs import LineFilter, LogCases
from dalsegno.store.port import RunFilter, Store

#: failed tasks that are told of, lines of log of each, and characters of one value
_TASKS = 5
_LINES = 40
_CHARACTERS = 2_000


class ExplainingCases:
    """Explain runs."""

    def __init__(self, store: Store, flows: FlowCases, comparing: ComparingCases, logs: LogCases) -> None:
        self._store = store
        self._flows = flows
        self._comparing = comparing
        self._logs = logs

    def explain(self, run: str) -> str:
        """Give what is known of a run that failed, or of any other, as Markdown.

        It says what failed and where, with the properties as they were rendered, the end of the log, the source of the
        revision, and the difference to the last revision that went well. Secrets are not in it: what is recorded has none.

        Raises
        ------
        NotFound : no such run.
        """
        found = find_run(self._store, run)
        parts = (
            self._head(found),
            *self._failures(found),
            self._since(found),
            self._source(found),
        )
        return "\n\n".join(part for part in parts if part) + "\n"

    def _head(self, run: Run) -> str:
        facts = {
            "flow": f"{run.namespace}.{run.flow}, revision {run.revision}",
            "run": f"{run.name} ({run.id}), attempt {run.attempt}",
            "reason": run.reason,
            "ran on": ", ".join(f"{name} {value}" for name, value in run.environment.items() if isinstance(value, str)),
        }
        lines = [f"# {run.name}: {run.state}", *(f"- {name}: {value}" for name, value in facts.items() if value)]
        if run.inputs:
            lines += ["", "Inputs:", _fenced(_shown(as_masked(run.inputs)), "json")]
        return "\n".join(lines)

    def _failures(self, run: Run) -> Iterator[str]:
        failed = [each for each in self._store.task_runs.of_run(run.id) if each.state is State.FAILED]
        # what stands around a failure failed by it
        leaves = [each for each in failed if not any(other.parent == each.address for other in failed)]
        for each in leaves[:_TASKS]:
            yield self._failure(run, each)
        if len(leaves) > _TASKS:
            yield f"{len(leaves) - _TASKS} more tasks failed: {', '.join(f'`{each.address}`' for each in leaves[_TASKS:][:20])}"
        if not leaves and run.error:
            yield f"## The run failed\n\n{_error(run.error)}"

    def _failure(self, run: Run, task_run: TaskRun) -> str:
        parts = [
            f"## `{task_run.address}` failed ({task_run.type}, attempt {task_run.attempt})",
            _error(task_run.error or {}),
        ]
        if task_run.properties:
            parts.append(f"Its properties, as they were rendered:\n{_fenced(_shown(task_run.properties), 'json')}")
        if task_run.used:
            parts.append(f"It read {', '.join(f'`{path}`' for path in task_run.used if not path.startswith('file.'))}.")
        lines = [line.line.text for line in self._logs.all(run.id, LineFilter(address=task_run.address))]
        if lines:
            ending = _cut("\n".join(lines[-_LINES:]), end=True)
            parts.append(f"The end of its log:\n{_fenced(ending)}")
        return "\n\n".join(parts)

    def _since(self, run: Run) -> str:
        """Tell what is another since a run of the flow went well: the code, or what it was given."""
        wanted = RunFilter(run.namespace, run.flow, tuple(ENDED_WELL), limit=1, created_before=run.created)
        well = next(iter(self._store.runs.list(wanted)), None)
        if well is None:
            return "## Since when\n\nNo run of this flow had gone well before."
        parts = [f"## Since when\n\n{well.name} went well before it, on revision {well.revision}."]
        try:
            parts.append(self._comparing.compare(well.id, run.id).summary)
            if well.revision != run.revision:
                name = f"{run.namespace}.{run.flow}"
                parts.append(_fenced(_cut(self._flows.diff(name, well.revision, run.revision)), "diff"))
        except DalSegnoError as error:
            parts.append(f"They cannot be compared: {error}")
        return "\n\n".join(parts)

    def _source(self, run: Run) -> str:
        try:
            text = self._flows.text(self._flows.revision(run.namespace, run.flow, run.revision))
        except DalSegnoError as error:
            return f"The source cannot be shown: {error}"
        return f"## The flow, revision {run.revision}\n\n{_fenced(text)}"


def _error(error: Mapping[str, Any]) -> str:
    """Write an error with all that it says."""
    details: Mapping[str, Any] = error.get("details") or {}
    lines = [str(error.get("message") or "no message was given")]
    lines += [f"- {name}: {value}" for name, value in details.items() if name != "traceback" and value is not None]
    if error.get("hint"):
        lines.append(f"- what to do: {error['hint']}")
    if details.get("traceback"):
        lines.append(_fenced(_cut(_text(details["traceback"]), end=True)))
    return "\n".join(lines)


def _text(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)


def _shown(values: Mapping[str, Any]) -> str:
    """Write values as JSON, each cut where it is long."""
    cut = {name: _cut(value) if isinstance(value, str) else value for name, value in values.items()}
    return _cut(json.dumps(cut, indent=2, ensure_ascii=False, default=str))


def _cut(text: str, *, end: bool = False) -> str:
    """Give no more of a text than is read: its beginning, or its end."""
    if len(text) <= _CHARACTERS:
        return text
    left = f"({len(text) - _CHARACTERS:,} characters left out)"
    return f"{left}\n{text[-_CHARACTERS:]}" if end else f"{text[:_CHARACTERS]}\n{left}"


def _fenced(text: str, language: str = "") -> str:
    """Put a text between fences that it does not hold itself."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
