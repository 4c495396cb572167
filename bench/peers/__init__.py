"""The same work on other engines: each peer in an environment of its own, and ours in the same run.

`make bench PEERS=1` makes those environments by uv, outside this project, with the versions of `PEERS`. A variable names
another interpreter: `DALSEGNO_PEER_DAGSTER=/path/to/python`. Without either, a peer is looked for in this interpreter.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure import number

#: what uv installs for each peer
PEERS: Mapping[str, str] = {
    "dagster": "dagster==1.13.29",
    "dbos": "dbos==3.4.0",
    "prefect": "prefect==3.9.1",
    "zenml": "zenml[local]==0.98.0",
}
OURS = "dalsegno"
#: ours once more, with every commit and every stored file synced to the disk
SYNCED = "dalsegno, synced"
START = "<!-- peers: written by `make bench PEERS=1 ARGS=--write` -->"
END = "<!-- end of peers -->"
_ABSENT = "not measured here"


@dataclass(frozen=True, slots=True)
class Result:
    """What one engine took: a chain of 100 trivial steps, its replay with 99 of them reused, and a step over 100 items."""

    peer: str
    version: str
    chain_ms_per_step: float
    replay_ms: float
    fan_out_ms_per_item: float


def compare(*, install: bool, tries: int) -> list[Result | str]:
    """Measure every engine, ours first; a name alone stands for a peer that could not be measured."""
    results: list[Result | str] = []
    for peer in (OURS, SYNCED, *PEERS):
        result = _run(peer, [*_interpreter(peer, install=install), *_script(peer), str(tries)])
        print(f"  {peer}: {result or _ABSENT}", file=sys.stderr, flush=True)
        results.append(result or peer)
    return results


def report(results: Sequence[Result | str], *, tries: int, when: str, machine: str) -> str:
    """Give the table in Markdown, with the ratio of each peer to ours."""
    ours = next((each for each in results if isinstance(each, Result) and each.peer == OURS), None)
    said = f"Median of {tries} tries" if tries > 1 else "One try"
    lines = [
        "| engine | chain of 100, ms a step | | 1 to 100 to 1, ms an item | | replay, 99 of 100 reused, ms | |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for each in results:
        if isinstance(each, str):
            lines.append(f"| {each} | {_ABSENT} | | {_ABSENT} | | {_ABSENT} | |")
            continue
        chain = _ratio(each.chain_ms_per_step, ours and ours.chain_ms_per_step)
        replay = _ratio(each.replay_ms, ours and ours.replay_ms)
        fan = _ratio(each.fan_out_ms_per_item, ours and ours.fan_out_ms_per_item)
        items = f"{number(each.fan_out_ms_per_item)} | {fan}"
        took = f"{number(each.chain_ms_per_step)} | {chain} | {items} | {number(each.replay_ms)} | {replay}"
        lines.append(f"| {each.peer} {each.version} | {took} |")
    return "\n".join([*lines, "", f"{said} after a warm-up, {when}, {machine}."])


def written(text: str, table: str) -> str:
    """Give a page with the table in place of what stood between its two marks."""
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the page has no block between {START} and {END}")
    return f"{before}{START}\n\n{table}\n\n{END}{after}"


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def _ratio(value: float, ours: float | None) -> str:
    return f"{number(value / ours)}×" if ours else ""


def _script(peer: str) -> list[str]:
    if peer == SYNCED:
        return [*_script(OURS), "--synced"]
    return [str(Path(__file__).with_name(f"on_{peer}.py"))]


def _interpreter(peer: str, *, install: bool) -> list[str]:
    named = os.environ.get(f"DALSEGNO_PEER_{peer.upper()}")
    if named:
        return [named]
    uv = shutil.which("uv", path=os.pathsep.join([".tools/bin", os.environ.get("PATH", "")]))
    if peer in (OURS, SYNCED) or not install or not uv:
        return [sys.executable]
    where = ["--no-project", "--isolated", "--python", sys.executable, "--with", PEERS[peer]]
    return [uv, "run", "--quiet", *where, "python"]


def _run(peer: str, command: Sequence[str], timeout: float = 900) -> Result | None:
    """Run one script in a process group of its own, which ends with it."""
    left_out = {"PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"}
    environ = {name: value for name, value in os.environ.items() if name not in left_out}
    try:
        child = subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
    except OSError as error:
        print(f"  {peer}: {error}", file=sys.stderr)
        return None
    try:
        out, err = child.communicate(timeout=timeout)
    except BaseException as error:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        print(f"  {peer}: not done after {timeout:.0f} s", file=sys.stderr)
        return None
    if child.returncode:
        print("\n".join(f"  {peer}: {line}" for line in err.strip().splitlines()[-5:]), file=sys.stderr)
        return None
    return Result(**json.loads(out.strip().splitlines()[-1]))
