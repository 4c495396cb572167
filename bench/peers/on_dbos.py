"""The work of `bench.peers` on DBOS: a workflow of 100 steps on SQLite, and a fork of it at the last step."""

import json
import statistics
import sys
import tempfile
import time
from importlib.metadata import version

try:
    from dbos import DBOS
except ImportError:
    print(f"dbos is not installed in {sys.executable}", file=sys.stderr)
    sys.exit(3)

LENGTH = 100
ran: list[int] = []


@DBOS.step()
def inc(x: int) -> int:
    ran.append(x)
    return x + 1


@DBOS.workflow()
def chain() -> int:
    last = 0
    for _ in range(LENGTH):
        last = inc(last)
    return last


def main(home: str, tries: int) -> None:
    url = f"sqlite:///{home}/dbos.sqlite"
    DBOS(config={"name": "chain", "system_database_url": url, "log_level": "ERROR", "enable_otlp": False})
    DBOS.launch()
    chains: list[float] = []
    replays: list[float] = []
    try:
        for _ in range(tries + 1):  # the first is a warm-up
            start = time.perf_counter()
            origin = DBOS.start_workflow(chain)
            origin.get_result()
            chains.append(time.perf_counter() - start)
            ran.clear()
            start = time.perf_counter()
            DBOS.fork_workflow(origin.workflow_id, LENGTH).get_result()  # steps are counted from 1
            replays.append(time.perf_counter() - start)
            if ran != [LENGTH - 1]:
                sys.exit(f"the fork ran {len(ran)} steps, not the last alone")
    finally:
        DBOS.destroy()
    took = statistics.median(chains[1:]) * 1000 / LENGTH, statistics.median(replays[1:]) * 1000
    print(json.dumps({"peer": "dbos", "version": version("dbos"), "chain_ms_per_step": took[0], "replay_ms": took[1]}))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(folder, int(sys.argv[1]))
