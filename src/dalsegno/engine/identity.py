"""What a task run knows of itself over retries, recovery and replays: `is_replay` and `idempotency_key`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dalsegno.errors import TaskFailed
from dalsegno.model.digest import digest
from dalsegno.model.run import Run

JsonMap = Mapping[str, Any]

IS_REPLAY, KEY = "is_replay", "idempotency_key"


def idempotency_key(run: Run, address: str, properties: JsonMap) -> str:
    """Give a digest of root run, address and properties: equal over retries, recovery and replays."""
    return digest("idempotency", [run.root, address, dict(properties)])


class TaskVariables(dict[str, Any]):
    """The variables of one task, with `is_replay` and `idempotency_key`, which are worked out when an expression reads them.

    The key is a digest of the task's properties, and one of these may hold the key: a header of a request does. So the
    properties are rendered for it apart, with no key in it and as if this were no replay.

    Parameters
    ----------
    found : all other variables.
    render : renders the task's properties with these variables.
    """

    def __init__(self, found: JsonMap, run: Run, address: str, render: Callable[[JsonMap], JsonMap]) -> None:
        super().__init__(found)
        self._others = found
        self._run = run
        self._address = address
        self._render = render
        self._was_read = False

    def __missing__(self, name: str) -> Any:
        if name not in (IS_REPLAY, KEY):
            raise KeyError(name)
        self._was_read = True
        value = self._run.origin is not None if name == IS_REPLAY else self._key()
        self[name] = value
        return value

    def key(self, rendered: JsonMap) -> str:
        """Give the key, where the properties have been rendered with these variables."""
        if self._was_read:
            return self[KEY]
        return idempotency_key(self._run, self._address, rendered)

    def _key(self) -> str:
        if not self._run.root:
            message = f"`{KEY}` of `{self._address}` is known only when the run has begun"
            raise TaskFailed(message, code="unknown-variable")
        return idempotency_key(self._run, self._address, self._render({**self._others, IS_REPLAY: False, KEY: ""}))
