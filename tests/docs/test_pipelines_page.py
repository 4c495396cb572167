from __future__ import annotations

import importlib
from dataclasses import fields
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, Block, read_blocks

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.pipelines.context import StepContext
from dalsegno.pipelines.options import PipelineOptions, StepOptions
from dalsegno.pipelines.pipeline import Pipeline
from dalsegno.pipelines.tracing import trace

PAGE = ROOT / "docs/pipelines.md"
MODULES = [block for block in read_blocks(PAGE) if block.language == "python"]

#: what each module's pipeline becomes: each task and what it stands after
GRAPHS = {
    "training.py": {"load_data": (), "train": ("load_data",), "report": ("train",)},
    "order.py": {"is_new": (), "clear": ("is_new",), "fill": ("clear", "is_new")},
    "test_doubling.py": {"load": (), "double": ("load",)},
    "cities.py": {"list_cities": (), "visit": ("list_cities",), "shout": ("visit",), "gather": ("shout",)},
}


@pytest.mark.parametrize("block", MODULES, ids=lambda block: str(block.file))
def test_a_pipeline_on_the_page_is_the_graph_that_it_shows(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"page_{str(block.file).removesuffix('.py')}"
    (tmp_path / f"{name}.py").write_text(block.text)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module(name)
    (found,) = [one for one in vars(module).values() if isinstance(one, Pipeline)]
    arguments = ("2027",) if found.signature.defaults else ()
    assert trace(found, arguments, {}, store=LocalArtifacts(tmp_path / "store")).flow.depends == GRAPHS[str(block.file)]
    for test in (value for name, value in vars(module).items() if name.startswith("test_")):
        test()


def test_all_options_and_facts_of_a_step_stand_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    names = {one.name for one in (*fields(StepOptions), *fields(PipelineOptions), *fields(StepContext))}
    for name in names - {"log_metadata", "metrics", "key"}:
        assert f"`{name}`" in text or f"`{name}=" in text, name
