"""Each executor stands here once; every test of this folder runs through all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dalsegno.executors.inline import InlineExecutor
from dalsegno.executors.port import Executor
from dalsegno.executors.threads import ThreadExecutor

ADAPTERS: dict[str, Callable[[], Executor]] = {
    "inline": InlineExecutor,
    "one-thread": lambda: ThreadExecutor(1),
    "threads": lambda: ThreadExecutor(4),
}


@pytest.fixture(params=sorted(ADAPTERS))
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    made = ADAPTERS[request.param]()
    yield made
    made.close()
