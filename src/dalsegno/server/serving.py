"""Serves: opens the service, starts its engine, listens until it is told to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EADDRINUSE
from pathlib import Path
from socket import create_server, socket

import uvicorn

from dalsegno.engine.clock import SystemClock
from dalsegno.errors import Refusal
from dalsegno.server.app import create_app
from dalsegno.server.engine import AT_ONCE, EngineOptions, EngineProcess
from dalsegno.server.gate import Gate, is_loopback
from dalsegno.server.live import Live
from dalsegno.server.logs import Format, set_up
from dalsegno.server.metrics import Metrics
from dalsegno.server.silence import letting_go
from dalsegno.service.leasing import SILENCE
from dalsegno.service.open import open_service
from dalsegno.service.service import Service


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, and how much it does at once.

    Parameters
    ----------
    port : 0 takes any that is free.
    at_once : how many runs are executed at once.
    silence : how long nothing may be heard of a client that executes a run, before its lease ends, in seconds.
    log_format, log_level : how, and how much, the server writes about itself.
    login : whether users log in on this machine too; elsewhere they always do.
    names : by which other names it may be called, such as that of a proxy before it; with one there is a login.
    grace : how long what is running may take to end when the server is told to stop, in seconds.
    """

    host: str = "127.0.0.1"
    port: int = 7070
    at_once: int = AT_ONCE
    grace: float = 10.0
    silence: float = SILENCE
    log_format: Format = "text"
    log_level: str = "WARNING"
    login: bool = False
    names: tuple[str, ...] = ()


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


def _gate(place: Place, service: Service) -> Gate:
    """Say how the server is guarded: who can be reached from elsewhere, or by another name, has a login.

    Raises
    ------
    Refusal : it has a login, and nobody could log in who may do all.
    """
    gate = Gate(
        place.login or not is_loopback(place.host) or bool(place.names),
        place.host.lower(),
        frozenset(name.lower() for name in place.names),
    )
    if gate.login and not service.users.has_admin():
        why = "with a login" if place.login or is_loopback(place.host) else f"on {place.host}, where others reach it,"
        message = f"a server {why} needs an admin, and there is none: `dalsegno user add NAME --role admin` adds one"
        raise Refusal(f"{message}, in the same data directory", code="no-admin")
    return gate


def _bound(place: Place) -> socket:
    """Give a socket that listens. Raises `Refusal` where the address cannot be taken."""
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
    set_up(place.log_format, place.log_level)
    clock = SystemClock()
    service = open_service(home, clock=clock)
    service.leases.silence = place.silence
    try:
        gate = _gate(place, service)
        listens = _bound(place)
        metrics = Metrics()
        options = EngineOptions(None if home is None else str(home), place.at_once, place.log_format, place.log_level)
        engine = EngineProcess(options, metrics.ended)
        app = create_app(service, engine, clock, metrics, gate)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5
        )
        engine.start()
        try:
            with letting_go(service.leases):
                _Server(config, app.state.doors.live, listening).run([listens])
        finally:
            engine.close(place.grace)
    finally:
        service.close()
