"""CSV to Ion, and Ion to Parquet, on the demo's trips: rows a second and the most memory that a conversion held.

Each conversion runs in a process of its own, after a small one that loads the libraries. The floors are the readers alone,
in the same process: what pyarrow takes to read the CSV, and to read the Ion's lines, into columns of strings.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from bench.measure import Row, table
from dalsegno.demo.dataset import ROWS, write_csv

MONTH = "202405"
GOAL = "400,000"
STEPS = ("csv", "parquet")


def measure(quick: bool) -> Iterator[Row]:
    return conversions(100_000 if quick else ROWS)


def conversions(rows: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_csv(folder / "trips.csv", month=MONTH, rows=rows)
        for step, what, reader in zip(
            STEPS, ("CSV to Ion", "Ion to Parquet"), ("reading the CSV", "reading the Ion"), strict=True
        ):
            found = _child(step, folder)
            speed, floor = rows / found["seconds"], rows / found["floor_seconds"]
            yield Row(f"{what}, {rows:,} rows", speed, "rows/s", f"at least {GOAL}", reader, floor)
            yield Row(f"{what}, most memory", found["peak_mb"], "MB", "below 1,000 at 5,000,000 rows")


def _child(step: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.convert", "--child", step, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _convert(step: str, folder: Path) -> dict[str, float]:
    from tests.support.task_context import FolderContext

    context = FolderContext(folder / step)
    work, floor = (_to_ion, _read_csv) if step == "csv" else (_to_parquet, _read_ion)
    source = folder / ("trips.csv" if step == "csv" else "trips.ion")
    with source.open("rb") as file:
        small = context.add_file(b"".join(islice(file, 1_000)), source.name)
    work(context, small)
    source.rename(context.folder / "source")
    uri = context.files.store(context.folder / "source", source.name)
    seconds, result = _timed(lambda: work(context, uri))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    floor_seconds, _ = _timed(lambda: floor(context.files.path(uri)))
    context.files.path(result).rename(folder / "trips.ion")
    return {"seconds": seconds, "peak_mb": peak, "floor_seconds": floor_seconds}


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _to_ion(context: Any, uri: str) -> str:
    from dalsegno.tasks.serdes.csv_to_ion import CsvToIon

    return CsvToIon.model_validate({"from": uri}).run(context).uri


def _to_parquet(context: Any, uri: str) -> str:
    import yaml

    from dalsegno.demo.story import flow_text
    from dalsegno.tasks.serdes.ion_to_parquet import IonToParquet

    tasks = yaml.safe_load(flow_text("corrected"))["tasks"]
    given = next(task for task in tasks if task["type"].endswith("IonToParquet"))
    properties = {name: value for name, value in given.items() if name not in ("id", "type")}
    return IonToParquet.model_validate({**properties, "from": uri}).run(context).uri


def _read_csv(path: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv

    with path.open() as file:
        names = file.readline().strip().split(",")
    options = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    for _ in csv.open_csv(path, convert_options=options):
        pass


def _read_ion(path: Path) -> None:
    import pyarrow as pa
    from pyarrow import json as arrow_json

    with path.open() as file:
        names = list(json.loads(file.readline()))
    schema = pa.schema([(name, pa.string()) for name in names])
    reading = arrow_json.ReadOptions(block_size=4 << 20)
    parsing = arrow_json.ParseOptions(explicit_schema=schema)
    for _ in arrow_json.open_json(path, read_options=reading, parse_options=parsing):
        pass


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.convert", description="Measure the conversions of files.")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"how many trips, {ROWS:,} by default")
    parser.add_argument("--child", nargs=2, metavar=("STEP", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(_convert(given.child[0], Path(given.child[1]))))
        return
    print(table(list(conversions(given.rows))))


if __name__ == "__main__":
    main()
