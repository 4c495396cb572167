"""The table that compares engines, and its place in a page."""

import pytest
from bench import peers
from bench.peers import END, OURS, START, SYNCED, Result, compare, report, written


def test_each_peer_is_compared_with_ours() -> None:
    results = [Result("dalsegno", "1.0", 0.5, 10, 0.25), Result("dagster", "2.0", 25, 1500, 20), "zenml"]
    assert report(results, tries=3, when="2026-01-02", machine="2 cores").splitlines() == [
        "| engine | chain of 100, ms a step | | 1 to 100 to 1, ms an item | | replay, 99 of 100 reused, ms | |",
        "|---|---:|---:|---:|---:|---:|---:|",
        "| dalsegno 1.0 | 0.5 | 1× | 0.25 | 1× | 10 | 1× |",
        "| dagster 2.0 | 25 | 50× | 20 | 80× | 1,500 | 150× |",
        "| zenml | not measured here | | not measured here | | not measured here | |",
        "",
        "Median of 3 tries after a warm-up, 2026-01-02, 2 cores.",
    ]


def test_without_ours_there_are_no_ratios() -> None:
    table = report(["dalsegno", Result("dbos", "2.0", 1.5, 1000, 2.5)], tries=1, when="2026-01-02", machine="2 cores")
    assert "| dbos 2.0 | 1.5 |  | 2.5 |  | 1,000 |  |" in table
    assert table.endswith("One try after a warm-up, 2026-01-02, 2 cores.")


def test_ours_is_measured_once_more_with_every_commit_synced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "PEERS", {})
    results = compare(install=False, tries=1)
    assert [each.peer for each in results if isinstance(each, Result)] == [OURS, SYNCED]


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    page = f"before\n{START}\nold\n{END}\nafter\n"
    once = written(page, "new")
    assert once == f"before\n{START}\n\nnew\n\n{END}\nafter\n"
    assert written(once, "new") == once


@pytest.mark.parametrize("page", ["", START, END, f"{END}{START}"])
def test_a_page_without_the_marks_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="no block between"):
        written(page, "new")
