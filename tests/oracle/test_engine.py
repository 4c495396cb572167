from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.oracle.compiled import compile_flow, flow_text
from tests.oracle.crashing import CrashingPlayer
from tests.oracle.generator import story
from tests.oracle.real import RealPlayer
from tests.oracle.stories import read_story
from tests.oracle.test_oracle import CHUNKS, GRAPHS, HISTORIES
from tests.support.clock import SetClock

from dalsegno.flows import load
from dalsegno.model.flow import Task
from dalsegno.service.open import open_service
from dalsegno.service.service import Service

#: how many stories are played with an engine that dies: each opens a store for each run
STOPPED, STOPPED_CHUNKS = max(20, GRAPHS // 20), 2


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("oracle")


@pytest.fixture(scope="module")
def clock() -> SetClock:
    return SetClock(tick=0.001)


@pytest.fixture(scope="module")
def service(home: Path, clock: SetClock) -> Iterator[Service]:
    opened = open_service(home, clock=clock)
    yield opened
    opened.close()


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.timeout(0)
def test_random_stories_played_by_the_engine_give_what_whole_runs_give(chunk: int, service: Service) -> None:
    compared = refused = 0
    for seed in range(chunk, GRAPHS, CHUNKS):
        told = story(seed)
        player = RealPlayer(service, told, f"story{seed}")
        problems = player.play()
        assert not problems, f"seed {seed}: {problems}\n{told.as_json()}"
        compared += player.compared
        refused += player.refused
    assert compared > GRAPHS // CHUNKS
    assert refused


@pytest.mark.parametrize("chunk", range(STOPPED_CHUNKS))
@pytest.mark.timeout(0)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_random_stories_whose_engine_dies_at_a_write_of_each_run_give_what_whole_runs_give(
    chunk: int, service: Service, home: Path, clock: SetClock
) -> None:
    compared = stopped = 0
    for seed in range(chunk, STOPPED, STOPPED_CHUNKS):
        told = story(seed)
        player = CrashingPlayer(service, home, clock, told, f"stopped{seed}", seed)
        problems = player.play()
        assert not problems, f"seed {seed}: {problems}\n{told.as_json()}"
        compared += player.compared
        stopped += player.stopped
    assert compared
    assert stopped


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_history_is_played_rightly_by_the_engine(path: Path, service: Service) -> None:
    told = read_story(path)
    assert RealPlayer(service, told, f"history-{path.stem}").play() == []


@pytest.mark.parametrize("seed", range(40))
def test_the_text_of_a_story_compiles_to_the_graph_that_the_oracle_draws(seed: int) -> None:
    for tasks in story(seed).revisions:
        ours, theirs = compile_flow(tasks), load(flow_text(tasks)).flow
        assert [_edges(task) for task in theirs.walk()] == [_edges(task) for task in ours.walk()]


def _edges(task: Task) -> tuple[object, ...]:
    inside = (tuple(child.id for child in task.errors), tuple(child.id for child in task.lasts))
    handled = (task.tolerates, task.allow_failure, task.effects)
    shape = (dict(task.branches), dict(task.depends), inside, handled)
    return (task.id, task.type, task.kind, set(task.reads), set(task.inputs), task.concurrency, *shape)
