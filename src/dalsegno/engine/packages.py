"""Which packages the tasks of a run have imported, gathered for the next commit (rule 17)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

#: where versions of packages stand in the environment of a run
PACKAGES = "packages"


class Packages:
    """Versions by package, told by tasks on any thread."""

    def __init__(self, environment: Mapping[str, Any]) -> None:
        self._environment = environment
        self._versions: dict[str, str] = dict(environment.get(PACKAGES, {}))
        self._grown = False
        self._lock = threading.Lock()

    def note(self, versions: Mapping[str, str]) -> None:
        """Take the versions that a task has imported."""
        with self._lock:
            if any(self._versions.get(name) != version for name, version in versions.items()):
                self._versions.update(versions)
                self._grown = True

    def take(self) -> Mapping[str, Any] | None:
        """Give the environment of the run as it is to be recorded; `None` if nothing is new."""
        with self._lock:
            if not self._grown:
                return None
            self._grown = False
            return {**self._environment, PACKAGES: dict(sorted(self._versions.items()))}
