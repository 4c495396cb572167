"""`python -m bench [engine] [startup] [expressions] [demo] [convert] [language] [values] [pipelines] [lists] [server] [web]`.

`--quick` takes smaller sizes. `python -m bench peers [--install]
[--write]` compares with other engines, and is never part of the rest.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.measure import Row, table

PARTS = (
    "engine",
    "startup",
    "expressions",
    "demo",
    "convert",
    "language",
    "values",
    "pipelines",
    "lists",
    "server",
    "web",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, and print a table.")
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, "peers", []], help="what to measure; everything by default"
    )
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer tries")
    parser.add_argument(
        "--install", action="store_true", help="peers: get them by uv, each in an environment of its own"
    )
    parser.add_argument("--write", action="store_true", help="peers: put the table into README.md")
    given = parser.parse_args()
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        print("unset PYTHONDONTWRITEBYTECODE: without bytecode every start is slow", file=sys.stderr)
        return 2
    if "peers" in given.parts:
        return _peers(given)
    rows: list[Row] = []
    for part in given.parts or PARTS:
        for row in _part(part)(given.quick):
            rows.append(row)
            print(f"  {row.what}: {row.shown}", file=sys.stderr, flush=True)
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores")
    print(table(rows))
    return 0


def _peers(given: argparse.Namespace) -> int:
    from bench import peers

    tries = 1 if given.quick else 3
    results = peers.compare(install=given.install, tries=tries)
    table = peers.report(results, tries=tries, when=peers.today(), machine=peers.machine())
    print(table)
    if given.write:
        page = Path("README.md")
        page.write_text(peers.written(page.read_text(encoding="utf-8"), table), encoding="utf-8")
    return 0


def _part(name: str) -> Callable[[bool], Iterable[Row]]:
    from importlib import import_module

    return import_module(f"bench.{name}").measure


if __name__ == "__main__":
    sys.exit(main())
