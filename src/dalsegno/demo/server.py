"""A web server on this machine that has the trips of every month."""

from __future__ import annotations

import os
import re
import shutil
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Self

from dalsegno.demo.dataset import ROWS, is_month, write_zip

_PATH = re.compile(r"/([0-9]{6})-divvy-tripdata\.zip(?:\?.*)?\Z")


class DemoServer:
    """Serves `/<yyyymm>-divvy-tripdata.zip` on the loopback, on a port that the system picks.

    A month is made when it is first asked for and kept in `folder`.

        with DemoServer(folder) as server:
            server.url  # http://127.0.0.1:41234
    """

    def __init__(self, folder: Path, rows: int = ROWS) -> None:
        self._folder = folder
        self._rows = rows
        self._making = threading.Lock()

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="demo-server", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def month(self, month: str) -> Path:
        """Give the ZIP of a month; make it if it is not there yet."""
        path = self._folder / f"{month}-{self._rows}-divvy-tripdata.zip"
        with self._making:
            if not path.exists():
                half = path.with_suffix(f".{os.getpid()}.part")
                write_zip(half, month=month, rows=self._rows)
                half.replace(path)
        return path


class _Server(ThreadingMixIn, TCPServer):
    """The standard HTTP server without its look for the name of this machine, which can take seconds."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, demo: DemoServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.demo = demo


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        # whoever asked may be gone before the end
        with suppress(ConnectionError):
            self._answer(with_body=True)

    def do_HEAD(self) -> None:
        with suppress(ConnectionError):
            self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal belongs to the demo."""

    def _answer(self, *, with_body: bool) -> None:
        match = _PATH.match(self.path)
        if match is None or not is_month(match[1]):
            self.send_error(HTTPStatus.NOT_FOUND, explain="There is /<yyyymm>-divvy-tripdata.zip for every month.")
            return
        assert isinstance(self.server, _Server)  # noqa: S101 - it is the only one that has this handler
        with self.server.demo.month(match[1]).open("rb") as file:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/zip")
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.end_headers()
            if with_body:
                shutil.copyfileobj(file, self.wfile)
