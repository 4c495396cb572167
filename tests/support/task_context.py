"""A task context over a folder: stored files by digest, log lines in a list, a clock, a cancel flag."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from blake3 import blake3
from tests.support.clock import SetClock

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.port import parse_uri, uri_of
from dalsegno.engine.files import NamespaceFiles, RunFiles
from dalsegno.engine.kv import KeyValues, RunEntries
from dalsegno.errors import Cancelled, TaskFailed
from dalsegno.expressions import Scope, parse
from dalsegno.store.open import open_store
from dalsegno.tasks.base import CalledRun, TaskEntries, TaskFiles, TaskLog, TaskNamespaceFiles, TaskRuns

FIXED_TIME = datetime(2024, 8, 15, 12, 0, tzinfo=UTC)


class FolderLog:
    """Keeps what a task logs as pairs of level (or stream name) and text."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def debug(self, text: str) -> None:
        self.lines.append(("debug", text))

    def info(self, text: str) -> None:
        self.lines.append(("info", text))

    def warning(self, text: str) -> None:
        self.lines.append(("warning", text))

    def error(self, text: str) -> None:
        self.lines.append(("error", text))

    def stream(self, name: Literal["stdout", "stderr"], text: str) -> None:
        self.lines.append((name, text))


class FolderFiles:
    """Stored files under `<folder>/files`, named by digest; new ones are made under `<folder>/scratch`."""

    def __init__(self, folder: Path) -> None:
        self._stored = folder / "files"
        self._scratch = folder / "scratch"
        self._stored.mkdir(parents=True, exist_ok=True)
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._made = 0

    def open(self, uri: str) -> BinaryIO:
        return self.path(uri).open("rb")

    def path(self, uri: str) -> Path:
        parts = parse_uri(uri)
        if parts is None:
            raise TaskFailed(f"`{uri}` is no stored file", hint="give the URI of a file that a task made")
        path = self._stored / parts[0]
        if not path.exists():
            raise TaskFailed(f"the file `{uri}` is gone", hint="run again the task that made it")
        return path

    def exists(self, uri: str) -> bool:
        parts = parse_uri(uri)
        if parts is None:
            raise TaskFailed(f"`{uri}` is no stored file")
        return (self._stored / parts[0]).exists()

    def made(self) -> list[str]:
        return [uri_of(path.name, path.name) for path in self.stored]

    def remove(self, uris: Sequence[str]) -> list[str]:
        there = [uri for uri in uris if self.exists(uri)]
        for uri in there:
            self.path(uri).unlink()
        return there

    def new(self, suffix: str = "") -> Path:
        self._made += 1
        return self._scratch / f"{self._made}{suffix}"

    def store(self, path: Path, name: str) -> str:
        hasher = blake3()
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                hasher.update(chunk)
        digest = hasher.hexdigest()
        path.rename(self._stored / digest)
        return uri_of(digest, name)

    @property
    def stored(self) -> list[Path]:
        return sorted(self._stored.iterdir())


class FolderContext:
    """A `TaskContext` for tests and benchmarks.

    Attributes
    ----------
    lines : what was logged, as (level or stream name, text).
    metrics : the sums of what was counted, by name.
    warnings : why the task is to end as WARNING.
    packages : the versions of what was imported, by package.
    """

    run_id = "0190aaaa-0000-7000-8000-000000000001"
    run_name = "flow-1"
    namespace = "company.team"
    flow_id = "flow"
    revision = 1
    address = "task"
    item: str | None = None
    attempt = 1
    is_replay = False
    idempotency_key = "0123456789abcdef"

    def __init__(self, folder: Path, *, now: datetime = FIXED_TIME, cancel_after: int | None = None) -> None:
        self.folder = folder
        log, files = FolderLog(), FolderFiles(folder)
        self.log: TaskLog = log
        self.files: TaskFiles = files
        self._files = files
        self.lines = log.lines
        self.metrics: dict[str, float] = {}
        self.warnings: list[str] = []
        self.packages: dict[str, str] = {}
        self.checks = 0
        self._now = now
        self._cancel_after = cancel_after
        self._cancelled = threading.Event()
        self._workdirs = 0
        self.variables: Mapping[str, Any] = {}
        self.labels: dict[str, str] = {}
        self.ended_as: str | None = None
        self._entries: TaskEntries | None = None

    @property
    def entries(self) -> TaskEntries:
        """Values by key, in a store of this folder."""
        if self._entries is None:
            store = open_store(self.folder / "entries.db", now=self._now.timestamp)
            entries = KeyValues(store, SetClock(self._now.timestamp()))
            self._entries = RunEntries(entries, self.namespace, lambda: self.idempotency_key)
        return self._entries

    @property
    def namespace_files(self) -> TaskNamespaceFiles:
        """Files of namespaces, in a store of this folder."""
        store = open_store(self.folder / "entries.db", now=self._now.timestamp)
        artifacts = LocalArtifacts(self.folder / "artifacts")
        files = NamespaceFiles(store, artifacts, SetClock(self._now.timestamp()))
        return RunFiles(files, artifacts, self.namespace, {})

    def cancel(self) -> None:
        """Tell the task to stop, from any thread."""
        self._cancelled.set()

    def check_cancelled(self) -> None:
        self.checks += 1
        if self._cancel_after is not None and self.checks > self._cancel_after:
            self.cancel()
        if self._cancelled.is_set():
            raise Cancelled("the task was told to stop")

    def wait(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise Cancelled("the task was told to stop")

    def now(self) -> datetime:
        return self._now

    @property
    def runs(self) -> TaskRuns:
        raise NotImplementedError("there are no runs here")

    def put_labels(self, labels: Mapping[str, str]) -> None:
        self.labels.update(labels)

    def end_run(self, state: str) -> None:
        self.ended_as = state

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        return parse(text).evaluate(Scope(variables=variables, now=self.now))

    def count(self, name: str, amount: float) -> None:
        self.metrics[name] = self.metrics.get(name, 0) + amount

    def end_with_warning(self, reason: str) -> None:
        self.warnings.append(reason)
        self.log.warning(reason)

    def cache(self) -> Path:
        path = self.folder / "cache"
        path.mkdir(exist_ok=True)
        return path

    def imported(self, versions: Mapping[str, str]) -> None:
        self.packages.update(versions)

    @property
    def shares_workdir(self) -> bool:
        return False

    def call(self, namespace: str, flow: str, **_: Any) -> CalledRun:
        raise NotImplementedError(f"nothing is there to call {namespace}.{flow} with")

    def workdir(self) -> Path:
        self._workdirs += 1
        path = self.folder / f"work-{self._workdirs}"
        path.mkdir()
        return path

    def environ(self) -> Mapping[str, str]:
        return {
            "DALSEGNO_RUN_ID": self.run_id,
            "DALSEGNO_ADDRESS": self.address,
            "DALSEGNO_IS_REPLAY": str(self.is_replay).lower(),
            "DALSEGNO_IDEMPOTENCY_KEY": self.idempotency_key,
        }

    def add_file(self, content: bytes | str, name: str) -> str:
        """Store content as a file and give its URI."""
        path = self.files.new()
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.files.store(path, name)

    @property
    def stored(self) -> list[Path]:
        """The stored files, to see that nothing half made was kept."""
        return self._files.stored

    def read_file(self, uri: str) -> bytes:
        """Give the content of a stored file."""
        return self.files.path(uri).read_bytes()
