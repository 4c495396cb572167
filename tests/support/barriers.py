"""What a reader of WCAG would object to on a page, told by axe-core."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def barriers_of(page: Page) -> list[str]:
    """Give the rules that a page breaks, each with some of the elements that do."""
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = page.evaluate(f"axe.run(document, {{runOnly: {{type: 'tag', values: {json.dumps(_LEVELS)}}}}})")
    return [f"{each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}" for each in found["violations"]]


def barriers_by_theme(page: Page) -> dict[str, list[str]]:
    """Give what it is on the page that is open, by theme."""
    found: dict[str, list[str]] = {}
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        told = barriers_of(page)
        if told:
            found[theme] = told
    return found
