"""What a running task is given: log, files, cancellation, facts about its run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from dalsegno.artifacts.port import ArtifactStore, parse_uri, uri_of
from dalsegno.engine.children import Call, Children
from dalsegno.engine.files import RunFiles
from dalsegno.engine.kv import KeyValues, RunEntries
from dalsegno.engine.packages import Packages
from dalsegno.engine.removing import Removal
from dalsegno.engine.stopping import Stop
from dalsegno.errors import Cancelled, NotFound, TaskFailed
from dalsegno.model.clock import Clock, Ids
from dalsegno.model.run import Caller, Run
from dalsegno.model.state import State
from dalsegno.tasks.base import TaskLog, TaskRuns


class Files:
    """The artifact store as one attempt sees it."""

    def __init__(self, artifacts: ArtifactStore, folder: Path, ids: Ids, removal: Removal) -> None:
        self._artifacts = artifacts
        self._removal = removal
        self._folder = folder
        self._ids = ids

    def open(self, uri: str) -> BinaryIO:
        """Open a stored file for reading."""
        digest, _ = self._parsed(uri)
        try:
            return self._artifacts.open(digest)
        except NotFound as error:
            raise _gone(uri) from error

    def path(self, uri: str) -> Path:
        """Give a local, read-only path of a stored file."""
        digest, _ = self._parsed(uri)
        try:
            return self._artifacts.path(digest)
        except NotFound as error:
            raise _gone(uri) from error

    def exists(self, uri: str) -> bool:
        """Whether a stored file is there."""
        return self._artifacts.exists(self._parsed(uri)[0])

    def made(self) -> list[str]:
        """Give the URIs of the files that tasks of the run have made so far."""
        return self._removal.made()

    def remove(self, uris: Sequence[str]) -> list[str]:
        """Remove the content of files that only this run needs, and give those that were removed."""
        return self._removal.remove(uris)

    def new(self, suffix: str = "") -> Path:
        """Give a path for a new file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{self._ids.new()}{suffix}"

    def store(self, path: Path, name: str) -> str:
        """Store a file that was made at a path from `new`, and give its URI."""
        return uri_of(self._artifacts.adopt(path).digest, name)

    def _parsed(self, uri: str) -> tuple[str, str]:
        found = parse_uri(uri)
        if found is None:
            shown = uri if len(uri) < 100 else f"{uri[:100]}..."
            hint = "give the `uri` output of a task before it, or an input of type FILE"
            raise TaskFailed(f"`{shown}` is not a stored file (dalsegno://...)", hint=hint, code="bad-uri")
        return found


def _gone(uri: str) -> TaskFailed:
    hint = "run the task that made it again: start the replay there"
    return TaskFailed(f"the stored file `{uri}` is gone from the artifact store", hint=hint, code="artifact-missing")


@dataclass(frozen=True, slots=True)
class Calling:
    """What an attempt calls flows with: whoever has them run, and what the plan says of the run that the origin called."""

    children: Children
    task_run: str
    child: Mapping[str, Any] | None
    origin: str | None


class Resting(BaseException):
    """What was called waits for a person, and so does whoever called it. Nothing that a task does may catch it."""


class Context:
    """The context of one attempt; it implements `tasks.base.TaskContext`."""

    def __init__(  # noqa: PLR0913 - each is one thing that a task may use
        self,
        *,
        run: Run,
        address: str,
        item: str | None,
        attempt: int,
        key: Callable[[], str],
        evaluate: Callable[[str, Mapping[str, Any]], Any],
        variables: Mapping[str, Any],
        log: TaskLog,
        artifacts: ArtifactStore,
        entries: KeyValues,
        namespace_files: RunFiles,
        runs: TaskRuns,
        removal: Removal,
        clock: Clock,
        ids: Ids,
        stop: Stop,
        packages: Packages,
        folder: Path | None = None,
        caller: Calling | None = None,
    ) -> None:
        self.run_id = run.id
        self.run_name = run.name
        self.namespace = run.namespace
        self.flow_id = run.flow
        self.revision = run.revision
        self.address = address
        self.item = item
        self.attempt = attempt
        self.is_replay = run.origin is not None
        self.log = log
        self.entries = RunEntries(entries, run.namespace, lambda: self.idempotency_key)
        self.namespace_files = namespace_files
        self.labels: Mapping[str, str] = {}
        self.exit: State | None = None
        self.metrics: dict[str, float] = {}
        self.warned = False
        self._key = key
        self._evaluate = evaluate
        self.variables = variables
        self.runs = runs
        self._artifacts = artifacts
        self._removal = removal
        self._clock = clock
        self._ids = ids
        self._stop = stop
        self._packages = packages
        self._folder: Path | None = None
        self._shared = folder
        self._caller = caller
        self._labels = run.labels
        self._files: Files | None = None

    @property
    def idempotency_key(self) -> str:
        """A digest of root run, address and inputs: equal over retries, recovery and replays."""
        return self._key()

    @property
    def files(self) -> Files:
        """The artifact store."""
        if self._files is None:
            self._files = Files(self._artifacts, self._scratch / "files", self._ids, self._removal)
        return self._files

    @property
    def _scratch(self) -> Path:
        if self._folder is None:
            self._folder = self._artifacts.scratch() / f"attempt-{self._ids.new()}"
            self._folder.mkdir(parents=True)
        return self._folder

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the task was told to stop."""
        if self._stop.wanted:
            raise Cancelled(f"`{self.address}` was told to stop", address=self.address)

    def wait(self, seconds: float) -> None:
        """Wait, and raise `Cancelled` the moment the task is told to stop."""
        if self._stop.wait(seconds):
            self.check_cancelled()

    def now(self) -> datetime:
        """Give the time of the engine's clock, in UTC."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """Render a text with variables of the task's own, before those that it has."""
        return self._evaluate(text, variables)

    def put_labels(self, labels: Mapping[str, str]) -> None:
        """Put labels on the run."""
        self.labels = {**self.labels, **labels}

    def end_run(self, state: str) -> None:
        """Have the run end in this state."""
        self.exit = State(state)

    def count(self, name: str, amount: float) -> None:
        """Record a metric."""
        self.metrics[name] = self.metrics.get(name, 0) + amount

    def end_with_warning(self, reason: str) -> None:
        """Have the task end as WARNING instead of SUCCESS."""
        self.warned = True
        self.log.warning(reason)

    def cache(self) -> Path:
        """Give the folder for what can be made again."""
        return self._artifacts.cache()

    def imported(self, versions: Mapping[str, str]) -> None:
        """Record the versions of packages that were imported."""
        self._packages.note(versions)

    def workdir(self) -> Path:
        """Give an empty folder of this attempt's own, or the one that its group shares."""
        if self._shared is not None:
            return self._shared
        folder = self._scratch / "work"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def shares_workdir(self) -> bool:
        """Whether that folder is shared."""
        return self._shared is not None

    def call(
        self,
        namespace: str,
        flow: str,
        *,
        revision: int | None,
        inputs: Mapping[str, Any],
        labels: Mapping[str, str],
        inherit_labels: bool,
        wait: bool,
    ) -> Run:
        """Have another flow run."""
        if self._caller is None:
            raise TaskFailed("this task cannot call another flow", code="task-type-broke")
        caller = self._caller
        call = Call(
            Caller(self.run_id, caller.task_run, self.attempt), self.address, namespace, flow, revision, inputs,
            {**(self._labels if inherit_labels else {}), **labels}, wait, caller.child, caller.origin,
        )  # fmt: skip
        called = caller.children.call(call, self._stop.listen)
        if called.state is State.PAUSED and wait and not self._stop.wanted:
            raise Resting(called.name)
        return called

    def environ(self) -> Mapping[str, str]:
        """Give the variables that a script gets."""
        return {
            "DALSEGNO_RUN_ID": self.run_id,
            "DALSEGNO_RUN_NAME": self.run_name,
            "DALSEGNO_ADDRESS": self.address,
            "DALSEGNO_ATTEMPT": str(self.attempt),
            "DALSEGNO_IS_REPLAY": "true" if self.is_replay else "false",
            "DALSEGNO_IDEMPOTENCY_KEY": self.idempotency_key,
        }

    def close(self) -> None:
        """Remove what the attempt left behind and did not store."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
