"""The graphs of revisions, made once: a revision never changes."""

from __future__ import annotations

from collections import OrderedDict

from dalsegno.model.flow import Revision
from dalsegno.model.graph import index
from dalsegno.replay.select import Nodes

_MOST = 32


class Graphs:
    """Gives the graph of a revision."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Nodes] = OrderedDict()

    def of(self, revision: Revision) -> Nodes:
        """Give the graph of a revision. Equal content of one flow has one graph, whatever its number."""
        name = f"{revision.flow.full_id}/{revision.content}"
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = index(revision.flow)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return found
