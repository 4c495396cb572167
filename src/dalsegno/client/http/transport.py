"""The service of a server, as the Client calls it: by what it is about, over one connection."""

from __future__ import annotations

from dalsegno.client.http.artifacts import HttpArtifacts, HttpComparing, HttpExplaining
from dalsegno.client.http.bulk import HttpBulk
from dalsegno.client.http.connection import Connection
from dalsegno.client.http.deploying import HttpDeploying
from dalsegno.client.http.entries import HttpEntries
from dalsegno.client.http.files import HttpFiles
from dalsegno.client.http.flows import HttpFlows
from dalsegno.client.http.keeping import HttpKeeping
from dalsegno.client.http.near import Near
from dalsegno.client.http.pulling import HttpPulling
from dalsegno.client.http.runs import HttpRuns
from dalsegno.client.http.values import HttpValues


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
        #: where values are kept
        self.values = HttpValues(self._connection)
        self.entries = HttpEntries(self._connection)
        self.files = HttpFiles(self._connection)
        self.bulk = HttpBulk(self._connection)
        self.pulling = HttpPulling()
        self.deploying = HttpDeploying(self._connection, self._near)

    def close(self) -> None:
        """Give back what is leased, and let go of the connection."""
        self._near.close()
        self._connection.close()
