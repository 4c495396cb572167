"""What a Python script can import to hand outputs, metrics and log lines to Dal Segno.

    from dalsegno_script import counter, log, outputs

    outputs({"rows": 3})            # read by later tasks as {{ outputs.<task>.vars.rows }}
    counter("rows", 3)
    log("three rows", level="WARN")

It needs nothing but Python itself, 3.8 or later. Each call writes a line that the engine reads; run elsewhere, the script
just prints it.
"""

from __future__ import annotations

import json
from typing import Any, Mapping  # noqa: UP035 - runs on older Pythons too

#: a line that is longer would come to the engine in pieces
_LONGEST = 1_000_000


def outputs(values: Mapping[str, Any]) -> None:
    """Give outputs by name; they are added to those given before."""
    _send({"outputs": dict(values)}, "outputs")


def counter(name: str, value: float) -> None:
    """Add to a metric."""
    _send({"metrics": [{"name": name, "type": "counter", "value": value}]}, "the metric")


def timer(name: str, seconds: float) -> None:
    """Add seconds to a metric."""
    _send({"metrics": [{"name": name, "type": "timer", "value": seconds}]}, "the metric")


def log(message: str, level: str = "INFO") -> None:
    """Write a line to the log of the task: DEBUG, INFO, WARN or ERROR."""
    _send({"logs": [{"level": level, "message": str(message)}]}, "the log line")


def _send(message: Mapping[str, Any], what: str) -> None:
    text = json.dumps(message, default=_plain, allow_nan=False)
    if len(text) > _LONGEST:
        told = (
            f"{what} take {len(text)} characters, and at most {_LONGEST} go: write a file, and name it in `outputFiles`"
        )
        raise ValueError(told)
    print(f"::{text}::", flush=True)  # noqa: T201 - that is how it reaches the engine


def _plain(value: Any) -> Any:
    """Give a value that JSON does not know as one that it does: numbers and arrays of numpy, dates."""
    for method in ("item", "tolist", "isoformat"):
        made = getattr(value, method, None)
        if callable(made):
            try:
                return made()
            except (TypeError, ValueError):
                continue
    raise TypeError(f"{type(value).__name__} is no value of JSON: give text, numbers, true or false, lists or maps")
