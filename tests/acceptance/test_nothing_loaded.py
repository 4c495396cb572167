"""Nothing is loaded where nothing runs: no value is unpickled and no module of the user's imported to plan, list or show."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dalsegno import Client, Refusal

DALSEGNO = str(Path(sys.executable).with_name("dalsegno"))

#: each module says when it is imported, and each model when it is made of its pickle
FILES = {
    "marks.py": """\
import os


def mark(what):
    with open(os.environ["MARKS"], "a") as file:
        file.write(what + "\\n")
""",
    "models.py": """\
from marks import mark

mark("models imported")


class Model:
    def __init__(self, rows):
        self.rows = rows

    def __reduce__(self):
        return made, (self.rows,)


def made(rows):
    mark("model unpickled")
    return Model(rows)
""",
    "train.py": """\
from dalsegno import pipeline, step
from marks import mark

mark("train imported")


@step
def fit(rows: int):
    from models import Model

    return [Model(rows), b"x" * 10_000]


@step
def count(rows: int) -> int:
    mark("count ran")
    return rows + 1


@step
def score(model, more: int) -> int:
    mark("score ran")
    return model[0].rows + more


@pipeline
def training(rows: int = 2) -> None:
    score(fit(rows), count(rows))
""",
}


class Place:
    """A project in which a run was made, and what its modules and values said since."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self._marks = folder / "marks"
        for name, text in FILES.items():
            (folder / name).write_text(text)

    def dalsegno(self, *words: str) -> str:
        environ = {
            **os.environ, "DALSEGNO_HOME": str(self.home), "MARKS": str(self._marks), "COLUMNS": "200", "NO_COLOR": "1",
        }  # fmt: skip
        done = subprocess.run(
            [DALSEGNO, *words], check=False, cwd=self.folder, env=environ, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done
        return done.stdout

    def marks(self) -> set[str]:
        """Give what was said since it was last asked."""
        said = set(self._marks.read_text().splitlines()) if self._marks.exists() else set[str]()
        self._marks.unlink(missing_ok=True)
        return said


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = Place(tmp_path_factory.mktemp("project"))
    made.dalsegno("run", "train:training")
    assert made.marks() == {"train imported", "models imported", "model unpickled", "count ran", "score ran"}
    return made


LOOKS = [
    "runs", "show training-1", "show training-1 --json", "why training-1 score", "logs training-1", "lineage training-1",
    "compare training-1 training-1", "plan training-1 --from score", "plan training-1 --skip-successful",
    "plan training-1 --changed", "replay training-1 --from fit --dry-run --verify",
]  # fmt: skip


@pytest.mark.parametrize("words", LOOKS)
def test_a_command_that_looks_or_plans_loads_nothing(place: Place, words: str) -> None:
    place.dalsegno(*words.split())
    assert place.marks() == set()


def looks(client: Client) -> list[Callable[[], Any]]:
    """Give what looks at a run by the Client."""
    run = client.get_pipeline_run("training-1")
    return [
        client.list_pipeline_runs,
        lambda: [
            (one.outputs, one.output.summary, one.output.artifact, one.artifacts, repr(one))
            for one in run.steps.values()
        ],
        lambda: (run.plan, run.lineage, repr(run)),
        lambda: run.compare(run),
        lambda: client.artifacts_of(run.steps["fit"].id),
    ]


def test_the_client_loads_nothing_until_a_value_is_asked_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKS", str(place.folder / "marks"))
    monkeypatch.syspath_prepend(str(place.folder))
    before = set(sys.modules)
    with Client(place.home) as client:
        for look in looks(client):
            assert look()
        assert not {"train", "models", "marks"} & (set(sys.modules) - before)
        assert place.marks() == set()
        monkeypatch.setenv("DALSEGNO_ALLOW_PICKLE", "false")
        with pytest.raises(Refusal, match="pickle"):
            client.get_pipeline_run("training-1").steps["fit"].output.load()
        assert place.marks() == set()


def test_a_replay_loads_what_the_steps_that_run_read_and_nothing_else(place: Place) -> None:
    place.dalsegno("replay", "training-1", "--only", "count")
    assert place.marks() == {"train imported", "count ran"}
    place.dalsegno("replay", "training-1", "--from", "count")
    assert place.marks() == {"train imported", "count ran", "score ran", "models imported", "model unpickled"}


def test_a_replay_in_which_nothing_runs_loads_nothing(place: Place) -> None:
    place.dalsegno("replay", "training-1", "--skip-successful")
    assert place.marks() == set()
