"""The work of `bench.peers` on Dal Segno: a chain of 100 steps, and a replay of its last step alone.

With `--synced` before the number of tries every commit is on the disk before the run goes on.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from typing import Any

SYNCED = "--synced" in sys.argv
LENGTH, TRIES = 100, int(sys.argv[-1])


def main(home: str) -> None:
    os.environ |= {"DALSEGNO_HOME": home, "DALSEGNO_DURABILITY": "full" if SYNCED else "normal"}
    from dalsegno import pipeline, step
    from dalsegno.pipelines.session import close_all
    from dalsegno.settings import VERSION

    ran: list[int] = []

    @step
    def inc(x: int) -> int:
        ran.append(x)
        return x + 1

    @pipeline
    def chain() -> Any:
        last: Any = 0
        for _ in range(LENGTH):
            last = inc(last)
        return last

    @step
    def total(items: list[int]) -> int:
        return sum(items)

    @pipeline
    def fan_in() -> Any:
        return total(inc.map(range(LENGTH)))

    chains: list[float] = []
    replays: list[float] = []
    fans: list[float] = []
    for _ in range(TRIES + 1):  # the first is a warm-up
        start = time.perf_counter()
        origin = chain().name
        chains.append(time.perf_counter() - start)
        ran.clear()
        start = time.perf_counter()
        chain.replay(pipeline_run=origin, start=[f"inc_{LENGTH}"])
        replays.append(time.perf_counter() - start)
        if ran != [LENGTH - 1]:
            sys.exit(f"the replay ran {len(ran)} steps, not the last alone")
        start = time.perf_counter()
        fan_in()
        fans.append(time.perf_counter() - start)
    close_all()
    chain_took, replay_took, fan_took = (statistics.median(each[1:]) * 1000 for each in (chains, replays, fans))
    line = {"peer": "dalsegno, synced" if SYNCED else "dalsegno", "version": VERSION, "replay_ms": replay_took}
    print(json.dumps({**line, "chain_ms_per_step": chain_took / LENGTH, "fan_out_ms_per_item": fan_took / LENGTH}))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(folder)
