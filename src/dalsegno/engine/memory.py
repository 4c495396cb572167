"""What an engine remembers of the run that it executes: results by address, items of loops, and what was recorded before."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dalsegno.engine.stopping import GROUP_TIMEOUT
from dalsegno.engine.values import Values
from dalsegno.errors import NotFound, TaskFailed
from dalsegno.model.plan import Action
from dalsegno.model.run import Result
from dalsegno.model.state import State
from dalsegno.store.port import TaskRunReads

JsonMap = Mapping[str, Any]


class StoredOutputs(Mapping[str, Any]):
    """The result of a task run as it stands in the store. A value that is a blob is read when somebody asks for it."""

    def __init__(self, address: str, stored: JsonMap, values: Values) -> None:
        self._address = address
        self._stored = stored
        self._values = values
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            self._read[name] = self._one(name)
        return self._read[name]

    def _one(self, name: str) -> Any:
        try:
            return self._values.read_one(self._stored[name])
        except NotFound as error:
            message = f"the output `{name}` of `{self._address}` is gone from the artifact store"
            hint = f"run `{self._address}` again: start the replay there"
            raise TaskFailed(message, hint=hint, code="artifact-missing") from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


class Memory:
    """Results of a run. What this process did not produce itself is read from the store when somebody asks for it."""

    def __init__(
        self, run: str, task_runs: TaskRunReads, values: Values, *, kept: Mapping[str, Result] | None = None
    ) -> None:
        self._run = run
        self._reads = task_runs
        self._values = values
        self._lock = threading.Lock()
        self._outputs: dict[str, JsonMap] = {}
        self._keys: dict[str, Sequence[str]] = {}
        self._times: dict[str, Sequence[float]] = {}
        #: results of the origin that a run which was just created keeps; of any other run they are among the recorded
        self._kept = kept or {}
        known = task_runs.results(run) if kept is None else ()
        self.recorded: dict[str, Result] = {result.address: result for result in known}
        for address, result in (*self._kept.items(), *self.recorded.items()):
            if result.keys is not None:
                self._keys[address] = result.keys

    def keep(self, address: str, outputs: JsonMap) -> None:
        """Remember a result, as it was before it was stored."""
        with self._lock:
            self._outputs[address] = outputs

    def keep_stored(self, address: str, stored: JsonMap) -> JsonMap:
        """Remember a result in its stored form, and give it as it was."""
        outputs = StoredOutputs(address, stored, self._values)
        self.keep(address, outputs)
        return outputs

    def keep_keys(self, address: str, keys: Sequence[str]) -> None:
        """Remember the items of a loop."""
        self._keys[address] = keys

    def keep_times(self, address: str, times: Sequence[float]) -> None:
        """Remember when the turns of a loop begin."""
        self._times[address] = times

    def times_of(self, address: str) -> Sequence[float] | None:
        """Give when the turns of a loop begin."""
        return self._times.get(address)

    def keys_of(self, address: str) -> Sequence[str] | None:
        """Give the keys of a loop's items."""
        return self._keys.get(address)

    def outputs_at(self, address: str) -> JsonMap | None:
        """Give the result at an address, or `None` if it has none yet."""
        found = self._outputs.get(address)
        if found is not None:
            return found
        recorded = self.recorded.get(address) or self._kept.get(address)
        if recorded is None or not recorded.state.has_result:
            return None
        task_run = self._reads.at(self._run, address)
        if task_run is None:
            return None
        return self.keep_stored(address, task_run.outputs)

    def given(self, address: str) -> JsonMap:
        """Give what was remembered as the result at an address; nothing if nothing was."""
        return self._outputs.get(address, {})

    def values_of(self, address: str) -> Sequence[Any] | None:
        """Give the items of a loop that was evaluated before."""
        task_run = self._reads.at(self._run, address)
        return None if task_run is None else task_run.values

    def began(self, address: str) -> float | None:
        """Give when a task run began that was recorded before this engine began."""
        task_run = self._reads.at(self._run, address)
        return None if task_run is None else task_run.started

    def ended(self, address: str) -> State | None:
        """Give how a task run ended that was recorded before this engine began; `None` if it had not ended."""
        kept = self._kept.get(address)
        if kept is not None:
            return kept.state
        recorded = self.recorded.get(address)
        return recorded.state if recorded is not None and recorded.state.ended else None

    @property
    def has_ended(self) -> bool:
        """Whether anything was recorded before this engine began."""
        return bool(self._kept or self.recorded)

    def known(self) -> Iterator[tuple[str, str]]:
        """Give address and task of all that was recorded before this engine began."""
        for results in (self._kept, self.recorded):
            yield from ((address, result.task) for address, result in results.items())

    @property
    def was_stopping(self) -> bool:
        """Whether the process that died was ending the run: a task run was stopped already."""
        stopped = [result for result in self.recorded.values() if result.state is State.KILLED]
        return any(not self._by_limit(result) for result in stopped)

    def _by_limit(self, result: Result) -> bool:
        """Whether a task run was stopped since the time of a group around it was over."""
        found = self._reads.get(result.id)
        return found is not None and found.error is not None and found.error.get("code") == GROUP_TIMEOUT

    def first_error(self) -> dict[str, Any] | None:
        """Give the error of the task run that failed first, of those recorded before this engine began."""
        own = [result for result in self.recorded.values() if result.action is not Action.REUSE]
        failed = [self._reads.get(result.id) for result in own if result.state is State.FAILED]
        told = [item for item in failed if item is not None and item.error is not None]
        first = min(told, key=lambda item: item.ended or 0.0, default=None)
        return None if first is None or first.error is None else dict(first.error)
