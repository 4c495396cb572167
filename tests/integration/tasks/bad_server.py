"""A real HTTP server on the loopback that behaves as badly as servers do."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

BODY = bytes(range(256)) * 4096


class BadServer(ThreadingHTTPServer):
    """Answers by path; `released` ends the stalls, `asked` is set by the first request, `bodies`, `paths` are what came in."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.released = threading.Event()
        self.asked = threading.Event()
        self.bodies: list[tuple[str, dict[str, str], bytes]] = []
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    @property
    def bad(self) -> BadServer:
        assert isinstance(self.server, BadServer)
        return self.server

    def do_GET(self) -> None:
        name = urlsplit(self.path).path.strip("/").partition("/")[0].replace("-", "_")
        length = int(self.headers.get("content-length") or 0)
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.bad.paths.append(self.path)
        self.bad.bodies.append((self.command, headers, self.rfile.read(length)))
        answer = getattr(self, f"answer_{name}", None)
        if answer is None:
            self._answer(404, b"nothing here, sorry")
        else:
            answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - the library looks for them

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, code: int, body: bytes, **headers: str) -> None:
        self._begin(code, **{"content_length": str(len(body)), **headers})
        self.wfile.write(body)

    def _begin(self, code: int, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def answer_file(self) -> None:
        self._answer(200, BODY, x_twice="1")

    def answer_named(self) -> None:
        self._answer(200, BODY, content_disposition='attachment; filename="../of the server.csv"')

    def answer_teapot(self) -> None:
        self._answer(418, b"short and stout")

    def answer_broken(self) -> None:
        self._answer(503, b"\xff" * 2000)

    def answer_moved(self) -> None:
        self._answer(302, b"", location="/file/real.zip")

    def answer_away(self) -> None:
        self._answer(302, b"", location="ftp://127.0.0.1/file")

    def answer_circle(self) -> None:
        self._answer(302, b"", location="/circle")

    def answer_json(self) -> None:
        self._answer(200, '{"id": 5, "name": "Zoë"}'.encode(), content_type="application/json")

    def answer_latin(self) -> None:
        self._answer(200, "Zoë".encode("latin-1"), content_type="text/plain; charset=ISO-8859-1")

    def answer_packed(self) -> None:
        self._answer(200, gzip.compress(b"x" * 1_000_000), content_encoding="gzip", content_type="text/plain")

    def answer_none(self) -> None:
        self._begin(204)

    def answer_empty(self) -> None:
        self._answer(200, b"")

    def answer_cut(self) -> None:
        self._begin(200, content_length=str(len(BODY)))
        self.wfile.write(BODY[:1000])

    def answer_cut_chunks(self) -> None:
        self.protocol_version = "HTTP/1.1"
        self._begin(200, transfer_encoding="chunked")
        self.wfile.write(b"3\r\nabc\r\n")
        self.close_connection = True

    def answer_hang(self) -> None:
        self._stall()

    def answer_stall(self) -> None:
        self._begin(200, content_length=str(len(BODY)))
        self.wfile.write(BODY[:1000])
        self.wfile.flush()
        self._stall()

    def answer_garbage(self) -> None:
        self.wfile.write(b"this is no HTTP\r\n\r\n")

    def _stall(self) -> None:
        self.bad.asked.set()
        self.bad.released.wait(60)


@contextmanager
def bad_server() -> Generator[BadServer]:
    """Run the server for a block."""
    with BadServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()
