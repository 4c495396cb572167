"""The Client on both transports: every test here runs on the service in this process, and on a server over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.support.nursery import Nursery

from dalsegno.client.client import Client

TRANSPORTS = ("embedded", "http")


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery() as ready:
        yield ready


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest, record_property: Any) -> str:
    """How the Client of a test works. What is counted at the end of the session."""
    record_property("transport", request.param)
    return request.param


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The data directory that a test works on, however it does."""
    return tmp_path / "home"


@pytest.fixture
def client(transport: str, home: Path, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A Client on an empty data directory."""
    with ExitStack() as stack:
        if transport == "http":
            nursery: Nursery = request.getfixturevalue("nursery")
            server = stack.enter_context(nursery.serve(home))
            yield stack.enter_context(Client(url=server.url))
        else:
            yield stack.enter_context(Client(home))
