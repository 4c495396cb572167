from __future__ import annotations

from pathlib import Path

import pytest

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.port import ArtifactStore


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return LocalArtifacts(tmp_path / "artifacts")
