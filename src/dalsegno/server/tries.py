"""How often somebody may try to log in: each login that fails has the next one wait longer, by user and by address."""

from __future__ import annotations

import threading
from collections import OrderedDict
from math import ceil

from dalsegno.errors import TooManyTries
from dalsegno.model.clock import Clock

#: how many tries are free: of one name, and from one address, behind which several people may be
_FREE_OF_USER, _FREE_OF_ADDRESS = 5, 20
#: how long the first wait is, and the longest one, in seconds: each is twice as long as the one before
_FIRST, _LONGEST = 1.0, 300.0
#: after how many seconds without a try it is forgotten
_FORGET = 3600.0
#: names and addresses that are known at the most
_KNOWN = 10_000


class Tries:
    """Counts logins that have not succeeded, in this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        #: by name or address: how many, and when the last one was
        self._failed: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def begin(self, user: str, address: str) -> None:
        """Count a try before it is known what comes of it, so that many at once are many too.

        Raises
        ------
        TooManyTries : it is too early for another one; nothing was counted.
        """
        now = self._clock.now()
        with self._lock:
            keys = {("user", user): _FREE_OF_USER, ("address", address): _FREE_OF_ADDRESS}
            wait = max(self._wait(key, free, now) for key, free in keys.items())
            if wait > 0:
                raise TooManyTries(f"too many logins have failed: try again in {ceil(wait)} s", ceil(wait))
            for key in keys:
                count, _ = self._failed.pop(key, (0, now))
                self._failed[key] = count + 1, now
            while len(self._failed) > _KNOWN:
                self._failed.popitem(last=False)

    def succeeded(self, user: str, address: str) -> None:
        """Forget the tries of a name; of the address this one alone: others may be trying from there."""
        with self._lock:
            self._failed.pop(("user", user), None)
            count, at = self._failed.get(("address", address), (0, 0.0))
            if count > 1:
                self._failed["address", address] = count - 1, at
            else:
                self._failed.pop(("address", address), None)

    def _wait(self, key: tuple[str, str], free: int, now: float) -> float:
        count, last = self._failed.get(key, (0, now))
        if now - last > _FORGET:
            del self._failed[key]
            return 0.0
        if count < free:
            return 0.0
        return last + min(_FIRST * 2 ** min(count - free, 20), _LONGEST) - now
