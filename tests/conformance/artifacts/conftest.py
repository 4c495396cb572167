"""Each adapter of the artifact store stands here once; every test of this folder runs through all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.port import ArtifactStore

#: name of the adapter -> opens the store that lives in a folder; called twice, it gives two doors to one store
ADAPTERS: dict[str, Callable[[Path], ArtifactStore]] = {
    "local": LocalArtifacts,
    "local-full": lambda folder: LocalArtifacts(folder, durability="full"),
}


@pytest.fixture(params=sorted(ADAPTERS))
def opens(request: pytest.FixtureRequest) -> Callable[[Path], ArtifactStore]:
    return ADAPTERS[request.param]


@pytest.fixture
def store(opens: Callable[[Path], ArtifactStore], tmp_path: Path) -> ArtifactStore:
    return opens(tmp_path / "artifacts")
