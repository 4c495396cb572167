"""Items of mapped steps on the command line: named as a person names them, alone, and wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.acceptance.test_cli_pipelines import dalsegno

MAPS = """\
from dalsegno import pipeline, step


@step
def cities(count: int) -> list[str]:
    return ["paris", "lyon", "nice"][:count]


@step
def weigh(city: str) -> int:
    return len(city)


@step
def double(weight: int) -> int:
    return weight * 2


@step
def score(city: str, year: int) -> int:
    return len(city) + year


@step
def report(found: list[int]) -> int:
    return sum(found)


@pipeline
def mapping(count: int = 3):
    report(score.product(["paris", "lyon"], [2023, 2024]))
    return report(double.map(weigh.map(cities(count))))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("maps")
    (found / "maps.py").write_text(MAPS)
    made = dalsegno(found, "run", "maps.py:mapping")
    assert made.returncode == 0, made
    return found


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--task-input", "weigh[paris].city=rome", "--skip-successful"], "3 ran · 10 reused"),
        (["--task-input", "weigh.city=rome", "--skip-successful"], "7 ran · 6 reused"),
        (["--pin", "weigh[paris]=7", "--skip-successful"], "2 ran · 1 pinned · 10 reused"),
        (["--keep", "weigh[paris]", "--from", "weigh[lyon]"], "3 ran · 1 pinned · 9 reused"),
        (["--from", "weigh[paris]"], "3 ran"),
        (["--from", "score[paris,2024]"], "2 ran"),
        (["--from", 'score["paris,2024"].score_item'], "2 ran"),
    ],
    ids=["an input", "of all items", "a result", "kept", "a start", "a pair", "as it is shown"],
)
def test_an_item_is_named_by_the_step_that_is_mapped(place: Path, words: list[str], told: str) -> None:
    made = dalsegno(place, "replay", "mapping-1", *words)
    assert made.returncode == 0, made
    assert told in made.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--from", "weigh[lyn]"], "the loop `weigh` has no item `lyn`; did you mean `lyon`?"),
        (["--skip", "weigh[9]", "--from", "report"], "has no item `9`; it has `paris`, `lyon`, `nice`"),
        (["--task-input", "weigh[pari].city=rome", "--skip-successful"], "did you mean `paris`?"),
        (["--task-input", "weigh[paris].town=rome", "--skip-successful"], "has no input `town`; it has `city`"),
        (["--from", "score[paris,2025]"], "has no item `paris,2025`; did you mean `paris,2024`"),
        (["--pin", "weigh=7", "--skip-successful"], "`weigh` is mapped: give the result of each of its items"),
    ],
)
def test_a_wrong_item_is_refused_with_the_closest_ones(place: Path, words: list[str], told: str) -> None:
    refused = dalsegno(place, "replay", "mapping-1", *words)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert told in " ".join(refused.stderr.split())


def test_an_item_that_only_the_run_can_miss_fails_it_with_those_that_there_are(place: Path) -> None:
    failed = dalsegno(place, "replay", "mapping-1", "--from", "double[nic]", "--from", "cities")
    assert failed.returncode == 1, failed
    told = " ".join((failed.stdout + failed.stderr).split())
    assert "start `double[nic]` was not reached: `double` has no item `nic` now; did you mean `nice`?" in told


@pytest.mark.parametrize("name", ["double[lyon]", "double[lyon].double_item", "score[lyon,2024]"])
def test_an_item_is_looked_at_by_the_step_that_is_mapped(place: Path, name: str) -> None:
    told = dalsegno(place, "why", "mapping-1", name)
    assert (told.returncode, "was executed in mapping-1: SUCCESS" in told.stdout) == (0, True), told
