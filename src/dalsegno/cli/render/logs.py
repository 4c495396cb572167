"""Log lines, outputs, and the record of an artifact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from dalsegno.cli.render.lines import Line, clean, line, value_text
from dalsegno.cli.render.times import clock, stamp
from dalsegno.model.run import Artifact
from dalsegno.store.port import StoredLine

_LEVEL_STYLES = {"ERROR": "bold red", "WARNING": "yellow", "DEBUG": "dim"}
_MOST_VALUE = 1000


def log_line(stored: StoredLine, *, with_address: bool, reused: bool = False, zone: tzinfo | None = None) -> Line:
    """Write one line: when, how grave, which task, what. `reused` says that the task ran in an earlier run."""
    written = stored.line
    style = _LEVEL_STYLES.get(written.level, "")
    level = written.stream if written.stream != "log" else written.level
    attempt = f"#{stored.attempt}" if stored.attempt > 1 else ""
    who = ((f"{stored.address}{attempt} ", "bold"),) if with_address else ()
    mark = (("(reused) ", "dim"),) if reused else ()
    text = (clean(written.text), "dim" if reused else style)
    return line((f"{clock(written.at, zone)} ", "dim"), (f"{level:<7} ", style or "dim"), *who, *mark, text)


def log_json(stored: StoredLine, *, reused: bool = False) -> dict[str, Any]:
    """Give one line as JSON data."""
    return {
        "position": stored.position, "at": stored.line.at, "address": stored.address, "attempt": stored.attempt,
        "level": stored.line.level, "stream": stored.line.stream, "text": stored.line.text,
        "reused": reused,
    }  # fmt: skip


def value_lines(values: Mapping[str, Any], *, indent: str = "") -> list[Line]:
    """Write values by name; one that is long is cut, and says so."""
    widest = max((len(name) for name in values), default=0)
    return [line(indent, (f"{name:<{widest}}  ", "bold"), shown(value)) for name, value in values.items()]


def shown(value: Any) -> str:
    """Write one value on one line."""
    text = " ".join(clean(value_text(value)).splitlines())
    return text if len(text) <= _MOST_VALUE else f"{text[:_MOST_VALUE]} … ({len(text):,} characters: --json shows all)"


def size_text(size: int) -> str:
    """Write a number of bytes."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def artifact_json(artifact: Artifact) -> dict[str, Any]:
    """Give the record as JSON data."""
    return {
        "id": artifact.id, "digest": artifact.digest, "kind": artifact.kind, "name": artifact.name, "size": artifact.size,
        "created": artifact.created, "run": artifact.run, "task_run": artifact.task_run, "output": artifact.output,
        "mark": artifact.mark,
    }  # fmt: skip


def artifact_lines(artifact: Artifact, zone: tzinfo | None = None) -> list[Line]:
    """Describe an artifact."""
    facts = {
        "id": artifact.id, "digest": artifact.digest, "size": size_text(artifact.size), "made": stamp(artifact.created, zone),
        "by": artifact.mark or artifact.output or "",
    }  # fmt: skip
    return [line((artifact.name, "bold"), f" ({artifact.kind})"), *value_lines(facts, indent="  ")]
