"""The service of a server, as the Client calls it: by what it is about, over one connection."""

from __future__ import annotations

from dalsegno.client.http.bulk import HttpBulk
from dalsegno.client.http.connection import Connection
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
        self.runs = HttpRuns(self._connection)
        self.bulk = HttpBulk(self._connection)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()
