"""The use cases, by what they are about: `flows`, `runs`, `artifacts`, `comparing`, `explaining`, `keeping`, `entries`,
`files`, `bulk`, `figures`, `deploying`, `pulling`, `leases`, `users`, `tokens`, `logins`, `audit`.

What a run does not need is imported when it is asked for: a script of one step is to begin at once.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.kv import KeyValues
from dalsegno.engine.outside import Surroundings
from dalsegno.model.clock import Clock, Ids
from dalsegno.service.artifacts import ArtifactCases
from dalsegno.service.flows import FlowCases
from dalsegno.service.runs import RunCases
from dalsegno.service.saved import Saved
from dalsegno.service.sealing import Sealing
from dalsegno.store.port import Store

if TYPE_CHECKING:
    from dalsegno.service.answered import AnswerCases
    from dalsegno.service.audit import AuditCases
    from dalsegno.service.bulk import BulkCases
    from dalsegno.service.comparing import ComparingCases
    from dalsegno.service.deploying import DeployCases
    from dalsegno.service.explaining import ExplainingCases
    from dalsegno.service.figures import FigureCases
    from dalsegno.service.keeping import KeepingCases
    from dalsegno.service.leasing import LeaseCases
    from dalsegno.service.logs import LogCases
    from dalsegno.service.namespace_files import FileCases
    from dalsegno.service.pulling import PullCases
    from dalsegno.service.telling import TellingCases
    from dalsegno.service.users import LoginCases, TokenCases, UserCases

_Cases = TypeVar("_Cases")

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
        self._clock = clock
        self._ids = ids
        self._sealing = sealing or Sealing()
        #: where values are kept
        self.values = artifacts
        self.flows = FlowCases(store, artifacts, clock)
        self.artifacts = ArtifactCases(store, artifacts)
        around = around or Surroundings()
        self.runs = RunCases(store, artifacts, self.flows, self._sealing, around, clock=clock, ids=ids)
        self.entries = KeyValues(store, clock)
        self._made: dict[str, Any] = {}
        self._making = RLock()

    def _once(self, name: str, make: Callable[[], _Cases]) -> _Cases:
        """Give use cases that are made when they are asked for first."""
        with self._making:
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]

    @property
    def bulk(self) -> BulkCases:
        """Replays of many runs by one request."""
        from dalsegno.service.bulk import BulkCases

        return self._once(
            "bulk",
            lambda: BulkCases(self._store, self.values, self.runs, self._sealing, clock=self._clock, ids=self._ids),
        )

    @property
    def figures(self) -> FigureCases:
        """What is told of many runs at once."""
        from dalsegno.service.figures import FigureCases

        return self._once("figures", lambda: FigureCases(self._store, self._clock))

    @property
    def keeping(self) -> KeepingCases:
        """Deleting and purging."""
        from dalsegno.service.keeping import KeepingCases

        return self._once("keeping", lambda: KeepingCases(self._store, self.values, self._clock))

    @property
    def comparing(self) -> ComparingCases:
        """Comparisons of runs."""
        from dalsegno.service.comparing import ComparingCases

        return self._once("comparing", lambda: ComparingCases(self._store))

    @property
    def explaining(self) -> ExplainingCases:
        """Runs, explained in one text."""
        from dalsegno.service.explaining import ExplainingCases

        return self._once("explaining", lambda: ExplainingCases(self._store, self.flows, self.comparing, self.logs))

    @property
    def telling(self) -> TellingCases:
        """What is told of runs beyond what is recorded of each task."""
        from dalsegno.service.telling import TellingCases

        return self._once("telling", lambda: TellingCases(self._store))

    @property
    def logs(self) -> LogCases:
        """Log lines."""
        from dalsegno.service.logs import LogCases

        return self._once("logs", lambda: LogCases(self._store))

    @property
    def files(self) -> FileCases:
        """Files of namespaces."""
        from dalsegno.service.namespace_files import FileCases

        return self._once("files", lambda: FileCases(self._store, self.values, self._clock))

    @property
    def answers(self) -> AnswerCases:
        """Answers that are kept by key."""
        from dalsegno.service.answered import AnswerCases

        return self._once("answers", lambda: AnswerCases(self._store, self._clock, self._ids))

    @property
    def deploying(self) -> DeployCases:
        """Code that is stored."""
        from dalsegno.service.deploying import DeployCases

        return self._once("deploying", lambda: DeployCases(self.values, self.flows))

    @property
    def pulling(self) -> PullCases:
        """Runs that are copied from elsewhere."""
        from dalsegno.service.pulling import PullCases

        return self._once("pulling", lambda: PullCases(self._store, self.values))

    @property
    def leases(self) -> LeaseCases:
        """Runs that a client executes."""
        from dalsegno.service.leasing import LeaseCases

        return self._once("leases", lambda: LeaseCases(self._store, self.values, self._clock, self._ids))

    @property
    def users(self) -> UserCases:
        """Users."""
        from dalsegno.service.users import UserCases

        return self._once("users", lambda: UserCases(self._store, self._clock))

    @property
    def tokens(self) -> TokenCases:
        """Tokens of the API."""
        from dalsegno.service.users import TokenCases

        return self._once("tokens", lambda: TokenCases(self._store, self._clock, self._ids))

    @property
    def logins(self) -> LoginCases:
        """Logins and sessions."""
        from dalsegno.service.users import LoginCases

        return self._once("logins", lambda: LoginCases(self._store, self._clock))

    @property
    def audit(self) -> AuditCases:
        """Who did what."""
        from dalsegno.service.audit import AuditCases

        return self._once("audit", lambda: AuditCases(self._store))

    def changes(self) -> int:
        """Give a number that is another one whenever something has been committed since, by any process."""
        return self._store.changes()

    def close(self) -> None:
        """Finish what is being written and let go of the store."""
        self._store.close()
