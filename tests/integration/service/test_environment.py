"""What every run records of what it ran on (rule 17)."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest
from tests.integration.service.conftest import Home

from dalsegno.model.run import Run
from dalsegno.model.state import State

FLOW = """
id: rides
namespace: bikes
inputs:
  - {id: bad, type: BOOL, defaults: true}
tasks:
  - {id: read, type: python.Step, function: "steps:read"}
  - {id: late, type: python.Step, function: "steps:late", arguments: {bad: "{{ inputs.bad }}"}}
"""
STEPS = """
import yaml

def read():
    return yaml.safe_load("{a: 1}")

def late(bad):
    import anyio
    if bad:
        raise ValueError("not yet")
"""


@pytest.fixture(autouse=True)
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "steps.py").write_text(STEPS)
    monkeypatch.chdir(folder)


def packages_of(home: Home, run: Run) -> dict[str, str]:
    return home.found(run).environment.get("packages", {})


def test_rule_17_a_run_records_the_versions_of_the_packages_that_its_steps_imported(home: Home) -> None:
    failed = home.run(FLOW)
    assert failed.state is State.FAILED
    assert home.found(failed).environment.keys() >= {"dalsegno", "python", "platform", "host"}
    found = packages_of(home, failed)
    assert found.items() >= {"PyYAML": version("PyYAML"), "anyio": version("anyio")}.items()
    assert list(found) == sorted(found)
    assert home.runs.as_json(failed.id)["environment"]["packages"] == found
    fixed = home.replay(failed, inputs={"bad": "false"})
    assert fixed.state is State.SUCCESS
    assert "anyio" in packages_of(home, fixed)
    assert home.service.comparing.compare(failed.id, fixed.id).versions == ()


def test_rule_17_a_run_without_steps_of_python_records_no_packages(home: Home) -> None:
    assert "packages" not in home.found(home.run(bad="false")).environment
