"""What a server tells Prometheus of itself, and what it writes about each request."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dalsegno.model.state import State

_log = logging.getLogger("dalsegno.http")
#: a request that nothing answers to is counted under this
_NOWHERE = "none"
_LEASE = re.compile(r"/leases/[^/]+")


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self.requests = Histogram(
            "dalsegno_http_request_seconds", "How long requests took, to the end of the answer.",
            ["method", "route", "status"], registry=self._registry,
        )  # fmt: skip
        self.runs = Counter(
            "dalsegno_runs_ended", "Runs that the engine of this server executed to their end.", ["state"],
            registry=self._registry,
        )  # fmt: skip

    def watch(self, *, active: Callable[[], int], queued: Callable[[], int], followers: Callable[[], int]) -> None:
        """Tell also how many runs are executed, how many wait for an engine, and how many streams are open."""
        gauges = {
            "dalsegno_runs_active": ("Runs that are being executed here.", active),
            "dalsegno_runs_queued": ("Runs that wait for an engine; at most 1,000 are counted.", queued),
            "dalsegno_streams_open": ("Streams of live events that are followed.", followers),
        }
        for name, (text, read) in gauges.items():
            Gauge(name, text, registry=self._registry).set_function(read)

    def ended(self, state: State, count: int) -> None:
        """Count runs."""
        self.runs.labels(state.value).inc(count)

    def text(self) -> bytes:
        """Give all figures in Prometheus' text format."""
        return generate_latest(self._registry)


class Measured:
    """Measures each request, and writes a line about it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            took = perf_counter() - began
            route = getattr(scope.get("route"), "path", _NOWHERE)
            self._metrics.requests.labels(scope["method"], route, str(status)).observe(took)
            level = logging.ERROR if status >= 500 else logging.INFO
            # the key of a lease is known to its holder alone
            path = _LEASE.sub("/leases/***", scope["path"])
            fields = {"method": scope["method"], "path": path, "status": status, "ms": round(took * 1000, 1)}
            _log.log(level, "%s %s %d", scope["method"], path, status, extra={"fields": fields})
