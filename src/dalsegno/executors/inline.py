"""Runs every order at once, on the calling thread: debuggers, signals and globals behave as in a plain call."""

from __future__ import annotations

from contextvars import copy_context

from dalsegno.executors.port import Done, WorkOrder


class InlineExecutor:
    """An executor without threads. When `submit` returns, the order has ended."""

    def __init__(self) -> None:
        self._closed = False

    def submit(self, order: WorkOrder, done: Done) -> None:
        """Run an order here and now."""
        if self._closed:
            raise RuntimeError(f"order `{order.id}` came after the executor was closed")
        result, error = None, None
        try:
            result = copy_context().run(order.entry, order.payload)
        except BaseException as raised:  # noqa: BLE001 (whatever ends the order is its result)
            error = raised
        done(order.id, result, error)

    def close(self) -> None:
        """Take no more orders."""
        self._closed = True
