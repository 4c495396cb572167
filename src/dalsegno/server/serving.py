"""Serves: opens the service, starts its engine, listens until it is told to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EADDRINUSE
from ipaddress import ip_address
from pathlib import Path
from socket import create_server, socket

import uvicorn

from dalsegno.engine.clock import SystemClock
from dalsegno.errors import Refusal
from dalsegno.server.app import create_app
from dalsegno.server.host import AT_ONCE, EngineHost
from dalsegno.server.live import Live
from dalsegno.server.logs import Format, set_up
from dalsegno.server.metrics import Metrics
from dalsegno.service.leasing import SILENCE
from dalsegno.service.open import open_service


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, and how much it does at once.

    Parameters
    ----------
    port : 0 takes any that is free.
    at_once : how many runs are executed at once.
    silence : how long nothing may be heard of a client that executes a run, before its lease ends, in seconds.
    log_format, log_level : how, and how much, the server writes about itself.
    grace : how long what is running may take to end when the server is told to stop, in seconds.
    """

    host: str = "127.0.0.1"
    port: int = 7070
    at_once: int = AT_ONCE
    grace: float = 10.0
    silence: float = SILENCE
    log_format: Format = "text"
    log_level: str = "WARNING"


class _Server(uvicorn.Server):
    """A server that tells where it listens."""

    def __init__(self, config: uvicorn.Config, live: Live, listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._live = live
        self._listening = listening

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """End on a signal, as one that was asked to: the engine is to end in its turn."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {each: signal.signal(each, self.handle_exit) for each in signals}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._listening(f"http://{host}:{port}")

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        # whoever follows goes first: an open stream is not to hold up the end
        await self._live.close()
        await super().shutdown(sockets)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _bound(place: Place) -> socket:
    """Give a socket that listens.

    Raises
    ------
    Refusal : the address is none of this machine alone, or it cannot be taken.
    """
    if not _is_loopback(place.host):
        message = f"the server has no login yet, so it listens on this machine alone, and not on {place.host}"
        raise Refusal(f"{message}: leave `--host` out, and reach it through a tunnel", code="not-loopback")
    try:
        return create_server((place.host, place.port))
    except OSError as error:
        hint = f"; give another `--port` than {place.port}" if error.errno == EADDRINUSE else ""
        raise Refusal(
            f"the server cannot listen on {place.host}:{place.port}: {error.strerror or error}{hint}"
        ) from error


def serve(place: Place, *, home: Path | None = None, listening: Callable[[str], None]) -> None:
    """Serve until a signal says to stop.

    Parameters
    ----------
    home : the data directory, in place of the one that the settings name.
    listening : is called with the address once requests are answered.
    """
    listens = _bound(place)
    set_up(place.log_format, place.log_level)
    clock = SystemClock()
    service = open_service(home, clock=clock)
    service.leases.silence = place.silence
    try:
        metrics = Metrics()
        engine = EngineHost(service, clock, at_once=place.at_once, ended=lambda run: metrics.ended(run.state))
        app = create_app(service, engine, clock, metrics)
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5)
        engine.start()
        try:
            _Server(config, app.state.doors.live, listening).run([listens])
        finally:
            engine.close(place.grace)
    finally:
        service.close()
