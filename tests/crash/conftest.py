"""Stops are tried with task types that leave a mark outside the run each time they are executed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support import task_types


@pytest.fixture(autouse=True)
def marking_types() -> Iterator[None]:
    task_types.install()
    yield
    task_types.uninstall()
