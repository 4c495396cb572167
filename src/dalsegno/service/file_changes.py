"""Which task runs of a run used files of namespaces that are others by now."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from dalsegno.engine.files import NamespaceFiles
from dalsegno.model.run import Run
from dalsegno.store.port import Store


class FileChanges:
    """What a run looked up in the files of namespaces, beside what is there now. Looked up when it is first asked for."""

    def __init__(self, store: Store, files: NamespaceFiles, run: Run) -> None:
        self._store = store
        self._files = files
        self._run = run
        self._now: dict[str, str | None] = {}

    def of(self, task_run: str) -> str | None:
        """Give the first thing that a task run used and that is another now; `None` if there is none."""
        for name, digest in self._used.get(task_run, {}).items():
            if name not in self._now:
                self._now[name] = self._files.now(name)
            if self._now[name] not in (None, digest):
                return name
        return None

    @cached_property
    def _used(self) -> Mapping[str, Mapping[str, str]]:
        return self._store.task_runs.used_files(self._run.id)
