"""Requests that have a key: each is carried out once, and who sends it again is given the same answer."""

from __future__ import annotations

from dataclasses import replace

from dalsegno.errors import KeyInUse, MoveRefused, Refusal
from dalsegno.model.clock import Clock, Ids
from dalsegno.service.keyed import KEPT, check_key
from dalsegno.store.answers_port import BeginAnswer, DropAnswer, KeepAnswer, StoredAnswer
from dalsegno.store.port import Store


class AnswerCases:
    """Keeps answers by key for a day."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._owner = ids.new()

    def begin(self, caller: str, key: str, digest: str) -> StoredAnswer:
        """Take a key, or give the answer that it has. One without a status is now to be made: see `keep` and `drop`.

        Raises
        ------
        KeyInUse : a request with this key is being carried out, or was when its server ended.
        Refusal : it is no key, or it was used for another request.
        """
        check_key(key)
        now = self._clock.now()
        begun = StoredAnswer(caller, key, digest, self._owner, now)
        try:
            self._store.commit(None, [BeginAnswer(begun, forget=now - KEPT)])
        except MoveRefused:
            found = self._store.answers.get(caller, key)
            if found is None:
                return self.begin(caller, key, digest)
            return self._known(found, digest)
        return begun

    def _known(self, found: StoredAnswer, digest: str) -> StoredAnswer:
        if found.digest != digest:
            message = f"the key `{found.key}` was used for another request: a new request needs a key of its own"
            raise Refusal(message, code="key-reused")
        if found.status is None and found.owner == self._owner:
            raise KeyInUse(f"a request with the key `{found.key}` is being carried out: send it again in a moment")
        if found.status is None:
            message = f"a request with the key `{found.key}` was begun, and its server has ended or is another"
            raise KeyInUse(f"{message}: look whether it was done, and if not, send it with another key")
        return found

    def keep(self, begun: StoredAnswer, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        """Keep the answer of a request that was carried out."""
        self._store.commit(None, [KeepAnswer(replace(begun, status=status, headers=headers, body=body))])

    def drop(self, begun: StoredAnswer) -> None:
        """Give the key of a request back that was refused or has failed: nothing was written."""
        self._store.commit(None, [DropAnswer(begun.caller, begun.key)])
