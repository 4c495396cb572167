"""How long a page of a list takes with 1,000,000 runs: each filter and each pair of filters, the first page and page 50.

The store is made once, by plain inserts, and kept in the folder that `DALSEGNO_BENCH_HOME` names (`.bench`).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from bench.measure import Row
from bench.server import serving
from dalsegno.model.state import State
from dalsegno.service.open import open_service
from dalsegno.settings import Settings
from dalsegno.store import version
from dalsegno.store.listed import OPEN, stored_words
from dalsegno.store.listing import RunFilter
from dalsegno.store.sqlite import SqliteStore

RUNS, QUICK_RUNS, TASKS = 1_000_000, 50_000, 20
GOAL_MS, PAGE, DEEP = 50.0, 50, 50
#: of each flow
_REVISIONS = 12
#: another one where what is made here is another
_FORM = 2
BEGAN, SPAN = 1_700_000_000.0, 180 * 86_400.0
_SPACES = ("shop", "shop.orders", "shop.orders.eu", "finance", "finance.daily", "lab", "ops")
_ERRORS = ("connection to the warehouse was refused", "disk quota exceeded", "column price is missing", "timed out")


@dataclass(frozen=True, slots=True)
class _Flow:
    namespace: str
    name: str
    weight: int
    sub: bool
    #: how often it fails, of 100
    fails: int


_FLOWS = tuple(
    _Flow(
        _SPACES[at % len(_SPACES)], f"flow_{at}", 4000 // (at + 1) ** 1 + 1, sub=at % 7 == 3,
        fails=0 if at % 5 == 1 else 9,
    )
    for at in range(60)
)  # fmt: skip


def made(folder: Path, runs: int) -> Path:
    """Give the folder of a store with so many runs; it is made where it is not there."""
    home = folder / f"lists-{version.CURRENT}-{_FORM}-{runs}"
    path = home / "dalsegno.db"
    if path.exists():
        return path
    draft = folder / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    print(f"  making a store of {runs:,} runs in {home} ...", file=sys.stderr, flush=True)
    connection = sqlite3.connect(draft / path.name, isolation_level=None)
    connection.executescript(version.NEW_SQLITE.read_text(encoding="utf-8"))
    _fill(connection, runs)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    _save_flows(draft)
    draft.rename(home)
    return path


def _save_flows(home: Path) -> None:
    """Save the revisions that the runs are of."""
    tasks = "".join(f"  - {{id: task_{at}, type: core.debug.Return, format: x}}\n" for at in range(TASKS))
    service = open_service(settings=Settings(home))
    for flow in _FLOWS:
        for revision in range(1, _REVISIONS + 1):
            service.flows.save(
                f"id: {flow.name}\nnamespace: {flow.namespace}\ndescription: {revision}\ntasks:\n{tasks}"
            )
    service.close()


def _fill(connection: sqlite3.Connection, runs: int) -> None:
    made_later = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for pragma in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -200000", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    for kind, name, _ in made_later:
        connection.execute(f"DROP {kind} {name}")
    connection.execute("BEGIN")
    draw = random.Random(1)
    numbers: dict[_Flow, int] = {}
    batch: list[dict[str, Any]] = []
    for at in range(runs):
        batch.append(_run(at, runs, draw, numbers))
        if len(batch) == 20_000 or at == runs - 1:
            _insert(connection, batch)
            batch = []
    connection.executemany(
        "INSERT INTO run_numbers VALUES (?, ?, ?)", [(flow.namespace, flow.name, n) for flow, n in numbers.items()]
    )
    connection.execute("INSERT INTO listed_words (listed_words) VALUES ('rebuild')")
    for _, _, statement in made_later:
        connection.execute(statement)
    connection.execute("COMMIT")


def _run(at: int, runs: int, draw: random.Random, numbers: dict[_Flow, int]) -> dict[str, Any]:
    flow = draw.choices(_FLOWS, cum_weights=_CUMULATED)[0]
    numbers[flow] = number = numbers.get(flow, 0) + 1
    created = BEGAN + SPAN * at / runs
    open_now = at > runs - 40
    state = "RUNNING" if open_now else _end(flow, draw)
    unfinished = state in ("FAILED", "KILLED")
    started = created + draw.expovariate(1 / 4)
    ended = None if open_now else started + draw.expovariate(1 / 300) * (600 if draw.random() < 0.003 else 1)
    labels = {"env": draw.choices(("prod", "test", "dev"), (80, 15, 5))[0], "team": f"team{draw.randrange(40)}"}
    if at % 25_000 == 7:
        labels["incident"] = "4711"
    task = f"task_{draw.randrange(8)}" if unfinished else None
    error = {"code": "failed", "message": draw.choice(_ERRORS), "address": task} if unfinished else None
    inputs = {"customer": f"customer{draw.randrange(3000)}", "day": at % 365, "region": draw.choice(("eu", "us"))}
    author = draw.choices(("scheduler", "alice", "bob", f"user{draw.randrange(100)}"), (70, 15, 10, 5))[0]
    return {
        "id": f"{at:08x}-0000-7000-8000-{at:012x}", "name": f"{flow.name}-{number}", "namespace": flow.namespace,
        "flow": flow.name, "revision": 1 + at * _REVISIONS // runs, "state": state, "created": created, "started": started,
        "ended": ended, "parent": f"{max(at - 1, 0):08x}-0000-7000-8000-{max(at - 1, 0):012x}" if flow.sub else None,
        "author": author, "reason": "nightly check" if at % 900 == 0 else None, "labels": json.dumps(labels),
        "inputs": json.dumps(inputs), "error": json.dumps(error) if error else None, "place": int(created * 1_000_000),
        "stage": OPEN if open_now else state, "late": int(ended is not None and ended > created + 86_400),
        "sub": int(flow.sub), "replayed": int(unfinished and draw.random() < 0.4), "failed": task,
        "fixed": int(draw.random() < 0.3) if unfinished else None, "tasks": at % 100 == 0, "all_labels": labels,
        "origin": f"{at - 5:08x}-0000-7000-8000-{at - 5:012x}" if at % 30 == 5 else None,
        "text": stored_words(f"{flow.name}-{number}", "nightly check" if at % 900 == 0 else None, labels, inputs, error),
    }  # fmt: skip


def _end(flow: _Flow, draw: random.Random) -> str:
    if draw.random() * 100 < flow.fails:
        return "KILLED" if draw.random() < 0.1 else "FAILED"
    return "WARNING" if draw.random() < 0.02 else "SUCCESS"


_CUMULATED = [sum(flow.weight for flow in _FLOWS[: at + 1]) for at in range(len(_FLOWS))]


def _insert(connection: sqlite3.Connection, batch: list[dict[str, Any]]) -> None:
    connection.executemany(
        "INSERT INTO runs (id, name, namespace, flow, revision, state, attempt, root, origin, clock, created, started, ended, "
        "lease_number, kill_requested, plan_digest, author, reason, labels, inputs, request, environment, outputs, error, "
        "whole, parent) VALUES (:id, :name, :namespace, :flow, :revision, :state, 1, coalesce(:origin, :id), :origin, "
        ":created, :created, :started, :ended, 0, 0, '', :author, :reason, :labels, :inputs, '{}', '{}', '{}', :error, 1, "
        ":parent)",
        batch,
    )
    connection.executemany(
        "INSERT INTO listed (place, run, namespace, flow, revision, state, stage, started, ended, late, sub, whole, replayed, "
        "author, failed, fixed) VALUES (:place, :id, :namespace, :flow, :revision, :state, :stage, :started, :ended, :late, "
        ":sub, 1, :replayed, :author, :failed, :fixed)",
        batch,
    )
    labels = [(name, value, run["place"]) for run in batch for name, value in run["all_labels"].items()]
    connection.executemany("INSERT INTO listed_labels VALUES (?, ?, ?)", labels)
    connection.executemany("INSERT INTO listed_texts VALUES (:place, :text)", batch)
    connection.executemany(
        "INSERT INTO task_runs (id, run, address, task, type, state, action, definition, attempt, attempts, created, "
        "started, ended, reason, digests, used, properties, outputs) "
        "VALUES (?, ?, ?, ?, 'core.debug.Return', 'SUCCESS', 'RUN', '', 1, 1, ?, ?, ?, 'first run', '{}', '{}', '{}', '{}')",
        [
            (f"{run['id']}-{at}", run["id"], f"task_{at}", f"task_{at}", run["created"], run["started"], run["ended"])
            for run in batch
            if run["tasks"]
            for at in range(TASKS)
        ],
    )


def filters(runs: int) -> Mapping[str, tuple[dict[str, Any], ...]]:
    """Give each filter with values that many runs have, that few have, and that none has."""
    day = 86_400.0
    half, last = BEGAN + SPAN / 2, BEGAN + SPAN
    run = f"{runs // 2 - runs // 2 % 30:08x}-0000-7000-8000-{runs // 2 - runs // 2 % 30:012x}"
    return {
        "namespace": ({"namespace": "shop", "below": True}, {"namespace": "ops"}),
        "flow": ({"flow": "flow_0"}, {"flow": "flow_1"}, {"flow": "flow_3"}, {"flow": "flow_55"}),
        "revision": ({"flow": "flow_0", "revision": 2}, {"flow": "flow_0", "revision": 12}),
        "state": tuple({"states": (state,)} for state in (State.SUCCESS, State.FAILED, State.KILLED, State.RUNNING)),
        "label": ({"labels": (("env", "prod"),)}, {"labels": (("env", "dev"),)}, {"labels": (("incident", "4711"),)}),
        "created": ({"created_from": half - 9 * day, "created_before": half}, {"created_before": last - 99 * day}),
        "started": ({"started_from": half - day, "started_before": half}, {"started_before": last - 99 * day}),
        "ended": ({"ended_from": half - day, "ended_before": half}, {"ended_from": last - 30 * day}),
        "failed task": ({"failed_task": "task_3"}, {"failed_task": "no_such"}),
        "text": (
            {"text": "eu"},
            {"text": "warehouse"},
            {"text": "nightly che"},
            {"text": "customer77"},
            {"text": "custom"},
        ),
        "origin": ({"origin": run},),
        "root": ({"root": run},),
        "replayed": ({"replayed": True}, {"replayed": False}),
        "fixed": ({"fixed": True}, {"fixed": False}),
        "author": ({"author": "scheduler"}, {"author": "bob"}, {"author": "user7"}),
        "top": ({"top": True},),
    }


@dataclass(frozen=True, slots=True)
class _Taken:
    """One page. `asked` names the filter or the pair; times are in milliseconds."""

    asked: str
    what: str
    page: int
    wall: float
    work: float


def measure(quick: bool) -> Iterator[Row]:
    folder = Path(os.environ.get("DALSEGNO_BENCH_HOME", ".bench"))
    runs = QUICK_RUNS if quick else RUNS
    path = made(folder, runs)
    store = SqliteStore(path, durability=Settings(path.parent).durability)
    try:
        taken = list(_all(store, filters(runs)))
    finally:
        store.close()
    print(_whole_table(taken), file=sys.stderr)
    goal = f"{GOAL_MS:.0f} ms"
    for page in (1, DEEP):
        pages = [one for one in taken if one.page == page]
        works = sorted(one.work for one in pages)
        slowest = max(pages, key=lambda one: one.work)
        yield Row(
            f"page {page} of {runs:,} runs, p95 of {len(pages):,} filters", works[int(len(works) * 0.95)], "ms", goal
        )
        yield Row(f"page {page} of {runs:,} runs, the slowest: {slowest.asked}", slowest.work, "ms", goal)
    yield from _over_http(path.parent, runs)


def _over_http(home: Path, runs: int) -> Iterator[Row]:
    """What pages of a list and of a run take over HTTP, and what the server needs of the processor for them."""
    # one of those that have task runs
    run = f"{runs // 200 * 100:08x}-0000-7000-8000-{runs // 200 * 100:012x}"
    with serving(home) as server:
        for what, path in (
            (f"the list of {runs:,} runs over HTTP", "/runs?limit=50"),
            ("  what failed of a namespace", "/runs?limit=50&namespace=shop&state=FAILED"),
            ("  counted by state", "/runs?limit=1&counts=true"),
            (f"a run of {TASKS} tasks with its task runs, over HTTP", f"/runs/{run}"),
            ("  its lineage", f"/runs/{run}/lineage"),
        ):
            took, worked = server.answered("GET", f"/api/v1{path}", tries=15)
            yield Row(what, took, "ms", f"{GOAL_MS:.0f} ms", "of the processor", worked)


def _whole_table(taken: list[_Taken]) -> str:
    """Give a line for each filter and each pair: how long its slowest value takes, the worst first."""
    worst: dict[str, dict[int, _Taken]] = {}
    for one in taken:
        pages = worst.setdefault(one.asked, {})
        if one.page not in pages or one.work > pages[one.page].work:
            pages[one.page] = one
    lines = [f"  {'page 1':>8} {f'page {DEEP}':>8}  ms of the processor, the slowest of the values of each filter"]
    for asked, pages in sorted(worst.items(), key=lambda item: -max(one.work for one in item[1].values())):
        cells = " ".join(f"{pages[page].work:8.1f}" if page in pages else " " * 8 for page in (1, DEEP))
        slowest = max(pages.values(), key=lambda one: one.work)
        lines.append(f"  {cells}  {asked}" + (f"  {slowest.what}" if slowest.work > GOAL_MS else ""))
    return "\n".join(lines)


def _all(store: SqliteStore, known: Mapping[str, tuple[dict[str, Any], ...]]) -> Iterator[_Taken]:
    for name, values in {"no filter": ({},), **known}.items():
        for value in values:
            yield from _pages(store, name, value)
    for (one, values), (two, others) in combinations(known.items(), 2):
        for value in values:
            for other in others:
                if all(value[key] == other[key] for key in value.keys() & other.keys()):
                    yield from _pages(store, f"{one} + {two}", value | other)


def _pages(store: SqliteStore, asked: str, values: dict[str, Any]) -> Iterator[_Taken]:
    wanted = RunFilter(**values, limit=PAGE)
    yield _timed(store, asked, str(values), 1, wanted)
    # the place before page 50, without turning all the pages before it
    places = store.runs._lists.places(replace(wanted, limit=PAGE * (DEEP - 1)))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    if len(places) == PAGE * (DEEP - 1):
        yield _timed(store, asked, str(values), DEEP, replace(wanted, after=places[-1]))


def _timed(store: SqliteStore, asked: str, what: str, page: int, wanted: RunFilter) -> _Taken:
    walls: list[float] = []
    works: list[float] = []
    for _ in range(3):
        wall, work = perf_counter(), process_time()
        store.runs.page(wanted)
        works.append(process_time() - work)
        walls.append(perf_counter() - wall)
        if walls[-1] > 1:
            break
    return _Taken(asked, what, page, sorted(walls)[len(walls) // 2] * 1000, sorted(works)[len(works) // 2] * 1000)
