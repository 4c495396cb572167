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

    chains: list[float] = []
    replays: list[float] = []
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
    close_all()
    took = statistics.median(chains[1:]) * 1000 / LENGTH, statistics.median(replays[1:]) * 1000
    name = "dalsegno, synced" if SYNCED else "dalsegno"
    print(json.dumps({"peer": name, "version": VERSION, "chain_ms_per_step": took[0], "replay_ms": took[1]}))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(folder)
