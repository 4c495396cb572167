"""The work of `bench.peers` on Prefect: a flow of 100 tasks that keep their results, and a second run of which 99 are cached.

Prefect starts its own temporary server on the loopback address, and ends it with this process.
"""

import json
import os
import statistics
import sys
import tempfile
import time


def main(home: str, tries: int) -> None:
    os.environ |= {"HOME": home, "PREFECT_HOME": home, "PREFECT_PROFILES_PATH": f"{home}/profiles.toml"}
    os.environ |= {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
    }
    os.environ |= {"PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true", "PREFECT_API_URL": ""}
    try:
        import prefect
        from prefect.cache_policies import INPUTS, NO_CACHE
    except ImportError:
        print(f"prefect is not installed in {sys.executable}", file=sys.stderr)
        sys.exit(3)
    length = 100
    ran: list[int] = []

    @prefect.task(cache_policy=INPUTS, persist_result=True)
    def inc(x: int) -> int:
        ran.append(x)
        return x + 1

    always = inc.with_options(cache_policy=NO_CACHE)

    @prefect.flow
    def chain(first: int) -> int:
        last = first
        for _ in range(length - 1):
            last = inc(last)
        return always(last)

    @prefect.task
    def total(items: list[int]) -> int:
        return sum(items)

    @prefect.flow
    def fan_in() -> int:
        return total(always.map(range(length)))

    chains: list[float] = []
    replays: list[float] = []
    fans: list[float] = []
    for number in range(tries + 1):  # the first is a warm-up
        first = number * 10 * length  # inputs that no run has had
        for taken in (chains, replays):
            ran.clear()
            start = time.perf_counter()
            chain(first)
            taken.append(time.perf_counter() - start)
        if ran != [first + length - 1]:
            sys.exit(f"the second run ran {len(ran)} tasks, not the last alone")
        start = time.perf_counter()
        fan_in()
        fans.append(time.perf_counter() - start)
    chain_took, replay_took, fan_took = (statistics.median(each[1:]) * 1000 for each in (chains, replays, fans))
    line = {"peer": "prefect", "version": prefect.__version__, "replay_ms": replay_took}
    print(json.dumps({**line, "chain_ms_per_step": chain_took / length, "fan_out_ms_per_item": fan_took / length}))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        main(folder, int(sys.argv[1]))
