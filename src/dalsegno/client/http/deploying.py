"""Deploys pipelines, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

from dalsegno.client.http.connection import Connection
from dalsegno.client.http.near import Near
from dalsegno.client.http.runs import code_as_json
from dalsegno.service.coded import Coded
from dalsegno.service.flows import Saved
from dalsegno.wire.problems import problem_from


class HttpDeploying:
    """The use cases of deploying, as `service.deploying` has them."""

    def __init__(self, connection: Connection, near: Near) -> None:
        self._connection = connection
        self._near = near

    def deploy(self, coded: Coded, packages: Mapping[str, str]) -> Saved:
        """Upload what the server lacks of the code of a pipeline, and have it saved as a revision."""
        self._near.values.upload_lacking(coded.contents.items())
        found = self._connection.post("flows/code", {"code": code_as_json(coded), "packages": dict(packages)})
        revision = self._near.service.flows.revision(found["namespace"], found["id"], found["revision"])
        return Saved(revision, found["new"], tuple(problem_from(each) for each in found["warnings"]))
