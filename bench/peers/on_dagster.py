"""The work of `bench.peers` on Dagster: a job of 100 ops, in process, and its re-execution from the last op."""

import json
import logging
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

try:
    import dagster
except ImportError:
    print(f"dagster is not installed in {sys.executable}", file=sys.stderr)
    sys.exit(3)

LENGTH = 100


@dagster.op
def inc(x: int) -> int:
    return x + 1


@dagster.op
def zero() -> int:
    return 1


@dagster.job(executor_def=dagster.in_process_executor)
def chain() -> None:
    last = zero()
    for number in range(2, LENGTH + 1):
        last = inc.alias(f"inc_{number}")(last)


@dagster.op
def total(items: list[int]) -> int:
    return sum(items)


@dagster.job(executor_def=dagster.in_process_executor)
def fan_in() -> None:
    first = zero()
    total([inc.alias(f"inc_{number}")(first) for number in range(LENGTH)])


def main(home: str, tries: int) -> None:
    logging.disable(logging.CRITICAL)
    os.environ["DAGSTER_HOME"] = home
    Path(home, "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    job = dagster.reconstructable(chain)
    chains: list[float] = []
    replays: list[float] = []
    fans: list[float] = []
    with dagster.DagsterInstance.get() as instance:
        for _ in range(tries + 1):  # the first is a warm-up
            start = time.perf_counter()
            origin = dagster.execute_job(job, instance, raise_on_error=True)
            chains.append(time.perf_counter() - start)
            options = dagster.ReexecutionOptions(parent_run_id=origin.run_id, step_selection=[f"inc_{LENGTH}"])
            start = time.perf_counter()
            again = dagster.execute_job(job, instance, reexecution_options=options, raise_on_error=True)
            replays.append(time.perf_counter() - start)
            ran = [event.step_key for event in again.all_events if event.is_step_success]
            if ran != [f"inc_{LENGTH}"]:
                sys.exit(f"the re-execution ran {len(ran)} ops, not the last alone")
            start = time.perf_counter()
            dagster.execute_job(dagster.reconstructable(fan_in), instance, raise_on_error=True)
            fans.append(time.perf_counter() - start)
    chain_took, replay_took, fan_took = (statistics.median(each[1:]) * 1000 for each in (chains, replays, fans))
    line = {"peer": "dagster", "version": dagster.__version__, "replay_ms": replay_took}
    print(json.dumps({**line, "chain_ms_per_step": chain_took / LENGTH, "fan_out_ms_per_item": fan_took / LENGTH}))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(folder, int(sys.argv[1]))
