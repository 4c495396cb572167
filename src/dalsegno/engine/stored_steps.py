"""Runs steps in Python from the code that was stored with the revision, in worker processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.executors.processes import PythonCall
from dalsegno.executors.shared import shared_pool
from dalsegno.executors.steps import StepCall, StepDoors, StepResult, StepValue

#: the module of the entry points; named and not imported, for it stands above
_ENTRY = "dalsegno.pipelines.remote"
#: as `pipelines.remote` begins a line of a log
_LOGGED = "\x1edalsegno "


class StoredSteps:
    """Runs the steps of one revision.

    Parameters
    ----------
    source : the revision's, as JSON.
    inputs : the parameters of the run, in stored form: by them functions are found that the pipeline's function makes.
    """

    def __init__(
        self,
        source: str,
        artifacts: ArtifactStore,
        *,
        inputs: Mapping[str, Any] | None = None,
        allow_unsafe: bool = True,
    ) -> None:
        self._source = f"{source}\n{json.dumps(dict(inputs or {}))}"
        self._artifacts = artifacts
        self._allow_unsafe = allow_unsafe

    @property
    def alone(self) -> bool:
        """Never: each has a process."""
        return False

    def call(self, call: StepCall, doors: StepDoors) -> StepResult:
        """Call a step in a worker process."""
        given = {
            "function": call.function, "arguments": dict(call.arguments), "outputs": list(call.outputs),
            "facts": call.facts.as_json(), "hooks": dict(call.hooks), "last": call.last,
        }  # fmt: skip
        found = self._ask("carry_out", {"call": given}, doors)
        return StepResult(_values(found["outputs"]), found["metadata"], _values(found["artifacts"]))

    def hook(self, function: str, error: Mapping[str, Any] | None) -> None:
        """Call a function of the user's when the run has ended, in a worker process."""
        self._ask("call_hook", {"function": function, "error": None if error is None else dict(error)})

    def keys(self, function: str, items: Sequence[Any]) -> list[Any]:
        """Have a function of the user's name items, in a worker process."""
        return self._ask("name_items", {"function": function, "items": list(items)})

    def load(self) -> None:
        """Load the code in a worker process, and run nothing of it. Raises `TaskFailed` where it cannot be loaded."""
        self._ask("load_code", {})

    def trace(self, arguments: Mapping[str, Any]) -> str:
        """Trace the pipeline with these arguments, in stored form; give graph and arguments as it reads them, as JSON."""
        return self._ask("trace_anew", {"arguments": dict(arguments)})

    def _ask(self, entry: str, what: Mapping[str, Any], doors: StepDoors | None = None) -> Any:
        folder = Path.cwd()
        call = PythonCall(
            f"{_ENTRY}:{entry}",
            {"source": self._source, "artifacts": self._artifacts.address, "allow_unsafe": self._allow_unsafe, **what},
            cwd=folder,
            path=(str(folder),),
            plain=True,
        )
        if doors is None:
            return shared_pool().call(call)
        return shared_pool().call(
            call,
            on_line=_line_taker(doors.on_line),
            on_imported=doors.on_imported,
            check_cancelled=doors.check_cancelled,
        )


def _line_taker(on_line: Callable[[str, str], None]) -> Callable[[Any, str], None]:
    def take(stream: Any, text: str) -> None:
        if text.startswith(_LOGGED):
            level, _, line = text.removeprefix(_LOGGED).partition(" ")
            on_line(level, line)
        else:
            on_line(str(stream), text)

    return take


def _values(found: Mapping[str, Any]) -> dict[str, StepValue]:
    return {name: _value(value) for name, value in found.items()}


def _value(found: Mapping[str, Any]) -> StepValue:
    blobs = tuple((digest, size, kind) for digest, size, kind in found["blobs"])
    return StepValue(found["form"], found["digest"], found["kind"], blobs, found["summary"])
