"""A home with an engine, and task types that do what a test tells them to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.engine.lab import Lab
from tests.support import task_types


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    tally = tmp_path / "tally.txt"
    monkeypatch.setenv(task_types.TALLY, str(tally))
    task_types.install()
    with Lab(tmp_path / "home", tally) as lab:
        yield lab
    task_types.uninstall()
