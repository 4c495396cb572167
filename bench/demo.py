"""The flow of the demo, corrected, on its 300,000 trips: from the shell, download and all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Row, process_seconds, program
from dalsegno.demo.server import DemoServer
from dalsegno.demo.story import ARCHIVE, FILE, flow_text


def measure(quick: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / FILE).write_text(flow_text("corrected"))
        with DemoServer(folder / "trips") as server:
            command = [program(), "run", FILE, "--task-input-expr", f"get_zipfile.uri={server.url}/{ARCHIVE}"]
            taken = process_seconds(command, 1 if quick else 3, env={"DALSEGNO_HOME": f"{folder}/home"}, cwd=folder)
    yield Row("the flow of the demo, 300,000 rows", taken, "s", "10 s")
