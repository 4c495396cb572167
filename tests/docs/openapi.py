"""The OpenAPI document as a page: `docs/openapi.json`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "openapi.json"


def document() -> str:
    """Give the document that a server gives."""
    from dalsegno.engine.clock import SystemClock
    from dalsegno.server.app import create_app
    from dalsegno.server.engine import EngineProcess
    from dalsegno.service.open import open_service

    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        service = open_service(Path(folder), clock=clock)
        try:
            made = create_app(service, EngineProcess(), clock).openapi()
        finally:
            service.close()
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
