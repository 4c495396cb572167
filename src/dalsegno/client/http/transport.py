"""The service of a server, as the Client calls it: by what it is about, over one connection."""

from __future__ import annotations

import shutil
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from weakref import finalize

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.client.http.access import HttpAudit, HttpTokens, HttpUsers
from dalsegno.client.http.artifacts import HttpArtifacts, HttpComparing, HttpExplaining
from dalsegno.client.http.blobs import HttpBlobs
from dalsegno.client.http.bulk import HttpBulk
from dalsegno.client.http.connection import Connection
from dalsegno.client.http.deploying import HttpDeploying
from dalsegno.client.http.entries import HttpEntries
from dalsegno.client.http.figures import HttpFigures
from dalsegno.client.http.files import HttpFiles
from dalsegno.client.http.flows import HttpFlows
from dalsegno.client.http.keeping import HttpKeeping
from dalsegno.client.http.near import Near
from dalsegno.client.http.pulling import HttpPulling
from dalsegno.client.http.runs import HttpRuns


class HttpService:
    """Everything that the Client asks for, of a server.

    Parameters
    ----------
    url : where the server listens.
    token : an API token, where the server wants one.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self._connection = Connection(url, token)
        self._near = Near(self._connection)
        self.flows = HttpFlows(self._connection)
        self.runs = HttpRuns(self._connection, self._near)
        self.keeping = HttpKeeping(self._connection)
        self.comparing = HttpComparing(self._connection)
        self.explaining = HttpExplaining(self._connection)
        self.artifacts = HttpArtifacts(self._connection)
        self.entries = HttpEntries(self._connection)
        self.files = HttpFiles(self._connection)
        self.bulk = HttpBulk(self._connection)
        self.figures = HttpFigures(self._connection)
        self.users = HttpUsers(self._connection)
        self.tokens = HttpTokens(self._connection)
        self.audit = HttpAudit(self._connection)
        self.pulling = HttpPulling()
        self.deploying = HttpDeploying(self._connection, self._near)

    @property
    def values(self) -> HttpBlobs:
        """Where values are kept: on the server, with a copy of what was used here in a folder that goes with this process."""
        return self._values

    @cached_property
    def _values(self) -> HttpBlobs:
        folder = Path(mkdtemp(prefix="dalsegno-values-"))
        finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return HttpBlobs(self._connection, LocalArtifacts(folder))

    def close(self) -> None:
        """Give back what is leased, and let go of the connection."""
        self._near.close()
        self._connection.close()
