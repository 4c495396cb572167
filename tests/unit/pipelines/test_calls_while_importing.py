from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
from dalsegno import pipeline, step
from dalsegno.pipelines.importing import refuse_while_importing

@step
def load() -> int: return 1

@pipeline
def nightly(): load()

{call}
"""
CALL = "refuse_while_importing(nightly); print('fine')"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command", [["nightlies.py"], ["-m", "nightlies"], ["-c", "exec(open('nightlies.py').read())"]]
)
def test_a_script_may_call_a_pipeline(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "nightlies.py").write_text(MODULE.format(call=CALL))
    assert run(tmp_path, *command).stdout == "fine\n"


@pytest.mark.parametrize("indirectly", [False, True])
def test_a_module_that_is_imported_may_not(indirectly: bool, tmp_path: Path) -> None:
    call = f"def main():\n    {CALL}\nmain()" if indirectly else CALL
    (tmp_path / "nightlies.py").write_text(MODULE.format(call=call))
    done = run(tmp_path, "-c", "import nightlies")
    assert done.returncode == 1
    assert "nightlies.py:" in done.stderr.splitlines()[-1]
    assert "the pipeline `nightly` is called while the module `nightlies` is imported" in done.stderr
    assert 'if __name__ == "__main__":' in done.stderr


def test_a_function_of_an_imported_module_may(tmp_path: Path) -> None:
    (tmp_path / "nightlies.py").write_text(MODULE.format(call=f"def main():\n    {CALL}"))
    assert run(tmp_path, "-c", "import nightlies; nightlies.main()").stdout == "fine\n"
