"""Serve a made-up month of bike trips on this machine, for the tutorial: `python serve_trips.py`, until Ctrl-C.

`http://127.0.0.1:PORT/<yyyymm>-divvy-tripdata.zip` is there for every month, the same every time it is made.
"""

from __future__ import annotations

import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from dalsegno.demo.server import DemoServer


def main() -> None:
    """Serve until somebody interrupts."""
    with tempfile.TemporaryDirectory() as folder, DemoServer(Path(folder), rows=20_000) as server:
        print(f"export TRIPS={server.url}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
