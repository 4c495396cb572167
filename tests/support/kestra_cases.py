"""For every name of Kestra's expressions what it does, in words, and a case with the result that Kestra gives.

The page of expressions shows them, and a test evaluates them. What runs them is `evaluate`: a fixed time, the variables of
one task in a loop, and functions that reach outside from memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from dalsegno.engine.queries import queries
from dalsegno.expressions import Scope, parse

_DATA = Path(__file__).parents[1] / "data"
NAMES = _DATA / "kestra_names.txt"
_CASES = _DATA / "kestra_cases.yaml"
NOW = datetime(2024, 5, 31, 10, 20, 30, tzinfo=UTC)

VARIABLES: Mapping[str, Any] = {
    "flow": {"id": "trips", "namespace": "company.team", "revision": 3},
    "execution": {"id": "0190", "startDate": NOW, "originalId": "0180", "state": "RUNNING", "outputs": {"rows": 3}},
    "task": {"id": "load", "type": "core.debug.Return"},
    "taskrun": {
        "id": "0192", "startDate": NOW, "attemptsCount": 1, "parentId": "0191", "value": "paris", "iteration": 1,
        "key": "paris",
    },
    "parent": {"task": {"id": "each_city"}, "taskrun": {"value": 2024, "key": "2024"}, "outputs": {}},
    "parents": [{"task": {"id": "each_city"}, "taskrun": {"value": 2024, "key": "2024"}, "outputs": {}}],
    "inputs": {"name": "Ada", "nothing": None},
    "outputs": {"load": {"2024": {"oslo": {"value": 4}, "paris": {"value": 5}}}, "each_city": {"2024": {"total": 9}}},
    "tasks": {"fetch": {"state": "FAILED"}, "load": {"oslo": {"state": "SUCCESS"}, "paris": {"state": "FAILED"}}},
    "vars": {"greeting": "Hello {{ inputs.name }}", "twice": "{{ vars.greeting }}!"},
    "labels": {"team": "data", "system.correlationId": "0180", "system": {"correlationId": "0180"}},
    "envs": {"city": "Lyon"},
    "globals": {"bucket": "lake"},
    "kestra": {"environment": "production", "url": "https://flows.example"},
}  # fmt: skip

_FILES = {"dalsegno://0123/trips.csv": "a,b\n1,2\n", "dalsegno://4567/none.csv": ""}
_VALUES = {"last_day": "2024-05-30"}


def _secret(key: str) -> str:
    return {"API_KEY": "s3cr3t"}[key]


def _kv(key: str, error_on_missing: bool = True) -> Any:
    if key not in _VALUES and error_on_missing:
        raise KeyError(key)
    return _VALUES.get(key)


def _read(path: str) -> str:
    return _FILES[path]


def _uri(path: str) -> str:
    return f"dalsegno-ns://company.team/{path}"


def _size(path: str) -> int:
    return len(_FILES[path])


def _exists(path: str) -> bool:
    return path in _FILES


def _is_empty(path: str) -> bool:
    return not _FILES[path]


def _logs() -> list[dict[str, str]]:
    return [{"taskId": "fetch", "level": "ERROR", "message": "no answer"}]


def _http(uri: str) -> Any:
    return {"slug": "beauty"}


def _port() -> int:
    return 49152


FUNCTIONS: Mapping[str, Any] = {
    "secret": _secret, "kv": _kv, "read": _read, "fileURI": _uri, "fileSize": _size, "fileExists": _exists,
    "isFileEmpty": _is_empty, "errorLogs": _logs, "http": _http, "randomPort": _port, "jq": queries(),
}  # fmt: skip


def _random(count: int) -> bytes:
    return bytes(range(1, count + 1))


def evaluate(example: str) -> str:
    """Render an example as text."""
    return parse(example).render(Scope(VARIABLES, now=lambda: NOW, functions=FUNCTIONS, random=_random))


@dataclass(frozen=True)
class Named:
    """A line of the file of names. `why` tells why it is not there, if it is not."""

    kind: str
    name: str
    why: str | None = None


def names() -> list[Named]:
    """Read the file of names."""
    found: list[Named] = []
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, rest = line.split(" ", 1)
            name, _, why = rest.partition(" not there: ")
            found.append(Named(kind, name, why or None))
    return found


@dataclass(frozen=True)
class Case:
    """What something gives, in words, and an example with its result."""

    what: str
    example: str
    gives: str


def cases() -> dict[tuple[str, str], Case]:
    """Read the cases, by kind and name."""
    read: dict[str, dict[str, str]] = yaml.safe_load(_CASES.read_text(encoding="utf-8"))
    found: dict[tuple[str, str], Case] = {}
    for words, case in read.items():
        kind, _, name = words.partition(" ")
        found[kind, name] = Case(**case)
    return found
