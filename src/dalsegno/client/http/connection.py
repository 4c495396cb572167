"""A connection to a server: requests, answers, and its problems as the errors that they tell of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import httpx

from dalsegno.errors import StoreUnavailable
from dalsegno.wire.exact import to_bytes
from dalsegno.wire.problems import MEDIA_TYPE, error_from

#: how long a server may take to answer, in seconds
_TIMEOUT = 60.0
#: how many bytes are sent or taken at a time
_CHUNK = 1 << 20


class Connection:
    """Asks a server.

    Parameters
    ----------
    url : where it listens, such as `http://127.0.0.1:7070`.
    token : an API token, where the server wants one.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._token = token
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=f"{self.url}/api/v1/", headers=headers, timeout=_TIMEOUT)

    @property
    def address(self) -> str:
        """What opens it in another process of this machine: the address, and the token, which is sent nowhere with it."""
        return self.url if self._token is None else f"{self.url}#{self._token}"

    def get(self, path: str, **query: Any) -> Any:
        """Ask for something."""
        return self._ask("GET", path, query=query)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Have something done."""
        return self._ask("POST", path, body, query)

    def delete(self, path: str, **query: Any) -> Any:
        """Have something removed."""
        return self._ask("DELETE", path, query=query)

    def upload(self, path: str, file: BinaryIO) -> Any:
        """Put the bytes of a file in a place."""
        return self._ask("PUT", path, iter(lambda: file.read(_CHUNK), b""))

    def download(self, path: str) -> Iterator[bytes]:
        """Give the bytes that lie at a place, one chunk after the other."""
        try:
            with self._http.stream("GET", path) as answer:
                if not answer.is_success:
                    answer.read()
                    raise self._refused(answer)
                yield from answer.iter_bytes(_CHUNK)
        except httpx.TransportError as error:
            raise self._away(error) from error

    def _ask(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """Ask; what is iterated over is sent as bytes, everything else as JSON."""
        parameters = {name: value for name, value in (query or {}).items() if value is not None}
        raw = isinstance(body, Iterator)
        # not by the library: that refuses numbers that are none, and halves of characters
        content: Iterable[bytes] | bytes | None = body if raw or body is None else to_bytes(body)
        headers = {} if body is None else {"Content-Type": "application/octet-stream" if raw else "application/json"}
        try:
            answer = self._http.request(method, path, content=content, params=parameters, headers=headers)
        except httpx.TransportError as error:
            raise self._away(error) from error
        return self._read(answer)

    def _read(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json() if answer.content else None
        raise self._refused(answer)

    def _refused(self, answer: httpx.Response) -> Exception:
        if answer.headers.get("content-type", "").startswith(MEDIA_TYPE):
            return error_from(answer.json())
        return StoreUnavailable(
            f"{self.url} answered {answer.status_code} and not as a server of Dal Segno does: check the address"
        )

    def _away(self, error: Exception) -> StoreUnavailable:
        message = (
            f"the server {self.url} cannot be reached ({error}): check the address, and that `dalsegno server` runs"
        )
        return StoreUnavailable(message)

    def follow(self, path: str, after: int = 0) -> Iterator[tuple[str, Any]]:
        """Give the events of a stream with their kinds, and go on after the last one where the connection breaks off."""
        while True:
            headers = {"Last-Event-ID": str(after)} if after else {}
            try:
                with self._http.stream("GET", path, headers=headers, timeout=_TIMEOUT) as answer:
                    if not answer.is_success:
                        answer.read()
                        raise self._refused(answer)
                    for kind, number, data in _events(answer.iter_lines()):
                        after = number or after
                        yield kind, data
                        if kind == "end":
                            return
            except httpx.TransportError as error:
                # the server may be starting again; if it is gone, the next try says so
                if isinstance(error, httpx.ConnectError):
                    raise self._away(error) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()


def _events(lines: Iterator[str]) -> Iterator[tuple[str, int, Any]]:
    """Give kind, number and data of each event of a stream."""
    kind, number, data = "message", 0, ""
    for text in lines:
        name, _, value = text.partition(": ")
        if name == "event":
            kind = value
        elif name == "id":
            number = int(value)
        elif name == "data":
            data += value
        elif not text and data:
            yield kind, number, json.loads(data)
            kind, number, data = "message", 0, ""
