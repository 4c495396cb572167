"""`python -m bench [engine] [startup] [expressions] [demo] [convert] [language] [values] [pipelines] [--quick]`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterable

from bench.measure import Row, table

PARTS = ("engine", "startup", "expressions", "demo", "convert", "language", "values", "pipelines")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, and print a table.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure; everything by default")
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer tries")
    given = parser.parse_args()
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        print("unset PYTHONDONTWRITEBYTECODE: without bytecode every start is slow", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for part in given.parts or PARTS:
        for row in _part(part)(given.quick):
            rows.append(row)
            print(f"  {row.what}: {row.shown}", file=sys.stderr, flush=True)
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores")
    print(table(rows))
    return 0


def _part(name: str) -> Callable[[bool], Iterable[Row]]:
    from importlib import import_module

    return import_module(f"bench.{name}").measure


if __name__ == "__main__":
    sys.exit(main())
