"""The service of this process over a server's store: it executes runs here that it leases there."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import cached_property
from typing import Self

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.client.http.blobs import HttpBlobs
from dalsegno.client.http.connection import Connection
from dalsegno.client.http.store import HttpStore
from dalsegno.engine.clock import RandomIds, SystemClock
from dalsegno.engine.outside import Surroundings
from dalsegno.service.service import Service
from dalsegno.settings import read_settings


class Near:
    """What this process does itself with what a server keeps.

    Parameters
    ----------
    connection : to the server.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._clock = SystemClock()

    @classmethod
    @contextmanager
    def open(cls, url: str, token: str | None) -> Generator[Self]:
        """Connect to a server for a while."""
        connection = Connection(url, token)
        try:
            yield cls(connection)
        finally:
            connection.close()

    @cached_property
    def values(self) -> HttpBlobs:
        """Where values are kept: on the server, with a copy in the local store of what was used here."""
        settings = read_settings()
        return HttpBlobs(self._connection, LocalArtifacts(settings.artifacts_folder))

    @cached_property
    def store(self) -> HttpStore:
        """Where runs are kept."""
        return HttpStore(self._connection, self._clock.now)

    @cached_property
    def service(self) -> Service:
        """The use cases, over both."""
        settings = read_settings()
        around = Surroundings(globals=settings.globals, environment=settings.environment, url=settings.url)
        return Service(self.store, self.values, clock=self._clock, ids=RandomIds(), around=around)

    def close(self) -> None:
        """Give back the leases that are held."""
        self.store.close()
