"""`Idempotency-Key`: a POST that has one is carried out once, and who sends it again is given the same answer.

Stands inside whatever finds out who asks, so that nobody is given an answer that he may not see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import Any

from blake3 import blake3
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dalsegno.errors import DalSegnoError, KeyInUse
from dalsegno.server.replies import problem
from dalsegno.service.acting import Actor
from dalsegno.service.answered import AnswerCases
from dalsegno.store.answers_port import StoredAnswer

HEADER = "idempotency-key"
#: how long a request waits for another one with its key, in seconds, and how often it looks
_WAITS = 10.0
_LOOK_EVERY = 0.05
#: bytes of a request that are kept in memory
_IN_MEMORY = 1 << 20
_PIECE = 1 << 16
_KEPT = ("content-type", "location")
#: what is answered there is a secret: it is kept nowhere
SECRET = frozenset({"/api/v1/login", "/api/v1/tokens"})


class Idempotent:
    """Carries out each POST with a key once.

    Parameters
    ----------
    answers : where answers are kept.
    """

    def __init__(self, app: ASGIApp, answers: AnswerCases) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        takes = scope["type"] == "http" and scope["method"] == "POST" and scope["path"] not in SECRET
        key = Headers(scope=scope).get(HEADER) if takes else None
        if key is None:
            await self._app(scope, receive, send)
            return
        with SpooledTemporaryFile(_IN_MEMORY) as body:
            try:
                digest = await _taken(scope, receive, body)
                found = await self._begun(_caller(scope), key, digest)
            except ClientDisconnect:
                return
            except DalSegnoError as error:
                await problem(error)(scope, receive, send)
                return
            if found.status is not None:
                await _again(found)(scope, receive, send)
                return
            await self._carried_out(found, scope, _again_from(body, receive), send)

    async def _begun(self, caller: str, key: str, digest: str) -> StoredAnswer:
        loop = asyncio.get_running_loop()
        until = loop.time() + _WAITS
        while True:
            try:
                return await asyncio.to_thread(self._answers.begin, caller, key, digest)
            except KeyInUse:
                if loop.time() >= until:
                    raise
            await asyncio.sleep(_LOOK_EVERY)

    async def _carried_out(self, begun: StoredAnswer, scope: Scope, receive: Receive, send: Send) -> None:
        """Have a request carried out, and keep its answer before it is given."""
        said: list[Message] = []

        async def hear(message: Message) -> None:
            said.append(message)

        try:
            await self._app(scope, receive, hear)
        except BaseException:
            await self._settled(lambda: self._answers.drop(begun))
            raise
        head = said[0]
        status = int(head["status"])
        body = b"".join(message.get("body", b"") for message in said[1:])
        headers = Headers(raw=head["headers"])
        kept = tuple((name, headers[name]) for name in _KEPT if name in headers)
        if status < 400:
            await self._settled(lambda: self._answers.keep(begun, status, kept, body))
        else:
            await self._settled(lambda: self._answers.drop(begun))
        for message in said:
            await send(message)

    async def _settled(self, write: Callable[[], None]) -> None:
        await asyncio.shield(asyncio.to_thread(write))


def _caller(scope: Scope) -> str:
    """Give what stands for who asks: keys of different people have nothing to do with each other."""
    who: Actor = scope["principal"]
    return "http" if who.name is None else f"http:{who.role}:{who.name}"


def request_digest(path: str, query: bytes, kind: str, body: bytes) -> str:
    """Give the digest by which a request is told from another one."""
    digest = _begun_digest(path, query, kind)
    digest.update(body)
    return digest.hexdigest()


def _begun_digest(path: str, query: bytes, kind: str) -> blake3:
    return blake3(f"{path}?{query.decode('latin-1')}\n{kind}\n".encode())


async def _taken(scope: Scope, receive: Receive, body: SpooledTemporaryFile[bytes]) -> str:
    """Take in a request's body, and give the digest of the request."""
    digest = _begun_digest(scope["path"], scope["query_string"], Headers(scope=scope).get("content-type", ""))
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece = message.get("body", b"")
        digest.update(piece)
        body.write(piece)
        if not message.get("more_body"):
            break
    body.seek(0)
    return digest.hexdigest()


def _again_from(body: SpooledTemporaryFile[bytes], receive: Receive) -> Receive:
    """Give what was taken in as if it came now."""
    done = False

    async def next_piece() -> Message:
        nonlocal done
        if done:
            return await receive()
        piece = body.read(_PIECE)
        done = len(piece) < _PIECE
        message: dict[str, Any] = {"type": "http.request", "body": piece, "more_body": not done}
        return message

    return next_piece


def _again(found: StoredAnswer) -> Response:
    response = Response(found.body, found.status or 200)
    headers = MutableHeaders(raw=response.raw_headers)
    for name, value in found.headers:
        headers[name] = value
    headers["Idempotency-Replayed"] = "true"
    return response
