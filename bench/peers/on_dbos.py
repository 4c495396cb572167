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


@DBOS.step()
def total(items: list[int]) -> int:
    return sum(items)


@DBOS.workflow()
def chain() -> int:
    last = 0
    for _ in range(LENGTH):
        last = inc(last)
    return last


@DBOS.workflow()
def fan_in() -> int:
    return total([inc(number) for number in range(LENGTH)])


def main(home: str, tries: int) -> None:
    url = f"sqlite:///{home}/dbos.sqlite"
    DBOS(config={"name": "chain", "system_database_url": url, "log_level": "ERROR", "enable_otlp": False})
    DBOS.launch()
    chains: list[float] = []
    replays: list[float] = []
    fans: list[float] = []
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
            start = time.perf_counter()
            DBOS.start_workflow(fan_in).get_result()
            fans.append(time.perf_counter() - start)
    finally:
        DBOS.destroy()
    chain_took, replay_took, fan_took = (statistics.median(each[1:]) * 1000 for each in (chains, replays, fans))
    line = {"peer": "dbos", "version": version("dbos"), "replay_ms": replay_took}
    print(json.dumps({**line, "chain_ms_per_step": chain_took / LENGTH, "fan_out_ms_per_item": fan_took / LENGTH}))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(folder, int(sys.argv[1]))
