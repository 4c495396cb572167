"""How the names of flows, namespaces and tasks are built."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Naming:
    """How a name is built."""

    pattern: re.Pattern[str]
    longest: int
    allowed: str

    def complaint(self, name: str) -> str | None:
        """Tell what is wrong with a name, if anything is."""
        if len(name) > self.longest:
            return f"is {len(name)} characters long; at most {self.longest} are allowed"
        return None if self.pattern.match(name) else f"is not a valid name: {self.allowed}"


FLOW_ID = Naming(
    re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*\Z"), 100, "use letters, digits, `.`, `_` and `-`, a letter or digit first"
)
NAMESPACE = Naming(
    re.compile(r"[a-z0-9][a-z0-9._-]*\Z"), 150, "use small letters, digits, `.`, `_` and `-`, a letter or digit first"
)
TASK_ID = Naming(
    re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*\Z"), 256, "use letters, digits, `_` and `-`, a letter or digit first"
)
