from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.pipelines.tracing import Traced, trace

CODE = """
import dalsegno
from dalsegno import pipeline, step

LIMIT = 3

def alarm(error): print(error)

def helper(x):
    return x + LIMIT

@step(retry=2, timeout=60, on_failure=alarm)
def train(x): return helper(x)

@dalsegno.step
def report(x): return x

@pipeline(labels={"team": "a"})
def training(x=1): report(train(x))
"""

Traces = Callable[[str, str], Traced]


@pytest.fixture
def written(tmp_path: Path, store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """Trace the pipeline of the module with something changed."""
    monkeypatch.syspath_prepend(str(tmp_path))
    numbers = count()
    modules: list[str] = []

    def run(old: str = "", new: str = "") -> Traced:
        assert old in CODE
        modules.append(f"module_{next(numbers)}_of_{tmp_path.name}")
        (tmp_path / f"{modules[-1]}.py").write_text(CODE.replace(old, new) if old else CODE)
        importlib.invalidate_caches()
        module: ModuleType = importlib.import_module(modules[-1])
        return trace(module.training, (), {}, store=store)

    yield run
    for name in modules:
        del sys.modules[name]


def codes(traced: Traced) -> list[str]:
    return [one.digests["code"] for one in traced.flow.tasks]


def test_equal_code_has_equal_digests(written: Traces) -> None:
    one, two = written("", ""), written("LIMIT = 3", "LIMIT = 3  # at most")
    assert codes(one) == codes(two)
    assert one.digest == two.digest


@pytest.mark.parametrize(
    ("old", "new"), [("LIMIT = 3", "LIMIT = 4"), ("x + LIMIT", "x - LIMIT"), ("return helper(x)", "return helper(-x)")]
)
def test_code_that_a_step_reaches_is_its_definition(old: str, new: str, written: Traces) -> None:
    one, two = written("", ""), written(old, new)
    assert [a == b for a, b in zip(codes(one), codes(two), strict=True)] == [False, True]
    assert one.digest != two.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("retry=2, ", "retry=5, "),
        ("timeout=60, ", ""),
        (", on_failure=alarm", ""),
        ("print(error)", "print(error, error)"),
        ("@dalsegno.step", "@dalsegno.step(timeout=5)"),
    ],
)
def test_how_a_step_is_handled_is_not_its_definition_but_makes_a_revision(old: str, new: str, written: Traces) -> None:
    one, two = written("", ""), written(old, new)
    assert [one.definition for one in one.flow.tasks] == [one.definition for one in two.flow.tasks]
    assert one.digest != two.digest


@pytest.mark.parametrize("new", ['labels={"team": "b"}', "labels={}", 'labels={"team": "a"}, timeout=5'])
def test_what_is_chosen_for_a_pipeline_makes_a_revision(new: str, written: Traces) -> None:
    one, two = written("", ""), written('labels={"team": "a"}', new)
    assert one.digest != two.digest
    assert codes(one) == codes(two)


def test_effects_are_part_of_the_definition(written: Traces) -> None:
    one, two = written("", ""), written("timeout=60", 'effects="external"')
    assert codes(one) == codes(two)
    assert one.flow.tasks[0].definition != two.flow.tasks[0].definition


def test_a_pipeline_that_is_traced_again_sees_what_has_changed_meanwhile(written: Traces, store: ArtifactStore) -> None:
    one = written("", "")
    module = sys.modules[one.entry.partition(":")[0]]
    module.LIMIT = 9  # pyright: ignore[reportAttributeAccessIssue]
    two = trace(module.training, (), {}, store=store)
    assert codes(one)[0] != codes(two)[0]
