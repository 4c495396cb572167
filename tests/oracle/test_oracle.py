from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest
from tests.oracle import describe, evaluator, values
from tests.oracle.generator import story
from tests.oracle.judge import Player
from tests.oracle.stories import read_story

GRAPHS = int(os.environ.get("DALSEGNO_ORACLE_GRAPHS", "500"))
CHUNKS = 10
HISTORIES = sorted((Path(__file__).parents[1] / "histories").glob("*.json"))


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.timeout(0)
def test_plans_of_random_stories_give_what_whole_runs_give(chunk: int) -> None:
    compared = 0
    for seed in range(chunk, GRAPHS, CHUNKS):
        told = story(seed)
        player = Player(told)
        problems = player.play()
        assert not problems, f"seed {seed}: {problems}\n{told.as_json()}"
        compared += player.compared
    assert compared > GRAPHS // CHUNKS, "the stories are too dull to find anything"


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_history_that_was_once_planned_wrongly_is_planned_rightly(path: Path) -> None:
    assert Player(read_story(path)).play() == []


def test_the_evaluator_is_small_and_knows_nothing_of_replays() -> None:
    for module in (evaluator, values, describe):
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        assert len(text.splitlines()) < 100 or module is describe
        imported = {
            name
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            )
        }
        assert not [name for name in imported if name.startswith("dalsegno")]
