"""What it costs to begin: the import, and a flow of one task from the shell."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Row, process_seconds, program, python

FLOW = """id: hello
namespace: bench
tasks:
  - id: hello
    type: core.log.Log
    message: hello
"""


def measure(quick: bool) -> Iterator[Row]:
    tries = 5 if quick else 15
    bare = process_seconds(python("pass"), tries) * 1000
    client = process_seconds(python("from dalsegno import Client"), tries) * 1000
    yield Row("from dalsegno import Client", client, "ms", "floor + 120 ms", "bare interpreter", bare)
    yield Row("  above the bare interpreter", client - bare, "ms", "120 ms")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hello.yaml"
        path.write_text(FLOW)
        warm = {"DALSEGNO_HOME": str(Path(folder) / "home")}
        taken = process_seconds([program(), "run", str(path)], tries, env=warm)
        yield Row("a flow of one task, warm store", taken, "s", "0.5 s", "bare interpreter", bare / 1000)
        script = f"rm -rf {folder}/new && exec {program()} run {path}"
        new = process_seconds(["sh", "-c", script], tries, env={"DALSEGNO_HOME": f"{folder}/new"})
        yield Row("a flow of one task, new store", new, "s", "0.9 s", "bare interpreter", bare / 1000)
