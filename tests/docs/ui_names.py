"""What the editor of the web UI knows of expressions: each name with what it gives, what it takes, and an example."""

from __future__ import annotations

import json
from typing import Any

from tests.docs.pages import ROOT
from tests.support import kestra_cases

from dalsegno.expressions import parse
from dalsegno.expressions.registry import FILTERS, FUNCTIONS

PAGE = ROOT / "ui" / "src" / "edit" / "names.json"
_KINDS = ("variable", "function", "filter", "test")


def document() -> str:
    """Give the names as JSON, by kind."""
    parse("{{ 1 }}")  # all filters and functions are registered now
    named, known = kestra_cases.names(), kestra_cases.cases()
    there: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _KINDS}
    for one in named:
        if one.why is None and one.kind in there:
            case = known[one.kind, one.name]
            takes = _takes(one.kind, one.name)
            there[one.kind].append({"name": one.name, "what": case.what, "takes": takes, "example": case.example})
    for entries in there.values():
        entries.sort(key=lambda each: str(each["name"]).lower())
    return json.dumps(there, ensure_ascii=False, indent=1) + "\n"


def _takes(kind: str, name: str) -> str | None:
    registry = {"filter": FILTERS, "function": FUNCTIONS}.get(kind)
    entry = None if registry is None else registry.entries.get(name)
    if entry is None:
        return None
    usage = entry.usage()
    return "()" if usage == "none" else usage
