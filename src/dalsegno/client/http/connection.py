"""A connection to a server: requests, answers, and its problems as the errors that they tell of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, cast

import httpx

from dalsegno.errors import StoreUnavailable
from dalsegno.wire.exact import to_bytes
from dalsegno.wire.problems import MEDIA_TYPE, error_from

#: how long a server may take to answer, in seconds
_TIMEOUT = 60.0
#: entries of a list that are asked for at once
_PAGE = 1000
#: bytes that are sent or taken at once
_PIECE = 1 << 18


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

    def put(self, path: str, body: Any = None, **query: Any) -> Any:
        """Have something be as it is said."""
        return self._ask("PUT", path, body, query)

    def delete(self, path: str, **query: Any) -> Any:
        """Have something removed."""
        return self._ask("DELETE", path, query=query)

    def text(self, path: str, **query: Any) -> str:
        """Ask for a text."""
        return self._sent("GET", path, query).text

    def pages(self, path: str, noun: str, **query: Any) -> Iterator[Any]:
        """Ask for all entries of a list, page after page."""
        after: str | None = None
        while True:
            found = self.get(path, **query, after=after, limit=_PAGE)
            yield from found[noun]
            after = found["next"]
            if after is None:
                return

    def send(self, where: str, content: IO[bytes], kind: str, **query: Any) -> Any:
        """Upload what a file holds."""
        headers = {"Content-Type": kind}
        return self._sent("POST", where, query, content=_pieces(content), headers=headers).json()

    def upload(self, where: str, content: IO[bytes]) -> Any:
        """Put what a file holds."""
        headers = {"Content-Type": "application/octet-stream"}
        return self._sent("PUT", where, {}, content=_pieces(content), headers=headers).json()

    def download(self, path: str) -> Iterator[bytes]:
        """Give the bytes that lie at a place, one piece after the other."""
        try:
            with self._http.stream("GET", path) as answer:
                if not answer.is_success:
                    answer.read()
                    raise self._refused(answer)
                yield from answer.iter_bytes(_PIECE)
        except httpx.TransportError as error:
            raise self._away(error) from error

    def open(self, path: str) -> BinaryIO:
        """Download into a file without a name, and open that."""
        file = TemporaryFile()  # noqa: SIM115 - who asked for it closes it
        try:
            with self._http.stream("GET", path) as answer:
                if not answer.is_success:
                    answer.read()
                    raise self._refused(answer)
                for piece in answer.iter_bytes(_PIECE):
                    file.write(piece)
        except httpx.TransportError as error:
            file.close()
            raise self._away(error) from error
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return cast("BinaryIO", file)

    def _ask(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        if body is None:
            answer = self._sent(method, path, query or {})
        else:
            # not by the library: that refuses numbers that are none, and halves of characters
            headers = {"Content-Type": "application/json"}
            answer = self._sent(method, path, query or {}, content=to_bytes(body), headers=headers)
        return answer.json() if answer.content else None

    def _sent(self, method: str, path: str, query: Mapping[str, Any], **more: Any) -> httpx.Response:
        parameters = {name: value for name, value in query.items() if value is not None}
        try:
            answer = self._http.request(method, path, params=parameters, **more)
        except httpx.TransportError as error:
            raise self._away(error) from error
        if not answer.is_success:
            raise self._refused(answer)
        return answer

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


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(_PIECE):
        yield piece


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
