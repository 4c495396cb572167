"""The work of `bench.peers` on ZenML: a pipeline of 100 steps on the local stack, and a replay that skips 99 of them."""

import json
import os
import statistics
import sys
import tempfile
import time

HOME = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
# read when zenml is imported
os.environ |= {"HOME": HOME.name, "ZENML_CONFIG_PATH": HOME.name, "ZENML_LOCAL_STORES_PATH": f"{HOME.name}/stores"}
os.environ |= {"ZENML_ANALYTICS_OPT_IN": "false", "ZENML_LOGGING_VERBOSITY": "ERROR", "AUTO_OPEN_DASHBOARD": "false"}

try:
    import zenml
except ImportError:
    print(f"zenml is not installed in {sys.executable}", file=sys.stderr)
    sys.exit(3)

LENGTH = 100
ran: list[int] = []


@zenml.step(enable_cache=False)
def inc(x: int) -> int:
    ran.append(x)
    return x + 1


@zenml.pipeline(enable_cache=False)
def chain() -> None:
    last = 0
    for _ in range(LENGTH):
        last = inc(last)


@zenml.step(enable_cache=False)
def total(items: list[int]) -> int:
    return sum(items)


@zenml.pipeline(enable_cache=False)
def fan_in() -> None:
    first = inc(0)
    total([inc(first) for _ in range(LENGTH - 1)])


def main(tries: int) -> None:
    skipped = ["inc", *(f"inc_{number}" for number in range(2, LENGTH))]
    chains: list[float] = []
    replays: list[float] = []
    fans: list[float] = []
    for _ in range(tries + 1):  # the first is a warm-up
        start = time.perf_counter()
        origin = chain()
        chains.append(time.perf_counter() - start)
        ran.clear()
        start = time.perf_counter()
        chain.replay(pipeline_run=origin.id, skip=skipped)
        replays.append(time.perf_counter() - start)
        if ran != [LENGTH - 1]:
            sys.exit(f"the replay ran {len(ran)} steps, not the last alone")
        start = time.perf_counter()
        fan_in()
        fans.append(time.perf_counter() - start)
    chain_took, replay_took, fan_took = (statistics.median(each[1:]) * 1000 for each in (chains, replays, fans))
    line = {"peer": "zenml", "version": zenml.__version__, "replay_ms": replay_took}
    line |= {"chain_ms_per_step": chain_took / LENGTH, "fan_out_ms_per_item": fan_took / LENGTH}
    print(json.dumps(line), file=sys.__stdout__)


if __name__ == "__main__":
    with HOME:
        main(int(sys.argv[1]))
