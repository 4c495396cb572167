"""The use cases, by what they are about: `flows`, `runs`, `artifacts`, `comparing`, `explaining`, `keeping`, `entries`,
`files`, `bulk`, `deploying`, `pulling`, `leases`, `users`, `tokens`, `logins`, `audit`.
"""

from __future__ import annotations

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.kv import KeyValues
from dalsegno.engine.outside import Surroundings
from dalsegno.model.clock import Clock, Ids
from dalsegno.service.answered import AnswerCases
from dalsegno.service.artifacts import ArtifactCases
from dalsegno.service.audit import AuditCases
from dalsegno.service.bulk import BulkCases
from dalsegno.service.comparing import ComparingCases
from dalsegno.service.deploying import DeployCases
from dalsegno.service.explaining import ExplainingCases
from dalsegno.service.flows import FlowCases
from dalsegno.service.keeping import KeepingCases
from dalsegno.service.leasing import LeaseCases
from dalsegno.service.logs import LogCases
from dalsegno.service.namespace_files import FileCases
from dalsegno.service.pulling import PullCases
from dalsegno.service.runs import RunCases
from dalsegno.service.saved import Saved
from dalsegno.service.sealing import Sealing
from dalsegno.service.users import LoginCases, TokenCases, UserCases
from dalsegno.store.port import Store

__all__ = ["Saved", "Service"]


class Service:
    """Everything that a door may ask for.

    Parameters
    ----------
    store, artifacts : where metadata and values are kept.
    clock, ids : the time, and new ids.
    sealing : seals secrets; by default with the key of the environment alone.
    around : what expressions reach outside of a run; by default the environment alone.
    """

    def __init__(
        self,
        store: Store,
        artifacts: ArtifactStore,
        *,
        clock: Clock,
        ids: Ids,
        sealing: Sealing | None = None,
        around: Surroundings | None = None,
    ) -> None:
        self._store = store
        #: where values are kept
        self.values = artifacts
        self.flows = FlowCases(store, artifacts, clock)
        self.artifacts = ArtifactCases(store, artifacts)
        sealing = sealing or Sealing()
        self.runs = RunCases(store, artifacts, self.flows, sealing, around or Surroundings(), clock=clock, ids=ids)
        self.bulk = BulkCases(store, artifacts, self.runs, sealing, clock=clock, ids=ids)
        self.keeping = KeepingCases(store, artifacts, clock)
        self.comparing = ComparingCases(store)
        self.logs = LogCases(store)
        self.explaining = ExplainingCases(store, self.flows, self.comparing, self.logs)
        self.entries = KeyValues(store, clock)
        self.files = FileCases(store, artifacts, clock)
        self.answers = AnswerCases(store, clock, ids)
        self.deploying = DeployCases(artifacts, self.flows)
        self.pulling = PullCases(store, artifacts)
        self.leases = LeaseCases(store, artifacts, clock, ids)
        self.users = UserCases(store, clock)
        self.tokens = TokenCases(store, clock, ids)
        self.logins = LoginCases(store, clock)
        self.audit = AuditCases(store)

    def changes(self) -> int:
        """Give a number that is another one whenever something has been committed since, by any process."""
        return self._store.changes()

    def close(self) -> None:
        """Finish what is being written and let go of the store."""
        self._store.close()
