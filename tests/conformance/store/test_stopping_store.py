"""The store that crash tests use stops where it is told to, and for good."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.stopping_store import Stopped, StoppingStore
from tests.support.stored import a_run

from dalsegno.store.port import CreateRun, RunFilter, Store


@pytest.mark.parametrize(("mode", "kept"), [("before", 2), ("after", 3)])
def test_it_stops_before_or_after_its_commit_and_stays_stopped(
    tmp_path: Path, opened: Callable[..., Store], mode: str, kept: int
) -> None:
    inner = opened(str(tmp_path / "store.db"))
    store = StoppingStore(inner, 3, mode="after" if mode == "after" else "before")
    for _ in range(2):
        store.commit(None, [CreateRun(a_run(), b"")])
    for _ in range(2):
        with pytest.raises(Stopped):
            store.commit(None, [CreateRun(a_run(), b"")])
    assert store.stopped
    assert len(inner.runs.list(RunFilter())) == kept
