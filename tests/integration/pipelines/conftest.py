from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.projects import Project

from dalsegno.pipelines.session import close_all


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory of its own, which every pipeline of the test uses."""
    folder = tmp_path / "home"
    monkeypatch.setenv("DALSEGNO_HOME", str(folder))
    monkeypatch.delenv("DALSEGNO_STORE", raising=False)
    yield folder
    close_all()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder of modules that the test writes and changes."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)
