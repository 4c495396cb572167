"""Flows that are switched off or deleted: no run of them is made."""

from __future__ import annotations

from dalsegno.errors import Refusal
from dalsegno.store.port import Store


def refuse_off(store: Store, namespace: str, id: str) -> None:
    """Refuse to make a run or a replay of a flow that is switched off or deleted."""
    off, deleted = store.flows.marks(namespace, id)
    name = f"{namespace}.{id}"
    if deleted is not None:
        message = f"the flow `{name}` was deleted; `dalsegno flow restore {name}` brings it back"
        raise Refusal(message, code="flow-deleted")
    if off is not None:
        message = f"the flow `{name}` is switched off; `dalsegno flow enable {name}` switches it on"
        raise Refusal(message, code="flow-disabled")
