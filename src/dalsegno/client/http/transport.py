"""The service of a server, as the Client calls it: by what it is about, over one connection."""

from __future__ import annotations

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.client.http.connection import Connection
from dalsegno.client.http.deploying import HttpDeploying
from dalsegno.client.http.near import Near
from dalsegno.client.http.runs import HttpRuns
from dalsegno.service.artifacts import ArtifactCases
from dalsegno.service.comparing import ComparingCases
from dalsegno.service.flows import FlowCases


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
        self.runs = HttpRuns(self._connection, self._near)
        self.deploying = HttpDeploying(self._connection, self._near)

    @property
    def values(self) -> ArtifactStore:
        """Where values are kept."""
        return self._near.values

    @property
    def flows(self) -> FlowCases:
        """Flows, read from the server's store."""
        return self._near.service.flows

    @property
    def artifacts(self) -> ArtifactCases:
        """Artifacts, read from the server's store."""
        return self._near.service.artifacts

    @property
    def comparing(self) -> ComparingCases:
        """Comparisons of runs, read from the server's store."""
        return self._near.service.comparing

    def close(self) -> None:
        """Give back what is leased, and let go of the connection."""
        self._near.close()
        self._connection.close()
