"""What routes are made of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from dalsegno.server import routes

#: what is done goes through the service; what it is done with may be named
_MAY_IMPORT = ("dalsegno.server", "dalsegno.service", "dalsegno.wire", "dalsegno.model", "dalsegno.errors")
_NAMES = {"dalsegno.artifacts.port", "dalsegno.replay.request", "dalsegno.store.listing"}


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_routes_call_the_service_and_nothing_else() -> None:
    files = list(Path(routes.__file__).parent.glob("*.py"))
    assert len(files) > 10
    others = {
        (file.name, module)
        for file in files
        for module in _imported(file)
        if module.startswith("dalsegno.") and not module.startswith(_MAY_IMPORT) and module not in _NAMES
    }
    assert others == set()
