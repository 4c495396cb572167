"""Runs that have a key: a run is made once, however often it is asked for with the same key."""

from __future__ import annotations

from dataclasses import replace

from dalsegno.errors import Refusal
from dalsegno.model.flow import Flow
from dalsegno.model.run import Run
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.answers_port import BeginAnswer, StoredAnswer
from dalsegno.store.port import RunFilter, Store

#: the label by which a run is found again
KEY = "system.key"
#: how long keys of requests are kept, in seconds
KEPT = 86_400.0
LONGEST = 200


def check_key(key: str) -> None:
    """Refuse what cannot be a key."""
    if not key or len(key) > LONGEST or not key.isascii() or not key.isprintable():
        message = f"a key is 1 to {LONGEST} printable ASCII characters long, not {key[:40]!r}"
        raise Refusal(message, code="bad-key")


def with_key(request: ReplayRequest, key: str | None) -> ReplayRequest:
    """Have a run be found by a key."""
    if key is None:
        return request
    check_key(key)
    return replace(request, labels={**request.labels, KEY: key})


def run_with_key(store: Store, flow: Flow, key: str | None) -> Run | None:
    """Give the run of a flow that was made with a key."""
    if key is None:
        return None
    found = store.runs.list(RunFilter(flow.namespace, flow.id, labels=((KEY, key),), limit=1))
    return next(iter(found), None)


def taking(flow: Flow, key: str, run: str, at: float) -> BeginAnswer:
    """Give the write by which one of several that make a run at once is the first."""
    return BeginAnswer(StoredAnswer(f"run:{flow.full_id}", key, "", run, at), forget=at - KEPT)
