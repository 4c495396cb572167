"""What a request says about one task run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JsonMap = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request says about one task run.

    Parameters
    ----------
    named : why it runs, if the request names it to run.
    agreed : whether naming it agrees to its effects (start and only).
    skipped : whether the request asks to keep it.
    pin, own_pin : the outputs given for it, and whether this very request gives them.
    overrides : property values that hold for it.
    """

    named: str | None = None
    agreed: bool = False
    skipped: bool = False
    pin: JsonMap | None = None
    own_pin: bool = False
    overrides: JsonMap = field(default_factory=dict[str, Any])


NO_WISH = Wish()
