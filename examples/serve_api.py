"""Serve a small and unreliable API on this machine, for the examples: `python serve_api.py`, until Ctrl-C.

`GET /orders` fails twice with 503 before it answers; `POST /jobs` begins a job, and `GET /jobs/1` says `running` twice and
then `done`; `POST /alerts` takes a message and prints it.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ORDERS = [{"id": 1, "city": "Lyon", "amount": 30}, {"id": 2, "city": "Lille", "amount": 12}]


class Api(BaseHTTPRequestHandler):
    """Answers, and counts how often it was asked."""

    asked: dict[str, int] = {}  # noqa: RUF012 - one server, one count

    def do_GET(self) -> None:
        """Answer what is read."""
        times = self.asked[self.path] = self.asked.get(self.path, 0) + 1
        if self.path == "/orders":
            self._answer(*((200, ORDERS) if times > 2 else (503, {"error": "try again"})))
        elif self.path == "/jobs/1":
            self._answer(200, {"state": "done" if times > 2 else "running"})
        else:
            self._answer(404, {"error": "there is nothing here"})

    def do_POST(self) -> None:
        """Take what is sent."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == "/alerts":
            print(f"alert: {body}", flush=True)
        self.asked.pop("/jobs/1", None)
        self._answer(201, {"id": 1})

    def _answer(self, status: int, value: object) -> None:
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


def main() -> None:
    """Serve until somebody interrupts."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with ThreadingHTTPServer(("127.0.0.1", port), Api) as server:
        print(f"export API=http://127.0.0.1:{server.server_port}", flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
