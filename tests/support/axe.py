"""What a reader of WCAG would object to on a page."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def barriers(page: Page) -> dict[str, list[str]]:
    """Give what axe-core finds on the page that is open, by theme."""
    found: dict[str, list[str]] = {}
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        page.evaluate(_AXE.read_text(encoding="utf-8"))
        told = page.evaluate(f"axe.run(document, {{runOnly: {{type: 'tag', values: {json.dumps(_LEVELS)}}}}})")
        said = [f"{each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}" for each in told["violations"]]
        if said:
            found[theme] = said
    return found
