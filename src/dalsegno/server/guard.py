"""Stands before everything that a server does: who asks, whether a browser was made to, how much is sent; and it writes down
who did what.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from time import monotonic

from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dalsegno.errors import DalSegnoError, NotKnown, Refusal, TooLarge
from dalsegno.model.access import AuditEntry
from dalsegno.model.clock import Clock
from dalsegno.server.gate import SAFE, Gate, refuse_foreign, refuse_forwarded, who_asks
from dalsegno.server.noting import Noting
from dalsegno.server.replies import problem
from dalsegno.server.roles import UNTOLD, operation_id
from dalsegno.server.uploads import limit_of
from dalsegno.service.acting import NOBODY, Actor, acting
from dalsegno.service.audit import storable
from dalsegno.service.service import Service

_log = logging.getLogger("dalsegno.access")

#: styles may stand in a page, scripts never
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_OPEN = frozenset({"/healthz", "/readyz", "/api/v1/login"})
_LONGEST_PATH = 500
#: how long somebody who follows a stream is known before it is looked again who that is, in seconds
_LOOK_AGAIN = 1.0


def _is_open(path: str, method: str) -> bool:
    """Whether something is there for everybody: the login, whether the server is well, and the files of its pages."""
    return path in _OPEN or (method in SAFE and not path.startswith("/api/") and path != "/metrics")


class Guard:
    """Lets requests through.

    Parameters
    ----------
    service : where users are known, and what is done is written down.
    """

    def __init__(self, app: ASGIApp, service: Service, gate: Gate, clock: Clock) -> None:
        self._app = app
        self._service = service
        self._gate = gate
        self._clock = clock
        self._noting = Noting(service.audit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passing = _Passing(scope, send)
        try:
            who = await self._let_in(scope)
            body = _Body(receive, limit_of(scope["method"], scope["path"]), Headers(scope=scope))
        except DalSegnoError as error:
            _log.warning("%s %s refused: %s", scope["method"], scope["path"], error.code)
            await _refused(error)(scope, receive, passing.send)
            return
        scope["principal"] = who
        passing.before = partial(self._note, scope, who)
        if who.door in ("token", "session"):
            passing.still = partial(self._is_still, scope, who)
        with acting(who):
            await _carried_out(self._app, scope, body, passing)

    async def _let_in(self, scope: Scope) -> Actor:
        """Find out who asks, and refuse what may not come in."""
        headers = Headers(scope=scope)
        if not self._gate.knows(headers.get("host", "")):
            message = f"this server is not `{headers.get('host', '')[:100]}`"
            raise Refusal(f"{message}: `--allowed-host NAME` has it answer to another name", code="unknown-host")
        if not self._gate.login:
            refuse_forwarded(headers)
        logins, login = self._service.logins, self._gate.login
        if "authorization" in headers or "cookie" in headers:
            who = await asyncio.to_thread(who_asks, headers, logins, login=login)
        else:
            who = who_asks(headers, logins, login=login)
        if who is NOBODY and not _is_open(scope["path"], scope["method"]):
            message = (
                "this server wants to know who you are: send a token (`Authorization: Bearer ...`; `DALSEGNO_TOKEN`"
            )
            raise NotKnown(f"{message} on the command line and in Python), or log in")
        if scope["method"] not in SAFE:
            refuse_foreign(headers, who)
        # what is noted of a request is its own
        return Actor(who.name, who.role, who.door)

    async def _is_still(self, scope: Scope, who: Actor) -> bool:
        """Whether somebody whose answer goes on would be let in now, with the rights of then."""
        try:
            now = await asyncio.to_thread(who_asks, Headers(scope=scope), self._service.logins, login=self._gate.login)
        except DalSegnoError:
            return False
        return (now.name, now.role) == (who.name, who.role)

    async def _note(self, scope: Scope, who: Actor, status: int) -> None:
        """Write down what was done, or refused to somebody."""
        route = scope.get("route")
        operation = operation_id(route) if isinstance(route, APIRoute) else "none"
        changed = scope["method"] not in SAFE and operation not in UNTOLD and operation != "none"
        if status == 429 or not (changed or status == 403):
            return
        client = scope.get("client")
        entry = AuditEntry(
            0, self._clock.now(), who.name, None if who.door == NOBODY.door else who.role, who.door,
            str(client[0]) if client else "", operation, scope["method"], storable(scope["path"][:_LONGEST_PATH]), status,
            dict(who.noted),
        )  # fmt: skip
        await self._noting.note(entry)


class _Passing:
    """The answer on its way out: with the headers that every answer has, and written down before it goes.

    A stream of events that goes on for hours ends when whoever follows it is not let in any more.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self.started = False
        self.over = False
        self.before: Callable[[int], Awaitable[None]] | None = None
        self.still: Callable[[], Awaitable[bool]] | None = None
        self._streams = False
        self._looked = monotonic()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
            self._streams = headers.get("content-type", "").startswith("text/event-stream")
            if self.before is not None:
                await self.before(message["status"])
        elif self._streams and not await self._goes_on():
            self.over = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            raise OSError("whoever follows is not let in any more")
        await self._send(message)

    async def _goes_on(self) -> bool:
        if self.still is None or monotonic() < self._looked + _LOOK_AGAIN:
            return True
        self._looked = monotonic()
        return await self.still()


class _Body:
    """The body of a request on its way in: no more of it than its route takes."""

    def __init__(self, receive: Receive, limit: int | None, headers: Headers) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0
        self.too_large = False
        said = headers.get("content-length", "")
        if limit is not None and said.isdecimal() and int(said) > limit:
            raise self.error()

    def error(self) -> TooLarge:
        return TooLarge(f"the body is too large: at most {self._limit or 0:,} bytes are taken here")

    async def receive(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._limit is not None and self._size > self._limit:
            self.too_large = True
            raise self.error()
        return message


async def _carried_out(app: ASGIApp, scope: Scope, body: _Body, passing: _Passing) -> None:
    """Have a request carried out; a body that is too large is told so whatever was made of it inside."""

    async def send(message: Message) -> None:
        if not body.too_large or passing.started:
            await passing.send(message)

    try:
        await app(scope, body.receive, send)
    except Exception:
        if passing.over:
            return
        if not body.too_large:
            if not passing.started:
                await _refused(failed(), 500)(scope, body.receive, passing.send)
            raise
    if body.too_large and not passing.started:
        await _refused(body.error())(scope, body.receive, passing.send)


def failed() -> DalSegnoError:
    """Give the error that tells of a fault of the server's own; what it was goes to the log, and to nobody else."""
    message = "the server has failed over this request, by a fault of its own: its log says more"
    return DalSegnoError(message, code="server-failed")


def _refused(error: DalSegnoError, status: int | None = None) -> ASGIApp:
    if error.code in {"unknown-host", "forwarded"}:
        status = 400
    return problem(error, status)
