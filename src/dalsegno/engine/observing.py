"""Telling whoever watches a run, without letting them harm it."""

from __future__ import annotations

from threading import Lock

from dalsegno.model.progress import Observer, Progress


class CarefulObserver:
    """Passes on what happens until the observer fails. The fault is kept for whoever gave it; the run goes on."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.error: Exception | None = None
        #: subflows tell of themselves in threads of their own
        self._mutex = Lock()

    def __call__(self, progress: Progress) -> None:
        """Tell the observer."""
        with self._mutex:
            if self.error is not None:
                return
            try:
                self._observer(progress)
            except Exception as error:  # noqa: BLE001 - it is raised when the run has ended
                self.error = error
