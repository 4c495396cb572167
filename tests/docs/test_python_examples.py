"""Every pipeline in `examples/` is run and replayed by the commands that it shows; so are the cells of the notebook."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.docs.pages import ROOT
from tests.docs.shell import Shell

EXAMPLES = ROOT / "examples"

#: file -> what its run gives, what its replay gives, and what runs in it
RUNS: dict[str, tuple[Any, Any, list[str]]] = {
    "iris.py": (0.62, 0.92, ["judge", "train"]),
    "report.py": ("Paris 71.0", "Paris 71.0", ["best", "by_city", "clean"]),
    "map_files.py": (13, 13, ['count["b.txt"]', "total"]),
}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return Shell(tmp_path)


def _shown(shell: Shell) -> Any:
    return json.loads(shell.run("dalsegno show last --json").text)


def test_every_pipeline_of_the_examples_has_a_test() -> None:
    found = [path.name for path in EXAMPLES.glob("*.py") if "@pipeline" in path.read_text(encoding="utf-8")]
    assert sorted(found) == sorted(RUNS)


@pytest.mark.parametrize("file", RUNS)
def test_a_pipeline_is_run_and_replayed_as_it_says(file: str, shell: Shell) -> None:
    result, replayed, ran = RUNS[file]
    text = (EXAMPLES / file).read_text(encoding="utf-8")
    run, replay = re.findall(r"`(dalsegno [^`]*)`", text)
    assert shell.run(run).code == 0
    assert _shown(shell)["outputs"]["result"] == result
    done = shell.run(replay)
    assert done.code == 0, done.text
    shown = _shown(shell)
    assert shown["outputs"]["result"] == replayed
    found = {one["address"]: one["action"] for one in shown["task_runs"]}
    assert sorted(_plain(address) for address, action in found.items() if action == "RUN" and address != "count") == ran


def _plain(address: str) -> str:
    return address.removesuffix(".count_item")


def test_the_cells_of_the_notebook_run_in_their_order(shell: Shell) -> None:
    cells = json.loads((EXAMPLES / "replay.ipynb").read_text(encoding="utf-8"))["cells"]
    (shell.folder / "cells.json").write_text(
        json.dumps(["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"])
    )
    (shell.folder / "kernel.py").write_text(_KERNEL)
    done = shell.run("python kernel.py")
    assert done.code == 0, done.text
    assert "`rate` changed" in done.text
    assert done.text.splitlines()[-1] == "1.0 5.0 REUSE 20.0"


#: carries out cells as a kernel does: one namespace, the text of each cell known to tracebacks and to `inspect`
_KERNEL = """
import json, linecache, __main__

for number, source in enumerate(json.load(open("cells.json"))):
    name = f"/tmp/ipykernel_1/{number}.py"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    exec(compile(source, name, "exec"), __main__.__dict__)
print(first.result, second.result, second.steps["load"].action, alone)
"""
