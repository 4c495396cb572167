from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.task_context import FolderContext


@pytest.fixture
def context(tmp_path: Path) -> FolderContext:
    return FolderContext(tmp_path / "context")
