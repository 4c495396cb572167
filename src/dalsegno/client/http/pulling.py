"""Copies of runs, over HTTP: there is nothing to copy into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalsegno.errors import Refusal

if TYPE_CHECKING:
    from dalsegno.artifacts.port import ArtifactStore
    from dalsegno.service.pulling import Pulled
    from dalsegno.store.port import Store


class HttpPulling:
    """The use cases of copies, as `service.pulling` has them."""

    def pull(self, run: str, source: Store, values: ArtifactStore) -> Pulled:  # noqa: ARG002
        """Refuse: a server gets its runs from nowhere else."""
        message = f"`{run}` is copied into a data directory, not into a server: call `pull` of a Client without `url`"
        raise Refusal(message, code="not-over-http")
