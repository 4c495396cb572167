"""Nothing is wider than the terminal, and names stay whole where they fit in a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.cli.render.compare import tasks_table
from dalsegno.cli.render.files import files_table
from dalsegno.cli.render.flows import flows_table
from dalsegno.cli.render.folding import columns, fold, middle
from dalsegno.cli.render.gantt import gantt_lines
from dalsegno.cli.render.kv import entries_table
from dalsegno.cli.render.plan import Heading, plan_view
from dalsegno.cli.render.runs import lineage_lines, run_header, runs_table, task_runs_table
from dalsegno.cli.render.tables import Column, add_row, table
from dalsegno.model.files import NamespaceFile
from dalsegno.model.kv import Entry, ValueType
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.model.run import Caller, Run, TaskRun
from dalsegno.model.state import State
from dalsegno.replay.compare import Side, compare_runs
from dalsegno.store.listing import FlowSummary

T0 = 1_785_592_800.0
FLOW = "a_rather_long_flow_name_for_working_directories"
SHORT = "working_directory"
SPACE = "company.analytics.reporting"
INSIDE = "each[paris-and-its-surroundings].work_in_directory"
ADDRESSES = {
    "list_all_the_cities_of_the_region": None,
    "each": None,
    "each[c3f6f961e465].work": "each",
    INSIDE: "each",
    "each[paris-and-its-surroundings].download_everything_there_is": INSIDE,
    "call_the_other_flow_for_the_report": None,
}  # fmt: skip
REASON = "stands after `each[paris-and-its-surroundings].work_in_directory`, which runs"


def run(number: int, flow: str = FLOW, **rest: Any) -> Run:
    given: dict[str, Any] = {
        "id": f"01a222e1-f9da-7185-9808-6066e0a6826{number}", "name": f"{flow}-{number}", "namespace": SPACE,
        "flow": flow, "revision": 12, "state": State.SUCCESS, "attempt": 1, "root": "01", "clock": T0, "created": T0,
        "started": T0, "ended": T0 + 3725.0,
    }  # fmt: skip
    return Run(**{**given, **rest})


def task_run(address: str, parent: str | None) -> TaskRun:
    return TaskRun(
        id=f"tr-{address}", run="r", address=address, task=address.rpartition(".")[2], type="core.log.Log",
        state=State.SUCCESS, action=Action.RUN, reason=REASON, attempt=1, started=T0, ended=T0 + 3725.0, parent=parent,
    )  # fmt: skip


RUNS = [
    run(1),
    run(2, origin=run(1).id, reason="the table is there now, and so are the rows of the day", fixed_by=run(1).id),
    run(3, SHORT),
    run(4, SHORT, caller=Caller(run(1).id, "tr-x", 1)),
]
NAMES = {each.id: each.name for each in RUNS}
TASK_RUNS = [task_run(address, parent) for address, parent in ADDRESSES.items()]
CALLED = [run(7, "the_other_flow_that_makes_the_report", caller=Caller("r", f"tr-{each}", 1)) for each in ADDRESSES]
HEADED = replace(RUNS[1], inputs={"city": "paris " * 30}, labels={"team": "x"}, request={"outputs": dict(ADDRESSES)})


def plan() -> Any:
    decisions = [
        Decision(
            address, address.rpartition(".")[2], "core.log.Log", Action.RUN, REASON, (f"kept: {REASON}",), "x", 3725.0
        )
        for address in ADDRESSES
    ]
    return plan_view(Plan("d" * 64, 1, tuple(decisions)), Heading(f"replay of {FLOW}-1"), groups={}, width=80)


def compared() -> Any:
    return tasks_table(compare_runs(Side(RUNS[0], TASK_RUNS), Side(RUNS[1], TASK_RUNS)))


SHOWN: dict[str, tuple[Callable[[], list[Any]], list[str]]] = {
    "runs": (lambda: [runs_table(RUNS, NAMES)], [each.name for each in RUNS]),
    "task runs": (lambda: [task_runs_table(TASK_RUNS, {})], list(ADDRESSES)),
    "header": (
        lambda: [run_header(HEADED, TASK_RUNS, NAMES, called=CALLED, width=80)],
        [RUNS[1].name, RUNS[0].name, CALLED[0].name, f"{SPACE}.{FLOW}", *ADDRESSES],
    ),
    "lineage": (lambda: [lineage_lines(RUNS[:2], RUNS[1].id, 80)], [each.name for each in RUNS[:2]]),
    "plan": (plan, list(ADDRESSES)),
    "compare": (lambda: [compared()], list(ADDRESSES)),
    "gantt": (lambda: [gantt_lines(RUNS[0], TASK_RUNS, {}, width=80, now=T0)], [RUNS[0].name]),
    "flows": (
        lambda: [flows_table([FlowSummary(SPACE, FLOW, 3, "what it is for " * 9, False, T0)])],
        [f"{SPACE}.{FLOW}"],
    ),
    "entries": (
        lambda: [entries_table([Entry(SPACE, FLOW, ValueType.STRING, "v " * 40, T0, T0, "d " * 40)])],
        [SPACE, FLOW],
    ),
    "files": (
        lambda: [files_table([NamespaceFile(SPACE, f"s/{FLOW}.py", "d", 1, T0, T0)], with_namespace=True)],
        [SPACE, f"s/{FLOW}.py"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SHOWN)
def test_at_80_columns_nothing_is_wider_and_no_name_is_broken(what: str, draw: Callable[..., str]) -> None:
    made, names = SHOWN[what]
    text = draw(*made())
    assert [line for line in text.splitlines() if columns(line) > 80] == []
    assert [name for name in names if name not in text] == []


@pytest.mark.parametrize("what", ["runs", "task runs", "compare", "flows", "entries", "files"])
@pytest.mark.parametrize("width", [40, 60, 100, 300])
def test_at_no_width_is_a_table_wider(what: str, width: int, draw: Callable[..., str]) -> None:
    text = draw(*SHOWN[what][0](), width=width)
    fixed = 62 if what == "entries" else 48
    assert [line for line in text.splitlines() if columns(line) > max(width, fixed)] == []


def test_bars_keep_the_end_of_a_name_which_tells_the_task(draw: Callable[..., str]) -> None:
    text = draw(gantt_lines(RUNS[0], TASK_RUNS, {}, width=80, now=T0))
    assert "each[par…work_in_directory" in text
    assert "each[c3f6f961e465].work" in text


def test_two_runs_that_are_compared_are_told_apart_in_the_heading(draw: Callable[..., str]) -> None:
    heading = draw(compared()).splitlines()[0]
    assert "a_rath…directories-1" in heading
    assert "a_rath…directories-2" in heading


def test_a_row_that_fits_stays_one_line(draw: Callable[..., str]) -> None:
    made = table([Column("name", name=True), Column("n", "right", fixed=True), Column("text")])
    add_row(made, "a", "1", "short")
    add_row(made, "b" * 70, "22", "long enough to be broken")
    assert draw(made) == ("NAME   N  TEXT\na      1  short\n" + "b" * 70 + "\n      22  long enough to be broken")


NAME = st.text("ab.[]_-", min_size=1, max_size=90)
WORDS = st.lists(st.text("xyz`,", min_size=1, max_size=60), max_size=8).map(" ".join)


@given(st.lists(st.tuples(NAME, st.text("9", max_size=9), WORDS), min_size=1, max_size=6), st.integers(40, 120))
def test_a_table_keeps_all_that_it_holds(rows: list[tuple[str, str, str]], width: int) -> None:
    from rich.console import Console

    made = table([Column("name", name=True), Column("n", "right", fixed=True), Column("text")])
    for row in rows:
        add_row(made, *row)
    console = Console(width=width, no_color=True, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(made)
    lines = captured.get().splitlines()
    assert all(len(line.rstrip()) <= width for line in lines)
    whole = "".join("".join(line.split()) for line in lines[1:])
    for name, number, text in rows:
        assert len(name) > width or any(name in line for line in lines)
        assert all(any(word in line for line in lines) for word in text.split() if len(word) <= width - 2)
        assert number in whole


@given(WORDS | NAME, st.integers(1, 60))
def test_folding_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    lines = fold(text, width)
    assert all(columns(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("each[paris].load_all", 14, ["each[paris].", "load_all"]),
        ("reads `each[paris].load`, which runs", 20, ["reads", "`each[paris].load`,", "which runs"]),
        ("  deep in here", 8, ["  deep", "  in", "  here"]),
        ("one\ntwo", 10, ["one", "two"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("日本語です", 4, ["日本", "語で", "す"]),
    ],
)
def test_text_is_broken_where_a_reader_would(text: str, width: int, lines: list[str]) -> None:
    assert fold(text, width) == lines


def test_a_name_is_cut_in_its_middle() -> None:
    assert [middle("each[paris].load", most) for most in (16, 10, 2)] == ["each[paris].load", "eac…].load", "…d"]
