"""The parts of the page of security that are made from the code: who may do what, and which properties are code."""

from __future__ import annotations

import json
from typing import Any

from tests.docs import openapi

from dalsegno.model.access import Role
from dalsegno.tasks.registry import load, names


def roles_part() -> str:
    """List what each role may do beside what those before it may."""
    said: dict[str, Any] = json.loads(openapi.document())["paths"]
    lines = ["| role | may, beside what stands above it |", "|---|---|"]
    for role in ("none", *Role):
        found = [
            f"`{method.upper()} {path.removeprefix('/api/v1')}`"
            for path, operations in said.items()
            for method, operation in operations.items()
            if operation["x-role"] == str(role) and not (role is Role.VIEWER and method == "get")
        ]
        reads = ["all that is read (`GET`), but what stands below"] if role is Role.VIEWER else []
        lines.append(f"| {'nobody known' if role == 'none' else role} | {', '.join([*reads, *found])} |")
    return "\n".join(lines)


def code_part() -> str:
    """List the properties that are code, by task type."""
    lines = ["| task type | properties that are code |", "|---|---|"]
    for name in names():
        code = sorted(load(name).code)
        if code:
            lines.append(f"| `{name}` | {', '.join(f'`{each}`' for each in code)} |")
    return "\n".join(lines)


PARTS = {"roles": roles_part, "code": code_part}
